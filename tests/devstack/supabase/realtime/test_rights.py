"""The SQL that answers for others: waiting for commits, rights on channels, roles."""

import asyncio
import json
from collections.abc import AsyncIterator

import psycopg
import pytest

from devstack.supabase.database import Database as Cluster
from devstack.supabase.realtime.database import Database
from devstack.supabase.realtime.identity import Identity
from devstack.supabase.realtime.rights import ask_channel_rights, await_commits
from tests.devstack.supabase.realtime.conftest import Execute, until

WAITING = "select 1 from pg_stat_activity where application_name = 'rights' and state = 'active'"


@pytest.fixture
async def database(cluster: Cluster) -> AsyncIterator[Database]:
    opened = Database(cluster.admin_conninfo, "rights")
    yield opened
    await opened.close()


async def test_who_awaits_a_transaction_waits_until_it_is_visible(
    database: Database, cluster: Cluster, execute: Execute
) -> None:
    with psycopg.connect(cluster.url) as writer:
        ((full,),) = writer.execute("select pg_current_xact_id()::text::bigint").fetchall()
        waiting = asyncio.create_task(await_commits(database, {full % 2**32}))
        await until(lambda: execute(WAITING))
        await until(lambda: execute(WAITING))  # Still: looking once did not end it.
        assert not waiting.done()
        writer.commit()
        await waiting


async def test_transactions_long_past_are_not_waited_for(database: Database) -> None:
    await await_commits(database, {3, 700})


@pytest.mark.parametrize("topic", ["open:talk", "open:listen", "closed"])
async def test_rights_on_a_channel_follow_the_policies_verb_by_verb(
    database: Database, topic: str
) -> None:
    user = Identity("authenticated", json.dumps({"role": "authenticated"}), None)
    rights = await ask_channel_rights(database, topic, user)
    assert rights.allows("broadcast", "read") is (topic != "closed")
    assert rights.allows("presence", "write") is (topic == "open:talk")


@pytest.mark.parametrize("role", ["postgres", "supabase_admin", "nobody such"])
async def test_a_role_that_is_not_the_apis_is_refused(database: Database, role: str) -> None:
    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedObject)):
        await ask_channel_rights(database, "open:talk", Identity(role, "{}", None))


@pytest.mark.parametrize("role", ["anon", "authenticated", "service_role"])
def test_nobody_but_the_superuser_may_ask(execute: Execute, role: str) -> None:
    functions = ("access", "views", "await_commits", "channel_rights", "require_api_role")
    allowed = execute(
        "select proname from pg_proc where pronamespace = 'realtime'::regnamespace"
        " and proname = any(%s) and has_function_privilege(%s, oid, 'execute')",
        list(functions),
        role,
    )
    assert allowed == []
