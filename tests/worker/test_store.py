"""The store against a real database: order, poison, and the right to write."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from core.errors import ConfigError, StoreError
from tests.stacks import RunningStack, running_stack
from worker.lease.lease import Lease, LeaseLostError
from worker.store.journal import Event, Journal
from worker.store.store import Store
from worker.store.supabase import RefusedError, Supabase


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    with running_stack() as running:
        yield running


def _candle(minute: int, **changes: Any) -> Event:
    row = {
        "instrument_key": "NSE_EQ:2885",
        "symbol": "RELIANCE",
        "timeframe": "1m",
        "timestamp": f"2026-11-20T04:{minute:02}:00+00:00",
        "open_price": "1500.0",
        "high_price": "1500.0",
        "low_price": "1500.0",
        "close_price": "1500.0",
        "volume": minute,
    }
    return {
        "id": str(uuid4()),
        "kind": "candle",
        "config_id": None,
        "user_id": None,
        "at": "2026-11-20T04:00:00+00:00",
        "row": {**row, **changes},
    }


@asynccontextmanager
async def _store(
    stack: RunningStack, place: Path, shard: str
) -> AsyncIterator[tuple[Store, Supabase, Journal, Lease]]:
    journal = Journal(place)
    async with Supabase(stack.url, stack.secret_key) as supabase:
        lease = Lease(supabase, shard, "first")
        await lease.acquire()
        store = Store(supabase, lease, journal)
        running = asyncio.create_task(store.run())
        try:
            yield store, supabase, journal, lease
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            journal.close()


async def test_a_poison_event_is_set_aside_and_takes_no_other_down(
    stack: RunningStack, tmp_path: Path
) -> None:
    async with _store(stack, tmp_path / "journal", "poison") as (store, supabase, _, _lease):
        store.put([_candle(1), _candle(2, low_price="-3"), _candle(3)])
        assert await store.flush(10)
        rows = await supabase.rows("ohlcv_data", select="volume", order="timestamp")
        assert [row["volume"] for row in rows] == [1, 3]
        assert store.counters["failed"] == 1
        assert store.refused == 1
        assert store.waiting == 0


async def test_more_than_a_batch_is_written_in_order(stack: RunningStack, tmp_path: Path) -> None:
    async with _store(stack, tmp_path / "journal", "order") as (store, supabase, _, _lease):
        for each in range(1200):
            store.put([_candle(5, volume=each)])
        assert await store.flush(30)
        (row,) = await supabase.rows(
            "ohlcv_data", select="volume", timestamp="eq.2026-11-20T04:05:00+00:00"
        )
        assert row["volume"] == 1199
        assert store.counters["applied"] == 1200


async def test_of_what_is_replaced_before_it_is_sent_only_the_newest_is_sent(
    stack: RunningStack, tmp_path: Path
) -> None:
    async with _store(stack, tmp_path / "journal", "newest") as (store, _, _, _lease):
        for each in range(50):
            store.put_newest("a", _candle(7, volume=each))
        assert await store.flush(10)
        assert store.counters["applied"] == 1


async def test_events_of_a_run_that_was_killed_are_written_by_the_next(
    stack: RunningStack, tmp_path: Path
) -> None:
    left = Journal(tmp_path / "journal")
    left.append([[_candle(9)]])
    left.close()
    async with _store(stack, tmp_path / "journal", "left") as (store, supabase, _, _lease):
        assert await store.flush(10)
        assert await supabase.rows(
            "ohlcv_data", select="volume", timestamp="eq.2026-11-20T04:09:00+00:00"
        )


async def test_the_same_holder_gets_its_lease_again_and_writes_on(
    stack: RunningStack, tmp_path: Path
) -> None:
    async with _store(stack, tmp_path / "journal", "again") as (store, supabase, _, lease):
        old = lease.token
        await Lease(supabase, "again", "first").acquire()
        store.put([_candle(11)])
        assert await store.flush(10)
        assert lease.token > old
        assert store.counters["applied"] == 1


async def test_a_lease_that_somebody_else_holds_is_refused(stack: RunningStack) -> None:
    async with Supabase(stack.url, stack.secret_key) as supabase:
        await Lease(supabase, "taken", "first").acquire()
        with pytest.raises(LeaseLostError, match="shard 'taken' is run by another worker"):
            await Lease(supabase, "taken", "second").acquire()


async def test_a_released_lease_is_free_at_once(stack: RunningStack) -> None:
    async with Supabase(stack.url, stack.secret_key) as supabase:
        first = Lease(supabase, "free", "first")
        await first.acquire()
        assert 10 < first.seconds_left <= 15
        await first.release()
        await Lease(supabase, "free", "second").acquire()


async def test_errors_say_who_is_to_act(stack: RunningStack) -> None:
    async with Supabase(stack.url, "sb_secret_wrong") as supabase:
        with pytest.raises(ConfigError, match="refuses SUPABASE_SECRET_KEY"):
            await supabase.rows("strategies")
    async with Supabase("http://127.0.0.1:9", "key") as supabase:
        with pytest.raises(StoreError, match="cannot be reached"):
            await supabase.call("health")
    async with Supabase(stack.url, stack.secret_key) as supabase:
        with pytest.raises(RefusedError) as caught:
            await supabase.call(
                "worker_write", p_shard="x", p_holder="nobody", p_token=1, p_events=[]
            )
        assert caught.value.code == "TB423"


async def test_what_happens_while_the_database_does_not_answer_is_on_disk_at_once(
    stack: RunningStack, tmp_path: Path
) -> None:
    async with (
        _store(stack, tmp_path / "other", "silent") as (_, _supabase, _journal, lease),
        Supabase("http://127.0.0.1:9", "key") as nobody,
    ):
        journal = Journal(tmp_path / "journal")
        store = Store(nobody, lease, journal)
        running = asyncio.create_task(store.run())
        store.put([_candle(13)])
        async with asyncio.timeout(10):
            await _retried(store)
            store.put([_candle(14), _candle(15)])
            await _retried(store)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert [each.event["row"]["volume"] for each in journal.events()] == [13, 14, 15]
        journal.close()


async def _retried(store: Store) -> None:
    """Wait until one more attempt has failed."""
    before = store.counters["retries"]
    while store.counters["retries"] == before:  # noqa: ASYNC110 - a counter has no event.
        await asyncio.sleep(0.01)


async def test_what_was_put_is_durable_once_that_was_awaited(
    stack: RunningStack, tmp_path: Path
) -> None:
    async with _store(stack, tmp_path / "journal", "durable") as (store, _, journal, _lease):
        store.put([_candle(17)])
        store.keep("round", "a", b"fact")
        async with asyncio.timeout(10):
            await store.durable()
        assert store.counters["syncs"] == 1
        assert journal.facts("round") == [(2, "a", b"fact")]
        store.keep("round", "b", b"later")
        async with asyncio.timeout(10):
            await store.durable()
        assert journal.facts("round")[-1].body == b"later"
        assert await store.flush(10)
        assert store.waiting == 0
