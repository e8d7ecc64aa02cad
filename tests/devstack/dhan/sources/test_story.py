"""The plan of a day: breakouts apart from each other, in alternating directions, inside the day."""

import numpy as np
import pytest

from devstack.dhan.sources.story import EventName, Story, tell


def told(seed: int, minutes: int = 385) -> Story:
    return tell(np.random.default_rng(seed), minutes)


@pytest.mark.parametrize("seed", range(20))
def test_breakouts_begin_early_on_five_minutes_and_lie_a_hundred_minutes_apart(seed: int) -> None:
    events = [event for event in told(seed).events if event.name is EventName.BREAKOUT]
    minutes = [event.minute for event in events]
    assert len(events) == 3
    assert all(minute % 5 == 0 for minute in minutes)
    assert minutes[0] <= 30
    assert np.diff(minutes).min() >= 100
    assert [event.direction for event in events] in ([1, -1, 1], [-1, 1, -1])


@pytest.mark.parametrize("minutes", [45, 60, 105, 375, 385])
def test_a_story_fits_its_session(minutes: int) -> None:
    story = told(3, minutes)
    times = [minute for minute, _ in story.knots]
    assert times == sorted(set(times))
    assert (times[0], times[-1]) == (0, minutes)
    assert len(story.activity) == minutes
    assert all(0 <= event.minute < minutes for event in story.events)
    assert np.abs(story.level(np.arange(minutes * 60).astype(np.float64))).max() < 0.012


def test_activity_bursts_at_a_breakout_and_is_quiet_before() -> None:
    story = told(5)
    start = next(int(e.minute) for e in story.events if e.name is EventName.BREAKOUT)
    assert story.activity[start] > 8 * story.activity[start - 1]
    assert story.activity[start + 40 : start + 60].max() < 1.5


def test_both_first_directions_and_both_signs_of_the_basis_occur() -> None:
    first = {told(seed).events[0].direction for seed in range(20)}
    assert first == {1, -1}
    for seed in range(5):
        assert {np.sign(size) for _, size, _ in told(seed).excursions} == {1, -1}
