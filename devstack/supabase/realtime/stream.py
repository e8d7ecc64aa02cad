"""One replication connection, read when its socket has something.

In:  a connection in COPY BOTH mode, the place reached so far.
Out: decoded events in commit order; one `StreamLostError` when it is over.
Next: `devstack/supabase/realtime/replication.py`, which opens the next one.

Streaming (COPY BOTH) rather than polling: a change arrives in under a millisecond and an idle
stream costs nothing.
"""

import asyncio
import struct
import time
from collections.abc import Callable
from typing import Final

import psycopg
from psycopg import pq

from core.errors import DataError
from devstack.supabase.realtime.pgoutput import Event, decode
from devstack.supabase.realtime.position import Position
from devstack.supabase.realtime.slot import StreamLostError, refusal

_SILENCE_SECONDS: Final = 20.0  # Each feedback asks for an answer, so silence means death.
_POSTGRES_EPOCH_US: Final = 946_684_800_000_000
_XLOG_HEADER_BYTES: Final = 25  # Kind, start, end, clock; then the plugin's message.
# Messages handled before other tasks get their turn.
_MOST_AT_ONCE: Final = 500


class Stream:
    """A connection in COPY BOTH mode.

    Parameters
    ----------
    receive
        Called with each event, in order, on the event loop; must not block.
    """

    def __init__(
        self, connection: pq.abc.PGconn, position: Position, receive: Callable[[Event], None]
    ) -> None:
        self._connection = connection
        self._position = position
        self._receive = receive
        self._loop = asyncio.get_running_loop()
        self._heard_at = time.monotonic()
        self._reading = False
        self._again: asyncio.Handle | None = None
        self.lost: asyncio.Future[None] = self._loop.create_future()

    def resume(self) -> None:
        """Read what comes from now on."""
        if not self._reading and not self.lost.done():
            self._reading = True
            self._loop.add_reader(self._connection.socket, self._read)
            self._again = self._loop.call_soon(self._read)  # libpq may hold messages already.

    def pause(self) -> None:
        """Stop reading: the network, then Postgres, hold back what comes."""
        if self._reading:
            self._reading = False
            self._loop.remove_reader(self._connection.socket)
        if self._again is not None:
            self._again.cancel()

    def close(self) -> None:
        """Give the connection back; Postgres keeps the slot."""
        self.pause()
        self.lost.cancel()
        self._connection.finish()

    def feedback(self) -> None:
        """Tell Postgres how far we are and ask whether it is there.

        Raises
        ------
        StreamLostError
            It has not been for 20 s, or the connection is gone.
        """
        silent = time.monotonic() - self._heard_at
        if self._reading and silent > _SILENCE_SECONDS:
            raise StreamLostError(f"Postgres has been silent for {silent:.0f} s")
        lsn, now_us = self._position.received, time.time_ns() // 1000 - _POSTGRES_EPOCH_US
        message = struct.pack("!cqqqq?", b"r", lsn, lsn, lsn, now_us, True)
        try:
            self._connection.put_copy_data(message)
            self._connection.flush()
        except psycopg.OperationalError as error:
            raise StreamLostError(str(error).strip()) from error

    def _read(self) -> None:
        try:
            self._connection.consume_input()
            more = self._take_messages()
        except psycopg.OperationalError as error:
            self._end(StreamLostError(str(error).strip()))
        except (StreamLostError, DataError) as error:
            self._end(error)
        else:
            if more and self._reading:
                self._again = self._loop.call_soon(self._read)

    def _take_messages(self) -> bool:
        """Handle what has arrived; return True when there may be more."""
        for _ in range(_MOST_AT_ONCE):
            if not self._reading:
                return False
            length, message = self._connection.get_copy_data(1)
            if length == 0:
                return False
            if length < 0:
                raise _ending(self._connection)
            self._heard_at = time.monotonic()
            self._handle(bytes(message))
        return True

    def _handle(self, message: bytes) -> None:
        if message[:1] == b"w":
            event = decode(message[_XLOG_HEADER_BYTES:])
            if self._position.admits(event):
                self._receive(event)
        elif message[:1] == b"k":
            _, wal_end, _, reply = struct.unpack("!cqq?", message)
            self._position.idle_at(wal_end)
            if reply:
                self.feedback()

    def _end(self, error: Exception) -> None:
        self.pause()
        if not self.lost.done():
            self.lost.set_exception(error)


def _ending(connection: pq.abc.PGconn) -> StreamLostError:
    result = connection.get_result()
    if result is None:
        return StreamLostError("Postgres ended the stream")
    return refusal(result)
