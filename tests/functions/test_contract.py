"""Generated requests against the OpenAPI document: what is served is what is described.

Schemathesis makes requests that the document allows and requests that it forbids, sends them to the
application and holds every answer against the document. Ids are sometimes those of real rows.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.schemas import BaseSchema

from functions.openapi import document_of
from functions.routes import ROUTES
from functions.routing import Access, Route
from tests.functions.conftest import CRON_SECRET, Database
from tests.functions.examples import EXAMPLES
from tests.functions.stage import Stage
from tests.supabase.cast import Ids
from tests.supabase.people import Person

SEEDS = (1, 2, 3)
OF_PATH = {(route.method, route.path): route for route in ROUTES}
# Ids that stand for those of real rows, which are not known while requests are generated.
KNOWN = {name: str(uuid5(NAMESPACE_URL, name)) for route in ROUTES for name in route.path_names}
# Where a value can be wrong in a way that no schema can say. Anywhere else, what the document
# allows is not refused.
BEYOND_SCHEMAS = (
    "/Idempotency-Key",  # Of another request.
    "/cursor",  # Opaque.
    "/to",  # Not later than `from`, or too much later.
    "/from",
    "/last_day",
    "/first_day",
    "/symbol",  # Not an instrument that there is, or that the broker has.
    "/access_token",  # Not one that the broker takes.
    "/strategy_type",  # Held against the registry, and the next two against the type.
    "/parameters",
    "/risk_parameters",
    "/python_code",  # Not every type has code, or runs on every runner.
    "/runner",
)

Case = schemathesis.Case[Any]


class Served:
    """The application, once it runs."""

    def __init__(self) -> None:
        self.app: Flask | None = None

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        assert self.app is not None
        return self.app(environ, start_response)


SERVED = Served()


@cache
def contract(seed: int, *, is_whole: bool = True) -> BaseSchema:
    """Return the document, and how requests are made of it.

    Parameters
    ----------
    is_whole
        Whether every limit of every value is tried, beside values by chance.
    """
    config = {
        "seed": seed,
        "phases": {"coverage": {"enabled": is_whole}},
        "dictionaries": {name: {"values": [value]} for name, value in KNOWN.items()},
        "parameters": {f"path.{name}": {"dictionary": name, "probability": 0.5} for name in KNOWN},
        # See `check`, which asks for the same and knows what no schema can say.
        "checks": {"positive_data_acceptance": {"enabled": False}},
    }
    schema = schemathesis.openapi.from_dict(
        document_of(ROUTES), config=SchemathesisConfig.from_dict(config)
    )
    schema.app = SERVED
    return schema


@pytest.fixture(scope="module", autouse=True)
def served(app: Flask, database: Database) -> Iterator[None]:
    """Let the application answer, and undo afterwards what would be in the way of other tests."""
    SERVED.app = app
    yield
    SERVED.app = None
    for example in EXAMPLES.values():
        database.execute(example.undo.encode())


def check(case: Case, owner: Person, ids: Ids) -> int:
    """Send one request, hold the answer against the document, and return its status."""
    for name, value in (case.path_parameters or {}).items():
        if value == KNOWN[name] and name in ids:
            case.path_parameters[name] = ids[name]
    access = OF_PATH[case.operation.method.upper(), case.operation.path].access
    token = {Access.OPEN: None, Access.USER: owner.token, Access.CRON: CRON_SECRET}[access]
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    reply = case.call_and_validate(headers=headers)
    assert reply.status_code < 500, reply.text
    # Of a forbidden request it is enough that it is refused.
    is_allowed = case.meta is not None and case.meta.generation.mode.is_positive
    if is_allowed and reply.status_code in {400, 415, 422}:
        errors = reply.json()["errors"]
        assert errors, reply.text
        for error in errors:
            is_known = error["pointer"].startswith(BEYOND_SCHEMAS)
            assert is_known or error["code"] == "null_character", reply.text
    return int(reply.status_code)


def generated(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


# Without the one that has types checked each time, half a second of work.
@contract(0, is_whole=False).exclude(operation_id="validate_code").parametrize()
@generated(5)
def test_some_generated_requests_are_answered_as_described(
    case: Case, owner: Person, owned: Ids
) -> None:
    check(case, owner, owned)


@pytest.mark.parametrize(
    "route", [route for route in ROUTES if route.name in EXAMPLES], ids=lambda route: route.name
)
def test_every_operation_has_an_answer_that_is_as_described(
    app: Flask, owner: Person, owned: Ids, database: Database, route: Route
) -> None:
    stage = Stage(app, owner, owned, database, route)
    case = contract(0)[route.path][route.method].Case(
        path_parameters=stage.path,
        query=stage.query,
        **({} if stage.body is None else {"body": stage.body, "media_type": "application/json"}),
    )
    token = stage.token()
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    assert case.call_and_validate(headers=headers).status_code == route.status


def of_seed(seed: int) -> Callable[..., None]:
    """Return a test of many more requests; one of them tries every limit, too."""

    @pytest.mark.full
    @pytest.mark.timeout(300)
    @contract(seed, is_whole=seed == SEEDS[0]).parametrize()
    @generated(12)
    def test(case: Case, owner: Person, owned: Ids) -> None:
        STATUSES[check(case, owner, owned)] += 1

    made: Callable[..., None] = test
    return made


STATUSES: Counter[int] = Counter()
test_many_with_the_first_seed, test_many_with_the_second_seed, test_many_with_the_third_seed = map(
    of_seed, SEEDS
)


@pytest.mark.full
def test_those_of_the_three_seeds_were_at_least_two_thousand() -> None:
    print(dict(STATUSES))  # noqa: T201 - what was seen, on failure and with -rP.
    assert STATUSES.total() >= 2000
    assert all(status < 500 for status in STATUSES)
