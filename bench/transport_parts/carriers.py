"""Ways to carry messages to processes and their answers back, ours and others.

In:  messages for the links to a few processes, which answer at once.
Out: their answers, by a callback.
Next: `bench/transport.py`, which times them.
"""

import asyncio
import contextlib
import importlib
import os
import selectors
import signal
import socket
from abc import ABC, abstractmethod
from collections.abc import Callable
from multiprocessing.connection import Connection, Pipe
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, override

from worker.processes.messages import Answer, Candles, Decoder, Message, encode

LINKS, PROCESSES = 100, 4


class Carrier(ABC):
    """Links to processes that answer; `got` is called with each answer."""

    name: ClassVar[str]

    def __init__(self) -> None:
        self.got: Callable[[Message], None] = print
        self._pids: list[int] = []

    def split(self, serve: Callable[[int], None]) -> None:
        """Start the processes: each serves the links of its number."""
        for number in range(PROCESSES):
            pid = os.fork()
            if pid == 0:
                with contextlib.suppress(KeyboardInterrupt, EOFError, OSError):
                    serve(number)
                os._exit(0)
            self._pids.append(pid)

    @abstractmethod
    async def open(self) -> None:
        """Have answers taken."""

    @abstractmethod
    def send(self, link: int, message: Message) -> None:
        """Send over one link."""

    def close(self) -> None:
        """End the processes."""
        for pid in self._pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


class Sockets(Carrier):
    """Ours."""

    name = "socket pair, asyncio (ours)"

    def __init__(self) -> None:
        super().__init__()
        self._pairs = [socket.socketpair() for _ in range(LINKS)]
        self._transports: list[asyncio.Transport] = []
        self.split(self._serve)

    def _serve(self, number: int) -> None:
        poll, decoders = selectors.DefaultSelector(), dict[Any, Decoder]()
        for _, theirs in self._pairs[number::PROCESSES]:
            poll.register(theirs, selectors.EVENT_READ)
            decoders[theirs] = Decoder()
        while True:
            for key, _ in poll.select():
                link: Any = key.fileobj
                for message in decoders[link].feed(link.recv(1 << 16)):
                    link.sendall(encode(answer_to(message)))

    @override
    async def open(self) -> None:
        for ours, theirs in self._pairs:
            theirs.close()
            transport, _ = await asyncio.get_running_loop().create_connection(
                lambda: Reader(self.got), sock=ours
            )
            self._transports.append(transport)

    @override
    def send(self, link: int, message: Message) -> None:
        self._transports[link].write(encode(message))


class Reader(asyncio.Protocol):
    """Takes answers off a socket."""

    def __init__(self, got: Callable[[Message], None]) -> None:
        self._decoder, self._got = Decoder(), got

    @override
    def data_received(self, data: bytes) -> None:
        for message in self._decoder.feed(data):
            self._got(message)


class Connections(Carrier):
    """The standard library's; a full pipe would stop the market, for `send` waits."""

    name = "multiprocessing.Connection"

    def __init__(self) -> None:
        super().__init__()
        self._pairs: list[tuple[Connection, Connection]] = [Pipe() for _ in range(LINKS)]
        self.split(self._serve)

    def _serve(self, number: int) -> None:
        poll = selectors.DefaultSelector()
        for _, theirs in self._pairs[number::PROCESSES]:
            poll.register(theirs, selectors.EVENT_READ)
        while True:
            for key, _ in poll.select():
                link: Any = key.fileobj
                link.send(answer_to(link.recv()))

    @override
    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        for ours, theirs in self._pairs:
            theirs.close()
            loop.add_reader(ours.fileno(), self._take, ours)

    def _take(self, link: Connection) -> None:
        self.got(link.recv())

    @override
    def send(self, link: int, message: Message) -> None:
        self._pairs[link][0].send(message)

    @override
    def close(self) -> None:
        for ours, _ in self._pairs:
            asyncio.get_running_loop().remove_reader(ours.fileno())
            ours.close()
        super().close()


class ZeroMq(Carrier):
    """One ROUTER here, a DEALER per link there."""

    name = "pyzmq, ROUTER to DEALER over ipc"

    def __init__(self) -> None:
        super().__init__()
        self._folder = TemporaryDirectory()
        self._place = f"ipc://{self._folder.name}/link"
        self.split(self._serve)

    def _serve(self, number: int) -> None:
        zmq: Any = importlib.import_module("zmq")
        context, poll = zmq.Context(), zmq.Poller()
        for link in range(number, LINKS, PROCESSES):
            dealer = context.socket(zmq.DEALER)
            dealer.setsockopt(zmq.IDENTITY, str(link).encode())
            dealer.connect(self._place)
            dealer.send(b"")
            poll.register(dealer, zmq.POLLIN)
        while True:
            for dealer, _ in poll.poll():
                for message in Decoder().feed(dealer.recv()):
                    dealer.send(encode(answer_to(message)))

    @override
    async def open(self) -> None:
        zmq: Any = importlib.import_module("zmq.asyncio")
        self._context = zmq.Context()
        self._router = self._context.socket(importlib.import_module("zmq").ROUTER)
        self._router.set_hwm(0)
        self._router.bind(self._place)
        for _ in range(LINKS):
            await self._router.recv_multipart()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        while True:
            _, data = await self._router.recv_multipart()
            for message in Decoder().feed(data):
                self.got(message)

    @override
    def send(self, link: int, message: Message) -> None:
        self._router.send_multipart((str(link).encode(), encode(message)))

    @override
    def close(self) -> None:
        self._reading.cancel()
        super().close()
        self._context.destroy(0)
        self._folder.cleanup()


def answer_to(message: Message) -> Answer:
    """Return an answer that wants nothing."""
    if not isinstance(message, Candles):
        raise SystemExit(f"{message} is no question")
    return Answer(message.round, ())
