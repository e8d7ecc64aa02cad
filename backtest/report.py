"""What a run did, for a person and for a program.

In:  a `Result`.
Out: the trades as CSV or JSON, rows as in the table `trades`; one line that sums the run up; all
     figures as JSON, with rows as in the table `strategy_performance`.
Next: `core/rows.py` has the columns.
"""

import csv
import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from core.daily_performance import daily_performance
from core.errors import ConfigError
from core.metrics import outcome_of, performance
from core.replay.result import Result
from core.strategy import StrategyConfig


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


def write_report(result: Result, path: Path) -> None:
    """Write the figures of a run as JSON.

    Raises
    ------
    ConfigError
        If the ending is not .json, or the file cannot be written.
    """
    if path.suffix != ".json":
        raise ConfigError(f"{path.name}: a report is written as .json")
    try:
        path.write_text(json.dumps(report(result), indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from error


def report(result: Result) -> dict[str, Any]:
    """Return the figures of a run, of each config by itself; money as text."""
    return {
        "run": summary(result),
        "configs": [_of_config(result, config) for config in result.configs.values()],
    }


def _of_config(result: Result, config: StrategyConfig) -> dict[str, Any]:
    outcomes = [outcome_of(trade) for trade in result.closed if trade.owner.config_id == config.id]
    days = daily_performance(config.capital, outcomes, result.days)
    return {
        "config_id": config.id,
        "name": config.name,
        "metrics": _plain(performance(config.capital, outcomes, result.days)._asdict()),
        "strategy_performance": [_plain(day._asdict()) for day in days],
    }


def _plain(figures: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: str(value) if isinstance(value, Decimal | date) else value
        for name, value in figures.items()
    }


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
        "decision_hashes": {str(day): whole for day, whole in result.decision_hashes().items()},
    }


def _sum(amounts: Any) -> str:
    return str(sum(amounts, Decimal("0.00")))
