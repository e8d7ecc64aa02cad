"""The configs that are due, as values.

In:  what the rpc `due_code_configs` returns.
Out: `DueConfig`, with everything it holds.
Next: `functions/minute/desk.py`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from core.errors import ConfigError, DataError
from core.instrument import Instrument
from core.order import Fill
from core.stored_rows import fill_of, instant_of, trade_of
from core.trade import Trade, TradeStatus
from functions.instrument_rows import instrument_of

type Row = Mapping[str, Any]


class Listed(NamedTuple):
    """An instrument of a config, and its last price.

    Attributes
    ----------
    has_derivatives
        Of a share: futures on it are traded.
    price, price_ns
        None where the database has none.
    """

    instrument: Instrument
    has_derivatives: bool
    price: float | None
    price_ns: int | None


class Held(NamedTuple):
    """A trade of the config, open or ended today."""

    trade: Trade
    fills: tuple[Fill, ...]
    listed: Listed


class DueConfig(NamedTuple):
    """One config of the minute cron.

    Attributes
    ----------
    row
        As the database sent it.
    listed
        What its rules mean, by rule; None where nobody knows.
    last_minute
        Newest minute that was written, None before the first.
    """

    row: Row
    listed: Mapping[str, Listed | None]
    held: tuple[Held, ...]
    last_minute: datetime | None

    @property
    def id(self) -> str:
        """Config id."""
        return str(self.row["id"])

    @property
    def is_asked(self) -> bool:
        """Whether its code is run; else only what it holds is looked after."""
        return self.row["status"] in {"ACTIVE", "ERROR"} and self.row["failures"] < FAILURES_ALLOWED

    @property
    def is_closing(self) -> bool:
        """Whether it was stopped and what it holds is to be closed."""
        return self.row["status"] == "STOPPED" and bool(self.row["close_positions"])

    @property
    def basis(self) -> dict[str, Any]:
        """What a run is worked out from; if it is otherwise by then, the run does not count."""
        is_open = (each.trade for each in self.held if each.trade.status is TradeStatus.OPEN)
        return {
            "status_version": self.row["status_version"],
            "trades": {trade.id: trade.version for trade in is_open},
        }


FAILURES_ALLOWED = 3
"""So many evaluations in a row may fail; after the last of them nobody asks any more."""


def due_config(row: Row) -> DueConfig:
    """Return a row as a config.

    Raises
    ------
    DataError
        If it cannot be read: our mistake, not its owner's.
    """
    try:
        return DueConfig(
            row,
            {each["rule"]: _listed_or_none(each["instrument"]) for each in row["symbols"]},
            tuple(_held(each, row["portfolio_id"]) for each in row["trades"]),
            None if row["last_minute"] is None else datetime.fromisoformat(row["last_minute"]),
        )
    except (KeyError, TypeError, ValueError, ConfigError) as error:
        raise DataError(f"config {row.get('id')}: {type(error).__name__} {error}") from error


def _held(row: Row, portfolio_id: str | None) -> Held:
    if row["instrument"] is None:
        raise DataError(f"trade {row['id']}: {row['instrument_key']} is not in the database")
    of_trade = row["portfolio_id"] or portfolio_id or ""
    fills = tuple(fill_of(each, of_trade) for each in row["fills"] or ())
    return Held(trade_of(row), fills, _listed(row["instrument"]))


def _listed_or_none(row: Row | None) -> Listed | None:
    return None if row is None else _listed(row)


def _listed(row: Row) -> Listed:
    price, at = row["last_price"], row["last_price_at"]
    return Listed(
        instrument_of(row),
        bool(row["has_derivatives"]),
        None if price is None else float(price),
        None if at is None else instant_of(at),
    )
