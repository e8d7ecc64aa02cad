"""The shared oracle tables as candles that PVA is fed with.

In:  the name of a series and an interval.
Out: candles of the interval and of one minute, in the order in which the engine makes them.
"""

from collections.abc import Iterator
from datetime import datetime

from core.candle import Candle, InstrumentKey, Interval
from core.session import NS_PER_SECOND
from tests.core.indicators.series import oracle_rows
from tests.core.market import FUTURE

PROFILE_ROW = {"nifty_fut_24mar": 10.0, "nifty_30dec25_26000ce": 2.0, "reliance_eq_2025": 1.0}


def candle_of(row: dict[str, str], interval: Interval, key: InstrumentKey = FUTURE.key) -> Candle:
    """Return the candle of a row."""
    start = int(datetime.fromisoformat(row["ts"]).timestamp()) * NS_PER_SECOND
    open_, high, low, close, volume = (
        float(row[name]) for name in ("open", "high", "low", "close", "volume")
    )
    return Candle(
        key, interval, start, start + interval.length_ns, open_, high, low, close, int(volume)
    )


def oracle_candles(series: str, interval: Interval) -> Iterator[Candle]:
    """Yield the candles of a series, minutes before what they complete; skip if absent."""
    candles = [candle_of(row, Interval.M1) for row in oracle_rows(f"{series}_1m")]
    if interval is not Interval.M1:
        candles += [candle_of(row, interval) for row in oracle_rows(f"{series}_{interval}")]
    yield from sorted(candles, key=lambda each: (each.close_ns, each.interval.length_ns))
