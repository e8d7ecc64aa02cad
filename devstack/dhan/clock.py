"""Market time: what o'clock it is in the day being played, at any speed.

In:  the windows in which the market is open (UTC nanoseconds), a wall clock, a speed.
Out: `MarketClock.now()`; holding, resuming, changing speed and rewinding while others look on.
Next: `devstack/dhan/feed/player.py`, which plays the tape by this clock.

Inside a window market time runs at `speed` times the wall. Hours in which the market is closed
are jumped over in no time, but for the hours after the last window, which run on. At
`AS_FAST_AS_POSSIBLE` the clock stands still until `advance_to` moves it: whoever plays decides,
and so waits for those who read.
"""

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from typing import Final

from core.errors import ConfigError

AS_FAST_AS_POSSIBLE: Final = math.inf
SLOWEST: Final = 0.01
FASTEST_PACED: Final = 100_000.0

BY_HAND: Final = "control"
"""Who holds a clock that was stopped by the command line or the control endpoint."""

Window = tuple[int, int]
"""Opening and closing instant, half open, UTC nanoseconds."""


def checked_speed(speed: float) -> float:
    """Return `speed` if a clock can run at it.

    Raises
    ------
    ConfigError
        If it is neither as fast as possible (infinity) nor within the paced limits.
    """
    if speed == AS_FAST_AS_POSSIBLE or SLOWEST <= speed <= FASTEST_PACED:
        return speed
    raise ConfigError(
        f"speed {speed:g} cannot be played, must be from {SLOWEST:g} to {FASTEST_PACED:g} or max"
    )


class MarketClock:
    """Map wall time to market time.

    Parameters
    ----------
    windows
        When the market is open, in order and not overlapping; at least one.
    start_ns
        Market time at the beginning, UTC nanoseconds.
    speed
        Market seconds per wall second, or `AS_FAST_AS_POSSIBLE`.
    held_by
        Who holds the clock from the beginning.
    wall_ns
        A clock that never goes back, in nanoseconds.
    """

    def __init__(
        self,
        windows: Sequence[Window],
        start_ns: int,
        speed: float = 1.0,
        held_by: str | None = None,
        wall_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        if not windows:
            raise ConfigError("a market clock needs at least one opening window")
        self._windows = tuple(windows)
        self._wall_ns = wall_ns
        self._speed = checked_speed(speed)
        self._market = start_ns
        self._wall = wall_ns()
        self._holds = set() if held_by is None else {held_by}
        self._changed = asyncio.Event()
        self.set_to = start_ns
        """Market time where it began or was last rewound to: everything from there is due."""
        self.rewinds = 0
        """How often the clock was set; a player that sees it change looks up its place again."""

    @property
    def speed(self) -> float:
        """Market seconds per wall second, or `AS_FAST_AS_POSSIBLE`."""
        return self._speed

    @property
    def windows(self) -> tuple[Window, ...]:
        """When the market is open."""
        return self._windows

    @property
    def holds(self) -> frozenset[str]:
        """Who holds the clock; it stands still while anybody does."""
        return frozenset(self._holds)

    @property
    def is_running(self) -> bool:
        """Whether market time moves by itself as the wall clock does."""
        return not self._holds and self._speed != AS_FAST_AS_POSSIBLE

    def now(self) -> int:
        """Return market time in UTC nanoseconds."""
        if not self.is_running:
            return self._market
        return self._after(self._market, int((self._wall_ns() - self._wall) * self._speed))

    def is_open(self) -> bool:
        """Tell whether the market is open now."""
        now = self.now()
        return any(opens <= now < closes for opens, closes in self._windows)

    def wall_seconds_until(self, market_ns: int) -> float:
        """Return the wall seconds after which market time is `market_ns`; 0 if it has been.

        Infinity while the clock does not move by itself.
        """
        now = self.now()
        if market_ns <= now:
            return 0.0
        if not self.is_running:
            return math.inf
        return self._open_ns_between(now, market_ns) / 1e9 / self._speed

    def hold(self, who: str) -> None:
        """Stop market time until `who` resumes it; several may hold at once."""
        self._anchor()
        self._holds.add(who)
        self._changed.set()

    def resume(self, who: str) -> None:
        """Let market time go on unless somebody else holds it."""
        self._anchor()
        self._holds.discard(who)
        self._changed.set()

    def set_speed(self, speed: float) -> None:
        """Run at another speed from now on."""
        checked = checked_speed(speed)
        self._anchor()
        self._speed = checked
        self._changed.set()

    def rewind(self, market_ns: int) -> None:
        """Make it `market_ns`, earlier or later than now."""
        self._market = self.set_to = market_ns
        self._wall = self._wall_ns()
        self.rewinds += 1
        self._changed.set()

    def advance_to(self, market_ns: int) -> None:
        """Move on to `market_ns` when playing as fast as possible; time never goes back here."""
        self._market = max(self._market, market_ns)

    def nudge(self) -> None:
        """Wake whoever waits for a change; something else they look at has changed."""
        self._changed.set()

    async def changed(self, at_most: float) -> None:
        """Wait until somebody changed the clock, `at_most` wall seconds."""
        try:
            async with asyncio.timeout(None if at_most == math.inf else at_most):
                await self._changed.wait()
        except TimeoutError:
            return
        self._changed.clear()

    def _anchor(self) -> None:
        self._market = self.now()
        self._wall = self._wall_ns()

    def _after(self, start: int, elapsed: int) -> int:
        """Return the instant `elapsed` nanoseconds of open market (or the time after all) later."""
        for opens, closes in self._windows:
            if start >= closes:
                continue
            start = max(start, opens)
            if start + elapsed < closes:
                return start + elapsed
            elapsed -= closes - start
            start = closes
        return start + elapsed

    def _open_ns_between(self, start: int, stop: int) -> int:
        """Return how long the market is open from `start` to `stop`; after the last window, all."""
        total = max(0, stop - max(start, self._windows[-1][1]))
        for opens, closes in self._windows:
            total += max(0, min(stop, closes) - max(start, opens))
        return total
