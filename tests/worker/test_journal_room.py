"""The journal's room: what goes and when, what is remembered of it, and the warning in time."""

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from worker.store.disk import Disk
from worker.store.journal import Event, Journal, Keep
from worker.store.journal_file import JournalError
from worker.store.journal_room import KEEP_DAYS, SLICE, JournalRoom
from worker.store.outgoing import Outgoing

MEGABYTE = 1 << 20


def _event(number: int, config: str | None = "a", size: int = 0) -> Event:
    row = {"number": number, "text": "x" * size}
    return {"id": f"id-{number}", "kind": "log", "config_id": config, "row": row}


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with closing(Journal(tmp_path / "journal")) as opened:
        yield opened


def _store_all(journal: Journal) -> None:
    """Let the database have everything."""
    outgoing = Outgoing(journal)
    while (batch := outgoing.batch(500)).events:
        outgoing.settle(batch, [{"outcome": "applied"}] * len(batch.events))


def _age(journal: Journal, until: int, days: float) -> None:
    then = int(time.time() - days * 86_400)
    journal.database.execute("update events set kept_at = ? where sequence <= ?", (then, until))


def _numbers(journal: Journal) -> list[int]:
    return [told.event["row"]["number"] for told in journal.events()]


async def test_what_is_stored_and_old_goes_and_what_it_was_is_remembered(journal: Journal) -> None:
    count = SLICE + 20
    journal.append([[_event(each, "ab"[each % 2])] for each in range(count)])
    journal.append([Keep("round", "", b"stays")])
    _store_all(journal)
    journal.append([[_event(count)]])
    _age(journal, count - 10, KEEP_DAYS + 0.1)
    room = JournalRoom(journal, Disk(), 64 * MEGABYTE)
    await room.look()
    assert _numbers(journal) == list(range(count - 10, count + 1))
    assert room.pruned == count - 10
    assert len(journal.facts("round")) == 1
    pruned = journal.database.execute("select * from pruned order by config_id").fetchall()
    assert pruned == [
        ("a", "log", (count - 10) // 2, 1, count - 11),
        ("b", "log", (count - 10) // 2, 2, count - 10),
    ]
    # A database restored to before that lacks what is gone.
    assert {each.config_id for each in Outgoing(journal).rewind(3)} == {"a", "b"}


async def test_what_the_database_does_not_have_never_goes(journal: Journal) -> None:
    journal.append([[_event(each)] for each in range(20)])
    outgoing = Outgoing(journal)
    refused = {"outcome": "failed", "code": "23514", "error": "no"}
    batch = outgoing.batch(500)
    outcomes = [{"outcome": "applied"}] * 5 + [refused] + [{"outcome": "held"}] * 14
    outgoing.settle(batch, outcomes)
    journal.append([[_event(20, "b")]])
    _age(journal, 21, KEEP_DAYS + 1)
    await JournalRoom(journal, Disk(), 64 * MEGABYTE).look()
    assert _numbers(journal) == list(range(5, 21))


async def test_when_room_is_short_stored_events_go_before_their_time(journal: Journal) -> None:
    journal.append([[_event(each, size=4000)] for each in range(1500)])
    _store_all(journal)
    room = JournalRoom(journal, Disk(), 8 * MEGABYTE)
    await room.look()
    assert room.bytes < 4 * MEGABYTE
    left = _numbers(journal)
    assert 0 < len(left) < 1500
    assert left == list(range(left[0], 1500))


async def test_it_is_said_before_there_is_no_room_and_then_nothing_is_half_written(
    journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    room = JournalRoom(journal, Disk(), 4 * MEGABYTE)

    async def fill() -> None:
        for each in range(2000):
            journal.append([[_event(2 * each, size=1500), _event(2 * each + 1, size=1500)]])
            if each % 100 == 0:
                await room.look()

    with pytest.raises(JournalError, match="disk is full; make room on its disk or raise"):
        await fill()
    # Once, though it was looked at more often.
    (line,) = [line for line in caplog.messages if "short of room" in line]
    assert "trading stops when it is full" in line
    numbers = _numbers(journal)
    assert numbers == list(range(len(numbers)))
    assert len(numbers) % 2 == 0
