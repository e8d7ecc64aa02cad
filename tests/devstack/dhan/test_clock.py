"""Market time against a wall clock the test moves by hand."""

import asyncio
import math
import re

import pytest

from core.errors import ConfigError
from devstack.dhan.clock import AS_FAST_AS_POSSIBLE, MarketClock

SECOND = 1_000_000_000
WINDOWS = ((100 * SECOND, 200 * SECOND), (500 * SECOND, 600 * SECOND))


class Wall:
    """A wall clock that moves when told."""

    def __init__(self) -> None:
        self.ns = 7 * SECOND

    def __call__(self) -> int:
        return self.ns

    def pass_seconds(self, seconds: float) -> None:
        self.ns += int(seconds * SECOND)


@pytest.fixture
def wall() -> Wall:
    return Wall()


def clock_at(wall: Wall, seconds: int, speed: float = 1.0) -> MarketClock:
    return MarketClock(WINDOWS, seconds * SECOND, speed, wall_ns=wall)


def test_market_time_runs_at_its_speed(wall: Wall) -> None:
    clock = clock_at(wall, 100, speed=2.5)
    wall.pass_seconds(10)
    assert clock.now() == 125 * SECOND


def test_closed_hours_are_jumped_over(wall: Wall) -> None:
    clock = clock_at(wall, 190)
    wall.pass_seconds(15)
    assert clock.now() == 505 * SECOND


def test_time_before_the_first_window_is_jumped_over_too(wall: Wall) -> None:
    clock = clock_at(wall, 20)
    wall.pass_seconds(1)
    assert clock.now() == 101 * SECOND


def test_after_the_last_window_time_goes_on(wall: Wall) -> None:
    clock = clock_at(wall, 590)
    wall.pass_seconds(100)
    assert clock.now() == 690 * SECOND
    assert not clock.is_open()


def test_the_market_is_open_from_the_opening_until_just_before_the_closing(wall: Wall) -> None:
    assert clock_at(wall, 100).is_open()
    assert not clock_at(wall, 600).is_open()


def test_a_held_clock_stands_still_until_nobody_holds_it(wall: Wall) -> None:
    clock = clock_at(wall, 100)
    clock.hold("readers")
    clock.hold("control")
    wall.pass_seconds(50)
    clock.resume("readers")
    wall.pass_seconds(50)
    assert clock.now() == 100 * SECOND
    clock.resume("control")
    wall.pass_seconds(5)
    assert clock.now() == 105 * SECOND


def test_a_change_of_speed_does_not_move_the_present(wall: Wall) -> None:
    clock = clock_at(wall, 100)
    wall.pass_seconds(10)
    clock.set_speed(3)
    assert clock.now() == 110 * SECOND
    wall.pass_seconds(10)
    assert clock.now() == 140 * SECOND


def test_rewinding_sets_the_time_and_is_counted(wall: Wall) -> None:
    clock = clock_at(wall, 100)
    wall.pass_seconds(50)
    clock.rewind(120 * SECOND)
    assert (clock.now(), clock.rewinds) == (120 * SECOND, 1)


def test_the_wait_for_an_instant_counts_open_hours_only(wall: Wall) -> None:
    clock = clock_at(wall, 190, speed=2)
    assert clock.wall_seconds_until(510 * SECOND) == 10
    assert clock.wall_seconds_until(150 * SECOND) == 0
    clock.hold("control")
    assert clock.wall_seconds_until(510 * SECOND) == math.inf


def test_after_the_wait_the_instant_has_come(wall: Wall) -> None:
    clock = clock_at(wall, 190, speed=2)
    wall.pass_seconds(clock.wall_seconds_until(510 * SECOND))
    assert clock.now() == 510 * SECOND


def test_as_fast_as_possible_time_moves_only_when_it_is_advanced(wall: Wall) -> None:
    clock = clock_at(wall, 100, AS_FAST_AS_POSSIBLE)
    wall.pass_seconds(50)
    assert clock.now() == 100 * SECOND
    clock.advance_to(130 * SECOND)
    clock.advance_to(120 * SECOND)
    assert clock.now() == 130 * SECOND


@pytest.mark.parametrize("speed", [0, -1, 0.001, 1e6, math.nan])
def test_a_speed_nobody_can_play_is_refused_by_its_value(wall: Wall, speed: float) -> None:
    with pytest.raises(ConfigError, match=f"speed {re.escape(f'{speed:g}')} cannot be played"):
        clock_at(wall, 100, speed)


def test_a_clock_without_windows_is_refused() -> None:
    with pytest.raises(ConfigError, match="at least one opening window"):
        MarketClock((), 0)


async def test_whoever_waits_for_a_change_is_woken_by_it(wall: Wall) -> None:
    clock = clock_at(wall, 100)
    waiting = asyncio.create_task(clock.changed(math.inf))
    await asyncio.sleep(0)
    assert not waiting.done()
    clock.set_speed(2)
    await asyncio.wait_for(waiting, 5)


async def test_a_wait_for_a_change_ends_by_itself(wall: Wall) -> None:
    await asyncio.wait_for(clock_at(wall, 100).changed(at_most=0.001), 5)
