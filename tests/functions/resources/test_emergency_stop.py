"""The emergency stop over HTTP: halted first, flattened once, and never called done unread."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from typing import Any

import pytest

from functions.flatten import flatten_all
from tests.functions.conftest import Caller, Database
from tests.supabase.deployments import Deployment, Worker
from tests.supabase.going_live import go_live, mode
from tests.supabase.people import Person

OWN = "/api/live-trading/emergency-stop"
EVERYBODY = "/api/cron/emergency-stop"


@pytest.fixture(autouse=True)
def nobody_stopped(database: Database) -> Iterator[None]:
    """Leave no stop behind: everybody's would halt the users of other tests."""
    yield
    database.execute(
        "update public.emergency_stops set lifted_at = clock_timestamp(), lift_reason = 'test' "
        "where lifted_at is null"
    )


@pytest.fixture
def live(deployment: Deployment, worker: Worker, secret: Person, user: Person) -> Deployment:
    """Return a config that trades live; its worker is on another shard."""
    go_live(user, deployment, worker, secret)
    return deployment


def stop(caller: Caller, path: str = OWN, method: str = "POST") -> dict[str, Any]:
    reply = caller.call(method, f"{path}?reason=drill")
    assert reply.status_code == 200, reply.text
    body: dict[str, Any] = reply.get_json()
    return body


def test_one_click_halts_and_says_honestly_that_no_broker_was_asked(
    caller: Caller, live: Deployment, user: Person
) -> None:
    body = stop(caller)
    assert (body["outcome"], body["affected_strategies"]) == ("stopped", [live.strategy_id])
    assert mode(user, live) == "VIRTUAL"
    (flattening,) = body["flattenings"]
    assert (flattening["status"], flattening["outcome"]) == ("failed", "no_live_broker")
    assert flattening["claimed_by"].startswith("function ")
    stored = user.row("flattenings")
    assert stored["verification"] == {"verified": False, "open_live_trades": 0}
    status = caller.get("/api/live-trading/status").get_json()
    assert status["emergency_stop"]["reason"] == "drill"
    (incident,) = status["incidents"]
    assert incident["kind"] == "flattening_failed"
    assert "no order can be sent to a broker" in incident["message"]


def test_without_anything_at_a_broker_there_is_nothing_to_flatten(caller: Caller) -> None:
    body = stop(caller)
    assert (body["outcome"], body["flattenings"]) == ("stopped", [])
    assert stop(caller)["outcome"] == "already_stopped"


def test_a_reason_that_no_database_can_keep_stops_nonetheless(caller: Caller, user: Person) -> None:
    reply = caller.post(OWN, query_string={"reason": "now\x00!"})
    assert reply.status_code == 200, reply.text
    assert user.row("emergency_stops")["reason"] == "now!"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_operator_stops_everybody(
    cron: Caller, live: Deployment, user: Person, method: str
) -> None:
    body = stop(cron, EVERYBODY, method)
    assert live.strategy_id in body["affected_strategies"]
    assert mode(user, live) == "VIRTUAL"
    mine = [each for each in body["flattenings"] if each["user_id"] == user.id]
    assert [each["outcome"] for each in mine] == ["no_live_broker"]


def test_24_calls_at_once_are_one_stop_and_each_account_is_flattened_once(
    cron: Caller, live: Deployment, user: Person
) -> None:
    with ThreadPoolExecutor(24) as pool:
        calls = [pool.submit(stop, cron, EVERYBODY) for _ in range(24)]
        bodies = [call.result() for call in calls]
    assert [body["outcome"] for body in bodies].count("stopped") == 1
    assert len({body["stop_id"] for body in bodies}) == 1
    assert mode(user, live) == "VIRTUAL"
    # A call that came after the end of one flattening orders another: at no time were there two.
    ended = user.rows("flattenings?order=requested_at")
    assert {each["status"] for each in ended} == {"failed"}
    for earlier, later in pairwise(ended):
        assert earlier["finished_at"] <= later["requested_at"]


def test_a_living_worker_is_given_two_seconds(
    caller: Caller, live: Deployment, worker: Worker, shard_of: Callable[[Worker, Deployment], None]
) -> None:
    shard_of(worker, live)
    begun = time.monotonic()
    (flattening,) = stop(caller)["flattenings"]
    assert time.monotonic() - begun >= 2.0
    assert flattening["claimed_by"].startswith("function ")


def test_what_the_worker_claims_is_left_to_it(
    caller: Caller,
    live: Deployment,
    worker: Worker,
    secret: Person,
    user: Person,
    *,
    shard_of: Callable[[Worker, Deployment], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shard_of(worker, live)
    # A machine that is busy with other tests may need longer than a worker has.
    patient = partial(flatten_all, patience=30.0)
    monkeypatch.setattr("functions.resources.emergency_stop.flatten_all", patient)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(stop, caller)
        flattening_id = _first_flattening(user)
        claim = secret.rpc(
            "claim_flattening", p_flattening_id=flattening_id, p_holder=worker.holder
        )
        assert claim["outcome"] == "claimed"
        ended = secret.rpc(
            "finish_flattening",
            p_flattening_id=flattening_id,
            p_token=claim["token"],
            p_outcome="flat",
            p_message="",
            p_verification={"verified": True},
        )
        assert ended is True
        (flattening,) = answer.result()["flattenings"]
    assert (flattening["claimed_by"], flattening["status"]) == (worker.holder, "flat")
    assert user.rows("incidents") == []


def _first_flattening(user: Person) -> str:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        rows = user.rows("flattenings")
        if rows:
            found: str = rows[0]["id"]
            return found
    raise AssertionError("no flattening was ordered")
