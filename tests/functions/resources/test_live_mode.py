"""The live gate over HTTP: the broker is asked, everything is reported, nothing goes around."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.functions.conftest import Caller, Database, problem
from tests.supabase import events
from tests.supabase.deployments import Deployment, Worker
from tests.supabase.going_live import mode, profits, settings
from tests.supabase.people import Person
from tests.worker.running import RunningSimulator

ROOT = Path(__file__).resolve().parents[3]
GATE = "/api/live-trading"


@pytest.fixture(autouse=True)
def healthy(dhan: RunningSimulator) -> Iterator[None]:
    """Leave no fault behind."""
    yield
    dhan.clear_faults()


@pytest.fixture
def earned(
    deployment: Deployment, worker: Worker, caller: Caller, dhan: RunningSimulator
) -> Deployment:
    """Return a config that has earned live mode, its owner's account connected."""
    worker.must_write(
        events.config_status(
            deployment,
            "ACTIVE",
            1,
            started_at=events.MORNING,
            code_digest=events.DIGEST,
            config_json=settings(),
        ),
        *profits(deployment),
    )
    reply = caller.post(
        "/api/broker-accounts",
        {
            "broker": "dhan",
            "client_id": dhan.environment["DHAN_CLIENT_ID"],
            "access_token": dhan.environment["DHAN_ACCESS_TOKEN"],
        },
    )
    assert reply.status_code == 201, reply.text
    return deployment


def validate(caller: Caller, deployment: Deployment) -> dict[str, Any]:
    reply = caller.post(f"{GATE}/validate/{deployment.strategy_id}")
    assert reply.status_code == 200, reply.text
    body: dict[str, Any] = reply.get_json()
    return body


def enable(caller: Caller, deployment: Deployment, *, confirm: bool = True) -> Any:
    return caller.post(f"{GATE}/enable/{deployment.strategy_id}", {"confirm": confirm})


def failed(validation: dict[str, Any]) -> dict[str, str]:
    criteria = validation["criteria"]
    return {each["criterion"]: each["sentence"] for each in criteria if not each["passed"]}


def test_earned_confirmed_live_and_back(caller: Caller, earned: Deployment, user: Person) -> None:
    validation = validate(caller, earned)
    assert (validation["validation_status"], failed(validation)) == ("PASSED", {})
    on = enable(caller, earned).get_json()
    assert (on["outcome"], on["trade_mode"]) == ("enabled", "LIVE")
    status = caller.get(f"{GATE}/status").get_json()
    (config,) = status["configs"]
    assert (config["trade_mode"], config["approved_until"]) == ("LIVE", on["approved_until"])
    (account,) = status["broker_accounts"]
    assert (account["token_valid"], account["static_ip_allowed"]) == (True, True)
    off = caller.post(f"{GATE}/disable/{earned.strategy_id}", {}).get_json()
    assert (off["outcome"], off["trade_mode"], off["positions"]) == ("disabled", "VIRTUAL", "none")
    assert mode(user, earned) == "VIRTUAL"


def test_one_route_switches_both_ways_through_the_same_gate(
    caller: Caller, earned: Deployment, user: Person
) -> None:
    path = f"/api/strategies/live-mode/{earned.strategy_id}"
    body = problem(caller.post(path, {"live": True}), 409, "live_mode_refused")
    assert [(each["pointer"], each["code"]) for each in body["errors"]] == [
        ("/confirm", "not_confirmed")
    ]
    assert caller.post(path, {"live": True, "confirm": True}).get_json()["trade_mode"] == "LIVE"
    assert caller.post(path, {"live": False}).get_json()["trade_mode"] == "VIRTUAL"
    assert mode(user, earned) == "VIRTUAL"


def test_a_refusal_names_every_criterion_that_fails_and_is_audited(
    caller: Caller, deployment: Deployment, user: Person
) -> None:
    path = f"/api/strategies/live-mode/{deployment.strategy_id}"
    body = problem(caller.post(path, {"live": True, "confirm": True}), 409, "live_mode_refused")
    codes = {each["code"] for each in body["errors"]}
    assert {"profitable_trades", "broker_account", "code_registered"} <= codes
    assert "no broker account is connected" in body["detail"]
    (row,) = user.rows("audit_log?action=eq.live_mode_refused")
    assert row["detail"]["objections"][0]["code"] == "validation_failed"
    assert mode(user, deployment) == "VIRTUAL"


def test_enabling_without_a_validation_or_a_confirmation_is_refused_and_audited(
    caller: Caller, earned: Deployment, user: Person
) -> None:
    body = problem(enable(caller, earned), 409, "live_mode_refused")
    assert [each["code"] for each in body["errors"]] == ["not_validated"]
    validate(caller, earned)
    body = problem(enable(caller, earned, confirm=False), 409, "live_mode_refused")
    assert [each["code"] for each in body["errors"]] == ["not_confirmed"]
    assert len(user.rows("audit_log?action=eq.live_mode_refused")) == 2
    problem(
        caller.post(f"{GATE}/enable/{earned.strategy_id}", {"confirm": "yes"}),
        422,
        "invalid_value",
    )


def test_what_the_broker_says_decides(
    caller: Caller, earned: Deployment, dhan: RunningSimulator
) -> None:
    dhan.control("faults", kind="rest_status", path="/v2/profile", code=503)
    sentences = failed(validate(caller, earned))
    assert set(sentences) == {"token", "static_ip"}
    assert sentences["token"] == "Dhan gave no answer that can be used: HTTP 503 from /profile"
    dhan.clear_faults()
    assert failed(validate(caller, earned)) == {}


def test_a_secret_copied_from_another_users_account_opens_nothing(
    caller: Caller, earned: Deployment, user: Person, secret: Person, database: Database
) -> None:
    account_id = user.row("broker_accounts")["id"]
    (mine,) = secret.rows(f"broker_secrets?broker_account_id=eq.{account_id}")
    database.execute(
        "update public.broker_secrets set sealed = %s where broker_account_id = %s",
        (mine["sealed"][:-6] + "AAAAAA", account_id),
    )
    assert "the stored token cannot be used" in failed(validate(caller, earned))["token"]


def test_the_browser_alone_cannot_make_the_brokers_word(
    caller: Caller, earned: Deployment, user: Person, database: Database
) -> None:
    validate(caller, earned)
    database.execute(
        "update public.broker_checks set checked_at = now() - interval '1 hour' where user_id = %s",
        (user.id,),
    )
    # The rpc is the same, but nobody asked the broker.
    validation = user.rpc("validate_live_mode", p_strategy_id=earned.strategy_id)
    assert set(failed(validation)) == {"token", "static_ip"}


def test_another_config_is_meant_by_its_id(
    caller: Caller, earned: Deployment, user: Person
) -> None:
    path = f"{GATE}/validate/{earned.strategy_id}?config_id={earned.config_id}"
    assert caller.post(path).get_json()["config_id"] == earned.config_id
    foreign = f"{GATE}/validate/{earned.strategy_id}?config_id={user.id}"
    problem(caller.post(foreign), 404, "not_found")


def test_what_stops_trading_is_served_when_nothing_else_is(
    caller: Caller, earned: Deployment, database: Database
) -> None:
    row = database.execute("select requests_per_minute from public.operator_policy").fetchone()
    assert row is not None
    database.execute("update public.operator_policy set requests_per_minute = 1")
    try:
        # Three calls: whenever a new minute begins, two of them are in the same one.
        replies = [caller.get(f"{GATE}/status") for _ in range(3)]
        assert 429 in {reply.status_code for reply in replies}
        for _ in range(3):
            off = caller.post(f"{GATE}/disable/{earned.strategy_id}", {})
            assert off.status_code == 200, off.text
            stop = caller.post(f"{GATE}/emergency-stop")
            assert stop.status_code == 200, stop.text
    finally:
        database.execute(
            "update public.operator_policy set requests_per_minute = %s",
            (row["requests_per_minute"],),
        )


def test_the_secret_key_speaks_for_users_in_the_named_operations_only() -> None:
    users = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "functions").rglob("*.py")
        if re.search(r"with_secret_key\(|\belevated\(", path.read_text())
    }
    assert users == {
        "functions/database.py",
        "functions/elevated.py",
        "functions/broker_desk.py",
        "functions/history_page.py",
        "functions/resources/emergency_stop.py",
    }
