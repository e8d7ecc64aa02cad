"""Every strategy says the same after a gap that was repaired as if it had never been."""

import csv
import gzip
import random
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from enum import Enum

import pytest

import strategies
from core import hooks
from core.candle import Candle, Interval, Origin
from core.engine import Engine
from core.gap import Gap, GapState
from core.instrument import Instrument
from core.replay.driver import Deployment, Driver
from core.risk_parameters import RiskParameters
from core.session import NS_PER_MINUTE, NS_PER_SECOND
from core.signals import Signal
from core.strategy import ConfigStatus, Strategy, StrategyConfig
from tests.core.engine_driver import RUN
from tests.core.market import CALENDAR, FUTURE, NIFTY, at
from tests.core.shared_data import shared

MINUTES = 300
NAMES = ("momentum", "mean_reversion", "arbitrage", "pva")
Tick = tuple[Instrument, int, float, int]


class Listener:
    """A strategy whose gaps are written down."""

    def __init__(self, strategy: Strategy) -> None:
        self.strategy = strategy
        self.name, self.warm_up = strategy.name, strategy.warm_up
        self.gaps: list[Gap] = []

    def on_candle(self, candle: Candle) -> Signal | None:
        return self.strategy.on_candle(candle)

    def on_gap(self, gap: Gap) -> None:
        self.gaps.append(gap)


class Day:
    """All strategies on one engine; PAUSED, so that what they say depends on candles alone."""

    def __init__(self) -> None:
        self.engine = Engine(RUN, CALENDAR, repairs_gaps=True)
        self.driver = Driver(self.engine, keep_candles=True)
        self.slots = {each.key: self.engine.watch(each) for each in (FUTURE, NIFTY)}
        self.listeners = [self._deploy(name) for name in NAMES]

    def _deploy(self, name: str) -> Listener:
        strategy = strategies.make(name, {})
        config = StrategyConfig(
            id=name,
            strategy_id=name,
            user_id="user",
            portfolio_id="portfolio",
            name=name,
            instruments=(NIFTY.key, FUTURE.key) if name == "arbitrage" else (FUTURE.key,),
            intervals=hooks.intervals_for(strategy, (Interval.M1, Interval.M5)),
            capital=Decimal(1_000_000),
            risk=RiskParameters(),
            status=ConfigStatus.PAUSED,
        )
        listener = Listener(strategy)
        self.driver.deploy(Deployment(config, listener, "digest"))
        return listener

    def play(
        self, ticks: Sequence[Tick], lost: range = range(0), history: Sequence[Candle] = ()
    ) -> None:
        """Play ticks but those at lost places; repair the gap as soon as it is told."""
        for place, (instrument, time_ns, price, volume) in enumerate(ticks):
            if place == lost.start and lost:
                self.engine.lose_feed(self.engine.now_ns)
                self.engine.regain_feed()
            if place not in lost:
                slot = self.slots[instrument.key]
                self._take(self.engine.tick(slot, time_ns, price, volume), history)
        self._take(self.engine.advance(ticks[-1][1] + 60 * NS_PER_SECOND), history)

    def _take(self, effects: Sequence[object], history: Sequence[Candle]) -> None:
        self.driver.take(effects)  # type: ignore[arg-type]
        for gap in effects:
            if isinstance(gap, Gap) and gap.state is GapState.MISSING:
                mine = [each for each in history if each.instrument == gap.instrument]
                self._take(self.engine.repair(gap, mine), history)

    def said(self) -> dict[str, list[Signal]]:
        """Return what each strategy has wanted, in order."""
        found: dict[str, list[Signal]] = {name: [] for name in NAMES}
        for decision in self.driver.result.decisions:
            found[decision.owner.config_id].append(decision.signal)
        return found

    def minutes(self) -> list[Candle]:
        candles = self.driver.result.candles
        return [
            Candle(*each.as_tuple(), Origin.BACKFILLED)
            for each in candles
            if each.interval is Interval.M1
        ]


def generated() -> list[Tick]:
    """Return a day with breakouts on volume, both instruments every few seconds."""
    numbers = random.Random(7)
    price, basis, volume, ticks = 26_000.0, 60.0, 0, []
    for minute in range(MINUTES):
        burst = 8 if minute % 37 == 0 else 1
        for second in range(0, 60, 6):
            price += numbers.gauss(0, 2.5 * burst)
            basis += numbers.gauss(0, 1.5)
            volume += 75 * numbers.randint(1, 6) * burst
            now_ns = at("09:15") + minute * NS_PER_MINUTE + second * NS_PER_SECOND
            ticks.append((FUTURE, now_ns, FUTURE.round_price(price + basis), volume))
            ticks.append((NIFTY, now_ns + NS_PER_SECOND, NIFTY.round_price(price), 0))
    return ticks


def real() -> list[Tick]:
    """Return four ticks for every minute of the first real day, the index not among them."""
    ticks, volume = [], 0
    for opened, high, low, close, units, start_ns in _rows():
        for second, each in zip((0, 20, 40, 59), (opened, high, low, close), strict=True):
            volume += units // 4 if second < 59 else units - 3 * (units // 4)
            price = FUTURE.round_price(each)
            ticks.append((FUTURE, start_ns + second * NS_PER_SECOND, price, volume))
    return ticks


def _rows() -> Iterator[tuple[float, float, float, float, int, int]]:
    with gzip.open(shared("nifty_fut_24mar_1m.csv.gz"), "rt") as file:
        first = ""
        for row in csv.DictReader(file):
            stamp = next(iter(row.values()))
            first = first or stamp[:10]
            if stamp[:10] != first:
                return
            start = datetime.fromisoformat(stamp)
            values = [float(row[name]) for name in ("open", "high", "low", "close")]
            yield (*values, int(float(row["volume"])), int(start.timestamp()) * NS_PER_SECOND)  # type: ignore[misc]


@pytest.mark.parametrize("begin", [0.1, 0.35, 0.6])
@pytest.mark.parametrize("length", [1, 9, 130, 900])
@pytest.mark.parametrize("source", [generated, real])
def test_every_strategy_says_the_same_as_without_the_gap(
    source: Callable[[], list[Tick]], length: int, begin: float
) -> None:
    ticks = source()
    whole, cut = Day(), Day()
    whole.play(ticks)
    first = int(begin * len(ticks))
    cut.play(ticks, range(first, first + length), whole.minutes())
    assert cut.said() == whole.said()
    assert sum(map(len, whole.said().values())) > 0
    by_series = {(each.instrument, each.interval, each.open_ns): each for each in
                 cut.driver.result.candles}  # fmt: skip
    assert all(
        by_series[each.instrument, each.interval, each.open_ns] == each
        for each in whole.driver.result.candles
    )
    for listener in cut.listeners:
        assert {gap.state for gap in listener.gaps} == {GapState.REPAIRED}
    for one, other in zip(cut.listeners, whole.listeners, strict=True):
        assert state_of(one.strategy) == state_of(other.strategy)


def state_of(thing: object) -> object:
    """Return everything a strategy remembers, down to the last figure of its indicators."""
    if isinstance(thing, dict):
        return {key: state_of(value) for key, value in thing.items()}
    if isinstance(thing, list | tuple | deque):
        return [state_of(each) for each in thing]
    if isinstance(thing, Candle):
        return thing.as_tuple()
    is_ours = type(thing).__module__.startswith(("core", "strategies"))
    if not is_ours or isinstance(thing, type | Enum):
        return thing
    slots = {name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())}
    names = slots | getattr(thing, "__dict__", {}).keys()
    return {name: state_of(getattr(thing, name)) for name in sorted(names) if name != "__weakref__"}
