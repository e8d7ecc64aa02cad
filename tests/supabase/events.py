"""Events as the worker sends them, complete and valid, for a test to bend.

In:  a deployment, and what shall differ.
Out: dicts for `Worker.write`.
Next: `tests/supabase/test_worker_write.py`.
"""

from typing import Any
from uuid import uuid4

from tests.supabase.deployments import Deployment, Event

INSTRUMENT = "NSE_FNO:49543"
SYMBOL = "NIFTY-Dec2026-FUT"
MORNING = "2026-11-20T04:30:00+00:00"  # 10:00 IST
NOON = "2026-11-20T06:30:00+00:00"
DIGEST = "d" * 64


def new_id() -> str:
    """Return a fresh key."""
    return str(uuid4())


def event(kind: str, row: dict[str, Any], deployment: Deployment | None = None) -> Event:
    """Wrap a row; market events belong to nobody."""
    return {
        "id": new_id(),
        "kind": kind,
        "config_id": deployment.config_id if deployment else None,
        "user_id": deployment.user_id if deployment else None,
        "at": MORNING,
        "row": row,
    }


def candle(**changes: Any) -> Event:
    """Make a one-minute candle."""
    row = {
        "instrument_key": INSTRUMENT,
        "symbol": SYMBOL,
        "timeframe": "1m",
        "timestamp": MORNING,
        "open_price": "25000.10",
        "high_price": "25010.00",
        "low_price": "24990.05",
        "close_price": "25005.00",
        "volume": 1300,
        "open_interest": 120000,
    }
    return event("candle", row | changes)


def last_price(**changes: Any) -> Event:
    """Make a price."""
    row = {
        "instrument_key": INSTRUMENT,
        "symbol": SYMBOL,
        "price": "25100.00",
        "traded_at": MORNING,
        "volume": 5000,
    }
    return event("last_price", row | changes)


def instrument(**changes: Any) -> Event:
    """Make a row of the instrument master."""
    row = {
        "instrument_key": INSTRUMENT,
        "segment": "NSE_FNO",
        "security_id": 49543,
        "symbol": SYMBOL,
        "kind": "FUTIDX",
        "underlying": "NIFTY",
        "expiry": "2026-12-29",
        "lot_size": 65,
        "tick_size": "0.10",
        "freeze_quantity": 1755,
    }
    return event("instrument", row | changes)


def signal(deployment: Deployment, **changes: Any) -> Event:
    """Make a signal that was executed."""
    row = {
        "id": new_id(),
        "instrument_key": INSTRUMENT,
        "symbol": SYMBOL,
        "signal_type": "LONG",
        "signal_strength": 60,
        "price": "25000.00",
        "stop_loss": "24900.00",
        "target_price": "25200.00",
        "reason": "fast average crossed above slow",
        "indicators": {"fast": 25001.5, "slow": 25000.25},
        "candle_time": MORNING,
        "generated_at": MORNING,
        "executed": True,
        "code_digest": DIGEST,
    }
    return event("signal", row | changes, deployment)


def order(deployment: Deployment, **changes: Any) -> Event:
    """Make a filled entry order of one lot."""
    row = {
        "id": new_id(),
        "version": 2,
        "trade_id": None,
        "instrument_key": INSTRUMENT,
        "symbol": SYMBOL,
        "side": "BUY",
        "order_type": "MARKET",
        "purpose": "ENTRY",
        "quantity": 65,
        "status": "TRADED",
        "filled_quantity": 65,
        "average_price": "25000.50",
        "placed_at": MORNING,
        "changed_at": MORNING,
        "code_digest": DIGEST,
    }
    return event("order", row | changes, deployment)


def fill(deployment: Deployment, order_id: str, **changes: Any) -> Event:
    """Make the fill of such an order."""
    row = {
        "id": new_id(),
        "order_id": order_id,
        "instrument_key": INSTRUMENT,
        "side": "BUY",
        "quantity": 65,
        "price": "25000.50",
        "charges": "63.90",
        "filled_at": MORNING,
    }
    return event("fill", row | changes, deployment)


def trade(deployment: Deployment, **changes: Any) -> Event:
    """Make an open trade of one lot."""
    row = {
        "id": new_id(),
        "version": 1,
        "instrument_key": INSTRUMENT,
        "symbol": SYMBOL,
        "trade_type": "LONG",
        "side": "BUY",
        "quantity": 65,
        "entry_time": MORNING,
        "entry_price": "25000.50",
        "stop_loss": "24900.00",
        "target_price": "25200.00",
        "charges": "63.90",
        "status": "OPEN",
        "code_digest": DIGEST,
    }
    return event("trade", row | changes, deployment)


def closed(opened: Event, **changes: Any) -> Event:
    """Make the close of a trade 99.50 rupees above its entry."""
    row = opened["row"] | {
        "version": opened["row"]["version"] + 1,
        "status": "CLOSED",
        "exit_time": NOON,
        "exit_price": "25100.00",
        "exit_reason": "TARGET",
        "gross_pnl": "6467.50",
        "charges": "130.20",
        "pnl": "6337.30",
    }
    return opened | {"id": new_id(), "row": row | changes}


def ledger(deployment: Deployment, **changes: Any) -> Event:
    """Make a movement of cash."""
    row = {
        "id": new_id(),
        "portfolio_id": deployment.portfolio_id,
        "kind": "CHARGES",
        "amount": "-63.90",
        "occurred_at": MORNING,
    }
    return event("ledger", row | changes, deployment)


def config_status(deployment: Deployment, status: str, version: int, **changes: Any) -> Event:
    """Report a config's state."""
    return event("config_status", {"status": status, "version": version} | changes, deployment)


def command_end(deployment: Deployment, command_id: str, **changes: Any) -> Event:
    """Report that a command was executed."""
    return event("command", {"id": command_id, "status": "EXECUTED"} | changes, deployment)


def metric(deployment: Deployment, **changes: Any) -> Event:
    """Make a measurement."""
    row = {"timestamp": MORNING, "pnl": "12.50", "positions_count": 1, "success_rate": 50}
    return event("metric", row | changes, deployment)


def log(deployment: Deployment, **changes: Any) -> Event:
    """Make a line of a log."""
    row = {"level": "info", "message": "started", "logged_at": MORNING}
    return event("log", row | changes, deployment)


def heartbeat(deployment: Deployment | None = None, **changes: Any) -> Event:
    """Make a sign of life, of the supervisor or of a strategy process."""
    row = {
        "process": deployment.config_id if deployment else "supervisor",
        "status": "running",
        "pid": 4321,
        "cpu_percent": 1.5,
        "memory_bytes": 20_000_000,
        "feed_age_seconds": 0.2,
        "figures": {"ticks": 1000},
    }
    return event("heartbeat", row | changes, deployment)


def opening(deployment: Deployment, **changes: Any) -> list[Event]:
    """Make everything an entry writes; `changes` go to the trade."""
    trade_id = new_id()
    entry = order(deployment, trade_id=trade_id)
    filled = fill(deployment, entry["row"]["id"], trade_id=trade_id)
    owned = {"trade_id": trade_id, "fill_id": filled["row"]["id"]}
    return [
        entry,
        filled,
        trade(deployment, id=trade_id, **changes),
        ledger(deployment, kind="FILL", amount="-1625032.50", **owned),
        ledger(deployment, kind="CHARGES", amount="-63.90", **owned),
    ]
