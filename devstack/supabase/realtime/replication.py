"""A replication stream that survives the end of its connection.

In:  a `Source` to stream from.
Out: decoded events in commit order, each exactly once, handed to a callback as they arrive.
Next: `devstack/supabase/realtime/feed.py`.

The slot outlives a lost connection, so the next one goes on where the last one stopped. When
Postgres refuses to go on from there, a new slot is made and the gap is counted.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from typing import Final

from psycopg import pq

from core.errors import DataError
from devstack.supabase.realtime.pgoutput import Event
from devstack.supabase.realtime.position import Position
from devstack.supabase.realtime.slot import Source, StreamLostError, drop_slot, open_stream
from devstack.supabase.realtime.stream import Stream

log = logging.getLogger(__name__)

_FEEDBACK_SECONDS: Final = 5.0
_FIRST_DELAY_SECONDS: Final = 0.05
_LONGEST_DELAY_SECONDS: Final = 5.0


class Replication:
    """Keep a stream open for as long as `run` runs.

    Parameters
    ----------
    receive
        Called with each event, in order, on the event loop; must not block.
    counters
        Counts `replication_reconnects` and `replication_gaps`.
    """

    def __init__(
        self, source: Source, receive: Callable[[Event], None], counters: Counter[str]
    ) -> None:
        self._source = source
        self._receive = receive
        self._counters = counters
        self._position = Position()
        self._stream: Stream | None = None
        self._paused = False
        self.ready = asyncio.Event()

    async def run(self) -> None:
        """Stream until cancelled; connect again after every loss, with growing pauses."""
        fresh, delay = True, _FIRST_DELAY_SECONDS
        while True:
            try:
                await self._open(fresh=fresh)
                fresh, delay = False, _FIRST_DELAY_SECONDS
                await self._follow()
            except (StreamLostError, DataError) as lost:
                log.warning("replication: %s; connecting again in %.2f s", lost, delay)
                self._counters["replication_reconnects"] += 1
                if not fresh and not (isinstance(lost, StreamLostError) and lost.resumable):
                    self._counters["replication_gaps"] += 1
                    fresh = True
            finally:
                self._close()
            await asyncio.sleep(delay)
            delay = min(delay * 2, _LONGEST_DELAY_SECONDS)

    def pause(self) -> None:
        """Stop reading: the network, then Postgres, hold back what comes."""
        self._paused = True
        if self._stream is not None:
            self._stream.pause()

    def resume(self) -> None:
        """Read again after `pause`."""
        self._paused = False
        if self._stream is not None:
            self._stream.resume()

    async def forget(self) -> None:
        """Drop the slot; call it when `run` has ended."""
        try:
            await asyncio.to_thread(drop_slot, self._source)
        except StreamLostError as error:
            log.info("replication slot %s is left behind: %s", self._source.slot, error)

    async def _open(self, *, fresh: bool) -> None:
        # In a thread: libpq connects and makes slots synchronously, and Postgres may be slow.
        opening = asyncio.create_task(
            asyncio.to_thread(open_stream, self._source, self._position, fresh=fresh)
        )
        try:
            connection = await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(_close_unwanted)  # A thread cannot be cancelled.
            raise
        self._stream = Stream(connection, self._position, self._receive)
        if not self._paused:
            self._stream.resume()
        self.ready.set()

    async def _follow(self) -> None:
        stream = self._stream
        while stream is not None:
            await asyncio.wait([stream.lost], timeout=_FEEDBACK_SECONDS)
            if stream.lost.done():
                stream.lost.result()
            stream.feedback()

    def _close(self) -> None:
        self.ready.clear()
        if self._stream is not None:
            self._stream.close()
            self._stream = None


def _close_unwanted(opening: "asyncio.Task[pq.abc.PGconn]") -> None:
    """Close a connection that nobody waits for any more."""
    if not opening.cancelled() and opening.exception() is None:
        opening.result().finish()
