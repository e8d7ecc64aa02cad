"""The store when the way to the database is bad: nothing lost, nothing twice, order kept."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from core.errors import ConfigError
from tests.chaos.bad_gateway import Fate, bad_gateway
from tests.stacks import RunningStack, running_stack
from tests.worker.running import BANKNIFTY_CONFIG, NIFTY_CONFIG
from worker.lease.lease import Lease
from worker.store.journal import Event, Journal
from worker.store.journal_check import checked_journal
from worker.store.journal_desk import SKIP, JournalDesk
from worker.store.schema import MIGRATIONS, require_schema
from worker.store.store import Store
from worker.store.supabase import Supabase


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    with running_stack() as running:
        yield running


class Scene:
    """A store at work."""

    def __init__(self, url: str, stack: RunningStack, journal: Journal) -> None:
        self.stack = stack
        self.journal = journal
        self.supabase = Supabase(url, stack.secret_key)
        self.lease = Lease(self.supabase, f"shard-{uuid4().hex[:8]}", "holder")
        self.store = Store(self.supabase, self.lease, journal)

    def messages(self, config: str = NIFTY_CONFIG) -> list[str]:
        """Return what is in the log of a config, in the order of writing, of this shard alone."""
        query = (
            "select message from public.strategy_logs where strategy_config_id = %s"
            " and data ->> 'shard' = %s order by created_at, (data ->> 'at')::int"
        )
        with psycopg.connect(self.stack.database_url) as database:
            found = database.execute(query, (config, self.lease.shard)).fetchall()
        return [str(message) for (message,) in found]

    def log(self, number: int, config: str | None = NIFTY_CONFIG, **changes: Any) -> Event:
        """Return a line for a log."""
        row = {
            "level": "info",
            "message": f"line {number}",
            "logged_at": "2026-11-20T04:00:00+00:00",
            "data": {"shard": self.lease.shard, "at": number},
        }
        return {
            "id": str(uuid4()),
            "kind": "log",
            "config_id": config,
            "user_id": None,
            "at": "2026-11-20T04:00:00+00:00",
            "row": {**row, **changes},
        }

    async def wait(self, count: int, *what: str) -> None:
        """Wait until counters of the store together have come so far."""
        async with asyncio.timeout(60):
            while sum(self.store.counters[each] for each in what) < count:  # noqa: ASYNC110 - no event.
                await asyncio.sleep(0.01)


@asynccontextmanager
async def _scene(url: str, stack: RunningStack, journal: Journal) -> AsyncIterator[Scene]:
    scene = Scene(url, stack, journal)
    async with scene.supabase:
        await scene.lease.acquire()
        running = asyncio.create_task(scene.store.run())
        try:
            yield scene
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def test_writes_that_fail_before_and_after_the_commit_lose_and_double_nothing(
    stack: RunningStack, tmp_path: Path
) -> None:
    with bad_gateway(stack.url) as gateway, closing(Journal(tmp_path / "journal")) as journal:
        async with _scene(gateway.url, stack, journal) as scene:
            gateway.write_fates(Fate.PASS, Fate.FAIL, Fate.PASS, Fate.LOSE, Fate.PASS, Fate.REFUSE)
            for number in range(18):
                scene.store.put([scene.log(number)])
                await scene.wait(number, "applied", "duplicate")
            assert await scene.store.flush(60)
            assert scene.messages() == [f"line {number}" for number in range(18)]
            assert min(gateway.seen[each] for each in Fate) > 0
            assert scene.store.counters["duplicate"] > 0


async def test_after_an_outage_the_backlog_drains_in_order_and_facts_cost_nothing(
    stack: RunningStack, tmp_path: Path
) -> None:
    with bad_gateway(stack.url) as gateway, closing(Journal(tmp_path / "journal")) as journal:
        async with _scene(gateway.url, stack, journal) as scene:
            assert await scene.store.flush(30)
            gateway.go_away()
            scene.store.put([scene.log(0)])
            await scene.wait(1, "retries")
            for number in range(1, 1201):
                scene.store.put([scene.log(number)])
                scene.store.keep("round", "", b"fact")
                scene.store.put_newest("beat", scene.log(-1))
            await scene.wait(2, "retries")
            assert scene.store.waiting > 1000
            gateway.come_back()
            assert await scene.store.flush(60)
            messages = scene.messages()
            messages.remove("line -1")  # The newest of its name, sent once and at any time.
            assert messages == [f"line {each}" for each in range(1201)]
            assert len(journal.facts("round")) == 1200


async def test_an_event_that_spoils_a_whole_call_is_found_and_set_aside_alone(
    stack: RunningStack, tmp_path: Path
) -> None:
    with closing(Journal(tmp_path / "journal")) as journal:
        async with _scene(stack.url, stack, journal) as scene:
            events = [scene.log(each) for each in range(9)]
            events[4] = scene.log(4, message="no \0 in text")
            other = [scene.log(each, BANKNIFTY_CONFIG) for each in range(9)]
            other[2] = scene.log(2, BANKNIFTY_CONFIG, data={"at": 2, "ratio": float("nan")})
            for pair in zip(events, other, strict=True):
                scene.store.put(pair)
            assert await scene.store.flush(60)
            assert scene.messages() == [f"line {each}" for each in range(4)]
            assert scene.messages(BANKNIFTY_CONFIG) == ["line 0", "line 1"]
            assert scene.store.refused == 2
            told = await scene.supabase.rows(
                "incidents", select="strategy_config_id", kind="eq.event_refused"
            )
            assert {row["strategy_config_id"] for row in told} == {NIFTY_CONFIG, BANKNIFTY_CONFIG}
            with closing(JournalDesk(journal.path)) as desk:
                desk.decide(SKIP, NIFTY_CONFIG)
            scene.store.put([scene.log(9)])
            await scene.wait(13, "applied")
            assert await scene.store.flush(60)
            assert scene.messages() == [f"line {each}" for each in (0, 1, 2, 3, 5, 6, 7, 8, 9)]


async def test_a_database_that_was_restored_is_filled_again_and_it_is_said(
    stack: RunningStack, tmp_path: Path
) -> None:
    with closing(Journal(tmp_path / "journal")) as journal:
        async with _scene(stack.url, stack, journal) as scene:
            for number in range(30):
                scene.store.put([scene.log(number)])
            assert await scene.store.flush(30)
            _restore(scene, keep=12)
            scene.store.put([scene.log(30)])
            assert await scene.store.flush(30)
            assert scene.messages() == [f"line {each}" for each in range(31)]
            with psycopg.connect(stack.database_url) as database:
                (kind, message) = database.execute(
                    "select kind, message from public.incidents where detail ->> 'sent' = '30'"
                ).fetchone() or ("", "")
    assert kind == "database_restored"
    assert "has our journal up to 12, we had sent up to 30" in message


async def test_a_restored_database_is_noticed_at_the_start_before_its_books_are_read(
    stack: RunningStack, tmp_path: Path
) -> None:
    with closing(Journal(tmp_path / "journal")) as journal:
        async with _scene(stack.url, stack, journal) as scene:
            for number in range(10):
                scene.store.put([scene.log(number)])
            assert await scene.store.flush(30)
            shard = scene.lease.shard
            _restore(scene, keep=4)
    with closing(Journal(tmp_path / "journal")) as journal:
        scene = Scene(stack.url, stack, journal)
        scene.lease = Lease(scene.supabase, shard, "holder")
        scene.store = Store(scene.supabase, scene.lease, journal)
        async with scene.supabase:
            await scene.lease.acquire()
            running = asyncio.create_task(scene.store.run())
            assert await scene.store.flush(30)
            assert scene.messages() == [f"line {each}" for each in range(10)]
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def test_a_journal_fits_its_database_or_it_is_said_why_not(
    stack: RunningStack, tmp_path: Path
) -> None:
    place = tmp_path / "journal"
    place.write_bytes(b"rubbish" * 1000)
    async with Supabase(stack.url, stack.secret_key) as supabase:
        name = (await require_schema(supabase)).id
        journal, reports = await checked_journal(place, supabase, "fits", name)
        journal.append([[{"id": "x", "kind": "log", "config_id": None}]])
        number = journal.id
        journal.close()
        assert [each.kind for each in reports] == ["journal_damaged"]
        _note_place(stack, "fits", number, 1)
        journal, reports = await checked_journal(place, supabase, "fits", name)
        journal.close()
        assert (reports, journal.id) == ([], number)
        _note_place(stack, "fits", number, 5)  # More than it holds: its end is lost.
        journal, reports = await checked_journal(place, supabase, "fits", name)
        assert [each.kind for each in reports] == ["journal_too_short"]
        journal.append([[{"id": "y", "kind": "log", "config_id": None}]])
        assert [told.sequence for told in journal.events()] == [1, 6]
        journal.close()
        journal, reports = await checked_journal(place, supabase, "fits", name)
        journal.close()
        assert reports == []


async def test_a_database_that_lacks_a_migration_of_the_release_is_refused_by_its_name(
    stack: RunningStack, tmp_path: Path
) -> None:
    shutil.copytree(MIGRATIONS, tmp_path / "migrations")
    async with Supabase(stack.url, stack.secret_key) as supabase:
        for name in ("20990101000000_create_rockets", "20990102000000_create_wings"):
            (tmp_path / "migrations" / f"{name}.sql").touch()
        with pytest.raises(ConfigError, match=r"lacks 2 of .* first 20990101000000_create"):
            await require_schema(supabase, tmp_path / "migrations")
        # Whoever applied the files by hand has no list; an installation may be without the files.
        assert await require_schema(supabase, tmp_path / "nowhere") == await require_schema(
            supabase
        )


def _restore(scene: Scene, keep: int) -> None:
    """Take the database back to where it had so many events of the journal."""
    gone = [told.event["id"] for told in scene.journal.events(after=keep)]
    with psycopg.connect(scene.stack.database_url) as database:
        database.execute("delete from public.strategy_logs where id = any(%s::uuid[])", (gone,))
        database.execute("delete from public.worker_events where id = any(%s::uuid[])", (gone,))
    _note_place(scene.stack, scene.lease.shard, scene.journal.id, keep)


def _note_place(stack: RunningStack, shard: str, journal: str, place: int) -> None:
    with psycopg.connect(stack.database_url) as database:
        database.execute(
            "insert into public.worker_journals (shard, journal, sequence) values (%s, %s, %s)"
            " on conflict (shard, journal) do update set sequence = excluded.sequence",
            (shard, journal, place),
        )
