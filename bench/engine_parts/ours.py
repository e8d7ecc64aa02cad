"""Our engine at the work of the benchmark, and the same work as it is usually written.

In:  slices of ticks.
Out: candles, and indicators of each closed minute.
Next: `bench/engine_parts/peer.py`, the same work done by nautilus_trader.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from core.candle import Candle, InstrumentKey, Interval
from core.effects import Effects
from core.engine import Engine
from core.indicators.accumulation import AccumulationDistribution
from core.indicators.atr import Atr
from core.indicators.obv import Obv
from core.indicators.sma import Sma
from core.indicators.vroc import Vroc
from core.indicators.vwap import Vwap
from core.instrument import Instrument, InstrumentKind, Segment
from core.risk_parameters import RiskParameters
from core.session import load_calendar
from core.signals import Signal, SignalType
from core.strategy import StrategyConfig
from core.tick_columns import TickColumns
from engine_parts.ticks import INTERVALS, OPEN_NS

CandleFacts = tuple[Any, ...]
_SHARE_OF_PRICE = 2
"""Stop at half the price, target at twice: watched at every tick, never reached."""


class Indicators:
    """What is computed of each closed minute."""

    def __init__(self) -> None:
        self.obv, self.accumulation = Obv(), AccumulationDistribution()
        self.vroc, self.vwap, self.atr = Vroc(14), Vwap(), Atr(14)
        self.volume_20, self.volume_50 = Sma(20), Sma(50)

    def update(self, high: float, low: float, close: float, volume: int) -> None:
        """Take one minute."""
        self.obv.update(close, volume)
        self.accumulation.update(high, low, close, volume)
        self.vroc.update(volume)
        self.vwap.update(1, high, low, close, volume)
        self.atr.update(high, low, close)
        self.volume_20.update(volume)
        self.volume_50.update(volume)


class Ours:
    """The engine with an open trade in every instrument.

    Parameters
    ----------
    keep
        Whether candles are kept to compare; not while time is taken.
    """

    def __init__(self, instruments: int, *, keep: bool = False) -> None:
        self.keep = keep
        shares = [
            Instrument(Segment.NSE_EQ, at, f"S{at}", InstrumentKind.EQUITY, 1, Decimal("0.10"))
            for at in range(instruments)
        ]
        self.engine = Engine(UUID(int=1), load_calendar())
        for share in shares:
            self.engine.watch(share, intervals=INTERVALS)
        self.engine.advance(OPEN_NS)
        for at, share in enumerate(shares[:50]):
            self._enter(str(at), share.key, 1_000.0 + at)
        self.indicators = {share.key: Indicators() for share in shares}
        self.candles: list[CandleFacts] = []

    def _enter(self, name: str, key: InstrumentKey, price: float) -> None:
        limits = RiskParameters(max_open_trades=100, max_outlay_pct=0.1, min_reward_risk=0.0)
        config = StrategyConfig(
            name, name, name, name, name, (key,), (Interval.M1,), Decimal(100_000_000), limits
        )
        self.engine.deploy(config)
        self.engine.tick(self.engine.slot_of(key), OPEN_NS, price, 0)
        stop, target = price / _SHARE_OF_PRICE, price * _SHARE_OF_PRICE
        signal = Signal(SignalType.LONG, key, OPEN_NS, price, stop, target, 50, "bench", {})
        self.engine.signal(name, signal, "")

    def take(self, effects: Effects) -> None:
        """Feed closed minutes to the indicators."""
        for effect in effects:
            if isinstance(effect, Candle):
                if effect.interval is Interval.M1:
                    self.indicators[effect.instrument].update(
                        effect.high, effect.low, effect.close, effect.volume
                    )
                if self.keep:
                    self.candles.append(facts_of(effect))

    def tick_by_tick(self, ticks: TickColumns) -> None:
        """Call the engine once per tick."""
        tick, take = self.engine.tick, self.take
        columns = (ticks.slots, ticks.times_ns, ticks.prices, ticks.volumes)
        for slot, time_ns, price, volume in zip(*columns, strict=True):
            effects = tick(slot, time_ns, price, volume)
            if effects:
                take(effects)

    def all_at_once(self, ticks: TickColumns) -> None:
        """Have the engine loop itself."""
        at = 0
        while at < len(ticks):
            at, effects = self.engine.play(ticks, at)
            self.take(effects)


@dataclass(slots=True)
class Tick:
    """The twin's tick."""

    instrument: InstrumentKey
    time_ns: int
    price: float
    volume: int


@dataclass(slots=True)
class Running:
    """The twin's candle."""

    open_ns: int
    open: float
    high: float
    low: float
    close: float
    volume: int


class Twin:
    """The same work as it is usually written: an object per tick, every interval at every tick."""

    def __init__(self, instruments: int, *, keep: bool = False) -> None:
        self.keep = keep
        keys = [(Segment.NSE_EQ, at) for at in range(instruments)]
        self.keys = keys
        self.running: dict[tuple[InstrumentKey, Interval], Running] = {}
        self.volumes = dict.fromkeys(keys, 0)
        self.indicators = {key: Indicators() for key in keys}
        self.levels = {
            key: ((1_000.0 + at) / _SHARE_OF_PRICE, (1_000.0 + at) * _SHARE_OF_PRICE)
            for at, key in enumerate(keys[:50])
        }
        self.touched: list[InstrumentKey] = []
        self.candles: list[CandleFacts] = []

    def run(self, ticks: TickColumns) -> None:
        """Play ticks."""
        columns = (ticks.slots, ticks.times_ns, ticks.prices, ticks.volumes)
        for slot, time_ns, price, volume in zip(*columns, strict=True):
            self.on_tick(Tick(self.keys[slot], time_ns, price, volume))

    def on_tick(self, tick: Tick) -> None:
        """Take one tick."""
        traded = tick.volume - self.volumes[tick.instrument]
        self.volumes[tick.instrument] = tick.volume
        for interval in INTERVALS:
            length = interval.length_ns
            open_ns = tick.time_ns - (tick.time_ns - OPEN_NS) % length
            running = self.running.get((tick.instrument, interval))
            if running is not None and running.open_ns == open_ns:
                running.high = max(running.high, tick.price)
                running.low = min(running.low, tick.price)
                running.close = tick.price
                running.volume += traded
                continue
            if running is not None:
                self.on_candle(tick.instrument, interval, running)
            self.running[tick.instrument, interval] = Running(
                open_ns, tick.price, tick.price, tick.price, tick.price, traded
            )
        levels = self.levels.get(tick.instrument)
        if levels is not None and not levels[0] < tick.price < levels[1]:
            self.touched.append(tick.instrument)

    def on_candle(self, key: InstrumentKey, interval: Interval, done: Running) -> None:
        """Take one closed candle."""
        if interval is Interval.M1:
            self.indicators[key].update(done.high, done.low, done.close, done.volume)
        if self.keep:
            self.candles.append(
                (key[1], interval, done.open_ns, done.open, done.high, done.low, done.close,
                 done.volume)
            )  # fmt: skip


def facts_of(candle: Candle) -> CandleFacts:
    """Return what must be the same whoever made the candle."""
    return (
        candle.instrument[1], candle.interval, candle.open_ns, candle.open, candle.high,
        candle.low, candle.close, candle.volume,
    )  # fmt: skip


def played(work: Ours | Twin, slices: Iterable[TickColumns]) -> list[CandleFacts]:
    """Return the candles that ticks make."""
    for ticks in slices:
        if isinstance(work, Ours):
            work.all_at_once(ticks)
        else:
            work.run(ticks)
    return work.candles
