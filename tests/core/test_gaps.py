"""Gaps of the feed: whatever is unheard and filled with true minutes leaves the same candles."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.candle import Candle, InstrumentKey, Interval
from core.effects import Effect
from core.engine import Engine
from core.gap import Gap, GapState
from core.instrument import Instrument
from core.order import OrderPurpose
from core.session import NS_PER_MINUTE, NS_PER_SECOND
from core.signals import SignalType
from core.trade import ExitReason
from core.verdict import Refused, Rule
from tests.core.engine_driver import RUN, Bench, candles, decisions, fills, orders
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
def test_one_socket_of_several_unheard_and_filled_leaves_the_same_candles(
    steps: list[tuple[int, int, int, int]], data: st.DataObject
) -> None:
    ticks = _ticks(steps)
    whole = undisturbed(ticks)
    begin, end = sorted(
        data.draw(st.tuples(st.integers(0, len(ticks)), st.integers(0, len(ticks))))
    )
    lost = data.draw(st.sets(st.integers(0, 2), min_size=1), label="instruments lost")
    keys = [INSTRUMENTS[which].key for which in lost]
    day = Day()
    day.play(ticks[:begin])
    day.engine.lose_feed(day.engine.now_ns, keys)
    day.play(each for each in ticks[begin:end] if each.which not in lost)
    others = series(each for each in day.candles if each.instrument not in keys)
    day.engine.regain_feed(keys)
    day.play(ticks[end:])
    day.end()
    assert {gap.instrument for gap in day.missing()} <= set(keys)
    day.repair(minutes(whole))
    assert series(day.candles) == series(whole)
    assert not day.engine.open_gaps
    for which, found in others.items():  # They did not wait for the lost ones.
        assert series(whole)[which][: len(found)] == found


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


def test_a_stop_crossed_in_a_gap_fills_at_the_first_price_after_it() -> None:
    bench = Bench(repairs_gaps=True)
    bench.tick("09:30:00", 100.0)
    bench.signal(SignalType.LONG)
    bench.tick("09:30:01", 100.0)
    bench.engine.lose_feed(bench.engine.now_ns)
    bench.engine.regain_feed()
    bench.volume += 500  # At 97, below the stop, while nobody heard.
    effects = bench.tick("09:31:20", 96.5)
    (order,) = orders(effects)
    assert (order.purpose, order.exit_reason) == (OrderPurpose.EXIT, ExitReason.STOP_LOSS)
    (fill,) = fills(bench.tick("09:31:21", 96.0))
    assert fill.price == Decimal("95.90")  # One tick of slippage.


def test_the_first_price_after_a_gap_counts_even_if_its_minute_is_over() -> None:
    bench = Bench(repairs_gaps=True)
    bench.tick("09:30:00", 100.0)
    bench.signal(SignalType.LONG)
    bench.tick("09:30:01", 100.0)
    bench.engine.lose_feed(bench.engine.now_ns)
    bench.engine.regain_feed()
    bench.advance("09:33:10")
    assert orders(bench.tick("09:31:00", 96.5))


def test_an_entry_on_a_candle_of_the_gap_is_refused_and_an_exit_is_not() -> None:
    bench = Bench(repairs_gaps=True)
    bench.tick("09:30:00", 100.0)
    bench.signal(SignalType.LONG)
    bench.tick("09:30:01", 100.0)
    bench.engine.lose_feed(bench.engine.now_ns)
    bench.engine.regain_feed()
    bench.tick("09:31:30", 100.0)
    (gap,) = [each for each in bench.tick("09:32:00", 100.0) if isinstance(each, Gap)]
    minutes = [_minute("09:30", 100.0), _minute("09:31", 100.0)]
    bench.engine.repair(gap, minutes)
    (late,) = decisions(bench.signal(SignalType.LONG, closed="09:31"))
    assert late.verdict == Refused(Rule.STALE_SIGNAL, "its candle closed while the feed was away")
    assert orders(bench.signal(SignalType.EXIT, closed="09:31"))


def test_of_a_gap_in_which_nothing_was_traded_nothing_has_to_be_fetched() -> None:
    day = Day(watched=[RELIANCE])
    day.play([Tick(0, at("09:20"), 100.0, 50)])
    day.lose()
    day.engine.regain_feed()
    day.play([Tick(0, at("09:26"), 100.0, 50), Tick(0, at("09:27"), 101.0, 60)])
    day.end()
    assert day.missing() == []
    assert [each.volume for each in minutes(day.candles)] == [50, 10]


def test_a_gap_that_lasts_into_the_next_day_is_filled_on_both() -> None:
    tomorrow = date(2025, 12, 2)
    ticks = [
        Tick(0, at("15:28:10"), 100.0, 900),
        Tick(0, at("15:29:10"), 101.0, 950),
        Tick(0, at("09:15:10", tomorrow), 102.0, 40),
        Tick(0, at("09:16:10", tomorrow), 103.0, 70),
        Tick(0, at("09:17:10", tomorrow), 104.0, 90),
        Tick(0, at("09:18:10", tomorrow), 105.0, 95),
    ]
    whole, day = Day(), Day()
    whole.play(ticks)
    day.play(ticks[:1])
    day.lose()
    day.engine.regain_feed()
    day.play(ticks[3:])
    day.repair(minutes(whole.candles))
    for each in (whole, day):
        each.effects += each.engine.advance(at("09:30", tomorrow))
    assert series(day.candles) == series(whole.candles)


def test_while_nobody_knows_whether_the_feed_lives_the_clock_completes_no_candle() -> None:
    day = Day()
    day.play([Tick(0, at("09:20:58"), 100.0, 50)])
    day.engine.be_silent(silent=True)
    day.effects += day.engine.advance(at("09:21:03"))
    assert day.candles == []
    day.engine.be_silent(silent=False)
    day.effects += day.engine.advance(at("09:21:04"))
    assert [each.open_ns for each in minutes(day.candles)] == [at("09:20")]


def test_a_repair_that_comes_when_the_gap_has_become_longer_is_left_out() -> None:
    day = Day(watched=[RELIANCE])
    day.play([Tick(0, at("09:20:10"), 100.0, 50)])
    day.lose()
    day.engine.regain_feed()
    day.play([Tick(0, at("09:20:40"), 101.0, 60), Tick(0, at("09:21:10"), 101.0, 70)])
    (old,) = day.missing()
    day.lose()
    day.engine.regain_feed()
    assert day.engine.repair(old, [_minute("09:20", 100.0)]) == ()
    day.play([Tick(0, at("09:22:10"), 101.0, 80), Tick(0, at("09:23:10"), 101.0, 90)])
    (longer,) = day.missing()
    assert (longer.from_ns, longer.to_ns) == (at("09:20"), at("09:23"))


def _minute(clock: str, price: float) -> Candle:
    begin = at(clock)
    return Candle(
        RELIANCE.key, Interval.M1, begin, begin + NS_PER_MINUTE, price, price, price, price, 100
    )
