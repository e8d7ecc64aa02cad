"""What a strategy prints: kept as lines for its owner, at a bounded rate, the rest counted.

In:  bytes of its stdout and stderr.
Out: sentences for its owner's log; how many lines were not kept.
Next: `worker/processes/child.py`, one per config.

Who prints without end is read slowly, so it waits for us and costs next to nothing; it never
waits while it prints no more than is kept.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

LINES_AT_ONCE: Final = 100
LINES_PER_SECOND: Final = 1.0
LONGEST: Final = 500
"""Characters of one line that are kept."""

_PAUSE_SECONDS: Final = 0.1


class LineBudget:
    """So many lines at once, and so many a second in the long run.

    Parameters
    ----------
    at_once, per_second
        What is allowed.
    now
        Seconds of a clock that never goes back.

    Examples
    --------
    >>> budget = LineBudget(2, 1.0, lambda: 0.0)
    >>> [budget.take() for _ in range(3)]
    [True, True, False]
    """

    def __init__(
        self, at_once: int, per_second: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._most: Final = float(at_once)
        self._per_second: Final = per_second
        self._now: Final = now
        self._left = self._most
        self._at = now()

    def take(self) -> bool:
        """Return whether one more line may be kept."""
        now = self._now()
        self._left = min(self._most, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


class Output(asyncio.Protocol):
    """Read what one strategy prints.

    Parameters
    ----------
    on_line
        Called with each line that is kept, and now and then with how many were not.
    budget
        How many are kept; None for the usual.

    Attributes
    ----------
    dropped
        How many lines were not kept.
    """

    def __init__(self, on_line: Callable[[str], None], budget: LineBudget | None = None) -> None:
        self._on_line: Final = on_line
        self._budget: Final = budget or LineBudget(LINES_AT_ONCE, LINES_PER_SECOND)
        self._rest = b""
        self._untold = 0
        self._transport: asyncio.Transport | None = None
        self.dropped = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Keep what may be kept of some bytes; read on later if that was not all."""
        data, begin = self._rest + data, 0
        while (end := data.find(b"\n", begin)) >= 0 and self._keep(data[begin:end]):
            begin = end + 1
        more = data.count(b"\n", begin)
        if more:  # Counted, not looked at: there may be a great many.
            begin = data.rfind(b"\n") + 1
            self._drop(more)
        self._rest = data[begin:]
        if len(self._rest) > LONGEST:
            if not self._keep(self._rest):
                self._drop(1)
            self._rest = b""

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's shape.
        """Keep what was left at the end."""
        self._transport = None
        if self._rest:
            self.data_received(b"\n")
        if self._untold:
            self._tell_dropped()

    def _keep(self, line: bytes) -> bool:
        if self._untold and self._budget.take():
            self._tell_dropped()
        if not self._budget.take():
            return False
        self._on_line(f"printed: {line[:LONGEST].decode('utf-8', 'replace')}")
        return True

    def _drop(self, lines: int) -> None:
        self.dropped += lines
        self._untold += lines
        if self._transport is not None and self._transport.is_reading():
            self._transport.pause_reading()
            asyncio.get_running_loop().call_later(_PAUSE_SECONDS, self._read_on)

    def _tell_dropped(self) -> None:
        self._on_line(f"printed {self._untold} lines more, which are not kept")
        self._untold = 0

    def _read_on(self) -> None:
        if self._transport is not None:
            self._transport.resume_reading()
