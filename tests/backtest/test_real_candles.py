"""Real minutes of RELIANCE through ticks and the engine, against the file and its vendor's 15m."""

import numpy as np
import pytest

from backtest.candle_file import read_candles, ticks_of
from core.candle import Candle, Interval
from core.engine import Engine
from core.replay.driver import Driver, run_id_of
from core.tick_columns import TickColumns
from devstack.dhan.sources.candle_file import read_candle_file
from tests.core.market import CALENDAR, RELIANCE
from tests.core.shared_data import shared

MINUTES = "reliance_eq_2025_1m.csv.gz"
QUARTERS = "reliance_eq_2025_15m_vendor.csv.gz"
NS_PER_SECOND = 1_000_000_000


def own_ticks(slot: int) -> TickColumns:
    """Return four ticks a candle, made by the backtest."""
    return ticks_of(read_candles(shared(MINUTES), RELIANCE), slot, has_volume=True)


def simulator_ticks(slot: int) -> TickColumns:
    """Return up to twelve ticks a candle and the quotes between, made by the simulator."""
    columns = read_candle_file(shared(MINUTES), RELIANCE, CALENDAR).tape.columns
    ticks = TickColumns()
    rows = zip(columns.ltt, columns.ltp.astype(np.float64), columns.volume, strict=True)
    for ltt, price, volume in rows:
        rounded = RELIANCE.round_price(float(price))
        ticks.append(slot, int(ltt) * NS_PER_SECOND, rounded, int(volume))
    return ticks


@pytest.mark.parametrize("source", [own_ticks, simulator_ticks])
def test_minutes_equal_the_file_and_quarters_the_vendor_s(source: object) -> None:
    assert callable(source)
    minutes = read_candles(shared(MINUTES), RELIANCE)
    quarters = read_candles(shared(QUARTERS), RELIANCE, Interval.M15)
    engine = Engine(run_id_of(MINUTES), CALENDAR)
    driver = Driver(engine, keep_candles=True)
    driver.play(source(engine.watch(RELIANCE)))
    driver.take(engine.advance(minutes[-1].close_ns + 2 * NS_PER_SECOND))
    built = driver.result.candles
    assert of(built, Interval.M1) == minutes
    assert len(minutes) == 15_372
    assert of(built, Interval.M15) == quarters
    assert len(quarters) == 1_025
    counters = engine.counters()
    assert not any(count for name, count in counters.items() if name != "quotes"), counters


def of(candles: list[Candle], interval: Interval) -> list[Candle]:
    return [candle for candle in candles if candle.interval is interval]
