"""Every route of the table, called well and badly: a new one is covered when it has an example."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from uuid import uuid4

import jwt
import pytest
from flask import Flask

from devstack.supabase.keys import Keys, load_keys
from devstack.supabase.state import open_home
from functions.openapi import document_of
from functions.routes import ROUTES
from functions.routing import Access, Route
from tests.functions.conftest import CRON_SECRET, Caller, Database, pointers, problem
from tests.functions.examples import EXAMPLES, Example
from tests.functions.stage import Stage
from tests.supabase.cast import Ids, belongings
from tests.supabase.people import Person

LIMIT = 256 * 1024
DOCUMENT = document_of(ROUTES)
# Counted or noted by every request, also by one that is refused.
NOTED = {"rate_limits", "idempotency_keys"}


LEAVES_NO_TRACE = pytest.mark.usefixtures("nothing_changes")


def such(routes: Iterable[Route]) -> pytest.MarkDecorator:
    """Ask for each of some routes; those without an example fail a test of their own."""
    known = [route for route in routes if route.name in EXAMPLES]
    return pytest.mark.parametrize("route", known, ids=[route.name for route in known])


def named(*accesses: Access) -> pytest.MarkDecorator:
    return such(route for route in ROUTES if route.access in (accesses or Access))


def ids_in(route: Route) -> bool:
    example = EXAMPLES.get(route.name, Example())
    values = json.dumps([dict(example.path), dict(example.query), example.body])
    return "_id}" in values


OF_USERS = [route for route in ROUTES if route.access is Access.USER]
WITH_IDS = [route for route in OF_USERS if ids_in(route)]
WITH_BODY = [route for route in ROUTES if route.signature.body is not None]
WITH_KEY = [route for route in ROUTES if route.takes_key]


def operation(route: Route) -> dict[str, Any]:
    found: dict[str, Any] = DOCUMENT["paths"][route.path][route.method.lower()]
    return found


def parameters(route: Route, place: str) -> dict[str, dict[str, Any]]:
    return {
        each["name"]: each["schema"]
        for each in operation(route).get("parameters", [])
        if each["in"] == place
    }


def fields(route: Route) -> dict[str, dict[str, Any]]:
    schema = operation(route)["requestBody"]["content"]["application/json"]["schema"]
    return dict(resolved(schema)["properties"])


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


@pytest.fixture(scope="module")
def keys() -> Keys:
    """Return the keys that the stack signs with."""
    return load_keys(open_home(None))


class Rows:
    """What belongs to the owner and to a stranger, remembered while nothing has changed it."""

    def __init__(self, database: Database, people: list[Person]) -> None:
        self._database, self._people = database, people
        self._known: list[set[tuple[str, str]]] | None = None

    def forget(self) -> None:
        """Something is about to change them."""
        self._known = None

    def must_be_the_same_after(self) -> Iterator[None]:
        """Yield once; fail when there is another row then, or one less."""
        before = self._known or self._read()
        yield
        self._known = self._read()
        assert self._known == before

    def _read(self) -> list[set[tuple[str, str]]]:
        return [
            {row for row in belongings(self._database, person) if row[0] not in NOTED}
            for person in self._people
        ]


@pytest.fixture(scope="module")
def rows(owner: Person, stranger: Caller, database: Database) -> Rows:
    """Return the rows of both."""
    subject = jwt.decode(stranger.token or "", options={"verify_signature": False})["sub"]
    return Rows(database, [owner, Person(owner.http, stranger.token, subject)])


@pytest.fixture(scope="module")
def kept() -> Iterator[dict[str, Stage]]:
    """Yield the stages of routes for calls that are refused, and undo them in the end."""
    stages: dict[str, Stage] = {}
    yield stages
    for stage in stages.values():
        stage.undo()


@pytest.fixture(scope="module")
def make_stage(
    app: Flask, owner: Person, owned: Ids, database: Database
) -> Callable[[Route], Stage]:
    """Return what makes a route's example ready."""
    return lambda route: Stage(app, owner, owned, database, route)


@pytest.fixture
def stage(
    make_stage: Callable[[Route], Stage],
    rows: Rows,
    kept: dict[str, Stage],
    route: Route,
    request: pytest.FixtureRequest,
) -> Iterator[Stage]:
    """Yield the route's example: a fresh one, or for calls that are refused one that is kept."""
    is_refused = "nothing_changes" in request.fixturenames
    if is_refused and route.name in kept:
        yield kept[route.name]
        return
    rows.forget()
    stage = make_stage(route)
    if is_refused:
        kept[route.name] = stage
    yield stage
    if not is_refused:
        stage.undo()


@pytest.fixture
def nothing_changes(stage: Stage, rows: Rows) -> Iterator[None]:  # noqa: ARG001 - made before.
    """Hold the rows against what they were before: a refusal leaves nothing behind."""
    yield from rows.must_be_the_same_after()


def test_every_route_has_an_example_and_every_example_a_route() -> None:
    assert set(EXAMPLES) == {route.name for route in ROUTES}


@named()
def test_the_example_succeeds(stage: Stage, route: Route) -> None:
    reply = stage.call()
    assert reply.status_code == route.status, reply.text
    route.signature.answer.model_validate_json(reply.data)


@such(WITH_KEY)
def test_with_a_key_a_second_call_is_answered_as_the_first(stage: Stage) -> None:
    key = {"Idempotency-Key": uuid4().hex}
    first, again = stage.call(headers=key), stage.call(headers=key)
    assert first.status_code < 300, first.text
    assert (again.status_code, again.data) == (first.status_code, first.data)
    assert again.headers["Idempotency-Replayed"] == "true"


@such(WITH_KEY)
@LEAVES_NO_TRACE
def test_a_key_that_is_none_is_refused(stage: Stage) -> None:
    reply = stage.call(headers={"Idempotency-Key": "two words"})
    assert pointers(problem(reply, 422, "invalid_value")) == ["/Idempotency-Key"]


@named(Access.USER, Access.CRON)
@LEAVES_NO_TRACE
def test_without_a_token_one_is_asked_for(stage: Stage) -> None:
    for header in ("", "Bearer", "Basic abc"):
        reply = stage.call(token=None, headers={"Authorization": header})
        problem(reply, 401, "not_signed_in")
        assert reply.headers["WWW-Authenticate"].startswith("Bearer")


@named(Access.USER)
@LEAVES_NO_TRACE
def test_tokens_that_are_not_a_users_are_refused(stage: Stage, keys: Keys, stack: Any) -> None:
    claims = jwt.decode(stage.owner.token or "", options={"verify_signature": False})
    header = jwt.get_unverified_header(stage.owner.token or "")
    other = jwt.PyJWK(_foreign_key(header["kid"]), algorithm="ES256")
    refused = {
        keys.sign(claims | {"exp": int(time.time()) - 3600}): (401, "token_expired"),
        keys.sign(claims | {"iss": "https://other.supabase.co/auth/v1"}): (401, "invalid_token"),
        keys.sign(claims | {"aud": "anon"}): (401, "invalid_token"),
        keys.sign(claims | {"role": "service_role"}): (403, "not_a_user"),
        jwt.encode(claims, other, headers={"kid": header["kid"]}): (401, "invalid_token"),
        jwt.encode(claims, "", "none"): (401, "invalid_token"),
        str(stack.publishable_key): (401, "invalid_token"),
        str(stack.secret_key): (401, "invalid_token"),
        CRON_SECRET: (401, "invalid_token"),
    }
    for token, (status, code) in refused.items():
        problem(stage.call(token=token), status, code)


def _foreign_key(key_id: str) -> dict[str, Any]:
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - with its key.

    key = ec.generate_private_key(ec.SECP256R1())
    made: dict[str, Any] = jwt.algorithms.ECAlgorithm.to_jwk(key, as_dict=True)
    return made | {"kid": key_id}


@named(Access.CRON)
@LEAVES_NO_TRACE
def test_only_the_cron_secret_runs_what_is_for_the_cron(stage: Stage) -> None:
    for token in (stage.owner.token, f"{CRON_SECRET}x", CRON_SECRET[:-1]):
        problem(stage.call(token=token), 401, "invalid_cron_secret")


@such(WITH_IDS)
@LEAVES_NO_TRACE
def test_what_is_anothers_is_not_there_as_if_it_had_never_been(
    stage: Stage, stranger: Caller
) -> None:
    values = {**stage.path, **stage.query, **(stage.body or {})}
    foreign = {name: value for name, value in values.items() if value in stage.ids.values()}
    assert foreign
    reply = stage.call(token=stranger.token)
    said = problem(reply, 404, "not_found")
    never = str(uuid4())

    def absent(where: dict[str, Any]) -> dict[str, Any]:
        return {name: never if name in foreign else value for name, value in where.items()}

    other = stage.call(
        token=stranger.token,
        path=absent(stage.path),
        query=absent(stage.query),
        body=None if stage.body is None else absent(stage.body),
    )
    unknown = problem(other, 404, "not_found")
    for value in foreign.values():
        said["detail"] = said["detail"].replace(value, never)
    assert said["detail"] == unknown["detail"]


@named()
@LEAVES_NO_TRACE
def test_a_name_that_a_query_does_not_take_is_refused(stage: Stage) -> None:
    body = problem(stage.call(query={"surprise": "1"}), 422, "invalid_value")
    assert pointers(body) == ["/surprise"]


@such(WITH_BODY)
@LEAVES_NO_TRACE
def test_a_field_that_a_body_does_not_take_is_refused(stage: Stage) -> None:
    body = problem(stage.call(body=stage.body | {"surprise": 1}), 422, "invalid_value")
    assert pointers(body) == ["/surprise"]


@such(WITH_BODY)
@LEAVES_NO_TRACE
def test_a_field_of_another_type_is_named(stage: Stage, route: Route) -> None:
    for name in fields(route):
        wrong = {"a": [1]} if not _takes(fields(route)[name], "object") else "text"
        body = problem(stage.call(body=stage.body | {name: wrong}), 422, "invalid_value")
        assert all(each.startswith(f"/{name}") for each in pointers(body)), body


def _takes(schema: dict[str, Any], kind: str) -> bool:
    schema = resolved(schema)
    kinds = [each.get("type") for each in map(resolved, schema.get("anyOf", [schema]))]
    return kind in kinds


@such(WITH_BODY)
@LEAVES_NO_TRACE
def test_a_body_that_is_no_json_is_refused(stage: Stage) -> None:
    for data, kind, refused in (
        (b"{", "application/json", (400, "malformed_json")),
        (b"{}", "text/plain", (415, "not_json")),
        (b"[]", "application/json", (422, "invalid_value")),
    ):
        problem(stage.call(data=data, content_type=kind), *refused)


@named()
@LEAVES_NO_TRACE
def test_a_value_of_another_type_in_path_or_query_is_named(stage: Stage, route: Route) -> None:
    for place in ("path", "query"):
        for name, schema in parameters(route, place).items():
            if _takes(schema, "string") and not _is_narrow(schema):
                continue
            for wrong in ("~", "0.5"):
                said = problem(stage.call(**{place: {name: wrong}}), 422, "invalid_value")
                assert pointers(said) == [f"/{name}"]
                assert said["errors"][0]["place"] == place


def _is_narrow(schema: dict[str, Any]) -> bool:
    kinds = [resolved(each) for each in schema.get("anyOf", [schema])]
    return any({"format", "enum", "pattern", "const"} & set(each) for each in kinds)


@such([route for route in ROUTES if "cursor" in parameters(route, "query")])
@LEAVES_NO_TRACE
def test_a_cursor_that_no_page_gave_is_refused(stage: Stage) -> None:
    for cursor in ("~", "e30", "bm90IGEgY3Vyc29y", "x" * 200):
        body = problem(stage.call(query={"cursor": cursor}), 422, "invalid_value")
        assert pointers(body) == ["/cursor"]


@named()
@LEAVES_NO_TRACE
def test_a_body_that_is_too_large_is_refused(stage: Stage) -> None:
    reply = stage.call(data=b"x" * (LIMIT + 1), content_type="application/json")
    problem(reply, 413, "too_large")


@named()
def test_every_answer_has_an_id_and_is_kept_by_no_cache(stage: Stage) -> None:
    for reply in (stage.call(query={"surprise": "1"}), stage.call()):
        assert reply.headers["X-Request-Id"]
        assert reply.headers["Cache-Control"] == "no-store"
