"""nautilus_trader at the work of the benchmark, in an interpreter that has it.

In:  how many ticks.
Out: one line of JSON: ticks per second of processor time, and its one-minute candles to compare;
     or why it cannot run here.
Next: `bench/engine.py`, which runs it.

What it offers is used as it is meant to be: its backtest engine with candles built inside, its own
indicators (accumulation/distribution and volume rate of change, which it lacks, are ours), and for
each instrument a position with a resting stop and target that its matching engine watches. No
Python of ours runs per tick. Making the tick objects is not timed.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from time import process_time
from typing import Any

sys.path += [str(each) for each in Path(__file__).resolve().parents[1:3]]

from core.candle import Interval
from core.indicators.accumulation import AccumulationDistribution
from core.indicators.vroc import Vroc
from engine_parts.ticks import INSTRUMENTS, INTERVALS, OPEN_NS, Day

try:
    from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
    from nautilus_trader.config import LoggingConfig
    from nautilus_trader.indicators import (
        AverageTrueRange,
        OnBalanceVolume,
        SimpleMovingAverage,
        VolumeWeightedAveragePrice,
    )
    from nautilus_trader.model.currencies import USD
    from nautilus_trader.model.data import BarType, TradeTick
    from nautilus_trader.model.enums import AccountType, AggressorSide, OmsType, OrderSide
    from nautilus_trader.model.identifiers import InstrumentId, Symbol, TradeId, Venue
    from nautilus_trader.model.instruments import Equity
    from nautilus_trader.model.objects import Money, Price, Quantity
    from nautilus_trader.trading.strategy import Strategy
except ImportError as error:
    print(json.dumps({"absent": str(error)}))
    sys.exit(0)

VENUE = Venue("SIM")
MINUTES_OF = {Interval.M1: 1, Interval.M5: 5, Interval.M15: 15}


class Work(Strategy):  # type: ignore[misc]
    """Candles, indicators of each closed minute, a guarded position in each instrument."""

    def __init__(self, instruments: list[Any]) -> None:
        super().__init__()
        self.instruments = instruments
        self.minutes: dict[Any, tuple[Any, ...]] = {}
        self.candles: list[tuple[Any, ...]] = []
        self.entered: set[int] = set()

    def on_start(self) -> None:
        """Ask for candles."""
        for at, instrument in enumerate(self.instruments):
            for interval in INTERVALS:
                text = f"{instrument.id}-{MINUTES_OF[interval]}-MINUTE-LAST-INTERNAL"
                bar_type = BarType.from_str(text)
                if interval is Interval.M1:
                    own = (
                        OnBalanceVolume(), VolumeWeightedAveragePrice(), AverageTrueRange(14),
                    )  # fmt: skip
                    for each in own:
                        self.register_indicator_for_bars(bar_type, each)
                    ours = (
                        AccumulationDistribution(), Vroc(14), SimpleMovingAverage(20),
                        SimpleMovingAverage(50),
                    )  # fmt: skip
                    self.minutes[bar_type] = (at, *ours)
                self.subscribe_bars(bar_type)

    def enter(self, at: int) -> None:
        """Buy, with a stop and a target resting: there is a price only after the first candle."""
        instrument, price = self.instruments[at], 1_000.0 + at
        bracket = self.order_factory.bracket(
            instrument_id=instrument.id,
            order_side=OrderSide.BUY,
            quantity=instrument.make_qty(10),
            sl_trigger_price=instrument.make_price(price / 2),
            tp_price=instrument.make_price(price * 2),
        )
        self.submit_order_list(bracket)
        self.entered.add(at)

    def on_bar(self, bar: Any) -> None:
        """Take one closed candle."""
        found = self.minutes.get(bar.bar_type)
        if found is None:
            return
        at, accumulation, vroc, volume_20, volume_50 = found
        high, low, close, volume = (
            float(bar.high),
            float(bar.low),
            float(bar.close),
            int(bar.volume),
        )
        accumulation.update(high, low, close, volume)
        vroc.update(volume)
        volume_20.update_raw(volume)
        volume_50.update_raw(volume)
        if at not in self.entered:
            self.enter(at)
        begin_ns = bar.ts_event - 60 * 10**9
        self.candles.append((at, "1m", begin_ns, float(bar.open), high, low, close, volume))


def ticks_of(day: Day, most: int, instruments: list[Any]) -> Iterator[Any]:
    """Return the first ticks of the day as its objects."""
    sizes = [0] * len(instruments)
    count = 0
    for ticks in day.slices():
        columns = (ticks.slots, ticks.times_ns, ticks.prices, ticks.volumes)
        for slot, time_ns, price, volume in zip(*columns, strict=True):
            # A trade at the very opening would be counted to the minute before, which ends then.
            yield TradeTick(
                instruments[slot].id, Price(price, 1), Quantity(volume - sizes[slot], 0),
                AggressorSide.BUYER, TradeId(str(count)), time_ns + 1, time_ns + 1,
            )  # fmt: skip
            sizes[slot] = volume
            count += 1
            if count == most:
                return


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ticks", type=int, required=True, help="of the whole day")
    parser.add_argument("--most", type=int, required=True, help="of them, how many are played")
    arguments = parser.parse_args()
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True)))
    engine.add_venue(
        venue=VENUE, oms_type=OmsType.NETTING, account_type=AccountType.MARGIN,
        base_currency=USD, starting_balances=[Money(100_000_000, USD)], trade_execution=True,
    )  # fmt: skip
    instruments = [
        Equity(
            InstrumentId(Symbol(f"S{at}"), VENUE), Symbol(f"S{at}"), USD, 1,
            Price.from_str("0.1"), Quantity.from_int(1), OPEN_NS, OPEN_NS,
        )
        for at in range(INSTRUMENTS)
    ]  # fmt: skip
    for instrument in instruments:
        engine.add_instrument(instrument)
    made = list(ticks_of(Day(arguments.ticks), arguments.most, instruments))
    engine.add_data(made)
    work = Work(instruments)
    engine.add_strategy(work)
    begun = process_time()
    engine.run()
    seconds = process_time() - begun
    positions = len(engine.cache.positions_open())
    print(
        json.dumps(
            {"speed": len(made) / seconds, "ticks": len(made), "positions": positions,
             "candles": work.candles}
        )
    )  # fmt: skip


if __name__ == "__main__":
    main()
