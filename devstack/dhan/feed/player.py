"""Play what is on the tape by the market clock, no faster than its readers read.

In:  the times of what is played, the clock, the readiness of sockets.
Out: slices handed to the server when they are due; market status at each opening and closing.
Next: `devstack/dhan/simulator.py`, which runs it.

Where a reader does not keep up, market time stands still until it does: nothing is dropped, and
afterwards nothing comes in a rush. A reader that is frozen answers no ping and so is cut off
after 40 s; others wait no longer than that. As fast as possible, time also stands still while
nobody is subscribed.
"""

import asyncio
import math
import time
from typing import Final

import numpy as np

from devstack.dhan import packets
from devstack.dhan.clock import AS_FAST_AS_POSSIBLE, MarketClock
from devstack.dhan.encode import Encoder
from devstack.dhan.feed.server import FeedServer

_ROWS_AT_ONCE: Final = 2_048
_READERS: Final = "readers"
_NEVER: Final = 2**63 - 1


class Player:
    """Hand due rows to the feed server.

    Parameters
    ----------
    encoder
        Knows when each row is due.
    clock
        Market time; rows from its first reading on are played.
    server
        Receives slices.
    announce
        Whether openings and closings are told; not where recorded messages do it.
    """

    def __init__(
        self, encoder: Encoder, clock: MarketClock, server: FeedServer, *, announce: bool = True
    ) -> None:
        self._times = encoder.time_ns
        self._clock = clock
        self._server = server
        borders = [border for window in clock.windows for border in window]
        self._borders = borders if announce else []
        segments = {instrument.segment.code for instrument in server.tape.instruments}
        self._status = [packets.market_status(code) for code in sorted(segments)]
        self._rewinds = -1
        self._next_row = 0
        self._next_border = 0
        self._played_ns = 0
        self._find_place()
        server.on_subscription.append(clock.nudge)

    @property
    def rows_left(self) -> int:
        """Rows that are still to be played."""
        return len(self._times) - self._next_row

    async def run(self) -> None:
        """Play until cancelled."""
        while True:
            await self._wait_for_readers()
            if self._rewinds != self._clock.rewinds:
                self._find_place()
            if self._clock.holds:
                await self._clock.changed(math.inf)
            elif self._clock.speed == AS_FAST_AS_POSSIBLE:
                await self._step_at_full_speed()
            else:
                await self._step()

    async def _step(self) -> None:
        """Send what is due now, or sleep until something is."""
        if self._send_due(self._clock.now()):
            await asyncio.sleep(0)  # Sockets and requests get their turn between two slices.
            return
        await self._clock.changed(self._clock.wall_seconds_until(self._next_ns()))

    async def _step_at_full_speed(self) -> None:
        """Send the next slice whenever it is due, if anybody listens."""
        if self._next_ns() == _NEVER or not self._server.has_subscribers:
            await self._clock.changed(math.inf)
            return
        last = min(self._next_row + _ROWS_AT_ONCE, len(self._times)) - 1
        until = self._next_ns() if last < self._next_row else int(self._times[last])
        self._send_due(until)
        self._clock.advance_to(self._played_ns)
        await asyncio.sleep(0)

    def _send_due(self, now: int) -> bool:
        """Send one slice of what is due, or one market status; tell whether there was any."""
        border = self._next_border_ns()
        before = min(now, border - 1)
        stop = int(np.searchsorted(self._times, before, side="right"))
        stop = min(stop, self._next_row + _ROWS_AT_ONCE)
        if stop > self._next_row:
            self._server.deliver(self._next_row, stop)
            self._played_ns = int(self._times[stop - 1])
            self._next_row = stop
            return True
        if border > now:
            return False
        for packet in self._status:
            self._server.broadcast(packet)
        self._played_ns = border
        self._next_border += 1
        return True

    def _next_ns(self) -> int:
        """Return when something is due next."""
        row: int = int(self._times[self._next_row]) if self.rows_left else _NEVER
        return min(row, self._next_border_ns())

    def _next_border_ns(self) -> int:
        left = self._next_border < len(self._borders)
        return self._borders[self._next_border] if left else _NEVER

    def _find_place(self) -> None:
        """Look up which row and which opening or closing is next, at the start and on rewind."""
        self._rewinds = self._clock.rewinds
        self._played_ns = self._clock.set_to
        self._next_row = int(np.searchsorted(self._times, self._played_ns))
        self._next_border = int(np.searchsorted(self._borders, self._played_ns))

    async def _wait_for_readers(self) -> None:
        """Hold market time while a client does not read what it was sent."""
        slow = self._server.slow_readers()
        if not slow:
            return
        counters = self._server.counters
        counters.back_pressure_waits += 1
        self._clock.hold(_READERS)
        began = time.monotonic()
        for connection in slow:
            await connection.writable()
        counters.back_pressure_seconds += time.monotonic() - began
        self._clock.resume(_READERS)
