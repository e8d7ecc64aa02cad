"""What a strategy prints: lines in measure, the rest counted, and reading that slows down."""

import asyncio
import socket

from worker.processes import output
from worker.processes.output import LINES_AT_ONCE, LONGEST, LineBudget, Output


def an_output() -> tuple[Output, list[str]]:
    lines: list[str] = []
    return Output(lines.append), lines


async def test_lines_are_whole_however_the_bytes_are_cut() -> None:
    out, lines = an_output()
    for piece in (b"on", b"e\ntw", b"o\n", b"thr\xffee\nrest"):
        out.data_received(piece)
    assert lines == ["printed: one", "printed: two", "printed: thr�ee"]
    out.connection_lost(None)
    assert lines[3:] == ["printed: rest"]


async def test_a_long_line_is_cut_and_one_without_end_does_not_grow() -> None:
    out, lines = an_output()
    for _ in range(50):
        out.data_received(b"x" * 10_000)
    assert lines == [f"printed: {'x' * LONGEST}"] * 50


async def test_what_is_more_is_counted_and_told_at_the_end() -> None:
    out, lines = an_output()
    out.data_received(b"again\n" * (LINES_AT_ONCE + 1_000) + b"rest")
    assert lines == ["printed: again"] * LINES_AT_ONCE
    assert out.dropped == 1_000
    out.connection_lost(None)
    assert lines[LINES_AT_ONCE:] == ["printed 1001 lines more, which are not kept"]
    assert out.dropped == 1_001


async def test_when_there_is_room_again_it_is_told_what_was_dropped_before() -> None:
    now, lines = 0.0, list[str]()
    out = Output(lines.append, LineBudget(2, 1.0, lambda: now))
    out.data_received(b"a\nb\nc\nd\n")
    now = 2.0
    out.data_received(b"e\n")
    assert lines == [
        "printed: a", "printed: b", "printed 2 lines more, which are not kept", "printed: e",
    ]  # fmt: skip


class Heard(Output):
    """One that tells when there is no more to come."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__(lines.append)
        self.ended = asyncio.Event()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.ended.set()


async def test_who_prints_without_end_waits_for_us_and_every_line_is_counted() -> None:
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    lines: list[str] = []
    out = Heard(lines)
    loop = asyncio.get_running_loop()
    await loop.create_connection(lambda: out, sock=ours)
    sent = waited = 0
    until = loop.time() + 5 * output._PAUSE_SECONDS
    while loop.time() < until:
        try:
            sent += theirs.send(b"and so on\n" * 1_000)
        except BlockingIOError:
            waited += 1
            await asyncio.sleep(0.001)
    theirs.close()
    async with asyncio.timeout(30):
        await out.ended.wait()
    assert waited, "who prints more than is kept has to wait"
    kept = sum(line.startswith("printed: and so on") for line in lines)
    assert LINES_AT_ONCE <= kept < LINES_AT_ONCE + 40
    assert sent // 10 <= kept + out.dropped <= sent // 10 + 1
