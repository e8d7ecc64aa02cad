"""How long to wait before the next try: longer each time, never the same for two workers.

In:  failures, and successes which begin anew.
Out: seconds.
Next: used by `worker/feed/feed.py`, `worker/store/store.py` and `worker/configs/deployment.py`.
"""

import random
from collections.abc import Callable
from typing import Final

_HALF: Final = 0.5


class Backoff:
    """Delays that double from `first` to `longest`, each shortened by up to half at random.

    Parameters
    ----------
    first, longest
        Seconds before jitter.
    draw
        Draws a number from 0 to 1; another one in tests.

    Examples
    --------
    >>> backoff = Backoff(1.0, 5.0, lambda: 1.0)
    >>> [backoff.next() for _ in range(4)]
    [1.0, 2.0, 4.0, 5.0]
    >>> backoff.reset()
    >>> backoff.next()
    1.0
    """

    def __init__(
        self, first: float, longest: float, draw: Callable[[], float] = random.random
    ) -> None:
        self._first: Final = first
        self._longest: Final = longest
        self._draw: Final = draw
        self.failures = 0
        """Failures in a row."""

    def next(self, at_least: float = 0.0) -> float:
        """Return the seconds to wait after one more failure; `at_least` is jittered upwards."""
        full: float = min(self._longest, self._first * 2.0 ** min(self.failures, 30))
        self.failures += 1
        share = self._draw()
        return max(full * (_HALF + _HALF * share), at_least * (1 + _HALF * share))

    def reset(self) -> None:
        """Begin anew after a success."""
        self.failures = 0
