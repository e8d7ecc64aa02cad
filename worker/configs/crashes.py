"""How often a strategy process may crash: three times in ten minutes, each restart later.

In:  crashes, as they happen.
Out: how long to wait before the next start, or that there is none; the start itself.
Next: `worker/configs/deployment.py`.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
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


class Restarts:
    """Start one config again after its crashes.

    Attributes
    ----------
    done
        How many there have been since the worker started.
    """

    def __init__(self) -> None:
        self._crashes: Final = Crashes()
        self._waiting: asyncio.Task[None] | None = None
        self.done = 0

    def after_crash(self, start: Callable[[], Awaitable[bool]]) -> str:
        """Take a crash; return what follows, for a person.

        Parameters
        ----------
        start
            Starts it, and answers whether there was still reason to.
        """
        seconds = self._crashes.add()
        if seconds is None:
            return "it stays stopped"
        self._waiting = asyncio.create_task(self._start_later(seconds, start))
        return f"restart {self._crashes.count} follows"

    @property
    def follows(self) -> bool:
        """Whether another start follows."""
        return self._waiting is not None and not self._waiting.done()

    def give_up(self) -> None:
        """Start it no more: somebody else has taken over."""
        if self._waiting is not None and self._waiting is not asyncio.current_task():
            self._waiting.cancel()
        self._waiting = None

    def forget(self) -> None:
        """Begin counting anew: a person has looked at it."""
        self.give_up()
        self._crashes.forget()

    async def _start_later(self, seconds: float, start: Callable[[], Awaitable[bool]]) -> None:
        await asyncio.sleep(seconds)
        self.done += await start()
