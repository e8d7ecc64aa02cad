"""How fast ticks become candles and watched levels: our engine beside an object-per-tick twin.

In:  nothing; a day of ticks is made here.
Out: ticks per second on the screen, median of rounds taken in turn, and the ratios.
Next: `core/engine.py`.

Run ``python bench/engine.py [--ticks 2000000] [--rounds 5]``. The work: 50 instruments, candles of
1m, 5m and 15m, EMA 9/21 and ATR 14 of every closed minute (the momentum strategy), an open trade
with stop and target in every instrument, whose levels each tick is held against. The twin does the
same the way it is usually written, with a Tick object per tick and every interval updated at every
tick; its candles must equal ours or nothing is printed. Processor time of one core. "tick" calls
`Engine.tick` from Python once per tick, "play" lets the engine loop over columns itself; the
compiled engine is made for this run and measured in a process of its own.
"""

import argparse
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from time import process_time
from typing import Any
from uuid import UUID

sys.path.append(str(Path(__file__).resolve().parent.parent))

from core.candle import Candle, InstrumentKey, Interval
from core.effects import Effects
from core.engine import Engine
from core.indicators.atr import Atr
from core.indicators.ema import Ema
from core.instrument import Instrument, InstrumentKind, Segment
from core.risk_parameters import RiskParameters
from core.session import NS_PER_MINUTE, NS_PER_SECOND, load_calendar
from core.signals import Signal, SignalType
from core.strategy import StrategyConfig
from core.tick_columns import TickColumns

ROOT = Path(__file__).resolve().parent.parent
OPEN_NS = 1_764_560_700 * NS_PER_SECOND  # 2025-12-01 09:15 IST.
INTERVALS = (Interval.M1, Interval.M5, Interval.M15)
MINUTES = 375


def made_ticks(instruments: int, minutes: int, per_minute: int) -> TickColumns:
    """Return a day in which each instrument trades `per_minute` times a minute."""
    random_numbers = random.Random(11)  # noqa: S311 - a repeatable day.
    prices = [1_000.0 + number for number in range(instruments)]
    volumes = [0] * instruments
    ticks = TickColumns()
    for minute in range(minutes):
        for number in range(per_minute):
            time_ns = OPEN_NS + minute * NS_PER_MINUTE + number * NS_PER_MINUTE // per_minute
            for slot in range(instruments):
                prices[slot] = round(prices[slot] + random_numbers.choice((-0.1, 0.0, 0.1)), 1)
                volumes[slot] += random_numbers.randint(1, 50)
                ticks.append(slot, time_ns, prices[slot], volumes[slot])
    return ticks


class Averages:
    """What the momentum strategy computes of each closed minute."""

    def __init__(self) -> None:
        self.fast, self.slow, self.atr = Ema(9), Ema(21), Atr(14)

    def update(self, high: float, low: float, close: float) -> None:
        """Take one minute."""
        self.fast.update(close)
        self.slow.update(close)
        self.atr.update(high, low, close)


class Ours:
    """The engine with an open trade in every instrument."""

    def __init__(self, instruments: int) -> None:
        shares = [
            Instrument(Segment.NSE_EQ, at, f"S{at}", InstrumentKind.EQUITY, 1, Decimal("0.10"))
            for at in range(instruments)
        ]
        self.engine = Engine(UUID(int=1), load_calendar())
        for share in shares:
            self.engine.watch(share, intervals=INTERVALS)
        self.engine.advance(OPEN_NS)
        limits = RiskParameters(max_open_trades=100, max_outlay_pct=0.1, min_reward_risk=0.0)
        keys = tuple(share.key for share in shares)
        for at, key in enumerate(keys[:50]):
            self._enter(str(at), key, limits, 1_000.0 + at)
        self.averages = {key: Averages() for key in keys}
        self.candles: list[tuple[Any, ...]] = []

    def _enter(self, name: str, key: InstrumentKey, limits: RiskParameters, price: float) -> None:
        capital = Decimal(100_000_000)
        config = StrategyConfig(
            name, name, name, name, name, (key,), (Interval.M1,), capital, limits
        )
        self.engine.deploy(config)
        slot = self.engine.slot_of(key)
        self.engine.tick(slot, OPEN_NS, price, 0)
        signal = Signal(SignalType.LONG, key, OPEN_NS, price, price / 2, price * 2, 50, "bench", {})
        self.engine.signal(name, signal, "")

    def take(self, effects: Effects) -> None:
        """Feed closed minutes to the averages and keep the candles to compare."""
        for effect in effects:
            if isinstance(effect, Candle):
                if effect.interval is Interval.M1:
                    self.averages[effect.instrument].update(effect.high, effect.low, effect.close)
                self.candles.append(effect.as_tuple()[:-1])

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

    def __init__(self, instruments: int) -> None:
        keys = [(Segment.NSE_EQ, at) for at in range(instruments)]
        self.keys = keys
        self.running: dict[tuple[InstrumentKey, Interval], Running] = {}
        self.volumes = dict.fromkeys(keys, 0)
        self.averages = {key: Averages() for key in keys}
        self.levels = {key: (500.0 + at / 2, 2_000.0 + 2 * at) for at, key in enumerate(keys[:50])}
        self.touched: list[InstrumentKey] = []
        self.candles: list[tuple[Any, ...]] = []

    def run(self, ticks: TickColumns) -> None:
        """Play all ticks."""
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
            self.averages[key].update(done.high, done.low, done.close)
        end_ns = done.open_ns + interval.length_ns
        self.candles.append(
            (key, interval, done.open_ns, end_ns, done.open, done.high, done.low, done.close,
             done.volume)
        )  # fmt: skip


def speed(work: Callable[[TickColumns], None], ticks: TickColumns) -> float:
    """Return ticks per second of processor time."""
    begun = process_time()
    work(ticks)
    return len(ticks) / (process_time() - begun)


def same_candles(instruments: int, ticks: TickColumns) -> bool:
    """Return whether engine and twin make the same candles of the ticks."""
    ours, twin = Ours(instruments), Twin(instruments)
    ours.all_at_once(ticks)
    twin.run(ticks)
    # The clock also completes candles after which nothing was traded; the twin has no clock.
    finished = set(ours.candles)
    return bool(twin.candles) and all(candle in finished for candle in twin.candles)


def measured(instruments: int, ticks: TickColumns) -> dict[str, float]:
    """Return the speed of both ways of calling this process's engine."""
    return {
        "play": speed(Ours(instruments).all_at_once, ticks),
        "tick": speed(Ours(instruments).tick_by_tick, ticks),
    }


def wide_ratio(per_minute: int) -> float:
    """Return time per tick with 5,000 instruments over that with 50, equal ticks per candle."""
    few, many = made_ticks(50, MINUTES, per_minute), made_ticks(5_000, 4, per_minute)
    pairs = [
        speed(Ours(50).tick_by_tick, few) / speed(Ours(5_000).tick_by_tick, many) for _ in range(3)
    ]
    return statistics.median(pairs)


def compile_into(folder: Path) -> bool:
    """Compile the engine; return whether that was possible."""
    code = (
        "import sys; from pathlib import Path; from devstack.compile import compile_core;"
        "compile_core(Path(sys.argv[1]))"
    )
    made = subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    if made.returncode:
        print(f"not compiled: {made.stderr.strip().splitlines()[-1]}")
    return made.returncode == 0


def measured_compiled(arguments: argparse.Namespace, folder: Path) -> dict[str, float]:
    """Return the figures of the engine compiled into a folder."""
    done = subprocess.run(
        [sys.executable, __file__, "--measure", "--ticks", str(arguments.ticks)],
        env={**os.environ, "PYTHONPATH": str(folder)},
        check=True,
        capture_output=True,
        text=True,
    )
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ticks", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    ticks = made_ticks(50, MINUTES, max(1, arguments.ticks // (50 * MINUTES)))
    if arguments.measure:
        print(json.dumps(measured(50, ticks)))
        return
    if not same_candles(50, ticks):
        sys.exit("engine and twin disagree about the candles; their speeds cannot be compared")
    print(f"{platform.python_version()}, {os.cpu_count()} processors, {len(ticks):,} ticks")
    report(arguments, ticks)


def report(arguments: argparse.Namespace, ticks: TickColumns) -> None:
    """Take rounds in turn and print the medians."""
    rounds: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as place:
        is_compiled = compile_into(Path(place))
        for _ in range(arguments.rounds):
            figures = {"twin": speed(Twin(50).run, ticks)}
            for way, value in measured(50, ticks).items():
                figures[f"interpreted, {way}"] = value
            if is_compiled:
                for way, value in measured_compiled(arguments, Path(place)).items():
                    figures[f"compiled, {way}"] = value
            rounds.append(figures)
    print(f"{'million ticks/s':28}{'':>8}  of the twin")
    for name in rounds[0]:
        figure = statistics.median(each[name] for each in rounds)
        ratio = statistics.median(each[name] / each["twin"] for each in rounds)
        print(f"{name:28}{figure / 1e6:8.2f}  {ratio:.1f} x")
    print(f"time per tick, 5,000 instruments over 50, 40 ticks a candle: {wide_ratio(40):.2f} x")


if __name__ == "__main__":
    main()
