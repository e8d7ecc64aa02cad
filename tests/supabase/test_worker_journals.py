"""How far the database has come with a worker's journal, and that it notices what it has lost."""

from typing import Any
from uuid import UUID, uuid4

from tests.supabase import events
from tests.supabase.conftest import Database
from tests.supabase.deployments import Worker
from tests.supabase.people import Person, refusal


def write(secret: Person, worker: Worker, journal: str, after: int, until: int) -> Any:
    return secret.call(
        "POST",
        "rpc/worker_write",
        {
            "p_shard": worker.shard,
            "p_holder": worker.holder,
            "p_token": worker.token,
            "p_events": [events.candle()],
            "p_journal": {"id": journal, "after": after, "until": until},
        },
    )


def place(secret: Person, worker: Worker, journal: str) -> int:
    (row,) = secret.rows(f"worker_journals?shard=eq.{worker.shard}&journal=eq.{journal}")
    return int(row["sequence"])


def test_the_place_grows_with_each_batch_and_stays_when_one_comes_twice(
    secret: Person, worker: Worker
) -> None:
    journal = str(uuid4())
    assert write(secret, worker, journal, 0, 5).is_success
    assert write(secret, worker, journal, 5, 9).is_success
    assert write(secret, worker, journal, 0, 5).is_success
    assert place(secret, worker, journal) == 9


def test_a_database_that_was_restored_refuses_what_comes_after_a_gap_and_says_where_it_is(
    secret: Person, worker: Worker, database: Database
) -> None:
    journal = str(uuid4())
    assert write(secret, worker, journal, 0, 5).is_success
    assert write(secret, worker, journal, 5, 9).is_success
    database.execute(
        "update public.worker_journals set sequence = 3 where journal = %s", (journal,)
    )
    reply = write(secret, worker, journal, 9, 12)
    code, sentence = refusal(reply)
    assert code == "TB424"
    assert f"journal {journal} of shard {worker.shard} up to 3, the batch comes after 9" in sentence
    assert reply.json()["details"] == "3"
    assert place(secret, worker, journal) == 3
    assert write(secret, worker, journal, 3, 12).is_success


def test_a_journal_that_the_database_does_not_know_begins_at_its_beginning(
    secret: Person, worker: Worker
) -> None:
    reply = write(secret, worker, str(uuid4()), 4, 5)
    assert reply.json()["details"] == "0"


def test_the_worker_is_told_which_database_it_is_and_what_it_has(secret: Person) -> None:
    told = secret.rpc("worker_database")
    assert UUID(told["id"])
    assert "20261120182900" in told["migrations"]
    assert told["migrations"] == sorted(told["migrations"])
