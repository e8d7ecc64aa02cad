"""The whole at a glance: counts, profit and positions as SQL over the same rows finds them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.supabase import events
from tests.supabase.closed_trades import Closed, market_held_at, put_metrics, put_trades
from tests.supabase.conftest import Database
from tests.supabase.deployments import Deployment, Worker, deploy
from tests.supabase.people import Person, refusal

NOW = "2026-11-20T07:00:00+00:00"  # 12:30 in India
MIDNIGHT = datetime(2026, 11, 19, 18, 30, tzinfo=UTC)  # The 20th begins in India.
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def market(database: Database) -> Iterator[None]:
    """Hold the market's time: what is today's must not change under a test."""
    with market_held_at(database, NOW):
        yield


def overview(user: Person) -> dict[str, Any]:
    (row,) = user.rpc("system_overview")
    assert isinstance(row, dict)
    return row


def test_an_empty_account_has_an_overview_of_nothing(user: Person) -> None:
    row = overview(user)
    assert row["configs_by_status"] == {"ACTIVE": 0, "STOPPED": 0, "ERROR": 0, "PAUSED": 0}
    assert set(row["strategies_by_status"].values()) == {0}
    assert (row["active_configs"], row["recent_commands"]) == ([], [])
    money = ("pnl_today", "pnl_total", "virtual_pnl_today", "live_pnl_total", "unrealised_pnl")
    assert [row[name] for name in money] == ["0"] * 5
    counts = ("trades_today", "open_positions", "open_trades", "orders_today")
    assert [row[name] for name in counts] == [0] * 4
    assert (row["market_date"], row["simulated"]) == ("2026-11-20", False)


def test_profit_of_today_begins_at_midnight_in_india_and_keeps_the_modes_apart(
    user: Person, deployment: Deployment, database: Database
) -> None:
    put_trades(
        database,
        deployment,
        [
            Closed(MIDNIGHT - SECOND, Decimal("1000.10")),
            Closed(MIDNIGHT, Decimal("-20.05")),
            Closed(MIDNIGHT + SECOND, Decimal("7.00"), "LIVE"),
            Closed(MIDNIGHT - SECOND, Decimal("-0.01"), "LIVE"),
        ],
    )
    row = overview(user)
    assert (row["virtual_pnl_today"], row["live_pnl_today"]) == ("-20.05", "7.00")
    assert (row["pnl_today"], row["trades_today"]) == ("-13.05", 2)
    assert (row["virtual_pnl_total"], row["live_pnl_total"]) == ("980.05", "6.99")
    assert (
        row["pnl_total"] == "987.04" == user.row("strategies?select=total_pnl::text")["total_pnl"]
    )
    (today,) = user.rpc("strategies_today")
    assert (today["virtual_pnl"], today["virtual_trades"]) == ("-20.05", 1)
    assert (today["live_pnl"], today["live_trades"], today["open_trades"]) == ("7.00", 1, 0)


def test_open_positions_are_the_sum_of_each_configs_last_metric(
    user: Person, deployment: Deployment, database: Database
) -> None:
    other = deploy(user)
    put_metrics(database, deployment, [MIDNIGHT], positions=5)
    put_metrics(database, deployment, [MIDNIGHT + SECOND], positions=2)
    put_metrics(database, other, [MIDNIGHT], positions=1)
    assert overview(user)["open_positions"] == 3


def test_what_is_held_and_ordered_today_is_counted(
    user: Person, deployment: Deployment, worker: Worker
) -> None:
    worker.must_write(
        events.last_price(),
        *events.opening(deployment),
        events.order(deployment, placed_at=(MIDNIGHT - SECOND).isoformat()),
    )
    row = overview(user)
    assert (row["open_trades"], row["orders_today"]) == (1, 1)
    assert row["unrealised_pnl"] == user.row("positions?select=p:unrealised_pnl::text")["p"]
    assert user.rpc("strategies_today")[0]["open_trades"] == 1


def test_states_and_the_last_twenty_commands_are_shown(
    user: Person, deployment: Deployment, worker: Worker
) -> None:
    gone, active = deploy(user), deploy(user)
    user.rpc("archive_strategy", p_strategy_id=gone.strategy_id)
    started = events.config_status(active, "ACTIVE", 1, started_at=events.MORNING)
    worker.must_write(started, events.metric(active))
    for _ in range(21):
        command = {"strategy_config_id": deployment.config_id, "command": "UPDATE_CONFIG"}
        user.insert("strategy_commands", command)
    row = overview(user)
    assert row["configs_by_status"] == {"ACTIVE": 1, "STOPPED": 1, "ERROR": 0, "PAUSED": 0}
    states = {name: count for name, count in row["strategies_by_status"].items() if count}
    assert states == {"draft": 1, "running": 1, "archived": 1}
    (shown,) = row["active_configs"]
    assert (shown["id"], shown["metric"]["pnl"]) == (active.config_id, "12.50")
    assert len(row["recent_commands"]) == 20
    times = [each["created_at"] for each in row["recent_commands"]]
    assert times == sorted(times, reverse=True)
    assert row["recent_commands"][0]["command"] == "UPDATE_CONFIG"


def test_an_overview_holds_nothing_of_another_user(
    deployment: Deployment, worker: Worker, stranger: Person
) -> None:
    worker.must_write(*events.opening(deployment), events.metric(deployment))
    row = overview(stranger)
    assert (row["open_positions"], row["open_trades"], row["orders_today"]) == (0, 0, 0)
    assert deployment.strategy_id not in str(row)


def test_live_status_shows_state_process_and_sign_of_life(
    user: Person, deployment: Deployment, worker: Worker
) -> None:
    (idle,) = user.rpc("live_status", p_config_id=deployment.config_id)
    assert (idle["status"], idle["heartbeat_age_seconds"], idle["pid"]) == ("STOPPED", None, None)
    running = events.config_status(
        deployment, "ACTIVE", 1, pid=77, started_at=events.MORNING, error_message=None
    )
    metrics = [
        events.metric(deployment, timestamp=f"2026-11-20T05:0{minute}:00+00:00")
        for minute in range(6)
    ]
    opening = events.opening(deployment)
    worker.must_write(running, *metrics, *opening, events.heartbeat(deployment))
    for _ in range(6):
        command = {"strategy_config_id": deployment.config_id, "command": "UPDATE_CONFIG"}
        user.insert("strategy_commands", command)
    (row,) = user.rpc("live_status", p_config_id=deployment.config_id)
    assert (row["status"], row["pid"], row["cpu_percent"]) == ("ACTIVE", 77, 1.5)
    assert (row["memory_bytes"], row["open_trades"]) == (20_000_000, 1)
    assert datetime.fromisoformat(row["started_at"]) == datetime.fromisoformat(events.MORNING)
    assert 0 <= row["heartbeat_age_seconds"] < 60
    assert (len(row["metrics"]), len(row["commands"])) == (5, 5)
    assert "PAUSE" in row["allowed_commands"]


def test_metrics_of_the_last_hours_go_by_the_markets_time(
    user: Person, deployment: Deployment, database: Database
) -> None:
    now = datetime.fromisoformat(NOW)
    put_metrics(database, deployment, [now - timedelta(hours=hours) for hours in (0, 1, 2, 30)])

    def of_hours(hours: int) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = user.rpc(
            "config_metrics", p_config_id=deployment.config_id, p_hours=hours
        )
        return rows

    assert [len(of_hours(hours)) for hours in (1, 2, 3, 31)] == [1, 2, 3, 4]
    times = [row["timestamp"] for row in of_hours(31)]
    assert times == sorted(times)
    assert of_hours(1)[0]["pnl"] == "1.50"


def test_more_metrics_than_a_page_holds_are_thinned_to_the_last_of_each_stretch(
    user: Person, deployment: Deployment, database: Database
) -> None:
    now = datetime.fromisoformat(NOW)
    times = [now - timedelta(minutes=minutes) for minutes in range(1500)]
    put_metrics(database, deployment, times)
    rows = user.rpc("config_metrics", p_config_id=deployment.config_id, p_hours=48)
    assert 500 <= len(rows) <= 1000
    assert datetime.fromisoformat(rows[-1]["timestamp"]) == now


@pytest.mark.parametrize("hours", [0, 721, None])
def test_metrics_are_shown_of_1_to_720_hours(
    user: Person, deployment: Deployment, hours: int | None
) -> None:
    body = {"p_config_id": deployment.config_id, "p_hours": hours}
    assert refusal(user.call("POST", "rpc/config_metrics", body))[0] == "TB422"
