"""How many ticks a second the Dhan simulator puts on a socket that is read as fast as possible.

In:  nothing; a generated day is played as fast as possible by a simulator in its own process.
Out: packets per second and the simulator's CPU per packet, by mode, beside a peer that sends the
     same packets one message at a time with the websockets library; medians of five rounds in turn.
Next: `devstack/dhan/encode.py`.

Run ``python bench/simulator.py``. Both write to the same kind of reader here: a raw socket that
asks for everything and throws it away, so that the sender is what is measured.
"""

import asyncio
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

sys.path.append(str(Path(__file__).resolve().parent.parent))

from websockets.asyncio.server import ServerConnection, serve

from core.brokers.dhan.subscription import Mode, subscribe_messages
from core.session import load_calendar
from devstack.dhan.encode import TapeEncoder
from devstack.dhan.layouts import FULL, QUOTE, TICKER
from devstack.dhan.options import DEFAULT_DAY
from devstack.dhan.sources.generated import generate

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 5
SECONDS = 1.0
IDLE_SECONDS = 0.3
PEER_PACKETS = 60_000
HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
LAYOUTS = {Mode.TICKER: TICKER, Mode.QUOTE: QUOTE, Mode.FULL: FULL}
PEER = "--peer"
_SIMULATOR_OPTIONS = ("--port-feed=0", "--port-rest=0", "--hold", "--speed=max", "--no-rate-limits")


@dataclass(frozen=True)
class Sample:
    """One round: packets per second, CPU seconds of the sender per million packets."""

    rate: float
    cpu: float


def main() -> None:
    """Measure and print."""
    tape = generate(1, DEFAULT_DAY, load_calendar()).tape
    keys = [each.key for each in tape.instruments]
    print(f"{platform.python_version()} on {os.cpu_count()} cores, median of {ROUNDS} rounds")
    print(f"{'mode':8}{'simulator':>14}{'CPU s/M':>9}{'websockets':>14}{'CPU s/M':>9}{'ratio':>7}")
    with Simulated() as simulated, PeerServer() as peer:
        for mode in Mode:
            texts = list(subscribe_messages(mode, keys))
            ours, theirs = [], []
            for _ in range(ROUNDS):
                ours.append(simulated.sample(texts))
                theirs.append(peer.sample(mode))
            _print_row(mode.name.lower(), ours, theirs)


def _print_row(name: str, ours: list[Sample], theirs: list[Sample]) -> None:
    rate, peer_rate = (statistics.median(s.rate for s in side) for side in (ours, theirs))
    cpu, peer_cpu = (statistics.median(s.cpu for s in side) for side in (ours, theirs))
    print(
        f"{name:8}{rate:>12,.0f}/s{cpu:>9.2f}{peer_rate:>12,.0f}/s{peer_cpu:>9.2f}"
        f"{rate / peer_rate:>7.1f}"
    )


class Simulated:
    """A simulator process that plays the first packets of a day again and again."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "devstack.dhan", *_SIMULATOR_OPTIONS],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self._lines: dict[str, str] = {}
        while "DHAN_CONTROL_URL" not in self._lines:
            name, _, value = _next_line(self._process).partition("=")
            self._lines[name] = value
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate()

    def sample(self, texts: list[str]) -> Sample:
        """Subscribe anew, play and read; the simulator says how many packets the bytes were."""
        self._clock(hold=True, rewind="09:15")
        host, port = self._lines["DHAN_FEED_URL"].removeprefix("ws://").split(":")
        path = (
            f"/?version=2&token={self._lines['DHAN_ACCESS_TOKEN']}"
            f"&clientId={self._lines['DHAN_CLIENT_ID']}&authType=2"
        )
        with _connected(host, int(port), path) as reader:
            for text in texts:
                reader.sendall(_masked(text.encode()))
            self._wait_for(lambda state: state["sockets"][-1]["requests"] == len(texts))
            began, cpu = time.perf_counter(), _cpu_seconds(self._process.pid)
            self._clock(hold=False)
            received, ended = _drain(reader, began + SECONDS)
            used = _cpu_seconds(self._process.pid) - cpu
            traffic = self._state()["sockets"][-1]
        packets = received * traffic["packets"] / traffic["bytes"]
        return Sample(packets / (ended - began), used / packets * 1e6)

    def _clock(self, **change: object) -> None:
        self._call("/clock", json.dumps(change).encode())

    def _state(self) -> dict[str, Any]:
        return self._call("/state")

    def _wait_for(self, condition: Callable[[dict[str, Any]], bool]) -> None:
        deadline = time.monotonic() + 10
        while not condition(self._state()):
            if time.monotonic() > deadline:
                raise TimeoutError("the simulator did not take the subscriptions")

    def _call(self, path: str, body: bytes | None = None) -> dict[str, Any]:
        with urllib.request.urlopen(self._lines["DHAN_CONTROL_URL"] + path, body) as answer:  # noqa: S310 - loopback, our own process
            state: dict[str, Any] = json.load(answer)
            return state


class PeerServer:
    """A websockets server in its own process that sends prepared packets one by one."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, __file__, PEER], stdout=subprocess.PIPE, text=True
        )
        self._port = int(_next_line(self._process))
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate()

    def sample(self, mode: Mode) -> Sample:
        """Take so many packets."""
        size = LAYOUTS[mode].frame.itemsize
        with _connected("127.0.0.1", self._port, f"/{mode.value}") as reader:
            began, cpu = time.perf_counter(), _cpu_seconds(self._process.pid)
            _drain_bytes(reader, size * PEER_PACKETS)
            elapsed = time.perf_counter() - began
            used = _cpu_seconds(self._process.pid) - cpu
        return Sample(PEER_PACKETS / elapsed, used / PEER_PACKETS * 1e6)


async def serve_as_peer() -> None:
    """Send prepared packets to whoever connects; the path names the mode."""
    tape = generate(1, DEFAULT_DAY, load_calendar()).tape
    encoder = TapeEncoder(tape)
    prepared = {
        str(mode.value): [bytes(row) for row in layout.packets(encoder.frames(layout, 0, 20_000))]
        for mode, layout in LAYOUTS.items()
    }

    async def send(connection: ServerConnection) -> None:
        if connection.request is None:
            raise ConnectionError("a connection without a handshake cannot name its mode")
        packets = prepared[connection.request.path.strip("/")]
        for number in range(PEER_PACKETS):
            await connection.send(packets[number % len(packets)])

    async with serve(send, "127.0.0.1", 0, compression=None) as server:
        print(next(iter(server.sockets)).getsockname()[1], flush=True)
        await server.serve_forever()


def _next_line(process: "subprocess.Popen[str]") -> str:
    """Return the next line that a process prints; fail when it has ended instead."""
    line = process.stdout.readline() if process.stdout is not None else ""
    if not line:
        raise RuntimeError(f"{process.args!r} ended with status {process.wait()}")
    return line.strip()


def _connected(host: str, port: int, path: str) -> socket.socket:
    reader = socket.create_connection((host, port))
    reader.sendall(HANDSHAKE.format(path=path).encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += reader.recv(1)
    if b" 101 " not in answer.splitlines()[0]:
        raise RuntimeError(answer.decode())
    return reader


def _masked(payload: bytes) -> bytes:
    return b"\x81\xfe" + len(payload).to_bytes(2, "big") + bytes(4) + payload


def _drain(reader: socket.socket, deadline: float) -> tuple[int, float]:
    """Read until the deadline or the end of the day; return bytes and when the last ones came."""
    buffer = bytearray(1 << 20)
    reader.settimeout(IDLE_SECONDS)
    received, now = 0, time.perf_counter()
    while now < deadline:
        try:
            got = reader.recv_into(buffer)
        except TimeoutError:
            break
        if not got:
            raise RuntimeError("the simulator closed the socket")
        received, now = received + got, time.perf_counter()
    return received, now


def _drain_bytes(reader: socket.socket, count: int) -> None:
    buffer = bytearray(1 << 20)
    while count > 0:
        got = reader.recv_into(buffer)
        if not got:
            raise RuntimeError("the peer closed the socket too early")
        count -= got


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    if PEER in sys.argv:
        asyncio.run(serve_as_peer())
    else:
        main()
