"""Broadcasts from the database, and the SQL that sends them."""

import asyncio
import json
import uuid

import psycopg
import pytest

from devstack.supabase.database import Database as Cluster
from devstack.supabase.realtime.database import Database
from devstack.supabase.realtime.messages import purge_forever
from devstack.supabase.realtime.phoenix import Version
from tests.devstack.supabase.realtime.clients import Client
from tests.devstack.supabase.realtime.conftest import Connect, Execute, token, until

SEND = "select realtime.send(%s::jsonb, %s, %s, %s)"


async def flowing(client: Client, topic: str, user: str | None = None, **config: object) -> None:
    """Join and wait until broadcasts from the database flow."""
    await client.join(topic, user, broadcast={"replication_ready": True}, **config)
    await client.next("system")


@pytest.mark.parametrize("version", Version)
async def test_a_message_arrives_with_its_id(
    connect: Connect, execute: Execute, version: Version
) -> None:
    client = await connect(version)
    await flowing(client, "realtime:news")
    execute(SEND, json.dumps({"price": 1.5}), "tick", "news", False)
    message = await client.next("broadcast")
    assert (message["event"], message["payload"]["price"]) == ("tick", 1.5)
    assert message["meta"]["id"] == message["payload"]["id"]


async def test_private_messages_reach_private_channels_only(
    connect: Connect, execute: Execute
) -> None:
    user = str(uuid.uuid4())
    public, private = await connect(), await connect()
    await flowing(public, f"realtime:user:{user}")
    await flowing(private, f"realtime:user:{user}", token(user), private=True)
    execute(SEND, '{"n": 1}', "e", f"user:{user}", True)
    execute(SEND, '{"n": 2}', "e", f"user:{user}", False)
    assert (await private.next("broadcast"))["payload"]["n"] == 1
    assert (await public.next("broadcast"))["payload"]["n"] == 2


async def test_a_trigger_can_broadcast_its_rows(client: Client, execute: Execute) -> None:
    execute("create table public.moves (id integer primary key, price numeric)")
    execute(
        "create function public.tell() returns trigger language plpgsql as $$ begin"
        " perform realtime.broadcast_changes('open:moves', tg_op, tg_op, tg_table_name,"
        " tg_table_schema, new, old); return null; end $$"
    )
    execute(
        "create trigger tell after insert or update or delete on public.moves"
        " for each row execute function public.tell()"
    )
    await flowing(client, "realtime:open:moves", token(), private=True)
    execute("insert into public.moves values (1, 1.50)")
    execute("update public.moves set price = 2")
    execute("delete from public.moves")
    bodies = [(await client.next("broadcast"))["payload"] for _ in range(3)]
    for body in bodies:
        assert uuid.UUID(body.pop("id"))
    where = {"table": "moves", "schema": "public"}
    old, new = {"id": 1, "price": 1.5}, {"id": 1, "price": 2}
    assert bodies == [
        {**where, "operation": "INSERT", "record": old, "old_record": None},
        {**where, "operation": "UPDATE", "record": new, "old_record": old},
        {**where, "operation": "DELETE", "record": None, "old_record": new},
    ]
    execute("drop table public.moves; drop function public.tell()")


def test_a_broadcast_for_whole_statements_is_refused_as_on_hosted(execute: Execute) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="for each row, not for each statement"):
        execute("select realtime.broadcast_changes('t','e','o','t','s',null,null,'STATEMENT')")


def test_a_broadcast_that_fails_does_not_undo_the_callers_work(execute: Execute) -> None:
    execute(SEND, "{}", "e", None, True)  # A message must have a topic.
    assert execute("select 1 from realtime.messages where topic is null") == []


async def test_rows_of_other_extensions_are_nobodys_broadcast(
    client: Client, execute: Execute
) -> None:
    await flowing(client, "realtime:news")
    execute(
        "insert into realtime.messages (topic, extension, event) values ('news','presence','e')"
    )
    execute(SEND, '{"n": 1}', "e", "news", False)
    assert (await client.next("broadcast"))["payload"]["n"] == 1


async def test_old_messages_are_deleted(cluster: Cluster, execute: Execute) -> None:
    for age in ("4 days", "2 days"):
        execute(
            "insert into realtime.messages (topic, extension, inserted_at)"
            " values ('aged', 'broadcast', localtimestamp - %s::interval)",
            age,
        )
    database = Database(cluster.admin_conninfo, "test")
    task = asyncio.create_task(purge_forever(database))
    try:
        await until(
            lambda: len(execute("select 1 from realtime.messages where topic = 'aged'")) == 1
        )
    finally:
        task.cancel()
        await database.close()
