"""A worker that is killed and started again takes up what it finds."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest

from core.session import NS_PER_MINUTE
from tests.stacks import running_stack
from tests.worker.running import (
    Database,
    RunningSimulator,
    running_simulator,
    running_worker,
    wait_for,
)


@pytest.mark.timeout(300)
def test_open_trades_are_taken_up_guarded_and_closed_once(tmp_path: Path) -> None:
    with (
        running_stack() as stack,
        running_simulator("--speed=200", "--start=09:30") as simulator,
    ):
        database = Database(stack)
        with running_worker(stack, simulator, tmp_path, MARKET_SPEED="200") as first:
            wait_for("an open trade that stays", lambda: _holds(database, simulator), 90)
            first.process.kill()
            first.process.wait()
        # The market goes on meanwhile: what was missed does not come again.
        now_ns = simulator.control("clock")["now_ns"]
        simulator.control("clock", rewind=now_ns + 2 * NS_PER_MINUTE)
        # Several configs may hold something: which of them is stopped below decides which closes.
        (held, *_) = database.rows("trades", status="eq.OPEN")
        with running_worker(stack, simulator, tmp_path, MARKET_SPEED="200") as second:
            simulator.control("clock", hold=False)
            second.wait_said("ready")
            wait_for(
                "word of it",
                lambda: database.rows(
                    "strategy_logs", message="like.*open trades of an earlier run are taken up"
                ),
            )
            config = held["strategy_config_id"]
            assert database.user().do(config, "STOP")["status"] == "EXECUTED"
            mine = {"strategy_config_id": f"eq.{config}"}
            wait_for("nothing held", lambda: not database.rows("trades", status="eq.OPEN", **mine))
            assert second.stop() == 0
            (stopped,) = second.said("stopped")
        closed = database.rows("trades", id=f"eq.{held['id']}", select="*,pnl::text")[0]
        assert closed["version"] > held["version"]
        assert stopped["store"].get("failed", 0) == 0
        fills = database.rows("fills", trade_id=f"eq.{held['id']}", select="side,quantity")
        signed = sum(row["quantity"] if row["side"] == "BUY" else -row["quantity"] for row in fills)
        assert closed["status"] == "CLOSED"
        assert signed == 0
        assert not database.rows("orders", status="in.(PENDING,PART_TRADED)", **mine)
        _books_balance(database)


@pytest.mark.full
@pytest.mark.timeout(300)
def test_books_that_do_not_add_up_leave_their_config_paused_with_the_reason(
    tmp_path: Path,
) -> None:
    with (
        running_stack() as stack,
        running_simulator("--speed=200", "--start=09:30") as simulator,
    ):
        database = Database(stack)
        with running_worker(stack, simulator, tmp_path, MARKET_SPEED="200") as first:
            wait_for("an open trade that stays", lambda: _holds(database, simulator), 90)
            first.process.kill()
            first.process.wait()
        (held, *_) = database.rows("trades", status="eq.OPEN")
        with psycopg.connect(stack.database_url) as connection:
            connection.execute(
                "update public.fills set quantity = 1 where trade_id = %s", (held["id"],)
            )
        now_ns = simulator.control("clock")["now_ns"]
        simulator.control("clock", rewind=now_ns + 2 * NS_PER_MINUTE)
        with running_worker(stack, simulator, tmp_path, MARKET_SPEED="200") as second:
            simulator.control("clock", hold=False)
            second.wait_said("ready")
            row = database.wait_status(held["strategy_config_id"], "PAUSED")
            assert f"trade {held['id']} is not looked after any more" in row["error_message"]
            assert "its fills leave" in row["error_message"]
            running = database.rows("strategy_configs", status="eq.ACTIVE")
            assert len(running) >= 3
            assert second.stop() == 0


def _holds(database: Database, simulator: RunningSimulator) -> bool:
    """Return whether something is held with the market standing still and all of it stored."""
    if not database.rows("trades", status="eq.OPEN"):
        return False
    simulator.control("clock", hold=True)
    before = _beat(database)["beat_at"]
    wait_for("word of a worker at rest", lambda: _is_at_rest(_beat(database), before))
    if database.rows("trades", status="eq.OPEN"):
        return True
    simulator.control("clock", hold=False)  # It was closed meanwhile.
    return False


def _beat(database: Database) -> dict[str, Any]:
    (row,) = database.rows("worker_heartbeats", process="eq.supervisor")
    return row


def _is_at_rest(beat: dict[str, Any], before: str) -> bool:
    figures = beat["figures"]
    return bool(beat["beat_at"] > before and figures["outbox"] == figures["queued"] == 0)


def _books_balance(database: Database) -> None:
    """Hold the balance against the ledger."""
    (portfolio,) = database.rows("portfolios", select="balance::text")
    entries = database.rows("ledger_entries", select="amount::text", limit="1000")
    assert Decimal(portfolio["balance"]) == sum(
        (Decimal(row["amount"]) for row in entries), Decimal(0)
    )
