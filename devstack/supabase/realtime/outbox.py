"""What is still to be sent on one socket, bounded.

In:  frames from any channel of the connection.
Out: the same frames on the websocket, in order.
Next: `devstack/supabase/realtime/connection.py`.

A client that does not read fast enough must not make the server hold what it leaves unread: when
its frames exceed the bound, its connection is cut, and it reads again after connecting.
"""

import asyncio
from collections import deque
from typing import Final, Protocol

LARGEST_BACKLOG_BYTES: Final = 16 * 1024 * 1024
_FRAME_OVERHEAD_BYTES: Final = 100  # What a queued frame costs besides its content.


class Socket(Protocol):
    """The sending half of a websocket."""

    async def send_str(self, data: str) -> None:
        """Send a text frame."""

    async def send_bytes(self, data: bytes) -> None:
        """Send a binary frame."""


class Outbox:
    """Frames waiting for one socket.

    Parameters
    ----------
    limit
        Most bytes that may wait.
    """

    def __init__(self, limit: int = LARGEST_BACKLOG_BYTES) -> None:
        self._limit = limit
        self._frames: deque[str | bytes] = deque()
        self._waiting_bytes = 0
        self._filled = asyncio.Event()

    def put(self, frame: str | bytes) -> bool:
        """Queue a frame; return False when the bound is exceeded."""
        self._frames.append(frame)
        self._waiting_bytes += len(frame) + _FRAME_OVERHEAD_BYTES
        self._filled.set()
        return self._waiting_bytes <= self._limit

    async def send_forever(self, socket: Socket) -> None:
        """Send until cancelled or the socket is gone."""
        while True:
            await self._filled.wait()
            while self._frames:
                frame = self._frames.popleft()
                if isinstance(frame, str):
                    await socket.send_str(frame)
                else:
                    await socket.send_bytes(frame)
                self._waiting_bytes -= len(frame) + _FRAME_OVERHEAD_BYTES
            self._filled.clear()
