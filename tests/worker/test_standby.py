"""A shard changes hands: by itself where a standby is allowed, by the operator where it is not."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest

from tests.stacks import RunningStack, running_stack
from tests.worker.running import (
    NIFTY_CONFIG,
    Database,
    RunningSimulator,
    RunningWorker,
    run_worker,
    running_simulator,
    started_worker,
    worker_environment,
)
from tests.worker.wire_cut import line_to
from worker.lease.lease import Lease, LeaseLostError
from worker.lease.orphans import Orphans
from worker.lease.standby import Standby
from worker.store.journal import Event, Journal
from worker.store.supabase import Supabase

TAKEOVER_SECONDS = 30.0


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    with running_stack() as running:
        yield running


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    with running_simulator("--speed=60", "--start=09:30") as running:
        yield running


@contextmanager
def worker_of(
    stack: RunningStack, simulator: RunningSimulator, folder: Path, standby: str
) -> Iterator[RunningWorker]:
    environment = worker_environment(
        stack, simulator, folder, MARKET_SPEED="60", WORKER_STANDBY=standby
    )
    with started_worker(environment) as worker:
        yield worker


def holder(database: Database) -> str | None:
    found: str | None = database.rows("worker_leases", shard="eq.main")[0]["holder"]
    return found


def expire(stack: RunningStack, seconds_ago: int) -> None:
    with psycopg.connect(stack.database_url) as connection:
        connection.execute(
            "update public.worker_leases set expires_at = now() - make_interval(secs => %s)",
            (seconds_ago,),
        )


def stands_down(frozen: RunningWorker, database: Database, other: str) -> None:
    """Wake a worker whose shard was taken over: it ends, and what it still did is kept apart."""
    frozen.process.send_signal(signal.SIGCONT)
    assert frozen.process.wait(60) == 75
    frozen.wait_said("another worker had the shard: what was not stored is kept apart")
    assert holder(database) == other


def rights(lease: Lease) -> tuple[bool, bool]:
    """Return whether it allows live entries, and live exits."""
    return lease.may_enter_live, lease.may_exit_live


async def test_the_right_to_trade_live_ends_with_the_lease_by_our_own_clock(
    stack: RunningStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Supabase(stack.url, stack.secret_key) as supabase:
        alone = Lease(supabase, "alone", "one")
        assert rights(alone) == (False, False)
        await alone.acquire()
        with_standby = Lease(supabase, "together", "one", standby=True)
        await with_standby.acquire()
        assert rights(alone) == rights(with_standby) == (True, True)
        later = time.clock_gettime(time.CLOCK_BOOTTIME) + 18
        monkeypatch.setattr("worker.lease.lease._now", lambda: later)
        assert rights(alone) == (False, True), "nobody else would send exits"
        assert rights(with_standby) == (False, False), "another may have begun to"
        sentence = "the worker's lease of shard 'alone' ended 3 s ago and could not be renewed"
        assert alone.doubt == sentence


async def test_a_database_that_does_not_answer_is_waited_out(
    stack: RunningStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("worker.lease.lease.RENEW_EVERY", 0.01)
    monkeypatch.setattr("worker.lease.lease._RETRY_SECONDS", 0.01)
    with line_to(urlsplit(stack.url).port or 0) as line:
        async with Supabase(f"http://127.0.0.1:{line.port}", stack.secret_key) as supabase:
            lease = Lease(supabase, "cut", "one")
            await lease.acquire()
            keeping = asyncio.create_task(lease.keep())
            line.cut()
            await _until(lambda: lease.failures > 0)
            line.mend()
            renewed = lease.renewals
            await _until(lambda: lease.renewals > renewed)
            keeping.cancel()
            assert lease.token == 1


async def test_whoever_was_replaced_is_told_so_and_takes_nothing_back(stack: RunningStack) -> None:
    async with Supabase(stack.url, stack.secret_key) as supabase:
        first = Lease(supabase, "replaced", "one", standby=True)
        await first.acquire()
        expire(stack, 11)
        second = Lease(supabase, "replaced", "two")
        await second.acquire()
        with pytest.raises(LeaseLostError, match="'replaced' is run by another worker"):
            await first._renew()
        await second.release()
        with pytest.raises(LeaseLostError, match="run by another worker in between; start anew"):
            await first.acquire()
        await Lease(supabase, "replaced", "three").acquire()  # It did not keep what it took.


async def test_a_standby_takes_what_is_let_go(stack: RunningStack) -> None:
    async with Supabase(stack.url, stack.secret_key) as supabase:
        first = Lease(supabase, "handed", "one")
        await first.acquire()
        second = Lease(supabase, "handed", "two", standby=True)
        waiting = asyncio.create_task(Standby(second, asyncio.Event(), _nothing).acquire())
        await asyncio.sleep(0)
        await first.release()
        assert await asyncio.wait_for(waiting, 20)
        assert second.token == 2


async def test_whoever_does_not_wait_looks_before_it_begins(stack: RunningStack) -> None:
    async with Supabase(stack.url, stack.secret_key) as supabase:
        await Lease(supabase, "looked", "one").acquire()
        await Lease(supabase, "looked", "one").look()
        with pytest.raises(LeaseLostError, match="python -m worker free"):
            await Lease(supabase, "looked", "two").look()
        await Lease(supabase, "lent", "one", standby=True).acquire()
        await Lease(supabase, "lent", "two").look()  # It may have expired by the time of need.


async def test_a_standby_that_is_asked_to_stop_waits_no_more(stack: RunningStack) -> None:
    async with Supabase(stack.url, stack.secret_key) as supabase:
        await Lease(supabase, "kept", "one").acquire()
        stop = asyncio.Event()
        second = Lease(supabase, "kept", "two", standby=True)
        waiting = asyncio.create_task(Standby(second, stop, _nothing).acquire())
        stop.set()
        assert not await asyncio.wait_for(waiting, 20)


async def test_what_was_simulated_while_another_had_the_shard_is_kept_apart_once(
    stack: RunningStack, tmp_path: Path
) -> None:
    path = tmp_path / "journal.sqlite3"
    event: Event = {"id": str(uuid4()), "kind": "log", "config_id": NIFTY_CONFIG, "user_id": None}
    event |= {"at": "2026-11-20T04:00:00+00:00", "row": {"level": "info", "message": "x"}}
    async with Supabase(stack.url, stack.secret_key) as supabase:
        mine = Orphans(path, "orphans", "one")
        first = Lease(supabase, "orphans", "one", last_token=mine.last_token)
        await first.acquire()
        mine.begin(first)
        journal = Journal(path)
        journal.append([[event]])
        journal.close()
        await first.release()
        again = Lease(supabase, "orphans", "one", last_token=mine.last_token)
        await again.acquire()
        mine.begin(again)
        assert path.exists(), "nobody else had the shard: it goes on"
        await again.release()
        await _take_and_release(supabase, "two")
        third = Lease(supabase, "orphans", "one", last_token=mine.last_token)
        await third.acquire()
        mine.begin(third)
        assert not path.exists()
        assert await mine.store(supabase) == 1
        assert await mine.store(supabase) == 0
        (kept,) = await supabase.rows("orphaned_events", holder="eq.one", select="id,token,kind")
        assert kept == {"id": event["id"], "token": again.last_token + 1, "kind": "log"}
    assert os.listdir(tmp_path) == ["lease"]  # noqa: PTH208 - a test may block.


async def _take_and_release(supabase: Supabase, name: str) -> None:
    other = Lease(supabase, "orphans", name)
    await other.acquire()
    await other.release()


async def _nothing() -> None:
    """Refresh nothing."""


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - what is watched has no event.
            await asyncio.sleep(0.01)


def test_a_frozen_worker_is_replaced_and_stands_down_when_it_wakes(
    stack: RunningStack, simulator: RunningSimulator, tmp_path: Path
) -> None:
    database = Database(stack)
    with worker_of(stack, simulator, tmp_path / "a", "on") as active:
        active.wait_said("ready")
        with worker_of(stack, simulator, tmp_path / "b", "on") as waiting:
            waiting.wait_said("standing by")
            before = holder(database)
            active.process.send_signal(signal.SIGSTOP)
            expire(stack, 11)
            waiting.wait_said("ready")
            after = holder(database)
            assert after not in {None, before}
            stands_down(active, database, str(after))
            assert waiting.process.poll() is None
            assert waiting.stop() == 0


@pytest.mark.full
def test_a_standby_takes_over_within_thirty_seconds_of_a_freeze(
    stack: RunningStack, simulator: RunningSimulator, tmp_path: Path
) -> None:
    database = Database(stack)
    with worker_of(stack, simulator, tmp_path / "a", "on") as active:
        active.wait_said("ready")
        with worker_of(stack, simulator, tmp_path / "b", "on") as waiting:
            waiting.wait_said("standing by")
            active.process.send_signal(signal.SIGSTOP)
            began = time.monotonic()
            waiting.wait_said("shard taken", TAKEOVER_SECONDS)
            taken = time.monotonic() - began
            assert taken > 15, "not while the frozen one could still trade"
            waiting.wait_said("ready")
            database.wait_status(NIFTY_CONFIG, "ACTIVE")
            stands_down(active, database, str(holder(database)))


@pytest.mark.full
def test_without_standby_nobody_takes_over_until_the_operator_says_so(
    stack: RunningStack, simulator: RunningSimulator, tmp_path: Path
) -> None:
    database = Database(stack)
    with worker_of(stack, simulator, tmp_path / "a", "off") as active:
        active.wait_said("ready")
        before = holder(database)
        with worker_of(stack, simulator, tmp_path / "b", "on") as waiting:
            waiting.wait_said("standing by")
            environment = worker_environment(stack, simulator, tmp_path / "c")
            refused = run_worker(environment, "free")
            assert refused.process.returncode == 2
            assert "is alive" in "".join(refused.raw)
            active.process.send_signal(signal.SIGSTOP)
            expire(stack, 3600)
            refused = run_worker(environment)
            assert refused.process.returncode == 75
            assert refused.said("if it is dead: python -m worker free")
            assert holder(database) == before
            assert not waiting.said("shard taken")
            freed = run_worker(environment, "free")
            assert freed.process.returncode == 0
            waiting.wait_said("ready")
            stands_down(active, database, str(holder(database)))


@pytest.mark.full
def test_a_worker_that_is_asked_to_stop_hands_over_at_once(
    stack: RunningStack, simulator: RunningSimulator, tmp_path: Path
) -> None:
    with worker_of(stack, simulator, tmp_path / "a", "on") as active:
        active.wait_said("ready")
        with worker_of(stack, simulator, tmp_path / "b", "on") as waiting:
            waiting.wait_said("standing by")
            assert active.stop() == 0
            waiting.wait_said("shard taken", 10)
            waiting.wait_said("ready")
