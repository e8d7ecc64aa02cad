"""How long strategies take to answer: counts by length, from which quantiles are read.

In:  seconds from a candle's completion to the answer of one config.
Out: how many there were, and how long they took.
Next: `worker/configs/backlog.py`, which keeps them; `worker/health/beats.py`, which reports.
"""

from collections.abc import Iterable
from math import ceil, log2
from typing import Final, Self

_STEPS: Final = 16
"""Bounds between two lengths of which one is twice the other: each is 4 % wide."""
_BOUNDS: Final = 40 * _STEPS  # Up to two weeks.
_US: Final = 1e6
_MS: Final = 1e3


class AnswerTimes:
    """Count answers by how long they took.

    Attributes
    ----------
    total
        Seconds that all took together.
    longest
        Seconds that the slowest took.

    Examples
    --------
    >>> times = AnswerTimes()
    >>> for milliseconds in range(1, 101):
    ...     times.add(milliseconds / 1e3)
    >>> [round(1e3 * times.quantile(share), 0) for share in (0.5, 0.99)], times.longest
    ([51.0, 100.0], 0.1)
    """

    def __init__(self) -> None:
        self._counts: Final = [0] * _BOUNDS
        self.total = 0.0
        self.longest = 0.0

    @property
    def count(self) -> int:
        """How many there were."""
        return sum(self._counts)

    @classmethod
    def of_all(cls, parts: Iterable[Self]) -> Self:
        """Return the times of several together."""
        found = cls()
        for each in parts:
            found._take_in(each)
        return found

    def _take_in(self, other: Self) -> None:
        self._counts[:] = map(int.__add__, self._counts, other._counts)
        self.total += other.total
        self.longest = max(self.longest, other.longest)

    def add(self, seconds: float) -> None:
        """Count one answer; this is on the way of every signal."""
        self._counts[int(_STEPS * log2(seconds * _US + 1))] += 1
        self.total += seconds
        if seconds > self.longest:  # noqa: PLR1730 - a call would cost more than all of the rest.
            self.longest = seconds

    def within(self, seconds: float) -> int:
        """Return how many took at most so long, to the width of a bound."""
        return sum(self._counts[: int(_STEPS * log2(seconds * _US + 1)) + 1])

    def quantile(self, share: float) -> float:
        """Return the seconds within which this share of the answers came; 0 where there is none."""
        wanted = ceil(share * self.count)
        for step, count in enumerate(self._counts):
            wanted -= count
            if count and wanted <= 0:
                return min((2 ** ((step + 1) / _STEPS) - 1) / _US, self.longest)
        return 0.0

    def figures(self) -> dict[str, float]:
        """Return the usual figures, in milliseconds."""
        return {
            "answers": self.count,
            "answer_ms_p50": round(_MS * self.quantile(0.5), 3),
            "answer_ms_p99": round(_MS * self.quantile(0.99), 3),
            "answer_ms_max": round(_MS * self.longest, 3),
        }
