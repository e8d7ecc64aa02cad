"""How long strategies take to answer: counts by length, from which quantiles are read.

In:  seconds from a candle's completion to the answer of one config.
Out: how many there were, and how long they took.
Next: `worker/rounds.py`, which measures; `worker/beats.py`, which reports.
"""

from math import ceil, log2
from typing import Final

_STEPS: Final = 16
"""Bounds between two lengths of which one is twice the other: each is 4 % wide."""
_US: Final = 1e6
_MS: Final = 1e3


class AnswerTimes:
    """Count answers by how long they took.

    Attributes
    ----------
    count
        How many there were.
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
        self._counts: Final[dict[int, int]] = {}
        self.count = 0
        self.total = 0.0
        self.longest = 0.0

    def add(self, seconds: float) -> None:
        """Count one answer."""
        step = int(_STEPS * log2(seconds * _US + 1))
        self._counts[step] = self._counts.get(step, 0) + 1
        self.count += 1
        self.total += seconds
        self.longest = max(self.longest, seconds)

    def quantile(self, share: float) -> float:
        """Return the seconds within which this share of the answers came; 0 where there is none."""
        wanted = ceil(share * self.count)
        for step in sorted(self._counts):
            wanted -= self._counts[step]
            if wanted <= 0:
                return min((2 ** ((step + 1) / _STEPS) - 1) / _US, self.longest)
        return 0.0

    def within(self, seconds: float) -> int:
        """Return how many took at most so long, to the width of a bound."""
        most = int(_STEPS * log2(seconds * _US + 1))
        return sum(count for step, count in self._counts.items() if step <= most)

    def figures(self) -> dict[str, float]:
        """Return the usual figures, in milliseconds."""
        return {
            "answers": self.count,
            "answer_ms_p50": round(_MS * self.quantile(0.5), 3),
            "answer_ms_p99": round(_MS * self.quantile(0.99), 3),
            "answer_ms_max": round(_MS * self.longest, 3),
        }
