"""Random paths and trading time, the two things every part of the generated market stands on.

In:  a seeded generator; the windows of a session.
Out: mean-reverting paths; the mapping from seconds of trading to instants.
Next: `devstack/dhan/sources/story.py`, which gives the paths their direction.

Trading time runs through a session without its pauses: second 2,700 of a day that trades
09:15-10:00 and 11:30-12:30 is 11:30:00.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import exp, log, sqrt
from typing import Final

import numpy as np

from core.session import NS_PER_SECOND
from devstack.dhan.pricing import Floats
from devstack.dhan.tape import Integers

type Windows = Sequence[tuple[int, int]]

_SHORTEST_HALF_LIFE: Final = 1e-9


@dataclass(frozen=True, slots=True)
class TradingTime:
    """Seconds of trading of one session.

    Parameters
    ----------
    windows
        Half-open, nanoseconds UTC, in order, whole seconds long.
    """

    windows: tuple[tuple[int, int], ...]

    @property
    def seconds(self) -> int:
        """Length of the session without its pauses."""
        return sum(end - start for start, end in self.windows) // NS_PER_SECOND

    @property
    def minutes(self) -> int:
        """The same in minutes."""
        return self.seconds // 60

    def instants(self, seconds: Floats) -> Integers:
        """Return the instants, in nanoseconds UTC, of seconds of trading."""
        starts, offsets = self._starts()
        window = np.searchsorted(offsets, seconds, side="right") - 1
        nanoseconds = np.rint((seconds - offsets[window]) * NS_PER_SECOND).astype(np.int64)
        result: Integers = starts[window] + nanoseconds
        return result

    def _starts(self) -> tuple[Integers, Floats]:
        starts = np.array([start for start, _ in self.windows], dtype=np.int64)
        lengths = np.array([end - start for start, end in self.windows[:-1]], dtype=np.float64)
        offsets = np.concatenate((np.zeros(1), np.cumsum(lengths / NS_PER_SECOND)))
        return starts, offsets


def inside(windows: Windows, instants: Integers) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Return which instants lie in one of the half-open windows."""
    found = np.zeros(len(instants), dtype=np.bool_)
    for start, end in windows:
        found |= (instants >= start) & (instants < end)
    return found


def mean_reverting(
    generator: np.random.Generator, steps: int, *, deviation: float, half_life: float
) -> Floats:
    """Return a path that wanders around 0 and is pulled back to it (Ornstein-Uhlenbeck).

    Parameters
    ----------
    steps
        How many values.
    deviation
        Standard deviation of a value in the long run.
    half_life
        Steps after which half of a distance from 0 is expected to be gone.

    Notes
    -----
    Exact discretisation: ``x[t] = a x[t-1] + deviation sqrt(1 - a^2) z``, ``a = 2^(-1/half_life)``.
    """
    keep = exp(-log(2) / max(half_life, _SHORTEST_HALF_LIFE))
    shocks = generator.standard_normal(steps) * (deviation * sqrt(1 - keep * keep))
    return np.fromiter(
        accumulate(shocks.tolist(), lambda value, shock: keep * value + shock), np.float64, steps
    )


def bridge(
    generator: np.random.Generator, steps: int, start: float, end: float, step_deviation: float
) -> Floats:
    """Return a random walk of `steps` values that leaves `start` and arrives exactly at `end`."""
    walk = np.cumsum(generator.standard_normal(steps)) * step_deviation
    reached = np.arange(1, steps + 1) / steps
    result: Floats = start + walk + (end - start - walk[-1]) * reached
    return result
