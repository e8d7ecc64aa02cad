"""The server as Supabase's services need it."""

import psycopg
import pytest
from psycopg import sql

from devstack.supabase.database import Database


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("wal_level", "logical"),
        ("listen_addresses", "127.0.0.1"),
        ("synchronous_commit", "on"),
        ("server_encoding", "UTF8"),
    ],
)
def test_the_server_is_set_up_for_realtime_and_for_this_machine_only(
    database: Database, setting: str, value: str
) -> None:
    with psycopg.connect(database.url) as connection:
        assert connection.execute(f"show {setting}").fetchone() == (value,)


def test_time_is_shown_in_utc(database: Database) -> None:
    with psycopg.connect(database.url) as connection:
        row = connection.execute("select '2026-01-01 12:00+05:30'::timestamptz::text").fetchone()
    assert row == ("2026-01-01 06:30:00+00",)


def test_who_asks_is_read_from_the_claims(database: Database) -> None:
    user = "7b0e2b1c-0000-4000-8000-000000000001"
    claims = f'{{"sub": "{user}", "role": "authenticated", "email": "a@b.c", "x": {{"y": 1}}}}'
    with psycopg.connect(database.url) as connection:
        ask = "select auth.uid()::text, auth.role(), auth.email(), auth.jwt() -> 'x'"
        assert connection.execute(ask).fetchone() == (None, None, None, None)
        connection.execute("select set_config('request.jwt.claims', %s, true)", (claims,))
        connection.execute("set local role authenticated")
        assert connection.execute(ask).fetchone() == (user, "authenticated", "a@b.c", {"y": 1})


@pytest.mark.parametrize(("role", "limit"), [("anon", "3s"), ("authenticated", "8s")])
def test_roles_have_the_time_limits_of_hosted(database: Database, role: str, limit: str) -> None:
    with psycopg.connect(database.admin_conninfo) as connection:
        row = connection.execute(
            "select rolconfig from pg_roles where rolname = %s", (role,)
        ).fetchone()
    assert row is not None
    assert f"statement_timeout={limit}" in row[0]


def test_a_password_is_needed_and_the_services_have_their_own(database: Database) -> None:
    for user, password in (("postgres", "wrong"), ("supabase_admin", "postgres")):
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(database.server.conninfo(user, password))


@pytest.mark.parametrize("name", ["uuid_generate_v4", "uuid_generate_v1", "uuid_generate_v1mc"])
def test_the_stand_in_for_uuid_ossp_makes_unique_uuids(database: Database, name: str) -> None:
    with psycopg.connect(database.url) as connection:
        call = sql.SQL("select count(distinct extensions.{}()) from generate_series(1, 100)")
        row = connection.execute(call.format(sql.Identifier(name))).fetchone()
    assert row == (100,)


def test_ddl_tells_postgrest_to_read_the_schema_again(database: Database) -> None:
    with (
        psycopg.connect(database.url, autocommit=True) as listener,
        psycopg.connect(database.url, autocommit=True) as worker,
    ):
        listener.execute("listen pgrst")
        for statement in ("create table public.a ()", "drop table public.a"):
            worker.execute(statement)
            heard = [notice.payload for notice in listener.notifies(timeout=5, stop_after=1)]
            assert heard[:1] == ["reload schema"]
        worker.execute("create temporary table b ()")
        worker.execute("select 1")
        worker.execute("notify pgrst, 'the end'")
        heard = [notice.payload for notice in listener.notifies(timeout=5, stop_after=1)]
        assert heard == ["the end"]
