"""One strategy process, seen from the supervisor.

In:  messages for it.
Out: its messages, and word of its end.
Next: `worker/deployment.py`, which decides what its end means.
"""

import asyncio
import socket
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from typing import Final

from core.errors import DataError
from worker.fork_server import ForkServer
from worker.messages import Decoder, Finish, Message, encode

STOP_SECONDS: Final = 4.0
"""The whole worker has ten seconds to stop."""


class Child(asyncio.Protocol):
    """A strategy process and the socket to it.

    Parameters
    ----------
    name
        For the list of processes.
    on_message
        Called with everything it says.
    on_end
        Called once, when it is gone for whatever reason.
    """

    def __init__(
        self,
        name: str,
        on_message: "Callable[[Child, Message], None]",
        on_end: "Callable[[Child, str], None]",
    ) -> None:
        self._name: Final = name
        self._on_message: Final = on_message
        self._on_end: Final = on_end
        self._decoder: Final = Decoder()
        self._transport: asyncio.Transport | None = None
        self._process: BaseProcess | None = None
        self._ended: Final = asyncio.Event()
        self._reason = ""

    async def start(self, server: ForkServer) -> None:
        """Start the process."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        self._process = server.spawn(theirs, self._name)
        theirs.close()
        await asyncio.get_running_loop().create_connection(lambda: self, sock=ours)

    @property
    def pid(self) -> int | None:
        """The process id."""
        return None if self._process is None else self._process.pid

    @property
    def backlog(self) -> int:
        """Bytes that it has not taken yet."""
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    def send(self, message: Message) -> None:
        """Hand a message over; to one that is gone it says nothing."""
        if self._transport is not None and not self._ended.is_set():
            self._transport.write(encode(message))

    def kill(self, reason: str) -> None:
        """End it at once."""
        self._reason = self._reason or reason
        if self._process is not None:
            self._process.kill()

    async def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Ask it to end, and kill it if it has not within so many seconds."""
        self._reason = self._reason or "stopped"
        self.send(Finish())
        try:
            async with asyncio.timeout(seconds):
                await self._ended.wait()
        except TimeoutError:
            self.kill("did not stop")
        if self._process is not None:
            await asyncio.to_thread(self._process.join, seconds)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        if isinstance(transport, asyncio.Transport):
            self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Hand on what it says."""
        try:
            for message in self._decoder.feed(data):
                self._on_message(self, message)
        except DataError as error:
            self.kill(f"sent something unreadable: {error}")

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's shape.
        """Note that it is gone."""
        self._ended.set()
        if self._process is not None:
            self._process.kill()  # It may have closed the socket and live on.
        self._on_end(self, self._reason or "ended without a word")
