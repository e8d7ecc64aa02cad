"""What a run did, for a person and for a program.

In:  a `Result`.
Out: the trades as CSV or JSON, rows as in the table `trades`; one line that sums the run up.
Next: `core/rows.py` has the columns.
"""

import csv
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from backtest.driver import Result
from core.errors import ConfigError


def write_trades(result: Result, path: Path) -> None:
    """Write the trades; the file's ending says how.

    Raises
    ------
    ConfigError
        If the ending is neither .csv nor .json, or the file cannot be written.
    """
    rows = result.rows()
    try:
        if path.suffix == ".json":
            path.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
        elif path.suffix == ".csv":
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, fieldnames=list(rows[0]) if rows else [])
                writer.writeheader()
                writer.writerows(rows)
        else:
            raise ConfigError(f"{path.name}: trades are written as .csv or .json")
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from error


def summary(result: Result) -> dict[str, Any]:
    """Return the figures of a run; money as text."""
    closed = result.closed
    return {
        "ticks": result.ticks,
        "candles": result.candle_count,
        "signals": len(result.decisions),
        "trades": len(closed),
        "open": len(result.trades) - len(closed),
        "wins": sum((trade.net_pnl or 0) > 0 for trade in closed),
        "gross_pnl": _sum(trade.gross_pnl for trade in closed),
        "charges": _sum(trade.charges for trade in closed),
        "net_pnl": _sum(trade.net_pnl for trade in closed),
    }


def _sum(amounts: Any) -> str:
    return str(sum(amounts, Decimal("0.00")))
