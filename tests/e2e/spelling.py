"""Trades without their spelling: database, demo and offline driver write the same values apart.

In:  rows of `trades`, or those that `core.rows` makes.
Out: what can be compared.
Next: `tests/e2e/test_demo.py`.
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

_PLAIN = (
    *("version", "symbol", "trade_type", "side", "quantity", "status", "exit_reason"),
    "code_digest",
)
_MONEY = ("entry_price", "stop_loss", "target_price", "exit_price", "gross_pnl", "charges", "pnl")
_TIMES = ("entry_time", "exit_time")

Row = dict[str, Any]


def by_id(rows: Iterable[Row]) -> dict[str, tuple[object, ...]]:
    """Return the values of each trade."""
    return {str(row["id"]): _values(row) for row in rows}


def _values(row: Row) -> tuple[object, ...]:
    return (
        *(row.get(name) for name in _PLAIN),
        None if row.get("signal_id") is None else str(row["signal_id"]),
        *(None if row.get(name) is None else Decimal(str(row[name])) for name in _MONEY),
        *(None if row.get(name) is None else _instant(row[name]) for name in _TIMES),
    )


def _instant(value: str | datetime) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value
