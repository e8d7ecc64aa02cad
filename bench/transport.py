"""Supervisor and strategy processes: how messages are best written down, and best carried.

In:  nothing; messages as a busy minute has them, and processes that answer at once.
Out: microseconds on the screen and in docs/evidence/transport.md, medians of runs taken in turn.
Next: docs/decisions/0001-transport.md, which decides; `worker/processes/messages.py`.

Run ``python bench/transport.py``. Ours is a pickle behind its length, over a socket pair, read and
written by asyncio. Beside it, in every round: other ways to write the same message down, each
including what makes our own types of it again; and other ways to carry the same pickles, at 20,000
messages a second over 100 links, one tick each (every tick of a busy market shown to one of 100
configs), and once a second ten candles for everybody. Four processes answer. A peer that is not
installed is left out: ``pip install pyzmq msgpack msgspec`` brings them.
"""

import asyncio
import contextlib
import importlib
import importlib.util
import json
import marshal
import os
import resource
import selectors
import signal
import socket
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, override

sys.path.append(str(Path(__file__).resolve().parent.parent))

from core.candle import Candle, InstrumentKey, Interval
from core.hearing import Heard
from core.instrument import Segment
from core.tick_pace import Tick
from tests.evidence import table, write
from worker.processes.messages import Answer, Candles, Decoder, Message, encode

LINKS, PROCESSES = 100, 4
PER_SECOND = 20_000
SECONDS = float(os.environ.get("SECONDS", "2"))
ROUNDS = int(os.environ.get("ROUNDS", "5"))
REPEATS = 3_000
KEY = (Segment.NSE_FNO, 35035)
CANDLES = tuple(
    Candle(
        (Segment.NSE_FNO, 35035 + at), Interval.M1, 1_763_610_300 * 10**9, 1_763_610_360 * 10**9,
        26_000.5 + at, 26_010.0 + at, 25_998.05 + at, 26_004.2 + at, 123_450 + at, 9_876_500 + at,
    )
    for at in range(10)
)  # fmt: skip
TICK = Tick(KEY, 1_763_610_301 * 10**9, 26_001.25, 55_500)
_US, _PAUSE = 1e6, 0.001


# -- how a message is written down ---------------------------------------------------------------


class Way(NamedTuple):
    """A way to write a message down and to read it again."""

    name: str
    write: Callable[[Candles], bytes]
    read: Callable[[bytes], Message]


def plain(message: Candles) -> tuple[Any, ...]:
    """Return a message in types that every format knows."""
    return message.round, [
        (plain_key(each.instrument), str(each.interval), *each.as_tuple()[2:])
        if isinstance(each, Candle)
        else (plain_key(TICK.instrument), *tuple(each)[1:])
        for each in message.heard
    ]


def plain_key(key: InstrumentKey) -> tuple[str, int]:
    """Return a key in types that every format knows."""
    return str(key[0]), key[1]


def rebuilt(parts: Sequence[Any]) -> Candles:
    """Return the message that `plain` took apart."""
    number, heard = parts
    return Candles(
        number,
        tuple(
            Tick((Segment(each[0][0]), each[0][1]), *each[1:])
            if len(each) == len(TICK)
            else Candle((Segment(each[0][0]), each[0][1]), Interval(each[1]), *each[2:])
            for each in heard
        ),
    )


def ways() -> list[Way]:
    """Return all that can be had here, ours first."""
    found = [
        Way("pickle with length (ours)", encode, lambda data: next(Decoder().feed(data))),
        Way("marshal", lambda m: marshal.dumps(plain(m)), lambda d: rebuilt(marshal.loads(d))),  # noqa: S302
        Way("json", lambda m: json.dumps(plain(m)).encode(), lambda d: rebuilt(json.loads(d))),
    ]
    if importlib.util.find_spec("msgpack"):
        msgpack: Any = importlib.import_module("msgpack")
        found.append(Way(
            "msgpack", lambda m: msgpack.packb(plain(m)), lambda d: rebuilt(msgpack.unpackb(d))
        ))  # fmt: skip
    if importlib.util.find_spec("msgspec"):
        msgspec: Any = importlib.import_module("msgspec")
        packer, unpacker = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder()
        found.append(Way(
            "msgspec, MessagePack",
            lambda m: packer.encode(plain(m)),
            lambda d: rebuilt(unpacker.decode(d)),
        ))  # fmt: skip
    return found


def written(way: Way, message: Candles) -> tuple[float, int]:
    """Return the microseconds of writing down and reading, and the size in bytes."""
    data = way.write(message)
    if way.read(data) != message:
        raise SystemExit(f"{way.name} does not bring the message back")
    began = time.perf_counter()
    for _ in range(REPEATS):
        way.read(way.write(message))
    return _US * (time.perf_counter() - began) / REPEATS, len(data)


# -- how it is carried ---------------------------------------------------------------------------


class Carrier:
    """Links to processes that answer; `got` is called with each answer."""

    name = ""

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

    async def open(self) -> None:
        """Have answers taken."""

    def send(self, link: int, message: Message) -> None:
        """Send over one link."""
        raise NotImplementedError

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


class Seen(NamedTuple):
    """How it went, in microseconds, and messages answered a second."""

    p50: float
    p99: float
    cpu: float
    rate: float


async def carried(carrier: Carrier) -> Seen:
    """Send for some seconds, each message at its time or as soon after as may be."""
    sent: dict[int, float] = {}
    waits: list[float] = []
    done = asyncio.Event()
    total = round(PER_SECOND * SECONDS)

    def got(message: Message) -> None:
        if isinstance(message, Answer):
            waits.append(time.perf_counter() - sent.pop(message.round))
            if len(waits) == len(planned):
                done.set()

    planned = list(plan(total))
    carrier.got = got
    await carrier.open()
    began, cpu, number = time.perf_counter(), cpu_seconds(), 0
    while number < len(planned):
        due = min(len(planned), int((time.perf_counter() - began) * len(planned) / SECONDS))
        for at in range(number, due):
            link, heard = planned[at]
            sent[at] = time.perf_counter()
            carrier.send(link, Candles(at, heard))
        number = max(number, due)
        await asyncio.sleep(_PAUSE)
    await done.wait()
    took, busy = time.perf_counter() - began, cpu_seconds() - cpu
    waits.sort()
    p50, p99 = (_US * waits[int(share * len(waits))] for share in (0.5, 0.99))
    return Seen(p50, p99, _US * busy / len(planned), len(planned) / took)


def plan(total: int) -> Iterator[tuple[int, tuple[Heard, ...]]]:
    """Yield for each message its link and content."""
    for number in range(total):
        yield number % LINKS, (TICK,)
        if number % PER_SECOND == PER_SECOND // 2:
            for link in range(LINKS):
                yield link, CANDLES


def cpu_seconds() -> float:
    """Return the CPU seconds this process has used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def run(kind: type[Carrier]) -> Seen:
    """Return how one carrier did."""
    carrier = kind()

    async def seen() -> Seen:
        try:
            return await carried(carrier)
        finally:
            carrier.close()

    return asyncio.run(seen())


def main() -> None:
    """Measure in turn, print, and write it down."""
    kinds: list[type[Carrier]] = [Sockets, Connections]
    if importlib.util.find_spec("zmq"):
        kinds.append(ZeroMq)
    messages: dict[str, tuple[Heard, ...]] = {
        "1 tick": (TICK,),
        "1 candle": CANDLES[:1],
        "10 candles": CANDLES,
    }
    down: dict[tuple[str, str], list[tuple[float, int]]] = {}
    across: dict[str, list[Seen]] = {}
    for _ in range(ROUNDS):
        for way in ways():
            for name, heard in messages.items():
                down.setdefault((way.name, name), []).append(written(way, Candles(7, heard)))
        for kind in kinds:
            across.setdefault(kind.name, []).append(run(kind))
    first = table(
        ("written down and read", *(f"{name}, us (bytes)" for name in messages)),
        [
            (
                way.name,
                *(
                    f"{statistics.median(us for us, _ in down[way.name, name]):.1f} "
                    f"({down[way.name, name][0][1]})"
                    for name in messages
                ),
            )
            for way in ways()
        ],
    )
    head = ("carried", "p50 us", "p99 us", "CPU us a message here", "answered a second")
    second = table(
        head,
        [
            (name, *(f"{statistics.median(each):,.0f}" for each in zip(*seen, strict=True)))
            for name, seen in across.items()
        ],
    )
    print(first, second, sep="\n\n")
    note = (
        f"{PER_SECOND:,} messages a second over {LINKS} links to {PROCESSES} processes for "
        f"{SECONDS:g} s, medians of {ROUNDS} runs taken in turn."
    )
    write(
        "transport",
        "Messages between supervisor and strategy processes",
        "python bench/transport.py",
        (first, note, second),
    )


if __name__ == "__main__":
    main()
