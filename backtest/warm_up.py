"""What a strategy has seen before a backtest begins: the candles of the days before.

In:  candles of a file, the day on which trading begins.
Out: for each interval as many candles as the strategy has to see, in the order of time.
Next: `core/replay/driver.py`, which shows them to it.
"""

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from backtest.candle_play import CandlePlay
from core import hooks
from core.candle import COMPLETION_DELAY_NS, Candle, Interval
from core.engine import Engine
from core.errors import DataError
from core.instrument import Instrument, InstrumentKind
from core.replay.driver import Driver, run_id_of
from core.session import TradingCalendar, ist_midnight_ns
from core.strategy import Strategy


class Split(NamedTuple):
    """Candles before and from the day on which trading begins."""

    past: Sequence[Candle]
    played: Sequence[Candle]


def split_at(candles: Sequence[Candle], begin: date | None) -> Split:
    """Return the candles before a day and those from it on; without a day all are played.

    Raises
    ------
    DataError
        If there is none from that day on.
    """
    if begin is None:
        return Split((), candles)
    midnight_ns = ist_midnight_ns(begin)
    first = bisect_left(candles, midnight_ns, key=lambda candle: candle.open_ns)
    if first == len(candles):
        raise DataError(f"the file holds no candle from {begin} on")
    return Split(candles[:first], candles[first:])


def warm_up(
    past: Sequence[Candle],
    instrument: Instrument,
    intervals: tuple[Interval, ...],
    strategy: Strategy,
    calendar: TradingCalendar,
) -> list[Candle]:
    """Return the candles a strategy is shown first, made of those of the file by the engine."""
    if not past:
        return []
    driver = Driver(Engine(run_id_of("warm-up"), calendar), keep_candles=True)
    driver.engine.watch(instrument, intervals=intervals)
    has_volume = instrument.kind is not InstrumentKind.INDEX
    CandlePlay(driver, instrument, has_volume=has_volume, latency_ms=0).play(past)
    driver.take(driver.engine.advance(past[-1].close_ns + COMPLETION_DELAY_NS))
    made = driver.result.candles
    shown: list[Candle] = []
    for interval in intervals:
        wanted = hooks.warm_up_of(strategy, interval)
        of_it = [candle for candle in made if candle.interval is interval]
        shown += of_it[max(0, len(of_it) - wanted) :]
    return sorted(shown, key=lambda candle: candle.close_ns)


def shortage(
    shown: Sequence[Candle], intervals: tuple[Interval, ...], strategy: Strategy
) -> list[str]:
    """Return for each interval of which there were too few candles, how many there were."""
    said = []
    for interval in intervals:
        wanted = hooks.warm_up_of(strategy, interval)
        had = sum(candle.interval is interval for candle in shown)
        if had < wanted:
            said.append(f"{had} of {wanted} candles of {interval}")
    return said
