"""What the worker writes of live trading: an entry takes an approval in force, an exit never."""

from typing import Any

import pytest

from tests.supabase import events
from tests.supabase.conftest import Database
from tests.supabase.deployments import Deployment, Event, Worker
from tests.supabase.going_live import connect_broker, earn, go_live, live_entry, mode
from tests.supabase.people import Person


@pytest.fixture
def live(deployment: Deployment, worker: Worker, secret: Person, user: Person) -> Deployment:
    """Return a config that trades live."""
    go_live(user, deployment, worker, secret)
    return deployment


def outcomes(results: list[Event]) -> list[str]:
    return [result["outcome"] for result in results]


def test_a_live_config_enters_and_leaves(live: Deployment, worker: Worker, user: Person) -> None:
    entry = live_entry(live)
    worker.must_write(*entry, events.closed(entry[2]))
    trade = user.row("trades?trade_mode=eq.LIVE")
    assert (trade["status"], trade["closed_by"]) == ("CLOSED", "worker")


def test_without_an_approval_no_live_entry_is_stored_and_none_is_forgotten(
    deployment: Deployment, worker: Worker, secret: Person, user: Person
) -> None:
    earn(deployment, worker, secret)
    order, fill, trade = live_entry(deployment)
    results = worker.write(order, fill, trade)
    # What comes after the refused order waits in the worker's journal.
    assert outcomes(results) == ["failed", "held", "held"]
    assert (results[0]["code"], results[0]["error"]) == (
        "TB409",
        f"no live entry in {events.SYMBOL}: no approval is in force for its config",
    )
    assert user.rows("orders") == user.rows("trades?trade_mode=eq.LIVE") == []
    told = user.rows("incidents?order=occurred_at")
    assert [each["kind"] for each in told] == ["live_event_refused"]
    assert [each["detail"]["event"]["row"]["id"] for each in told] == [order["row"]["id"]]


def test_a_refused_event_that_is_sent_again_is_told_once(
    deployment: Deployment, worker: Worker, user: Person
) -> None:
    order = live_entry(deployment)[0]
    for _ in range(3):
        assert outcomes(worker.write(order)) == ["failed"]
    assert len(user.rows("incidents")) == 1


def test_a_live_trade_without_its_entry_order_is_refused(
    live: Deployment, worker: Worker, user: Person
) -> None:
    trade = events.trade(live, trade_mode="LIVE")
    assert outcomes(worker.write(trade)) == ["failed"]
    # An exit order is no entry, and neither is a simulated one.
    owned = {"trade_id": trade["row"]["id"]}
    worker.must_write(
        events.order(live, purpose="EXIT", exit_reason="TARGET", trade_mode="LIVE", **owned),
        events.order(live, **owned),
    )
    assert outcomes(worker.write(trade)) == ["failed"]
    assert user.rows("trades?trade_mode=eq.LIVE") == []


@pytest.mark.parametrize("digest", ["e" * 64, None])
def test_an_entry_decided_by_other_code_is_refused(
    live: Deployment, worker: Worker, digest: str | None
) -> None:
    (result,) = worker.write(live_entry(live, code_digest=digest)[0])
    assert result["outcome"] == "failed"
    assert f"approved is {events.DIGEST}" in result["error"]


@pytest.mark.parametrize("end", ["stop", "disable", "edit", "expire", "stale", "disconnect"])
def test_after_the_approval_has_ended_entries_are_refused_and_exits_stored(
    live: Deployment, worker: Worker, user: Person, database: Database, end: str
) -> None:
    entry = live_entry(live)
    worker.must_write(*entry)
    if end == "stop":
        user.rpc("trigger_emergency_stop")
    elif end == "disable":
        user.rpc("disable_live_mode", p_strategy_id=live.strategy_id, p_keep_positions=True)
    elif end == "edit":
        worker.must_write(events.config_status(live, "ACTIVE", 2, code_digest="e" * 64))
    elif end == "stale":
        database.execute(
            "update public.live_approvals set approval_hash = 'of another configuration' "
            "where strategy_config_id = %s",
            (live.config_id,),
        )
    elif end == "expire":
        database.execute(
            "update public.live_approvals set approved_at = now() - interval '1 day', "
            "expires_at = now() where strategy_config_id = %s",
            (live.config_id,),
        )
    else:
        account_id = user.row("broker_accounts")["id"]
        user.rpc("disconnect_broker_account", p_broker_account_id=account_id)

    assert outcomes(worker.write(live_entry(live, instrument_key="NSE_FNO:7")[0])) == ["failed"]
    owned: dict[str, Any] = {"trade_id": entry[2]["row"]["id"], "trade_mode": "LIVE"}
    sold = events.order(live, purpose="EXIT", exit_reason="STOP_LOSS", side="SELL", **owned)
    filled = events.fill(live, sold["row"]["id"], side="SELL", trade_id=owned["trade_id"])
    worker.must_write(sold, filled, events.closed(entry[2]))
    assert user.row("trades?trade_mode=eq.LIVE")["status"] == "CLOSED"


def test_disabling_closes_open_live_trades_unless_they_are_to_be_kept(
    live: Deployment, worker: Worker, user: Person
) -> None:
    worker.must_write(*live_entry(live))
    kept = user.rpc("disable_live_mode", p_strategy_id=live.strategy_id, p_keep_positions=True)
    assert (kept["outcome"], kept["positions"], kept["open_live_trades"]) == ("disabled", "kept", 1)
    assert user.rows("strategy_commands?command=eq.STOP") == []
    for _ in range(2):
        closing = user.rpc("disable_live_mode", p_strategy_id=live.strategy_id)
        assert (closing["outcome"], closing["positions"]) == ("already_virtual", "closing")
    (stop,) = user.rows("strategy_commands?command=eq.STOP")
    assert stop["parameters"] == {"keep_positions": False}


def test_paper_trading_goes_on_whatever_becomes_of_the_approval(
    live: Deployment, worker: Worker, user: Person
) -> None:
    user.rpc("trigger_emergency_stop")
    worker.must_write(*events.opening(live))
    assert mode(user, live) == "VIRTUAL"


def test_a_broker_account_is_nobody_elses(secret: Person, user: Person, stranger: Person) -> None:
    connect_broker(secret, user.id)
    assert stranger.rows("broker_accounts") == stranger.rows("broker_checks") == []
