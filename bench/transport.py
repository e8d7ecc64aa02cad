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
import importlib
import importlib.util
import os
import resource
import statistics
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

sys.path.append(str(Path(__file__).resolve().parent.parent))

from transport_parts.carriers import LINKS, PROCESSES, Carrier, Connections, Sockets, ZeroMq
from transport_parts.formats import US, ways, written

from core.candle import Candle, Interval
from core.hearing import Heard
from core.instrument import Segment
from core.tick_pace import Tick
from tests.evidence import table, write
from worker.processes.messages import Answer, Candles, Message

PER_SECOND = 20_000
SECONDS = float(os.environ.get("SECONDS", "2"))
ROUNDS = int(os.environ.get("ROUNDS", "5"))

KEY = (Segment.NSE_FNO, 35035)
CANDLES = tuple(
    Candle(
        (Segment.NSE_FNO, 35035 + at), Interval.M1, 1_763_610_300 * 10**9, 1_763_610_360 * 10**9,
        26_000.5 + at, 26_010.0 + at, 25_998.05 + at, 26_004.2 + at, 123_450 + at, 9_876_500 + at,
    )
    for at in range(10)
)  # fmt: skip
TICK = Tick(KEY, 1_763_610_301 * 10**9, 26_001.25, 55_500)
_PAUSE = 0.001


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
    p50, p99 = (US * waits[int(share * len(waits))] for share in (0.5, 0.99))
    return Seen(p50, p99, US * busy / len(planned), len(planned) / took)


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
