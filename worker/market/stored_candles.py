"""The candles of a day as the database has them, held against what they ought to be.

In:  an instrument, a session, candles.
Out: those of them that are not stored, or not as they are.
Next: `worker/market/revision.py` and `worker/market/late_repairs.py`, which replace them.
"""

from collections.abc import Iterable
from typing import Any, Final

from core.candle import Candle, InstrumentKey
from core.errors import StoreError
from core.rows import candle_row, iso_time, key_text
from core.session import Session
from worker.store.store import Store
from worker.store.supabase import Supabase

_FLUSH_SECONDS: Final = 5.0
_FIELDS: Final = ("open_price", "high_price", "low_price", "close_price", "volume", "open_interest")

Row = dict[str, Any]


class StoredCandles:
    """Compare.

    Parameters
    ----------
    store, supabase
        Where rows go, where they are.
    """

    def __init__(self, store: Store, supabase: Supabase) -> None:
        self._store: Final = store
        self._supabase: Final = supabase

    async def differing(
        self, instrument: InstrumentKey, session: Session, candles: Iterable[Candle]
    ) -> list[Candle]:
        """Return the candles of a session that are not stored, or not as they are.

        Raises
        ------
        StoreError
            If the database cannot be read, or has not got yet what is on its way to it.
        """
        if not await self._store.flush(_FLUSH_SECONDS):
            raise StoreError("candles are still on their way to the database")
        span = (f"gte.{iso_time(session.open_ns)}", f"lt.{iso_time(session.close_ns)}")
        rows = await self._supabase.rows(
            "ohlcv_data",
            select=f"timeframe,timestamp,origin,{','.join(_FIELDS)}",
            instrument_key=f"eq.{key_text(instrument)}",
            **{"and": f"(timestamp.{span[0]},timestamp.{span[1]})"},
        )
        return differing(candles, rows)


def differing(candles: Iterable[Candle], stored: Iterable[Row]) -> list[Candle]:
    """Return the candles that are not among the stored rows, or not as they are."""
    have = {(row["timeframe"], row["timestamp"][:19]): _values(row) for row in stored}
    return [
        each
        for each in candles
        if have.get((str(each.interval), iso_time(each.open_ns)[:19]))
        != _values(candle_row(each, ""))
    ]


def _values(row: Row) -> tuple[float | None, ...]:
    return tuple(None if row[name] is None else float(row[name]) for name in _FIELDS)
