"""Dhan's history as candles: columns of one-minute candles, and what they add up to.

In:  columns as `/charts/intraday` and `/charts/historical` send them.
Out: candles on the instrument's tick, oldest first; how many lay outside trading hours.
Next: `core/longer_candle.py`.

Only minutes and days are asked for. Candles in between are sums of minutes, made by the engine's
own class, so that they begin and end where the engine's do; Dhan's own need not.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from core.candle import Candle, Interval, Origin
from core.errors import DataError
from core.instrument import Instrument
from core.longer_candle import LongerCandle
from core.market_sessions import MarketSessions
from core.session import NS_PER_SECOND

_COLUMNS: Final = ("timestamp", "open", "high", "low", "close", "volume")


class History(NamedTuple):
    """Candles, and how many were left out because the market does not trade at their time."""

    candles: tuple[Candle, ...]
    outside_hours: int


def minutes_of(
    instrument: Instrument,
    columns: Mapping[str, Any],
    sessions: MarketSessions,
    until_ns: int,
    origin: Origin = Origin.BACKFILLED,
) -> History:
    """Return one-minute candles that ended at or before an instant.

    Parameters
    ----------
    origin
        Written into the candles.

    Raises
    ------
    DataError
        If the columns are not candles.
    """
    found: list[Candle] = []
    outside = 0
    for candle in _candles(instrument, columns, Interval.M1, origin):
        if sessions.at(candle.open_ns) is None:
            outside += 1
        elif candle.close_ns <= until_ns:
            found.append(candle)
    return History(tuple(found), outside)


def days_of(
    instrument: Instrument, columns: Mapping[str, Any], sessions: MarketSessions, until_ns: int
) -> History:
    """Return daily candles of sessions that are over, stamped with their opening; raises as above.

    Dhan stamps them with midnight in India.
    """
    found: list[Candle] = []
    outside = 0
    for candle in _candles(instrument, columns, Interval.D1, Origin.BACKFILLED):
        session = sessions.on_day_of(candle.open_ns)
        if session is None:
            outside += 1
        elif session.close_ns <= until_ns:
            found.append(
                Candle(
                    candle.instrument, Interval.D1, session.open_ns, session.close_ns,
                    candle.open, candle.high, candle.low, candle.close,
                    candle.volume, candle.open_interest, candle.origin,
                )
            )  # fmt: skip
    return History(tuple(found), outside)


def sums_of(
    minutes: Sequence[Candle], interval: Interval, sessions: MarketSessions, until_ns: int
) -> tuple[Candle, ...]:
    """Return the longer candles of these minutes that are over."""
    running, done = LongerCandle(interval), []
    for minute in minutes:
        if running.end_ns <= minute.open_ns:
            done.append(running.complete(minute.instrument))
        session = sessions.at(minute.open_ns)
        if session is not None:
            running.add(minute, session)
    if minutes and running.end_ns <= until_ns:
        done.append(running.complete(minutes[0].instrument))
    return tuple(done)


def _candles(
    instrument: Instrument, columns: Mapping[str, Any], interval: Interval, origin: Origin
) -> list[Candle]:
    """Return every row of the columns as a candle, whenever it is; raises DataError."""
    if not columns:
        return []
    try:
        rows = list(zip(*(columns[name] for name in _COLUMNS), strict=True))
        interests = columns.get("open_interest") or [0] * len(rows)
        return [
            _candle(instrument, interval, row, interest, origin)
            for row, interest in zip(rows, interests, strict=True)
        ]
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise DataError(
            f"candles of {instrument.symbol} from Dhan cannot be read: {error}"
        ) from error


def _candle(
    instrument: Instrument, interval: Interval, row: tuple[Any, ...], interest: Any, origin: Origin
) -> Candle:
    start, *prices, volume = row
    first, high, low, last = (instrument.round_price(float(price)) for price in prices)
    if not 0 < low <= min(first, last) <= max(first, last) <= high:
        raise ValueError(f"open {first}, high {high}, low {low}, close {last} are no candle")
    open_ns = int(start) * NS_PER_SECOND
    return Candle(
        instrument.key, interval, open_ns, open_ns + interval.length_ns, first, high, low, last,
        int(volume), int(interest) or None, origin,
    )  # fmt: skip
