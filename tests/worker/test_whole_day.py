"""A whole market day through everything: bytes of the simulator to rows of the database."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.recordings import facts_in, run_folder
from tests.stacks import running_stack
from tests.worker.running import (
    PROJECT,
    Database,
    running_simulator,
    running_worker,
    wait_for,
)

_COLUMNS = (
    "id,symbol,trade_type,side,quantity,entry_time,entry_price::text,stop_loss::text,"
    "target_price::text,exit_time,exit_price::text,exit_reason,gross_pnl::text,charges::text,"
    "pnl::text,status"
)


@pytest.mark.timeout(300)
def test_trades_of_a_day_equal_those_of_the_offline_driver_over_its_recording(
    tmp_path: Path,
) -> None:
    with (
        running_stack() as stack,
        running_simulator("--speed=max", "--hold") as simulator,
        running_worker(
            stack,
            simulator,
            tmp_path / "state",
            MARKET_SPEED="1000000",
            WORKER_RECORD_DIR=str(tmp_path / "recordings"),
        ) as worker,
    ):
        worker.wait_said("feed connected")
        simulator.control("clock", hold=False)
        wait_for("the day to end", lambda: simulator.control("clock")["rows_left"] == 0, 180)
        database = Database(stack)
        wait_for("the last candles", lambda: database.rows("ohlcv_data", timeframe="eq.1d"))
        assert worker.stop() == 0
        (stopped,) = worker.said("stopped")
        stored = database.rows("trades", select=_COLUMNS, order="id")
        balance = database.rows("portfolios", select="balance::text")[0]["balance"]

    assert stopped["dropped"] == 0
    assert stopped["store"].get("failed", 0) == 0
    assert stopped["outbox"] == 0
    folder = run_folder(tmp_path / "recordings")
    offline, offline_hash = _offline(folder)
    assert len(stored) > 5
    assert _limits(folder) == {"5000000"}
    assert [_comparable(row) for row in stored] == [_comparable(row) for row in offline]
    assert _replayed(tmp_path / "recordings") == offline_hash == stopped["decisions"]["hash"]
    net = sum(round(float(row["pnl"]) * 100) for row in stored if row["pnl"] is not None)
    if all(row["status"] == "CLOSED" for row in stored):
        assert round(float(balance) * 100) == 5_000_000_00 + net


def _offline(folder: Path) -> tuple[list[dict[str, Any]], str]:
    """Return the trades that `python -m backtest` makes of a recording, and its decisions' hash."""
    out = folder / "trades.json"
    command = [sys.executable, "-m", "backtest", "run", f"--recording={folder}", f"--trades={out}"]
    done = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True)
    (whole,) = json.loads(done.stdout)["decision_hashes"].values()
    rows: list[dict[str, Any]] = json.loads(out.read_text())
    return sorted(rows, key=lambda row: str(row["id"])), whole


def _replayed(recordings: Path) -> str:
    """Return the hash that `python -m worker replay` finds, equal to what was recorded."""
    command = [sys.executable, "-m", "worker", "replay", "2026-11-20"]
    environment = {"PATH": "", "WORKER_RECORD_DIR": str(recordings)}
    done = subprocess.run(
        command, cwd=PROJECT, env=environment, check=True, capture_output=True, text=True
    )
    said = json.loads(done.stdout)
    assert said["same"]
    assert said["late"] == 0
    return str(said["hash"])


def _limits(folder: Path) -> set[str]:
    """Return the capital that the limits of the configs' portfolios referred to."""
    deployed = facts_in(folder, "configs")
    assert all(fact["limits"]["max_open_trades"] == 10 for fact in deployed)
    return {fact["limits"]["capital"] for fact in deployed}


def _comparable(row: dict[str, Any]) -> tuple[Any, ...]:
    money = (
        "entry_price",
        "stop_loss",
        "target_price",
        "exit_price",
        "gross_pnl",
        "charges",
        "pnl",
    )
    times = ("entry_time", "exit_time")
    plain = ("id", "symbol", "trade_type", "side", "quantity", "exit_reason", "status")
    return (
        *(row[name] for name in plain),
        *(None if row[name] is None else round(float(row[name]), 4) for name in money),
        *(None if row[name] is None else row[name][:19].replace(" ", "T") for name in times),
    )


@pytest.mark.timeout(120)
def test_the_database_is_marked_as_simulated_while_the_feed_is_the_clock(tmp_path: Path) -> None:
    with (
        running_stack() as stack,
        running_simulator("--speed=60") as simulator,
        running_worker(stack, simulator, tmp_path, MARKET_SPEED="60"),
    ):
        database = Database(stack)
        clock = wait_for(
            "the market's time", lambda: database.rows("market_clock", source="eq.FEED")
        )[0]
        assert clock["simulated"] is True
        assert clock["speed"] == 60
        assert clock["market_time"].startswith("2026-11-20T0")
        health = database.call("health")
        assert health["simulated"] is True
        assert health["worker"]["heartbeat_age_seconds"] < 10
        prices = wait_for("last prices", lambda: database.rows("last_prices"))
        assert {row["symbol"].partition("-")[0] for row in prices} <= {"NIFTY", "BANKNIFTY"}
