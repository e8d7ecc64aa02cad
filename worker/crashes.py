"""How often a strategy process may crash: three times in ten minutes, each restart later.

In:  crashes, as they happen.
Out: how long to wait before the next start, or that there is none.
Next: `worker/deployment.py`.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import Final

ALLOWED: Final = 3
WINDOW_SECONDS: Final = 600.0
_FIRST_SECONDS: Final = 1.0
_FACTOR: Final = 4.0


class Crashes:
    """Count the crashes of one config.

    Parameters
    ----------
    now
        Seconds of a clock that never goes back.

    Examples
    --------
    >>> crashes = Crashes(lambda: 0.0)
    >>> [crashes.add() for _ in range(3)]
    [1.0, 4.0, None]
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now: Final = now
        self._times: Final[deque[float]] = deque()

    @property
    def count(self) -> int:
        """Crashes in the last ten minutes, as of the last one."""
        return len(self._times)

    def add(self) -> float | None:
        """Note a crash; return the seconds until the restart, None if there shall be none."""
        now = self._now()
        self._times.append(now)
        while self._times[0] < now - WINDOW_SECONDS:
            self._times.popleft()
        if self.count >= ALLOWED:
            return None
        return _FIRST_SECONDS * _FACTOR ** (self.count - 1)

    def forget(self) -> None:
        """Begin anew."""
        self._times.clear()
