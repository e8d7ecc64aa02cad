"""An engine put back from its state goes on exactly as the one it was taken from."""

import pickle
from collections.abc import Sequence
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.brokers.paper import PaperSettings
from core.engine import Engine
from core.gap import Gap
from core.session import NS_PER_SECOND
from tests.core.any_day import INSTRUMENTS, STEPS, AnyDay, Step, drawn_steps
from tests.core.engine_driver import Bench, candles
from tests.core.market import CALENDAR, RELIANCE, at
from tests.core.test_engine_properties import RELAXED

OTHER_RUN = UUID(int=7)


class DayOfManyEngines(AnyDay):
    """Plays a day on one engine after the other, each put back from the one before."""

    def __init__(self, steps: Sequence[Step], every: int) -> None:
        self.every = every
        self.played = 0
        super().__init__(steps)

    def _play(self, step: Step) -> None:
        if self.played % self.every == 0:
            self.engine = again(self.engine)
        self.played += 1
        super()._play(step)


def again(engine: Engine) -> Engine:
    """Return another engine of another run, put back from a state that went over the disk."""
    state = pickle.loads(pickle.dumps(engine.state()))  # noqa: S301 - our own.
    other = Engine(OTHER_RUN, CALENDAR, paper=PaperSettings(latency_ms=300))
    for each in INSTRUMENTS:
        other.watch(each)
    other.advance(engine.now_ns + 10**15)  # What it has heard before does not matter.
    other.put_back(state)
    return other


@RELAXED
@given(steps=STEPS, every=st.integers(1, 12))
def test_a_day_on_many_engines_has_the_effects_of_a_day_on_one(
    steps: list[Step], every: int
) -> None:
    assert DayOfManyEngines(steps, every).effects == AnyDay(steps).effects


@settings(RELAXED, max_examples=5)
@given(seed=st.integers(0, 10**6))
def test_a_busy_day_on_many_engines_has_trades_and_the_same_ones(seed: int) -> None:
    steps = drawn_steps(seed, 800)
    assert DayOfManyEngines(steps, 5).effects == AnyDay(steps).effects


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_nothing_that_changes_is_left_out(seed: int) -> None:
    """Compare every attribute, so that whoever adds one is told to keep it too."""
    day = AnyDay(drawn_steps(seed, 300)[:250])
    other = again(day.engine)
    assert _values(other, set()) == _values(day.engine, set())


def test_what_a_gap_holds_back_comes_out_of_the_next_engine() -> None:
    def story(*, is_put_back: bool) -> list[Any]:
        bench = Bench(start="09:15", repairs_gaps=True)
        bench.engine.regain_feed()
        for minute in range(3):
            bench.tick(f"09:{15 + minute}:10", 1_500.0 + minute)
        bench.engine.lose_feed(at("09:17:30"))
        bench.engine.regain_feed()
        bench.tick("09:20:10", 1_510.0)
        bench.tick("09:22:10", 1_511.0)
        if is_put_back:
            state = pickle.loads(pickle.dumps(bench.engine.state()))  # noqa: S301 - our own.
            bench.engine = Engine(
                OTHER_RUN, CALENDAR, paper=PaperSettings(latency_ms=0), repairs_gaps=True
            )
            bench.slot = bench.engine.watch(RELIANCE)
            bench.engine.put_back(state)
        assert bench.engine.open_gaps == {RELIANCE.key}
        bench.tick("09:23:10", 1_512.0)
        told = [each for each in bench.effects if isinstance(each, Gap)]
        bench.effects += bench.engine.give_up(told[-1], "nobody knows")
        bench.effects += bench.engine.advance(at("09:40") + NS_PER_SECOND)
        return bench.effects

    ours = story(is_put_back=True)
    assert ours == story(is_put_back=False)
    assert candles(ours)


def _values(thing: Any, seen: set[int]) -> Any:
    """Return everything reachable from an object of ours, by name."""
    if isinstance(thing, dict):
        return {repr(key): _values(each, seen) for key, each in thing.items()}
    if isinstance(thing, list | tuple):
        return [_values(each, seen) for each in thing]
    if not type(thing).__module__.startswith("core.") or isinstance(thing, Enum):
        return repr(thing) if isinstance(thing, Decimal) else thing
    if id(thing) in seen:
        return type(thing).__name__
    seen.add(id(thing))
    return {
        name: _values(getattr(thing, name), seen)
        for name in _names(thing)
        if name not in _MADE_ANEW
    }


def _names(thing: Any) -> list[str]:
    slots = [name for kind in type(thing).__mro__ for name in getattr(kind, "__slots__", ())]
    return sorted({*slots, *getattr(thing, "__dict__", {})})


_MADE_ANEW = {"_sessions", "sessions", "_calendar", "_price_of", "_read_depth"}
"""What only remembers what was looked up, or asks the engine itself."""
