"""How many ticks a second the worker takes in, from the socket to the strategy processes.

In:  nothing; a server made here sends full packets over loopback, one per message.
Out: ticks per second on the screen, medians of rounds taken in turn, and the ratios.
Next: `core/intake.py`.

Run ``python bench/tick_path.py``. Ours is the worker's own path: picows, decoding, the engine with
all six intervals and stop and target checks, rows for the store, completed candles pickled and
written to the sockets of ten strategies. Beside it, in every round, the same path with 5,000
instruments instead of 50, and what the official package does with the same bytes: receive and
decode, nothing more. Each instrument ticks once a market second, so a candle has 60 ticks. The
sender and whoever drains the sockets have the other core.
"""

import asyncio
import base64
import gc
import hashlib
import os
import platform
import resource
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

sys.path.append(str(Path(__file__).resolve().parent.parent))

from dhanhq import DhanContext
from dhanhq.marketfeed import MarketFeed

from core.brokers.dhan.border import LTT_OFFSET_SECONDS
from core.brokers.dhan.wire import FULL, LEVELS
from core.candle import Interval
from core.hearing import Heard
from core.instrument import Instrument, InstrumentKind, Segment
from core.session import NS_PER_SECOND, load_calendar
from core.session import Market as Hours
from tests.evidence import core_is
from worker.broker.tokens import FixedToken
from worker.feed.feed import Feed
from worker.feed.line import Account
from worker.lease.lease import Lease
from worker.market.market import Market
from worker.processes.messages import Candles, encode
from worker.store.journal import Journal
from worker.store.store import Store
from worker.store.supabase import Supabase

ROUNDS = int(os.environ.get("ROUNDS", "5"))
FEW, MANY = 50, 5_000
TICKS = 300_000
MANY_TICKS = 1_000_000
PEER_TICKS = 60_000
TICKS_PER_SECOND = 1
TICKS_PER_CANDLE = 60 * TICKS_PER_SECOND
STRATEGIES = 10
DAY = "2026-11-20"
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def instruments(count: int) -> list[Instrument]:
    """Return so many shares."""
    return [
        Instrument(Segment.NSE_EQ, 1 + at, f"SHARE{at}", InstrumentKind.EQUITY, 1, Decimal("0.05"))
        for at in range(count)
    ]


def frames(count: int, ticks: int) -> bytes:
    """Return framed full packets: prices that wander, volume that grows, time that passes."""
    from datetime import date  # noqa: PLC0415 - this part only

    session = load_calendar().session(date.fromisoformat(DAY), Hours.CASH)
    if session is None:
        raise SystemExit(f"{DAY} is no session day")
    begin = session.open_ns // NS_PER_SECOND + LTT_OFFSET_SECONDS
    out = bytearray()
    for number in range(ticks):
        lap, at = divmod(number, count)
        price = 1000.0 + (lap * 7 + at) % 41 * 0.05
        levels = LEVELS.pack(*(500, 300, 7, 3, price - 0.05, price + 0.05) * 5)
        seconds = lap // TICKS_PER_SECOND
        packet = FULL.pack(
            *(8, 162, 1, 1 + at, price, 5, begin + seconds, price, 10 * (lap + 1)),
            *(1000, 1000, 0, 0, 0, 1000.0, 999.0, 1002.0, 999.0),
            levels,
        )
        out += b"\x82\x7e" + len(packet).to_bytes(2, "big") + packet
    return bytes(out)


class Sender(asyncio.Protocol):
    """Shake hands; send everything when the first request comes."""

    content = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport: Any = transport
        self.shaken = False

    def data_received(self, data: bytes) -> None:
        """Answer the handshake, then anything with all there is."""
        if not self.shaken:
            self.shaken = True
            head, _, rest = data.partition(b"\r\n\r\n")
            lines = [line.split(b":", 1) for line in head.split(b"\r\n")[1:]]
            key = next(value.strip() for name, value in lines if name.lower().endswith(b"-key"))
            accept = base64.b64encode(hashlib.sha1(key + _GUID).digest())  # noqa: S324 - RFC 6455
            self.transport.write(
                b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
            )
            data = rest
        if data:
            self.transport.write(Sender.content)
            Sender.content = b""


async def serve(count: int, ticks: int) -> None:
    """Send to one client, print the port before."""
    Sender.content = frames(count, ticks)
    server = await asyncio.get_running_loop().create_server(Sender, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.sleep(600)


class Server:
    """The sender, in a process of its own."""

    def __init__(self, count: int, ticks: int) -> None:
        command = [sys.executable, __file__, "serve", str(count), str(ticks)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None  # noqa: S101 - asked for above.
        self.url = f"ws://127.0.0.1:{int(self.process.stdout.readline())}"

    def stop(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


class Strategy:
    """The supervisor's end of a strategy process: candles are written, no answer is awaited."""

    def __init__(self, number: int, link: socket.socket) -> None:
        self.id = str(number)
        self._link = link

    def hear(self, number: int, heard: tuple[Heard, ...]) -> bool:
        """Hand over what a round brings."""
        self._link.sendall(encode(Candles(number, heard)))
        return False

    def is_late(self, number: int) -> None:
        """Nobody waits."""


def drained_links() -> tuple[list[socket.socket], "subprocess.Popen[bytes]"]:
    """Return sockets whose other ends a process empties."""
    pairs = [socket.socketpair() for _ in range(STRATEGIES)]
    theirs = [pair[1] for pair in pairs]
    code = (
        "import os, selectors, sys\n"
        "poll = selectors.DefaultSelector()\n"
        "for each in sys.argv[1:]: poll.register(int(each), selectors.EVENT_READ)\n"
        "while poll.get_map():\n"
        "    for key, _ in poll.select():\n"
        "        if not os.read(key.fd, 1 << 16): poll.unregister(key.fd)\n"
    )
    numbers = [str(each.fileno()) for each in theirs]
    process = subprocess.Popen(
        [sys.executable, "-c", code, *numbers], pass_fds=[each.fileno() for each in theirs]
    )
    for each in theirs:
        each.close()
    return [pair[0] for pair in pairs], process


async def ours(url: str, count: int, ticks: int) -> tuple[float, float]:
    """Return ticks per second of the worker's path by the wall, and by this process's CPU."""
    links, drain = drained_links()
    with TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / "journal.sqlite3")
        supabase = Supabase("http://127.0.0.1:1", "nobody")
        store = Store(supabase, Lease(supabase, "bench", "bench"), journal)
        market = Market(UUID(int=1), load_calendar(), store, follows_feed=True)
        account = Account(url, "1", FixedToken("token"))
        feed = Feed(account, market.intake, market.clock.is_trading)
        shares = instruments(count)
        for share in shares:
            market.watch(share, has_derivatives=False)
        for number, link in enumerate(links):
            keys = [share.key for share in shares[number::STRATEGIES]]
            market.rounds.join(Strategy(number, link), keys, (Interval.M1, Interval.M5))
        feed.want(shares)
        running = asyncio.create_task(feed.run())
        gc.collect()
        gc.freeze()  # As the worker does when everything runs, see `worker/service.py`.
        while market.intake.ticks == 0:  # noqa: ASYNC110 - an event would cost what is measured.
            await asyncio.sleep(0)
        before, began, cpu = market.intake.ticks, time.perf_counter(), cpu_seconds()
        while market.intake.ticks < ticks:  # noqa: ASYNC110 - the same.
            await asyncio.sleep(0.002)
        seconds, busy = time.perf_counter() - began, cpu_seconds() - cpu
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert market.intake.dropped == 0  # noqa: S101 - a benchmark that loses ticks says so.
        assert market.counts["Candle"] > ticks / TICKS_PER_CANDLE / 2  # noqa: S101 - the same.
        journal.close()
    for link in links:
        link.close()
    drain.wait()
    return (ticks - before) / seconds, (ticks - before) / busy


def official(url: str, ticks: int) -> float:
    """Return packets per second of the package's receive and decode."""
    asyncio.set_event_loop(asyncio.new_event_loop())
    MarketFeed.market_feed_wss = url
    feed = MarketFeed(DhanContext("1", "token"), [(1, "1", 21)], "v2")
    feed.run_forever()
    feed.get_data()
    began = time.perf_counter()
    for _ in range(ticks - 1):
        feed.get_data()
    seconds = time.perf_counter() - began
    feed.loop.run_until_complete(feed.ws.close())
    return (ticks - 1) / seconds


def cpu_seconds() -> float:
    """Return the CPU seconds this process has used."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def with_server[T](count: int, ticks: int, run: Callable[[str], T]) -> T:
    """Return what a run against a fresh server gives."""
    server = Server(count, ticks)
    try:
        return run(server.url)
    finally:
        server.stop()


def main() -> None:
    """Measure in turn and print medians."""
    few, many, peer = [], [], []
    for _ in range(ROUNDS):
        few.append(with_server(FEW, TICKS, lambda url: asyncio.run(ours(url, FEW, TICKS))))
        many.append(
            with_server(MANY, MANY_TICKS, lambda url: asyncio.run(ours(url, MANY, MANY_TICKS)))
        )
        peer.append(with_server(1, PEER_TICKS, lambda url: official(url, PEER_TICKS)))
    print(f"{platform.python_version()}, {os.cpu_count()} CPUs, core {core_is()}, {ROUNDS} rounds")
    wall, busy = (statistics.median(each) for each in zip(*few, strict=True))
    wall_many, busy_many = (statistics.median(each) for each in zip(*many, strict=True))
    dhanhq = statistics.median(peer)
    for count, speed, cpu in ((FEW, wall, busy), (MANY, wall_many, busy_many)):
        print(
            f"whole tick path, {count:5} instruments {speed:11,.0f} ticks/s ({cpu:,.0f} per CPU s)"
        )
    print(f"dhanhq, receive and decode only    {dhanhq:11,.0f} packets/s")
    print(f"ours / dhanhq                      {wall / dhanhq:11.1f} x  (wanted: 8 or more)")
    print(
        f"per tick, {MANY} / {FEW} instruments   {busy / busy_many:11.2f} x  (wanted: at most 1.5)"
    )


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        asyncio.run(serve(int(sys.argv[2]), int(sys.argv[3])))
    else:
        main()
