"""A stream that survives the end of its connection."""

import asyncio
from collections.abc import Iterator

import psycopg
import pytest

from devstack.supabase.database import Database
from devstack.supabase.realtime.server import SLOT, Realtime
from tests.devstack.supabase.realtime.clients import DEADLINE_SECONDS, Client
from tests.devstack.supabase.realtime.conftest import Execute, until

# Waits until the connection has ended.
TERMINATE = """
  select pg_terminate_backend(active_pid, 10000) from pg_replication_slots where active
"""
STREAMING = "select 1 from pg_stat_replication where state = 'streaming'"
ACTIVE = "select 1 from pg_replication_slots where active"


@pytest.fixture
def admin(cluster: Database) -> Iterator[psycopg.Connection]:
    with psycopg.connect(cluster.admin_conninfo, autocommit=True) as connection:
        yield connection


async def terminate(admin: psycopg.Connection) -> None:
    """End the replication connection, once there is one."""
    ended: list[object] = []
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not ended:
            ended = await asyncio.to_thread(lambda: list(admin.execute(TERMINATE)))


async def test_changes_made_while_the_connection_is_lost_are_told_once(
    client: Client, execute: Execute, realtime: Realtime, admin: psycopg.Connection
) -> None:
    await client.watch("realtime:a", {"table": "prices", "event": "INSERT"})
    for number in range(3):
        execute("insert into public.prices (symbol) values (%s)", f"before {number}")
        await terminate(admin)
        execute("insert into public.prices (symbol) values (%s)", f"after {number}")
    seen = [(await client.change()).data["record"]["symbol"] for _ in range(6)]
    assert seen == [f"{when} {n}" for n in range(3) for when in ("before", "after")]
    await until(lambda: realtime.counters["replication_reconnects"] >= 3)
    assert realtime.counters["replication_gaps"] == 0


async def test_a_large_transaction_cut_in_the_middle_is_told_once(
    client: Client, execute: Execute, admin: psycopg.Connection
) -> None:
    await client.watch("realtime:a", {"table": "prices", "event": "INSERT"})
    execute("insert into public.prices (symbol) select n::text from generate_series(1, 8000) as n")
    seen = [(await client.change()).data["record"]["symbol"] for _ in range(10)]
    await terminate(admin)
    seen += [(await client.change()).data["record"]["symbol"] for _ in range(7_990)]
    assert seen == [str(number) for number in range(1, 8_001)]


async def test_a_slot_that_cannot_go_on_is_made_anew_and_the_gap_is_counted(
    client: Client, execute: Execute, realtime: Realtime, admin: psycopg.Connection
) -> None:
    await client.watch("realtime:a", {"table": "prices", "event": "INSERT"})
    admin.execute("drop publication supabase_realtime_messages")
    execute("insert into public.prices (symbol) values ('in the gap')")
    await until(lambda: realtime.counters["replication_gaps"] >= 1)
    admin.execute(
        "create publication supabase_realtime_messages"
        " for table realtime.messages with (publish = 'insert')"
    )
    await until(lambda: admin.execute(STREAMING).fetchall())
    execute("insert into public.prices (symbol) values ('after')")
    assert (await client.change()).data["record"]["symbol"] == "after"


async def test_the_connections_for_questions_come_back_too(
    client: Client, execute: Execute, admin: psycopg.Connection
) -> None:
    await client.watch("realtime:a", {"table": "prices", "event": "INSERT"})
    admin.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name like"
        " 'realtime_%'"
    )
    await client.watch("realtime:b", {"table": "prices", "event": "INSERT"})
    execute("insert into public.prices (symbol) values ('X')")
    topics = {(await client.first(lambda m: m.event == "postgres_changes")).topic for _ in "ab"}
    assert topics == {"realtime:a", "realtime:b"}


async def test_a_stopped_service_leaves_no_slot(cluster: Database, execute: Execute) -> None:
    service = Realtime(cluster.admin_conninfo, lambda _: {}, lambda _: None)
    await service.start()
    await until(lambda: execute(ACTIVE))
    await service.stop()
    assert execute("select 1 from pg_replication_slots") == []


async def test_a_slot_left_by_a_killed_service_is_taken_over(
    cluster: Database, admin: psycopg.Connection, execute: Execute
) -> None:
    admin.execute(f"select pg_create_logical_replication_slot('{SLOT}', 'pgoutput')")
    service = Realtime(cluster.admin_conninfo, lambda _: {}, lambda _: None)
    await service.start()
    await until(lambda: execute(ACTIVE))
    await service.stop()
    assert service.counters["replication_reconnects"] == 0
