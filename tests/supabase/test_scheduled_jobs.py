"""The minute clock of a hosted project: what it asks of pg_cron, pg_net and the vault.

None of the three can be installed here, so each is played by a table and a function of its own
documented form, in a transaction that is rolled back.
"""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.rows import dict_row

from functions.routes import ROUTES
from functions.routing import Access
from tests.stacks import RunningStack
from tests.supabase.conftest import Database

EXTENSIONS = """
  create schema cron;
  create table cron.job (jobname text primary key, schedule text, command text);
  create function cron.schedule(job_name text, schedule text, command text) returns bigint
    language sql as $$
      insert into cron.job values ($1, $2, $3)
      on conflict (jobname) do update set schedule = excluded.schedule, command = excluded.command
      returning 1::bigint
    $$;
  create schema net;
  create table net.asked (url text, body jsonb, headers jsonb, timeout_milliseconds integer);
  create function net.http_post(
    url text,
    body jsonb default '{}',
    params jsonb default '{}',
    headers jsonb default '{"Content-Type": "application/json"}',
    timeout_milliseconds integer default 5000
  ) returns bigint
    language sql as $$
      insert into net.asked values (url, body, headers, timeout_milliseconds) returning 7::bigint
    $$;
  create schema vault;
  create table vault.decrypted_secrets (name text primary key, decrypted_secret text);
"""


@pytest.fixture
def hosted(stack: RunningStack) -> Iterator[Database]:
    """Yield a database that has the extensions, until the test ends."""
    with psycopg.connect(stack.database_url, row_factory=dict_row) as connection:
        connection.execute(EXTENSIONS)
        yield connection
        connection.rollback()


def test_every_cron_endpoint_but_the_emergency_stop_is_called_each_minute(
    hosted: Database,
) -> None:
    for _ in range(2):  # Applied twice it is the same.
        hosted.execute("select private.schedule_jobs()")
    jobs = hosted.execute("select * from cron.job").fetchall()
    paths = {
        route.path
        for route in ROUTES
        if route.access is Access.CRON and not route.path.endswith("/emergency-stop")
    }
    assert {str(job["command"]) for job in jobs} == {
        f"select private.call_function('{path}')" for path in paths
    }
    assert {job["schedule"] for job in jobs} == {"* * * * *"}
    assert all(str(job["jobname"]).startswith("tradebase-") for job in jobs)


def test_a_call_carries_the_secret_of_the_vault_and_waits_long_enough(hosted: Database) -> None:
    hosted.execute(
        "insert into vault.decrypted_secrets values "
        "('tradebase_url', 'https://app.example.com/'), ('tradebase_cron_secret', 'the secret')"
    )
    hosted.execute("select private.call_function('/api/cron/eod-exit')")
    assert hosted.execute("select * from net.asked").fetchone() == {
        "url": "https://app.example.com/api/cron/eod-exit",
        "body": {},
        "headers": {"Content-Type": "application/json", "Authorization": "Bearer the secret"},
        "timeout_milliseconds": 55000,
    }


def test_a_secret_that_is_missing_is_named(hosted: Database) -> None:
    with pytest.raises(psycopg.DatabaseError, match="the vault has no secret tradebase_url"):
        hosted.execute("select private.call_function('/api/cron/eod-exit')")


def test_where_the_extensions_are_not_to_be_had_nothing_is_scheduled(database: Database) -> None:
    row = database.execute("select to_regclass('cron.job') as jobs").fetchone()
    assert row == {"jobs": None}
