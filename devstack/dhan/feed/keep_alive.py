"""Pings of one socket, and the end of a client that does not answer them.

In:  wall time, pongs.
Out: a ping every so often; word that the client is gone.
Next: `devstack/dhan/feed/connection.py`.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Keep-alive of the feed, wall seconds (reference 2.1)."""

    ping_every: float = 10.0
    pong_within: float = 40.0


class KeepAlive:
    """Ping until stopped.

    Parameters
    ----------
    timing
        How often, and how long to wait for an answer.
    ping
        Sends one.
    give_up
        Called once when no pong has come for too long.
    """

    def __init__(
        self, timing: Timing, ping: Callable[[], None], give_up: Callable[[], None]
    ) -> None:
        self._timing = timing
        self._ping = ping
        self._give_up = give_up
        self._loop = asyncio.get_running_loop()
        self._last_pong = self._loop.time()
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin: the first ping is sent after one interval."""
        self._last_pong = self._loop.time()
        self._timer = self._loop.call_later(self._timing.ping_every, self._turn)

    def pong(self) -> None:
        """Note that the client has answered."""
        self._last_pong = self._loop.time()

    def stop(self) -> None:
        """Send no more pings."""
        if self._timer is not None:
            self._timer.cancel()

    def _turn(self) -> None:
        if self._loop.time() - self._last_pong > self._timing.pong_within:
            self._give_up()
            return
        self._ping()
        self._timer = self._loop.call_later(self._timing.ping_every, self._turn)
