"""Gaps of the feed: whatever is unheard and filled with true minutes leaves the same candles."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.candle import Candle, InstrumentKey, Interval
from core.effects import Effect
from core.engine import Engine
from core.gap import Gap, GapState
from core.instrument import Instrument
from core.session import NS_PER_SECOND
from tests.core.engine_driver import RUN, candles
from tests.core.market import CALENDAR, FUTURE, NIFTY, RELIANCE, at

INSTRUMENTS = (RELIANCE, FUTURE, NIFTY)
END = at("15:30") + 600 * NS_PER_SECOND  # The derivatives' day ends with the others'.


class Tick(NamedTuple):
    """One packet: of which instrument, when, at what price, with what day volume."""

    which: int
    time_ns: int
    price: float
    volume: int


class Day:
    """An engine to which ticks are played, and which may lose its feed."""

    def __init__(self, start: str = "09:00", watched: Sequence[Instrument] = INSTRUMENTS) -> None:
        self.engine = Engine(RUN, CALENDAR, repairs_gaps=True)
        self.effects: list[Effect] = list(self.engine.advance(at(start)))
        self.slots = [self.engine.watch(each) for each in watched]

    def play(self, ticks: Iterable[Tick]) -> None:
        for tick in ticks:
            slot = self.slots[tick.which]
            self.effects += self.engine.tick(slot, tick.time_ns, tick.price, tick.volume)

    def end(self) -> None:
        self.effects += self.engine.advance(END)

    def lose(self) -> None:
        self.engine.lose_feed(self.engine.now_ns)

    def missing(self) -> list[Gap]:
        """Return the gaps that wait for a repair."""
        told = [each for each in self.effects if isinstance(each, Gap)]
        newest = {each.instrument: each for each in told}
        return [each for each in newest.values() if each.state is GapState.MISSING]

    def repair(self, history: Sequence[Candle]) -> None:
        """Repair what can be repaired with true minutes, as far as they are over."""
        for gap in self.missing():
            minutes = [each for each in history if each.instrument == gap.instrument]
            self.effects += self.engine.repair(gap, minutes)

    @property
    def candles(self) -> list[Candle]:
        return candles(self.effects)


def series(found: Iterable[Candle]) -> dict[tuple[InstrumentKey, Interval], list[Candle]]:
    """Return candles by instrument and interval, in the order in which they came."""
    parts: dict[tuple[InstrumentKey, Interval], list[Candle]] = {}
    for candle in found:
        parts.setdefault((candle.instrument, candle.interval), []).append(candle)
    return parts


def minutes(found: Iterable[Candle]) -> list[Candle]:
    return [candle for candle in found if candle.interval is Interval.M1]


def undisturbed(ticks: Sequence[Tick]) -> list[Candle]:
    day = Day()
    day.play(ticks)
    day.end()
    return day.candles


def _ticks(steps: Sequence[tuple[int, int, int, int]]) -> list[Tick]:
    """Return packets that follow each other: which, seconds later, ticks up, units traded."""
    made, now_ns = [], at("09:15")
    prices, volumes = [1_500.0, 26_000.0, 25_900.0], [0, 0, 0]
    for which, seconds, up, units in steps:
        now_ns += seconds * NS_PER_SECOND
        instrument = INSTRUMENTS[which]
        prices[which] = instrument.round_price(prices[which] + up * 0.1)
        volumes[which] += 0 if instrument is NIFTY else units
        made.append(Tick(which, now_ns, prices[which], volumes[which]))
    return made


STEPS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from([0, 0, 1, 2, 3, 7, 20, 45, 61, 400, 2_500]),
        st.integers(-30, 30),
        st.integers(1, 900),
    ),
    min_size=5,
    max_size=150,
)
RELAXED = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@RELAXED
@given(steps=STEPS, data=st.data())
def test_any_parts_unheard_and_filled_with_true_minutes_leave_the_same_candles(
    steps: list[tuple[int, int, int, int]], data: st.DataObject
) -> None:
    ticks = _ticks(steps)
    whole = undisturbed(ticks)
    cuts = data.draw(
        st.lists(st.integers(0, len(ticks)), min_size=2, max_size=8).map(sorted), label="cuts"
    )
    day, heard = Day(), 0
    for begin, end in zip(cuts[::2], cuts[1::2], strict=False):
        day.play(ticks[heard:begin])
        if data.draw(st.booleans(), label="repaired at once"):
            day.repair(minutes(whole))
        day.lose()
        day.engine.regain_feed()
        heard = end
    day.play(ticks[heard:])
    day.end()
    day.repair(minutes(whole))
    assert series(day.candles) == series(whole)
    assert not day.engine.open_gaps


@RELAXED
@given(steps=STEPS, data=st.data())
def test_any_late_start_filled_with_true_minutes_leaves_the_same_candles(
    steps: list[tuple[int, int, int, int]], data: st.DataObject
) -> None:
    ticks = _ticks(steps)
    whole = undisturbed(ticks)
    begin = data.draw(st.integers(0, len(ticks)), label="first packet heard")
    day = Day(start="09:40")
    late = [each for each in ticks[begin:] if each.time_ns >= at("09:40")]
    day.play(late)
    day.end()
    day.repair(minutes(whole))
    heard = {INSTRUMENTS[each.which].key for each in late}
    expected = [each for each in whole if each.instrument in heard]
    assert series(day.candles) == series(expected)


@RELAXED
@given(steps=STEPS, data=st.data())
def test_a_gap_that_is_not_repaired_loses_only_what_was_traded_in_it(
    steps: list[tuple[int, int, int, int]], data: st.DataObject
) -> None:
    ticks = _ticks(steps)
    begin, end = sorted(
        data.draw(st.tuples(st.integers(1, len(ticks)), st.integers(1, len(ticks))))
    )
    day = Day()
    day.play(ticks[:begin])
    day.lose()
    day.engine.regain_feed()
    day.play(ticks[end:])
    day.end()
    for gap in day.missing():
        day.effects += day.engine.give_up(gap, "nobody answers")
    assert not day.engine.open_gaps
    for which, instrument in enumerate(INSTRUMENTS):
        builder = day.engine._watched[which].builder
        placed = sum(
            each.volume for each in minutes(day.candles) if each.instrument == instrument.key
        )
        counters = builder.counters
        assert placed + counters.unrepaired_volume + counters.unplaced_volume == max(
            builder.volume, 0
        )
        assert all(each.volume >= 0 for each in day.candles)
