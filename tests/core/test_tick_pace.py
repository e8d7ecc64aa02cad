"""Who is shown which tick."""

from core.candle import NEVER_NS
from core.session import NS_PER_SECOND
from core.tick_pace import TickPace
from tests.core.market import FUTURE, NIFTY

S = NS_PER_SECOND


def test_nobody_wants_anything_at_first() -> None:
    pace = TickPace()
    assert pace.is_idle
    assert pace.due_ns(FUTURE.key) == NEVER_NS
    pace.listen("a", (FUTURE.key,), None)
    assert pace.is_idle


def test_each_is_shown_a_tick_of_each_instrument_at_its_own_pace() -> None:
    pace = TickPace()
    pace.listen("slow", (FUTURE.key, NIFTY.key), 5)
    pace.listen("fast", (FUTURE.key,), 1)
    assert pace.take(FUTURE.key, 100 * S) == ["fast", "slow"]
    assert pace.due_ns(FUTURE.key) == 101 * S
    assert pace.take(FUTURE.key, 100 * S) == []
    assert pace.take(FUTURE.key, 103 * S) == ["fast"]
    assert pace.take(NIFTY.key, 103 * S) == ["slow"]
    assert pace.take(FUTURE.key, 105 * S) == ["fast", "slow"]
    assert pace.due_ns(NIFTY.key) == 108 * S


def test_who_leaves_is_shown_nothing_and_who_begins_anew_the_next_tick() -> None:
    pace = TickPace()
    pace.listen("a", (FUTURE.key,), 60)
    pace.take(FUTURE.key, 100 * S)
    pace.listen("a", (FUTURE.key,), 60)
    assert pace.take(FUTURE.key, 101 * S) == ["a"]
    pace.leave("a")
    pace.leave("a")
    assert pace.is_idle
    assert pace.take(FUTURE.key, 900 * S) == []
