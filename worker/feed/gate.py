"""One connection attempt at a time, and none while the broker wants to be left alone.

In:  sockets that want to connect; word of the broker that there were too many.
Out: each socket's turn.
Next: `worker/feed/line.py`, whose turns these are.

Dhan counts attempts by account: too many of them, and it refuses all (HTTP 429) for minutes.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

SPACING_SECONDS: Final = 0.5
"""Between the beginnings of two attempts."""


class Gate:
    """Let one attempt after the other pass.

    Parameters
    ----------
    spacing_seconds
        Least time between the beginnings of two.
    """

    def __init__(self, spacing_seconds: float = SPACING_SECONDS) -> None:
        self._spacing: Final = spacing_seconds
        self._lock: Final = asyncio.Lock()
        self._opens_at = 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for one's turn; nobody else has one until it is over."""
        async with self._lock:
            while (seconds := self._opens_at - time.monotonic()) > 0:  # noqa: ASYNC110 - may grow.
                await asyncio.sleep(seconds)
            self._opens_at = time.monotonic() + self._spacing
            yield

    def rest(self, seconds: float) -> None:
        """Let nobody pass for so long."""
        self._opens_at = max(self._opens_at, time.monotonic() + seconds)
