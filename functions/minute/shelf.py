"""The candles of a round, read once for all configs.

In:  which instruments and intervals are wanted; what the rpc `candles_of` returns.
Out: completed candles, oldest first, as values and as the code sees them.
Next: `functions/minute/desk.py`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from adapters.sandbox.context import CandleRow
from core.candle import InstrumentKey, Interval
from core.rows import key_text
from core.session import IST, NS_PER_MINUTE, NS_PER_SECOND, Session, ist_date
from core.stored_rows import instant_of

_PROTECTIVE: Final = 400
"""Minutes of a whole session: a trade is watched from its entry on."""


class StoredCandle(NamedTuple):
    """A completed candle; times in ns UTC, prices in rupees."""

    open_ns: int
    close_ns: int
    open: float
    high: float
    low: float
    close: float
    volume: int

    def row(self) -> CandleRow:
        """Return it as the code sees it, its time in India's."""
        start = datetime.fromtimestamp(self.open_ns // NS_PER_SECOND, IST)
        return {
            "time": start.isoformat(),
            "open": self.open,
            "high": self.high,
            "low": self.low,
            "close": self.close,
            "volume": self.volume,
        }


class Shelf:
    """Candles by instrument and interval.

    Parameters
    ----------
    rows
        As the database returned them.
    now_ns
        Market time: what is not over yet is left out.
    """

    def __init__(self, rows: Iterable[Mapping[str, Any]], now_ns: int) -> None:
        self._now_ns: Final = now_ns
        self._raw: Final = {(each["instrument_key"], each["timeframe"]): each for each in rows}
        self._read: dict[tuple[str, str, int], tuple[StoredCandle, ...]] = {}
        self._rows: dict[tuple[str, str, int], list[CandleRow]] = {}

    def candles(
        self, key: InstrumentKey, interval: Interval, session: Session
    ) -> tuple[StoredCandle, ...]:
        """Return what is over; a candle of today ends with its session at the latest."""
        place = (key_text(key), str(interval), session.close_ns)
        found = self._read.get(place)
        if found is None:
            raw = self._raw.get(place[:2])
            every = [_candle(each, interval, session) for each in (raw["candles"] if raw else ())]
            found = tuple(each for each in every if each.close_ns <= self._now_ns)
            self._read[place] = found
        return found

    def has_minute(self, number: int) -> bool:
        """Return whether any instrument has the candle of a minute, counted from 1970."""
        newest = (
            each["candles"][-1][0]
            for each in self._raw.values()
            if each["timeframe"] == Interval.M1 and each["candles"]
        )
        return any(instant_of(start) // NS_PER_MINUTE == number for start in newest)

    def rows(
        self, key: InstrumentKey, interval: Interval, session: Session, count: int
    ) -> Sequence[CandleRow]:
        """Return the last candles as the code sees them."""
        place = (key_text(key), str(interval), session.close_ns)
        found = self._rows.get(place)
        if found is None:
            every = self.candles(key, interval, session)
            found = self._rows[place] = [each.row() for each in every]
        return found[-count:]


def wanted(places: Iterable[tuple[InstrumentKey, Interval, int]]) -> list[dict[str, Any]]:
    """Return what to ask the rpc for: each instrument and interval once, as many as anybody wants.

    Minutes of every instrument are asked for in any case: they watch the levels of trades.
    """
    counts: dict[tuple[str, str], int] = {}
    for key, interval, count in places:
        for frame, least in ((interval, count), (Interval.M1, _PROTECTIVE)):
            place = (key_text(key), str(frame))
            counts[place] = max(least, counts.get(place, 0))
    return [
        {"instrument_key": key, "timeframe": frame, "count": count}
        for (key, frame), count in counts.items()
    ]


def _candle(raw: Sequence[Any], interval: Interval, session: Session) -> StoredCandle:
    start, first, high, low, last, volume = raw
    open_ns = instant_of(start)
    close_ns = open_ns + interval.length_ns
    if ist_date(open_ns) == session.day:
        close_ns = min(close_ns, session.close_ns)
    prices = (float(first), float(high), float(low), float(last))
    return StoredCandle(open_ns, close_ns, *prices, int(volume))
