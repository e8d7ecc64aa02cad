"""What happens on a generated day: where the market goes, when volume bursts, the basis strays.

In:  a seeded generator and the length of the session.
Out: a `Story`: level, activity and basis by minute, and the list of what was planned.
Next: `devstack/dhan/sources/generated.py`, which adds noise and trades it.

A purely random day gives volume strategies nothing to do on most days, so the day is planned: an
early reversal (moving averages cross), three breakouts on bursts of volume in alternating
directions, the first soon after, each followed by a climax and a fade, and a basis that now and
then leaves its usual width. Times, sizes and the first direction come from the seed.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from devstack.dhan.pricing import Floats

_FULL_DAY_MINUTES: Final = 330  # A shorter session has room for the early reversal and one burst.
_EARLY_BREAKOUT: Final = 30  # Minute of the first one, the only one of a short session.

# Minutes after a breakout -> times the usual activity, and -> share of the move made.
_BURST_ACTIVITY: Final = (
    (0, 13.0), (1, 10.0), (2, 8.0), (3, 7.0), (4, 7.0), (5, 5.0), (10, 4.0), (14, 3.5),
    (15, 11.0), (19, 10.0), (20, 3.5), (25, 2.2), (32, 1.3), (40, 0.9),
)  # fmt: skip
_BURST_MOVE: Final = (
    (0, 0.0), (1, 0.28), (3, 0.43), (5, 0.54), (15, 0.70), (19.5, 1.0), (26, 0.80), (35, 0.62),
)  # fmt: skip
_EDGE: Final = 0.0012  # How far the range before a breakout reaches towards it.
# Minutes before a breakout -> step against it.
_STEP_BACK: Final = ((8, 0.0), (3, 0.0006), (0.2, 0.0005))
_QUIET: Final = 0.75  # Activity in the range before a breakout.


class EventName(StrEnum):
    """What is planned for a minute."""

    REVERSAL = "reversal"
    BREAKOUT = "breakout"
    CLIMAX = "climax"
    BASIS = "basis out of its band"


@dataclass(frozen=True, slots=True)
class PlannedEvent:
    """One planned happening, for pictures and logs."""

    minute: float  # Of trading since the open.
    name: EventName
    direction: int  # +1 up, -1 down.


@dataclass(frozen=True, slots=True)
class Story:
    """A planned session.

    Parameters
    ----------
    knots
        ``(minute, level)``: the level is a log-distance from the day's anchor.
    activity
        One factor per minute for traded volume; 1 is usual.
    excursions
        ``(minute, fraction of price, minutes it lasts)`` by which the future leaves its carry.
    events
        What was planned, in order of time.
    """

    knots: tuple[tuple[float, float], ...]
    activity: Floats
    excursions: tuple[tuple[float, float, float], ...]
    events: tuple[PlannedEvent, ...]

    def level(self, seconds: Floats) -> Floats:
        """Return the log-distance from the anchor at seconds of trading."""
        minutes, levels = zip(*self.knots, strict=True)
        level: Floats = np.interp(seconds / 60, minutes, levels)
        return level

    def basis(self, seconds: Floats) -> Floats:
        """Return by what fraction of its price the future is pushed off its carry."""
        minute = seconds / 60
        total = np.zeros_like(minute)
        for start, size, lasts in self.excursions:
            ends = (start, start + 0.5, start + lasts - 1.5, start + lasts)
            total += np.interp(minute, ends, (0.0, size, size, 0.0))
        return total


def tell(generator: np.random.Generator, minutes: int) -> Story:
    """Plan a session.

    Parameters
    ----------
    minutes
        Of trading, without pauses.
    """
    first = 1 if generator.random() < 0.5 else -1
    breakouts = _breakouts(generator, minutes, first)
    knots = _early_reversal(generator, -first if len(breakouts) == 1 else first)
    for start, direction, size in breakouts:
        knots += _range_then_move(generator, knots[-1], (start, direction, size), minutes)
    knots.append((float(minutes), knots[-1][1]))
    excursions = _excursions(generator, minutes)
    return Story(
        tuple(knots),
        _activity(minutes, [start for start, _, _ in breakouts]),
        excursions,
        _events(breakouts, excursions, first, minutes),
    )


type _Breakout = tuple[int, int, float]  # Minute, direction, size of the whole move.


def _breakouts(generator: np.random.Generator, minutes: int, first: int) -> list[_Breakout]:
    """Return minutes (multiples of 5: the start of a candle of 1m and 5m), directions, sizes.

    The first comes early, so that who watches sees every strategy trade within minutes: it
    leaves the prices at which yesterday ended and today began. Before the others lie at least
    100 minutes, so that the range of the 20 candles of 5m before them does not hold the burst
    of the one before.
    """
    if minutes < _FULL_DAY_MINUTES:
        size = 0.006 * generator.uniform(0.95, 1.15)
        return [(_EARLY_BREAKOUT, first, size)] if minutes > _EARLY_BREAKOUT + 8 else []
    later = [5 * int(generator.integers(low, low + 2)) for low in (35, 65)]
    starts = [_EARLY_BREAKOUT, *later]
    return [
        (start, first * (-1) ** number, 0.009 * generator.uniform(0.95, 1.15))
        for number, start in enumerate(starts)
    ]


def _early_reversal(generator: np.random.Generator, direction: int) -> list[tuple[float, float]]:
    """Return a move against `direction` and a sharp one with it: averages cross in a strong trend.

    The second one stays well inside the breakout that follows in the same direction.
    """
    size = direction * generator.uniform(0.95, 1.15)
    return [(0.0, 0.0), (9.0, -0.0030 * size), (16.0, 0.0013 * size), (24.0, 0.0006 * size)]


def _range_then_move(
    generator: np.random.Generator, last: tuple[float, float], breakout: _Breakout, minutes: int
) -> list[tuple[float, float]]:
    start, direction, size = breakout
    quiet_from = max(last[0] + 2, min(last[0] + 50, start - 40))
    middle = 0.0002 * generator.uniform(-1, 1)
    knots: list[tuple[float, float]] = []
    if quiet_from < start - 25:
        # The edge of the range is drawn early, so that noise does not break it before its time.
        knots += [(quiet_from, middle + direction * _EDGE), (quiet_from + 10, middle)]
        knots += [(start - before, middle - direction * back) for before, back in _STEP_BACK]
    moves = [(start + after, middle + direction * size * share) for after, share in _BURST_MOVE]
    return knots + [(minute, level) for minute, level in moves if minute < minutes]


def _activity(minutes: int, starts: list[int]) -> Floats:
    """Return the U shape of a day, quiet before a breakout, with the bursts on top."""
    minute = np.arange(minutes, dtype=np.float64)
    shape = 1.0 + 0.9 * np.exp(-minute / 10) + 0.6 * np.exp((minute - minutes) / 18)
    for start in starts:
        after = minute - start
        times, factors = zip(*_BURST_ACTIVITY, strict=True)
        shape = np.where((after >= -35) & (after < 0), shape * _QUIET, shape)
        shape = np.where(after >= 0, np.maximum(shape, np.interp(after, times, factors)), shape)
    return shape


def _excursions(
    generator: np.random.Generator, minutes: int
) -> tuple[tuple[float, float, float], ...]:
    starts = [16, *range(60, minutes - 30, 75)]
    sign = 1 if generator.random() < 0.5 else -1
    return tuple(
        (
            start + generator.uniform(0, 12),
            sign * (-1) ** number * generator.uniform(0.0008, 0.0011),
            generator.uniform(5, 8),
        )
        for number, start in enumerate(starts)
    )


def _events(
    breakouts: list[_Breakout],
    excursions: tuple[tuple[float, float, float], ...],
    first: int,
    minutes: int,
) -> tuple[PlannedEvent, ...]:
    reversal = -first if len(breakouts) == 1 else first
    events = [PlannedEvent(9, EventName.REVERSAL, reversal)]
    for start, direction, _ in breakouts:
        events.append(PlannedEvent(start, EventName.BREAKOUT, direction))
        events.append(PlannedEvent(start + 15, EventName.CLIMAX, direction))
    events += [
        PlannedEvent(start, EventName.BASIS, 1 if size > 0 else -1) for start, size, _ in excursions
    ]
    inside = (event for event in events if event.minute < minutes)
    return tuple(sorted(inside, key=lambda event: event.minute))
