"""One config in a strategy process, seen from the supervisor.

In:  messages for it.
Out: its messages, what it prints, and word of its end.
Next: `worker/configs/deployment.py`, which decides what its end means.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Final

from core.errors import ConfigError, DataError
from worker.processes.messages import Decoder, Finish, Message, encode
from worker.processes.output import Output
from worker.processes.process import Process

STOP_SECONDS: Final = 10.0


class Child(asyncio.Protocol):
    """A config in a process, and the sockets to it.

    Parameters
    ----------
    process
        Where it is to live.
    on_message
        Called with everything it says.
    on_end
        Called once, when it is gone for whatever reason.
    on_line
        Called with lines that it prints.

    Attributes
    ----------
    output
        What it prints.
    """

    def __init__(
        self,
        process: Process,
        on_message: "Callable[[Child, Message], None]",
        on_end: "Callable[[Child, str], None]",
        on_line: Callable[[str], None],
    ) -> None:
        self._process: Final = process
        self._on_message: Final = on_message
        self._on_end: Final = on_end
        self._decoder: Final = Decoder()
        self._transport: asyncio.Transport | None = None
        self._ended: Final = asyncio.Event()
        self._telling: asyncio.Task[None] | None = None
        self._reason = ""
        self.output: Final = Output(on_line)

    async def start(self) -> None:
        """Move in.

        Raises
        ------
        ConfigError
            If the machine has no sockets for it.
        """
        try:
            links, outs = socket.socketpair(), socket.socketpair()
        except OSError as error:
            if self._process.is_empty:
                self._process.kill("nobody can speak to it")
            raise ConfigError(f"no process can be spoken to: {error}") from error
        self._process.admit(links[1], outs[1])
        links[1].close()
        outs[1].close()
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self.output, sock=outs[0])
        await loop.create_connection(lambda: self, sock=links[0])

    @property
    def pid(self) -> int | None:
        """The process id."""
        return self._process.pid

    @property
    def bytes_waiting(self) -> int:
        """Bytes for it that it has not taken yet, but for what the kernel holds."""
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    def send(self, message: Message) -> None:
        """Hand a message over; to one that is gone it says nothing."""
        if self._transport is not None and not self._ended.is_set():
            self._transport.write(encode(message))

    def drop(self, reason: str) -> None:
        """Let go of one that has ended by itself; the others in its process go on."""
        self._reason = self._reason or reason
        if self._transport is not None:
            self._transport.abort()

    def kill(self, reason: str) -> None:
        """End its process at once, whoever else lives there."""
        self._reason = self._reason or reason
        shared = " (in a process that several configs share)" if self._process.is_shared else ""
        self._process.kill(f"{reason}{shared}")

    async def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Ask it to end, and kill it if it has not within so many seconds."""
        self._reason = self._reason or "stopped"
        self.send(Finish())
        try:
            async with asyncio.timeout(seconds):
                await self._ended.wait()
        except TimeoutError:
            self.kill("did not stop")
            await self._ended.wait()
        if self._process.is_empty:
            await self._process.ended()

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
        """Note that it is gone; where nobody knows why, ask the process."""
        self._ended.set()
        self._process.leave()
        if self._reason:
            self._on_end(self, self._reason)
        else:
            self._telling = asyncio.create_task(self._tell_end())

    async def _tell_end(self) -> None:
        self._on_end(self, await self._process.ended())
