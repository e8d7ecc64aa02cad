"""User events: one sequence per user without gaps, in the order of commits, nobody else's."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event as Flag
from typing import Any

import httpx
import psycopg
import pytest

from tests.stacks import RunningStack
from tests.supabase import events
from tests.supabase.conftest import Database
from tests.supabase.deployments import Deployment, Worker, deploy
from tests.supabase.people import Person, sign_up

WRITERS = 8
USERS = 20
CUT = 1000  # PostgREST sends no more rows at once.
BATCHES = 12


def history(user: Person) -> list[dict[str, Any]]:
    """Return the events after those of the deployment itself."""
    return user.rows("user_events?entity=neq.strategy_configs&order=sequence")


def test_a_trade_is_told_from_opening_to_close(
    user: Person, deployment: Deployment, worker: Worker
) -> None:
    opened = events.trade(deployment)
    moved = opened | {
        "id": events.new_id(),
        "row": opened["row"] | {"version": 2, "stop_loss": "25000.50"},
    }
    worker.must_write(opened, moved, events.closed(moved))
    told = history(user)
    assert [event["kind"] for event in told] == ["trade_opened", "trade_updated", "trade_closed"]
    assert {event["entity_id"] for event in told} == {opened["row"]["id"]}
    row = told[-1]["row"]
    assert (row["pnl"], row["exit_price"]) == ("6337.30", "25100.0000")


def test_an_order_a_command_and_a_config_are_told(
    user: Person, deployment: Deployment, worker: Worker
) -> None:
    given = user.insert(
        "strategy_commands", {"strategy_config_id": deployment.config_id, "command": "START"}
    )
    entry = events.order(deployment, version=1, status="PENDING", filled_quantity=0)
    traded = events.order(deployment, id=entry["row"]["id"], version=2)
    worker.must_write(
        events.config_status(deployment, "ACTIVE", 1),
        events.command_end(deployment, given["id"]),
        entry,
        traded,
    )
    kinds = [event["kind"] for event in user.rows("user_events?order=sequence")]
    assert kinds == [
        "config_created",
        "command_created",
        "config_changed",
        "command_executed",
        "order_created",
        "order_updated",
    ]


def test_a_report_that_changes_nothing_is_not_told(
    user: Person, deployment: Deployment, worker: Worker
) -> None:
    worker.must_write(
        events.config_status(deployment, "STOPPED", 1),
        events.config_status(deployment, "STOPPED", 2),
    )
    assert [event["kind"] for event in user.rows("user_events")] == ["config_created"]


def test_money_in_an_event_is_text(user: Person, deployment: Deployment, worker: Worker) -> None:
    worker.must_write(
        events.trade(deployment),
        events.order(deployment, order_type="LIMIT", limit_price="25000.50"),
    )
    trade, order = (event["row"] for event in history(user))
    for column in ("entry_price", "stop_loss", "target_price", "charges"):
        assert isinstance(trade[column], str), column
    for column in ("limit_price", "average_price"):
        assert isinstance(order[column], str), column


def test_an_event_of_a_failed_row_is_not_told(
    user: Person, deployment: Deployment, worker: Worker
) -> None:
    worker.write(events.order(deployment, quantity=0), events.order(deployment))
    sequences = [event["sequence"] for event in user.rows("user_events?order=sequence")]
    assert sequences == [1, 2]


@pytest.fixture
def crowd(publishable: httpx.Client) -> list[Deployment]:
    """Return configs of several users."""
    return [deploy(sign_up(publishable)) for _ in range(USERS)]


@pytest.fixture
def writers(secret: Person) -> Iterator[list[Worker]]:
    """Yield workers of different shards, who do not wait for each other's lease."""
    workers = [Worker(secret) for _ in range(WRITERS)]
    for worker in workers:
        worker.acquire(300)
    yield workers
    for worker in workers:
        worker.release()


def test_eight_writers_leave_no_gap_and_a_reader_never_sees_one(
    stack: RunningStack, crowd: list[Deployment], writers: list[Worker], database: Database
) -> None:
    everybody = [deployment.user_id for deployment in crowd]
    done = Flag()

    def write(number: int) -> None:
        shuffled = random.Random(number)
        for _ in range(BATCHES):
            batch = [events.order(shuffled.choice(crowd)) for _ in range(10)]
            writers[number].must_write(*batch)

    def read() -> int:
        looks = 0
        with psycopg.connect(stack.database_url, autocommit=True) as connection:
            while not done.is_set():
                gaps = connection.execute(
                    "select user_id, count(*), max(sequence) from public.user_events "
                    "where user_id = any (%s) group by user_id having count(*) <> max(sequence)",
                    (everybody,),
                ).fetchall()
                assert gaps == []
                looks += 1
        return looks

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        reader = pool.submit(read)
        try:
            for finished in [pool.submit(write, number) for number in range(WRITERS)]:
                finished.result()
        finally:
            done.set()
        assert reader.result() > 0

    rows = database.execute(
        "select count(*) as events, max(sequence) as last from public.user_events "
        "where user_id = any (%s) group by user_id",
        (everybody,),
    ).fetchall()
    assert all(row["events"] == row["last"] for row in rows)
    assert sum(int(str(row["events"])) for row in rows) == USERS + WRITERS * BATCHES * 10


def pages(user: Person, after: int = 0) -> Iterator[list[int]]:
    """Yield the sequences after one, page by page as PostgREST cuts them."""
    while page := user.rows(f"user_events?select=sequence&sequence=gt.{after}&order=sequence"):
        yield [row["sequence"] for row in page]
        after = page[-1]["sequence"]


def test_a_reader_that_pages_misses_nothing_while_eight_write_and_afterwards(
    user: Person, deployment: Deployment, writers: list[Worker]
) -> None:
    orders, batches = 15, 9
    last = 1 + WRITERS * batches * orders
    assert last > CUT

    def write(writer: Worker) -> None:
        for _ in range(batches):
            writer.must_write(*(events.order(deployment) for _ in range(orders)))

    seen: list[int] = []
    with ThreadPoolExecutor(WRITERS) as pool:
        running = [pool.submit(write, writer) for writer in writers]
        while not all(finished.done() for finished in running):
            for page in pages(user, len(seen)):
                seen += page
                assert seen == list(range(1, len(seen) + 1))
        for finished in running:
            finished.result()
    for page in pages(user, len(seen)):
        seen += page
    assert seen == list(range(1, last + 1))
    lengths = [len(page) for page in pages(user)]
    assert lengths == [CUT, last - CUT]


def test_clients_and_workers_do_not_wait_for_each_other_in_a_circle(
    crowd: list[Deployment], writers: list[Worker], publishable: httpx.Client
) -> None:
    user = sign_up(publishable)
    mine = deploy(user)

    def command(_: int) -> None:
        for _ in range(15):
            user.rpc("toggle_strategy", p_strategy_id=mine.strategy_id, p_active=True)
            user.update(f"strategies?id=eq.{mine.strategy_id}", {"description": events.new_id()})
            user.update(f"strategy_configs?id=eq.{mine.config_id}", {"auto_start": True})

    def work(number: int) -> None:
        status = ("ACTIVE", "STOPPED")
        for turn in range(1, 16):
            version = turn * WRITERS + number
            batch = [
                events.config_status(mine, status[version % 2], version),
                events.order(crowd[version % USERS]),
                events.signal(mine),
                events.ledger(mine),
            ]
            outcomes = {result["outcome"] for result in writers[number].write(*batch)}
            assert outcomes <= {"applied", "stale"}

    with ThreadPoolExecutor(WRITERS) as pool:
        running = [pool.submit(command, 0), pool.submit(command, 1)]
        running += [pool.submit(work, number) for number in range(4)]
        for finished in running:
            finished.result()
