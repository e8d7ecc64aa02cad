"""What strategies were told is there again after a restart, from each one's last beginning on."""

import asyncio
import pickle
from collections.abc import Callable, Coroutine
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import pytest

import worker.recovery.told
from core.candle import Candle, Interval
from core.errors import DataError
from core.instrument import Segment
from core.session import NS_PER_MINUTE
from core.strategy import StrategyConfig
from worker.lease.lease import Lease
from worker.processes.messages import Candles, Load, Message, WarmUp
from worker.recovery.checkpoint import Checkpoint, checkpoint_in
from worker.recovery.told import KIND, Told, told_in
from worker.release import release
from worker.store.journal import Fact, Journal, open_journal
from worker.store.store import Store
from worker.store.supabase import Supabase

ONE, OTHER = "config-1", "config-2"
NO_CONFIG = cast("StrategyConfig", None)


def _load(name: str) -> Load:
    return Load("strategies.momentum", name, {}, NO_CONFIG)


def _round(number: int) -> Candles:
    candle = Candle(
        (Segment.NSE_EQ, 1), Interval.M1, number, number + NS_PER_MINUTE, 1.0, 2.0, 0.5, 1.5, 10
    )
    return Candles(number, (candle,))


def _on_a_store(path: Path, story: Callable[[Store], Coroutine[Any, Any, Any]]) -> Any:
    """Play something on a store that never reaches a database."""

    async def play() -> Any:
        async with Supabase("http://127.0.0.1:9", "no-key") as supabase:
            with closing(open_journal(path)) as journal:
                lease = Lease(supabase, "main", "test")
                return await story(Store(supabase, lease, journal))

    return asyncio.run(play())


def _facts(path: Path) -> list[Fact]:
    with closing(Journal(path)) as journal:
        return journal.facts(KIND)


def test_what_was_told_is_there_for_the_next_worker_as_far_as_it_was_saved(tmp_path: Path) -> None:
    async def story(store: Store) -> None:
        told = Told(store, is_needed=True)
        told.begin(ONE, _load("A"), WarmUp(()))
        told.begin(OTHER, _load("B"), WarmUp(()))
        told.add(ONE, _round(1))
        told.save()
        told.add(ONE, _round(2))
        told.add(OTHER, _round(2))
        told.save()
        told.add(ONE, _round(3))  # After the last checkpoint: it will be played again.
        await store.save()

    _on_a_store(tmp_path / "journal", story)
    found = told_in(_facts(tmp_path / "journal"))
    assert found[ONE] == [_load("A"), WarmUp(()), _round(1), _round(2)]
    assert found[OTHER] == [_load("B"), WarmUp(()), _round(2)]


def test_a_strategy_that_stands_for_its_config_anew_is_told_nothing_of_before(
    tmp_path: Path,
) -> None:
    async def story(store: Store) -> list[Message]:
        told = Told(store, is_needed=True)
        told.begin(ONE, _load("A"), WarmUp(()))
        told.add(ONE, _round(1))
        told.save()
        told.add(ONE, _round(2))
        told.begin(ONE, _load("B"), WarmUp(()))
        told.add(ONE, _round(3))
        told.save()
        told.add(ONE, _round(4))  # Not saved yet: another process of this worker is told it too.
        return await told.so_far(ONE)

    found = _on_a_store(tmp_path / "journal", story)
    assert found == [_load("B"), WarmUp(()), _round(3), _round(4)]


def test_a_new_run_forgets_what_was_told_in_the_last_one(tmp_path: Path) -> None:
    async def story(store: Store) -> None:
        told = Told(store, is_needed=True)
        told.begin(ONE, _load("A"), WarmUp(()))
        told.save()
        told.forget()
        await store.save()
        with pytest.raises(DataError, match=f"what config {ONE} was told"):
            await told.so_far(ONE)

    _on_a_store(tmp_path / "journal", story)
    assert told_in(_facts(tmp_path / "journal")) == {}


def test_more_than_a_bounded_amount_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker.recovery.told, "MOST_BYTES", 2_000)

    async def story(store: Store) -> None:
        told = Told(store, is_needed=True)
        told.begin(ONE, _load("A"), WarmUp(()))
        for number in range(50):
            told.add(ONE, _round(number))
            told.save()
        await store.save()
        with pytest.raises(DataError, match=f"what config {ONE} was told"):
            await told.so_far(ONE)

    _on_a_store(tmp_path / "journal", story)
    assert sum(len(fact.body) for fact in _facts(tmp_path / "journal")) == 0


def test_by_the_wall_clock_nothing_is_kept(tmp_path: Path) -> None:
    async def story(store: Store) -> None:
        told = Told(store, is_needed=False)
        told.begin(ONE, _load("A"), WarmUp(()))
        told.add(ONE, _round(1))
        told.save()
        await store.save()

    _on_a_store(tmp_path / "journal", story)
    assert _facts(tmp_path / "journal") == []


@pytest.mark.parametrize("body", [b"\x80", b"not a pickle"])
def test_what_another_release_wrote_is_named_and_not_used(body: bytes) -> None:
    with pytest.raises(DataError, match="fact 7 of the journal cannot be read"):
        told_in([Fact(7, "", body)])
    with pytest.raises(DataError, match="checkpoint 09:15 cannot be read"):
        checkpoint_in(Fact(7, "09:15", body))


def test_a_checkpoint_of_other_code_is_not_used() -> None:
    ours = Checkpoint(release(), 0, 0, (), (), (), ())
    assert checkpoint_in(Fact(1, "09:15", pickle.dumps(ours))) == ours
    other = ours._replace(release="of yesterday")
    with pytest.raises(DataError, match="checkpoint 09:15 was taken by another release"):
        checkpoint_in(Fact(2, "09:15", pickle.dumps(other)))
