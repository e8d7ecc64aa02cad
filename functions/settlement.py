"""What an option is settled by: the price of its underlying at the end of the option's last day.

In:  names of underlyings, days.
Out: a price in rupees, or None where none of that day is known: it is never taken from another.
Next: `functions/square_off.py`, which settles.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from core.session import IST
from functions.database import Database

_KINDS: Final = "in.(INDEX,EQUITY)"
_ONE_DAY: Final = timedelta(days=1)


class SettlementPrices:
    """Answer what underlyings ended a day at, asking the database once for each.

    Parameters
    ----------
    database
        With the secret key.
    """

    def __init__(self, database: Database) -> None:
        self._database: Final = database
        self._known: Final[dict[tuple[str, date], Decimal | None]] = {}

    def of(self, underlying: str, day: date) -> Decimal | None:
        """Return the last price of an underlying on a day (IST)."""
        key = (underlying, day)
        if key not in self._known:
            self._known[key] = self._look_up(underlying, day)
        return self._known[key]

    def _look_up(self, underlying: str, day: date) -> Decimal | None:
        rows = self._database.rows(
            "instruments", select="instrument_key", symbol=f"eq.{underlying}", kind=_KINDS
        )
        for row in rows:
            price = self._last_price(row["instrument_key"], day)
            if price is None:
                price = self._last_close(row["instrument_key"], day)
            if price is not None:
                return price
        return None

    def _last_price(self, instrument_key: str, day: date) -> Decimal | None:
        rows = self._ask(
            "last_prices",
            "price:price::text",
            "traded_at",
            day,
            instrument_key=f"eq.{instrument_key}",
        )
        return Decimal(rows[0]["price"]) if rows else None

    def _last_close(self, instrument_key: str, day: date) -> Decimal | None:
        """Return the close of the day's last candle: the last price may be of a later day."""
        rows = self._ask(
            "ohlcv_data",
            "price:close_price::text",
            "timestamp",
            day,
            instrument_key=f"eq.{instrument_key}",
            timeframe="eq.1m",
            order="timestamp.desc",
            limit="1",
        )
        return Decimal(rows[0]["price"]) if rows else None

    def _ask(
        self, table: str, select: str, at: str, day: date, **params: str
    ) -> list[dict[str, Any]]:
        begin = datetime(day.year, day.month, day.day, tzinfo=IST)
        span = f"({at}.gte.{begin.isoformat()},{at}.lt.{(begin + _ONE_DAY).isoformat()})"
        return self._database.rows(table, select=select, **params, **{"and": span})
