"""A user's requests are counted, and one that is sent again with its key is served once."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import httpx
import pytest
from flask import Flask, Response, request
from pydantic import BaseModel
from werkzeug.test import TestResponse

from functions.problems import ApiError
from functions.routing import Call, Route
from functions.service import Service
from functions.settings import Settings
from tests.functions.conftest import Caller, Database, pointers, problem
from tests.supabase.people import Person, sign_up

CREATE = "/api/strategies/create"


def design(**changes: Any) -> dict[str, Any]:
    return {"name": uuid4().hex, "strategy_type": "momentum", "symbols": ["NIFTY-FUT"]} | changes


def send(caller: Caller, body: Any, key: str, path: str = CREATE) -> TestResponse:
    return caller.post(path, body, headers={"Idempotency-Key": key})


@pytest.fixture
def key() -> str:
    """Return a fresh key."""
    return uuid4().hex


def test_a_request_sent_again_gets_the_first_answer_and_changes_nothing(
    caller: Caller, user: Person, key: str
) -> None:
    body = design()
    first, again = send(caller, body, key), send(caller, body, key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.data == first.data
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(user.rows("strategies")) == 1


def test_without_a_key_every_request_is_a_new_one(caller: Caller) -> None:
    body = design()
    assert caller.post(CREATE, body).status_code == 201
    problem(caller.post(CREATE, body), 409, "name_taken")


def test_a_key_is_for_one_request(caller: Caller, user: Person, key: str) -> None:
    made = send(caller, design(), key).get_json()
    refused = problem(send(caller, design(), key), 422, "invalid_value")
    assert pointers(refused) == ["/Idempotency-Key"]
    assert refused["errors"][0]["place"] == "header"
    toggle = f"/api/strategies/toggle/{made['strategy_id']}"
    problem(send(caller, {"active": True}, key, toggle), 422, "invalid_value")
    assert len(user.rows("strategies")) == 1
    assert user.rows("strategy_commands") == []


def test_a_key_of_another_user_is_another_key(caller: Caller, stranger: Caller, key: str) -> None:
    body = design()
    mine, theirs = send(caller, body, key), send(stranger, body, key)
    assert (mine.status_code, theirs.status_code) == (201, 201)
    assert mine.get_json() != theirs.get_json()


def test_after_a_refusal_the_key_is_free_again(caller: Caller, key: str) -> None:
    taken = design()
    assert caller.post(CREATE, taken).status_code == 201
    problem(send(caller, taken, key), 409, "name_taken")
    assert send(caller, design(), key).status_code == 201


@pytest.mark.parametrize("bad", ["", " ", "x" * 201, "two words", "é"])
def test_a_key_that_is_none_is_refused(stranger: Caller, bad: str) -> None:
    refused = problem(send(stranger, design(), bad), 422, "invalid_value")
    assert refused["errors"][0]["code"] == "bad_idempotency_key"


def test_of_many_at_once_one_is_served(caller: Caller, user: Person, key: str) -> None:
    body = design()
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda _: send(caller, body, key), range(8)))
    for reply in replies:
        if reply.status_code != 201:
            problem(reply, 409, "request_running")
            assert 1 <= int(reply.headers["Retry-After"]) <= 5
    assert len({reply.data for reply in replies if reply.status_code == 201}) == 1
    assert len(user.rows("strategies")) == 1


def test_what_a_dead_function_claimed_is_served_when_the_claim_has_ended(
    caller: Caller, user: Person, database: Database, key: str
) -> None:
    body = design()
    first = send(caller, body, key)

    def leave(claimed: str) -> None:
        database.execute(
            "update public.idempotency_keys set status = null, answer = null, "
            "claimed_until = now() + %s::interval where user_id = %s",
            (claimed, user.id),
        )

    leave("1 minute")
    problem(send(caller, body, key), 409, "request_running")
    leave("-1 second")
    problem(send(caller, design(), key), 422, "invalid_value")
    # It is served as if it were the first; that one had made the strategy before it died.
    problem(send(caller, body, key), 409, "name_taken")
    assert len(user.rows("strategies")) == 1
    assert first.status_code == 201


def test_an_expired_key_can_be_used_for_something_else(
    caller: Caller, user: Person, database: Database, key: str
) -> None:
    assert send(caller, design(), key).status_code == 201
    database.execute(
        "update public.idempotency_keys set expires_at = now() where user_id = %s", (user.id,)
    )
    assert send(caller, design(), key).status_code == 201
    assert len(user.rows("strategies")) == 2


def test_a_late_answer_does_not_overwrite_a_later_claim(
    user: Person, database: Database, key: str
) -> None:
    named = {"p_key": key, "p_route": "POST /api/x", "p_digest": "a" * 64}
    late = user.rpc("begin_request", **named)
    database.execute(
        "update public.idempotency_keys set claimed_until = now() where user_id = %s", (user.id,)
    )
    later = user.rpc("begin_request", **named)
    assert (late["outcome"], later["outcome"]) == ("claimed", "claimed")
    for end in ({"p_status": 200, "p_answer": "late"}, {}):
        assert user.rpc("end_request", p_key=key, p_claim=late["claim"], **end) is False
    kept = {"p_status": 200, "p_answer": "{}"}
    assert user.rpc("end_request", p_key=key, p_claim=later["claim"], **kept) is True
    assert user.rpc("begin_request", **named)["answer"] == "{}"


def test_housekeeping_forgets_what_has_expired(
    caller: Caller, user: Person, secret: Person, database: Database, key: str
) -> None:
    assert send(caller, design(), key).status_code == 201
    mine = "select from public.idempotency_keys where user_id = %s"
    secret.rpc("delete_expired_rows", p_table="idempotency_keys")
    assert database.execute(mine, (user.id,)).fetchone() is not None
    database.execute(
        "update public.idempotency_keys set expires_at = now() where user_id = %s", (user.id,)
    )
    assert secret.rpc("delete_expired_rows", p_table="idempotency_keys") >= 1
    assert database.execute(mine, (user.id,)).fetchone() is None


class Done(BaseModel):
    """How often it was done."""

    times: int


@pytest.fixture
def unlucky(settings: Settings, user: Person) -> Iterator[Callable[..., TestResponse]]:
    """Yield what sends a request to a handler that fails the first time as told."""
    failures: list[Exception] = []
    done = 0

    def act(call: Call) -> Done:  # noqa: ARG001 - a handler.
        """Act."""
        nonlocal done
        done += 1
        if failures:
            raise failures.pop()
        return Done(times=done)

    service = Service((Route("POST", "/api/act", act),), settings)
    app = Flask("unlucky")

    def serve(path: str) -> Response:  # noqa: ARG001 - the service looks itself.
        return service.answer(request)

    app.add_url_rule("/<path:path>", view_func=serve, methods=["POST"])

    def act_with(key: str, failure: Exception | None = None) -> TestResponse:
        failures[:] = [failure] if failure else []
        return send(Caller(app, user.token), None, key, "/api/act")

    yield act_with
    service.close()


@pytest.mark.parametrize(
    "failure",
    [
        ApiError(409, "not_possible_now", "not now"),
        ApiError(503, "database_busy", "the database cannot answer now"),
    ],
)
def test_where_nothing_was_changed_the_request_may_be_sent_again_at_once(
    unlucky: Callable[..., TestResponse], key: str, failure: ApiError
) -> None:
    problem(unlucky(key, failure), failure.status, failure.code)
    assert unlucky(key).get_json() == {"times": 2}
    assert unlucky(key).get_json() == {"times": 2}


@pytest.mark.parametrize(
    "failure", [ApiError(503, "database_unreachable", "no answer"), ZeroDivisionError()]
)
def test_where_something_may_have_been_changed_the_next_request_waits_for_the_claim_to_end(
    unlucky: Callable[..., TestResponse], key: str, failure: Exception
) -> None:
    assert unlucky(key, failure).status_code in {500, 503}
    problem(unlucky(key), 409, "request_running")


@pytest.fixture
def limit(database: Database) -> Iterator[int]:
    """Let users make a few requests per minute."""
    row = database.execute("select requests_per_minute as was from public.operator_policy")
    was = row.fetchone()
    assert was is not None
    change = "update public.operator_policy set requests_per_minute = %s"
    database.execute(change, (3,))
    yield 3
    database.execute(change, (was["was"],))


def have_asked(database: Database, user: Person, requests: int) -> None:
    """Let a user have made requests in a minute that does not end during a test."""
    database.execute(
        "insert into public.rate_limits as seen "
        "values (%s, date_trunc('minute', now(), 'UTC') + interval '1 hour', %s) "
        "on conflict (user_id) do update "
        "set minute = excluded.minute, requests = excluded.requests",
        (user.id, requests),
    )


def test_more_requests_than_a_minute_has_room_for_are_refused_until_the_next(
    caller: Caller, user: Person, database: Database, limit: int
) -> None:
    have_asked(database, user, limit - 2)
    for left in ("1", "0"):
        reply = caller.get("/api/trades/all")
        assert reply.status_code == 200
        assert reply.headers["RateLimit-Limit"] == str(limit)
        assert reply.headers["RateLimit-Remaining"] == left
    refused = caller.get("/api/trades/all")
    problem(refused, 429, "too_many_requests")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["RateLimit-Remaining"] == "0"
    database.execute(
        "update public.rate_limits set minute = minute - interval '2 hours' where user_id = %s",
        (user.id,),
    )
    assert caller.get("/api/trades/all").status_code == 200


def test_a_user_who_asks_too_much_holds_up_nobody_else(
    user: Person, app: Flask, publishable: httpx.Client, database: Database, limit: int
) -> None:
    have_asked(database, user, limit)
    other = Caller(app, sign_up(publishable).token)
    assert other.get("/api/trades/all").status_code == 200


def test_a_request_over_the_limit_claims_no_key_and_changes_nothing(
    caller: Caller, user: Person, database: Database, limit: int, key: str
) -> None:
    have_asked(database, user, limit)
    problem(send(caller, design(), key), 429, "too_many_requests")
    mine = "select from public.idempotency_keys where user_id = %s"
    assert database.execute(mine, (user.id,)).fetchone() is None
    assert user.rows("strategies") == []


def test_the_token_of_a_deleted_account_is_refused(
    caller: Caller, user: Person, secret: Person, key: str
) -> None:
    assert secret.http.delete(f"/auth/v1/admin/users/{user.id}").status_code == 200
    for reply in (caller.get("/api/trades/all"), send(caller, design(), key)):
        problem(reply, 401, "invalid_token")
