"""The emergency stop in the database: one transaction, in force until lifted, flattened once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.stacks import RunningStack
from tests.supabase.cast import administrator
from tests.supabase.conftest import Database
from tests.supabase.deployments import Deployment, Worker, deploy
from tests.supabase.going_live import (
    connect_broker,
    earn,
    enable,
    go_live,
    live_entry,
    mode,
    validate,
)
from tests.supabase.people import Person, refusal, sign_up
from tests.supabase.turns import second_of


@pytest.fixture(autouse=True)
def nobody_stopped(database: Database) -> Iterator[None]:
    """Leave no stop of everybody's behind: it would halt the users of other tests."""
    yield
    database.execute(
        "update public.emergency_stops set lifted_at = clock_timestamp(), lift_reason = 'test' "
        "where lifted_at is null"
    )


@pytest.fixture
def live(deployment: Deployment, worker: Worker, secret: Person, user: Person) -> Deployment:
    """Return a config that trades live."""
    go_live(user, deployment, worker, secret)
    return deployment


def stop(user: Person, reason: str = "drill") -> dict[str, Any]:
    answer: dict[str, Any] = user.rpc("trigger_emergency_stop", p_reason=reason)
    return answer


def stop_everybody(secret: Person) -> dict[str, Any]:
    answer: dict[str, Any] = secret.rpc("emergency_stop_everybody", p_reason="drill")
    return answer


def claim(secret: Person, flattening_id: str, seconds: int = 30) -> dict[str, Any]:
    answer: dict[str, Any] = secret.rpc(
        "claim_flattening",
        p_flattening_id=flattening_id,
        p_holder="test",
        p_lease_seconds=seconds,
    )
    return answer


def finish(secret: Person, flattening_id: str, token: str, outcome: str) -> bool:
    ended: bool = secret.rpc(
        "finish_flattening",
        p_flattening_id=flattening_id,
        p_token=token,
        p_outcome=outcome,
        p_message="in words",
        p_verification={"positions": 0},
    )
    return ended


def test_a_stop_ends_all_live_trading_of_its_user_at_once(user: Person, live: Deployment) -> None:
    answer = stop(user)
    assert (answer["outcome"], answer["affected_strategies"]) == ("stopped", [live.strategy_id])
    assert mode(user, live) == "VIRTUAL"
    assert user.row("live_approvals")["revoked_reason"] == "emergency stop"
    stored = user.row("emergency_stops")
    assert (stored["triggered_by"], stored["reason"], stored["lifted_at"]) == (
        "user",
        "drill",
        None,
    )
    (flattening,) = user.rows("flattenings")
    assert answer["flattenings"] == [flattening["id"]]
    assert flattening["status"] == "pending"
    (told,) = user.rows("notifications?kind=eq.emergency_stop")
    assert told["body"] == "drill"
    (row,) = user.rows("audit_log?action=eq.emergency_stop")
    assert row["entity_id"] == answer["stop_id"]


def test_a_repeated_stop_is_the_same_stop_and_orders_no_second_flattening(
    user: Person, live: Deployment, secret: Person
) -> None:
    first, second = stop(user), stop(user, "again")
    assert (second["outcome"], second["stop_id"]) == ("already_stopped", first["stop_id"])
    assert second["flattenings"] == first["flattenings"]
    assert second["reason"] == "drill"
    # When the first has failed, a repeated stop has it tried again.
    flattening_id = first["flattenings"][0]
    finish(secret, flattening_id, claim(secret, flattening_id)["token"], "unknown")
    assert stop(user)["flattenings"] != first["flattenings"]
    assert mode(user, live) == "VIRTUAL"


def test_who_has_nothing_at_a_broker_has_nothing_to_flatten(user: Person) -> None:
    answer = stop(user)
    assert (answer["flattenings"], answer["affected_strategies"]) == ([], [])
    assert user.rpc("live_trading_status")["emergency_stop"]["reason"] == "drill"


def test_a_stop_of_one_user_leaves_others_alone(
    live: Deployment, user: Person, stranger: Person
) -> None:
    stop(stranger)
    assert mode(user, live) == "LIVE"
    assert user.rpc("live_trading_status")["emergency_stop"] is None


def test_everybody_is_stopped_by_one_call_of_the_operator(
    live: Deployment,
    user: Person,
    secret: Person,
    worker: Worker,
    publishable: httpx.Client,
) -> None:
    other = sign_up(publishable)
    others = deploy(other)
    go_live(other, others, worker, secret)
    answer = stop_everybody(secret)
    assert {live.strategy_id, others.strategy_id} <= set(answer["affected_strategies"])
    assert mode(user, live) == mode(other, others) == "VIRTUAL"
    for person in (user, other):
        seen = person.rpc("live_trading_status")["emergency_stop"]
        assert (seen["everybody"], seen["triggered_by"]) == (True, "cron")
        assert person.row("flattenings")["id"] in answer["flattenings"]
    validate(user, live)
    assert enable(user, live)["objections"][0]["code"] == "emergency_stop"
    again = stop_everybody(secret)
    assert (again["outcome"], again["stop_id"]) == ("already_stopped", answer["stop_id"])


def test_going_live_waits_for_a_stop_of_everybody_and_is_refused(
    user: Person, deployment: Deployment, worker: Worker, secret: Person, stack: RunningStack
) -> None:
    earn(deployment, worker, secret)
    validate(user, deployment)
    # Whoever comes first stops everybody and does not commit yet; the second asks for live mode.
    first, second = second_of(
        stack,
        "select case when pg_try_advisory_xact_lock(hashtextextended('live-mode', 0)) "
        "then public.emergency_stop_everybody('drill') "
        "else public.enable_live_mode(%(strategy)s, null, true) end",
        {"strategy": deployment.strategy_id},
        user,
    )
    assert first["outcome"] == "stopped"
    assert [each["code"] for each in second["objections"]] == ["emergency_stop"]
    assert mode(user, deployment) == "VIRTUAL"


def test_eight_stops_at_once_are_one(user: Person, live: Deployment) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = [call.result() for call in [pool.submit(stop, user) for _ in range(8)]]
    assert sorted(answer["outcome"] for answer in answers) == ["already_stopped"] * 7 + ["stopped"]
    assert len({answer["stop_id"] for answer in answers}) == 1
    assert len(user.rows("flattenings")) == 1
    assert mode(user, live) == "VIRTUAL"


# -- flattening ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("live")
def test_one_of_many_gets_the_claim(user: Person, secret: Person) -> None:
    (flattening_id,) = stop(user)["flattenings"]
    with ThreadPoolExecutor(8) as pool:
        claims = [pool.submit(claim, secret, flattening_id) for _ in range(8)]
        got = [each.result()["outcome"] for each in claims]
    assert sorted(got) == ["busy"] * 7 + ["claimed"]


def test_a_claim_that_died_is_taken_over_and_its_late_word_refused(
    user: Person, live: Deployment, secret: Person, database: Database
) -> None:
    (flattening_id,) = stop(user)["flattenings"]
    dead = claim(secret, flattening_id)
    database.execute(
        "update public.flattenings set lease_until = now() - interval '1 second' where id = %s",
        (flattening_id,),
    )
    mine = claim(secret, flattening_id)
    assert mine["outcome"] == "claimed"
    assert mine["user_id"] == live.user_id
    assert finish(secret, flattening_id, dead["token"], "flat") is False
    assert finish(secret, flattening_id, mine["token"], "flat") is True
    assert claim(secret, flattening_id)["outcome"] == "done"
    ended = user.row("flattenings")
    assert (ended["status"], ended["outcome"]) == ("flat", "flat")
    assert ended["verification"] == {"positions": 0, "open_live_trades": 0}
    assert user.rows("incidents") == []


@pytest.mark.parametrize("outcome", ["no_live_broker", "not_flat", "unknown"])
def test_everything_but_flat_is_an_incident_and_a_message(
    user: Person, live: Deployment, worker: Worker, secret: Person, outcome: str
) -> None:
    worker.must_write(*live_entry(live))
    (flattening_id,) = stop(user)["flattenings"]
    finish(secret, flattening_id, claim(secret, flattening_id)["token"], outcome)
    ended = user.row("flattenings")
    assert (ended["status"], ended["outcome"]) == ("failed", outcome)
    assert ended["verification"]["open_live_trades"] == 1
    incident = user.row("incidents")
    assert (incident["kind"], incident["message"]) == ("flattening_failed", "in words")
    assert len(user.rows("notifications?kind=eq.emergency_stop")) == 2
    (shown,) = user.rpc("live_trading_status")["incidents"]
    assert shown["id"] == incident["id"]
    assert user.rpc("resolve_incident", p_incident_id=incident["id"]) is True
    assert user.rpc("resolve_incident", p_incident_id=incident["id"]) is False
    assert user.rpc("live_trading_status")["incidents"] == []


def test_the_worker_of_a_shard_hears_what_it_has_to_obey(
    user: Person, live: Deployment, worker: Worker, secret: Person, database: Database
) -> None:
    database.execute(
        "update public.strategy_configs set shard = %s where id = %s",
        (worker.shard, live.config_id),
    )
    assert secret.rpc("emergency_orders", p_shard=worker.shard) == {
        "halted": [],
        "flattenings": [],
    }
    answer = stop(user)
    assert secret.rpc("emergency_orders", p_shard=worker.shard) == {
        "halted": [live.config_id],
        "flattenings": answer["flattenings"],
    }
    claim(secret, answer["flattenings"][0])
    assert secret.rpc("emergency_orders", p_shard=worker.shard)["flattenings"] == []
    assert secret.rpc("emergency_orders", p_shard="elsewhere")["halted"] == []


# -- lifting -------------------------------------------------------------------------------------


def lift(person: Person, stop_id: str, reason: str = "the drill is over") -> dict[str, Any]:
    answer: dict[str, Any] = person.rpc("lift_emergency_stop", p_stop_id=stop_id, p_reason=reason)
    return answer


def test_lifting_takes_a_reason_waits_for_the_flattening_and_makes_nothing_live(
    user: Person, live: Deployment, secret: Person
) -> None:
    answer = stop(user)
    body = {"p_stop_id": answer["stop_id"], "p_reason": " "}
    assert refusal(user.call("POST", "rpc/lift_emergency_stop", body))[0] == "TB422"
    assert lift(user, answer["stop_id"])["outcome"] == "flattening_under_way"
    (flattening_id,) = answer["flattenings"]
    finish(secret, flattening_id, claim(secret, flattening_id)["token"], "flat")
    assert lift(user, answer["stop_id"])["outcome"] == "lifted"
    assert lift(user, answer["stop_id"])["outcome"] == "already_lifted"
    assert mode(user, live) == "VIRTUAL"
    noted = user.rows("audit_log?action=eq.emergency_stop_lift&order=sequence")
    assert [row["detail"]["outcome"] for row in noted] == [
        "flattening_under_way",
        "lifted",
        "already_lifted",
    ]
    # It is as it was before it went live: it may go live again, through the gate.
    assert user.rpc("live_trading_status")["emergency_stop"] is None
    validate(user, live)
    assert enable(user, live)["outcome"] == "enabled"


def test_nobody_lifts_the_stop_of_another_and_no_user_everybodys(
    user: Person, stranger: Person, secret: Person
) -> None:
    own, everybody = stop(user)["stop_id"], stop_everybody(secret)["stop_id"]
    for person, stop_id in ((stranger, own), (user, everybody)):
        body = {"p_stop_id": stop_id, "p_reason": "please"}
        assert refusal(person.call("POST", "rpc/lift_emergency_stop", body))[0] == "TB404"
    assert lift(secret, everybody)["outcome"] in {"lifted", "flattening_under_way"}


def test_an_account_that_is_connected_after_the_stop_is_flattened_by_the_next_one(
    user: Person, secret: Person
) -> None:
    assert stop(user)["flattenings"] == []
    connect_broker(secret, user.id)
    assert len(stop(user)["flattenings"]) == 1


def test_an_administrator_lifts_any_stop(
    user: Person, live: Deployment, secret: Person, publishable: httpx.Client
) -> None:
    admin = administrator(publishable, secret)
    own, everybody = stop(user), stop_everybody(secret)
    for flattening_id in {*own["flattenings"], *everybody["flattenings"]}:
        claimed = claim(secret, flattening_id)
        finish(secret, flattening_id, claimed["token"], "flat")
    for answer in (own, everybody):
        assert lift(admin, answer["stop_id"])["outcome"] == "lifted"
    assert user.rpc("live_trading_status")["emergency_stop"] is None
    (row,) = user.rows("audit_log?action=eq.emergency_stop_lift")
    assert row["actor"] == "operator"
    assert mode(user, live) == "VIRTUAL"


def test_an_administrator_sets_the_policy(secret: Person, publishable: httpx.Client) -> None:
    admin = administrator(publishable, secret)
    try:
        changed = admin.rpc("update_operator_policy", p_changes={"minimum_days": 5})
        assert (changed["minimum_days"], changed["minimum_profitable_trades"]) == (5, 10)
        assert admin.row("operator_policy")["minimum_days"] == 5
    finally:
        secret.rpc("update_operator_policy", p_changes={"minimum_days": 1})
