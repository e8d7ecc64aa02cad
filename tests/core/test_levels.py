"""Stop, target, the stop moved to the entry and the one that follows."""

import pytest

from core.levels import Extremes, Levels
from core.signals import Direction
from core.trade import ExitReason
from tests.core.market import RELIANCE

NONE = float("inf")


def long_levels(**levels: float) -> Levels:
    return Levels(RELIANCE, Direction.LONG, 100.0, **levels)


def short_levels(**levels: float) -> Levels:
    return Levels(RELIANCE, Direction.SHORT, 100.0, **levels)


@pytest.mark.parametrize(
    ("direction", "stop", "target", "price", "reached"),
    [
        (Direction.LONG, 98.0, 104.0, 98.0, ExitReason.STOP_LOSS),
        (Direction.LONG, 98.0, 104.0, 98.1, None),
        (Direction.LONG, 98.0, 104.0, 104.0, ExitReason.TARGET),
        (Direction.SHORT, 102.0, 96.0, 102.0, ExitReason.STOP_LOSS),
        (Direction.SHORT, 102.0, 96.0, 95.9, ExitReason.TARGET),
        (Direction.SHORT, 102.0, 96.0, 101.9, None),
        (Direction.LONG, None, None, 1.0, None),
        (Direction.LONG, 100.0, 100.0, 100.0, ExitReason.STOP_LOSS),
    ],
)
def test_a_level_is_reached_by_a_price_at_it(
    direction: Direction,
    stop: float | None,
    target: float | None,
    price: float,
    reached: ExitReason | None,
) -> None:
    levels = Levels(RELIANCE, direction, 100.0, stop=stop, target=target)
    assert levels.touched(price) is reached


def test_bounds_are_below_and_above_whichever_way_the_trade_looks() -> None:
    assert long_levels(stop=98.0, target=104.0).bounds() == (98.0, 104.0)
    assert short_levels(stop=102.0, target=96.0).bounds() == (96.0, 102.0)
    assert long_levels().bounds() == short_levels().bounds() == (-NONE, NONE)


def test_levels_are_put_on_the_tick() -> None:
    levels = long_levels(stop=97.96, target=104.04)
    assert (levels.stop, levels.target) == (98.0, 104.0)


@pytest.mark.parametrize("sign", [1, -1])
def test_the_stop_moves_to_the_entry_once_the_price_has_come_so_far(sign: int) -> None:
    make = long_levels if sign > 0 else short_levels
    levels = make(stop=100 - sign * 2.0, target=100 + sign * 6.0, breakeven=100 + sign * 4.0)
    assert not levels.follow(100 + sign * 3.9)
    assert sorted(abs(bound - 100) for bound in levels.bounds()) == [2.0, 4.0]
    assert levels.follow(100 + sign * 4.0)
    assert levels.stop == 100.0
    assert not levels.follow(100 + sign * 4.1)
    assert sorted(abs(bound - 100) for bound in levels.bounds()) == [0.0, 6.0]
    assert levels.touched(100.0) is ExitReason.STOP_LOSS


@pytest.mark.parametrize("sign", [1, -1])
def test_a_trailing_stop_follows_in_tenths_of_its_distance_and_never_goes_back(sign: int) -> None:
    make = long_levels if sign > 0 else short_levels
    levels = make(stop=100 - sign * 10.0, trail=10.0)
    assert not levels.follow(100 + sign * 0.9)
    assert levels.follow(100 + sign * 1.0)
    assert levels.stop == 100 - sign * 9.0
    assert not levels.follow(100 + sign * 1.9)
    assert levels.follow(100 + sign * 5.0)
    assert not levels.follow(100 - sign * 1.0)
    assert levels.stop == 100 - sign * 5.0
    assert levels.touched(100 - sign * 5.0) is ExitReason.TRAILING_STOP


def test_a_trailing_stop_that_never_moved_is_a_stop_loss() -> None:
    assert long_levels(stop=90.0, trail=10.0).touched(90.0) is ExitReason.STOP_LOSS


def test_within_a_candle_that_holds_the_stop_nothing_but_the_stop_counts() -> None:
    levels = long_levels(stop=98.0, target=104.0, breakeven=102.0, trail=2.0)
    levels.within(Extremes(97.0, 105.0))
    assert levels.touched(105.0) is None
    assert not levels.follow(105.0)
    assert levels.bounds() == (98.0, NONE)
    assert levels.touched(98.0) is ExitReason.STOP_LOSS


def test_a_candle_that_ends_before_the_stop_leaves_the_target_its_turn() -> None:
    levels = short_levels(stop=102.0, target=96.0)
    levels.within(Extremes(95.0, 101.9))
    assert levels.touched(96.0) is ExitReason.TARGET
    levels.within(Extremes(95.0, 102.0))
    assert levels.touched(96.0) is None
    levels.within(None)
    assert levels.touched(96.0) is ExitReason.TARGET


def test_a_stop_that_has_moved_inside_the_candle_does_not_hide_the_target() -> None:
    candle = Extremes(98.5, 105.0)
    levels = long_levels(stop=98.0, target=104.0, breakeven=102.0)
    levels.within(candle)
    assert levels.follow(102.0)
    levels.within(candle)
    assert (levels.stop, levels.touched(104.0)) == (100.0, ExitReason.TARGET)
