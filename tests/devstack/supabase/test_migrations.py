"""Migrations: order, history as the Supabase CLI writes it, and what is refused."""

from pathlib import Path

import psycopg
import pytest

from core.errors import ConfigError, DataError
from devstack.supabase.database import Database
from devstack.supabase.migrations import migrate, read_migrations


def write(folder: Path, **files: str) -> Path:
    """Write migrations ``v1_first="..."`` as ``1_first.sql``."""
    for name, text in files.items():
        (folder / f"{name.removeprefix('v')}.sql").write_text(text)
    return folder


def apply(database: Database, folder: Path) -> int:
    with psycopg.connect(database.postgres_conninfo) as connection:
        return migrate(connection, read_migrations(folder))


def history(database: Database) -> list[tuple[str, list[str], str]]:
    with psycopg.connect(database.postgres_conninfo) as connection:
        return connection.execute(
            "select version, statements, name from supabase_migrations.schema_migrations "
            "order by version"
        ).fetchall()


def test_each_file_is_applied_once_and_recorded_as_the_cli_does(
    database: Database, tmp_path: Path
) -> None:
    write(
        tmp_path,
        v20260101000000_things="-- first;\ncreate table public.a (b text default ';');\n\n"
        "comment on table public.a is 'one';;\n-- the end\n",
        v20260102000000_more_things="insert into public.a values (default)",
    )
    (tmp_path / "README.md").write_text("not a migration")
    assert apply(database, tmp_path) == 2
    assert apply(database, tmp_path) == 0
    assert history(database) == [
        (
            "20260101000000",
            [
                "-- first;\ncreate table public.a (b text default ';')",
                "comment on table public.a is 'one'",
                "-- the end",
            ],
            "things",
        ),
        ("20260102000000", ["insert into public.a values (default)"], "more_things"),
    ]


def test_a_later_file_is_added_to_what_is_there(database: Database, tmp_path: Path) -> None:
    apply(database, write(tmp_path, v1_first="create table public.a ()"))
    assert apply(database, write(tmp_path, v2_second="alter table public.a add b int")) == 1


def test_a_failing_statement_is_named_and_its_file_undone(
    database: Database, tmp_path: Path
) -> None:
    write(
        tmp_path,
        v1_good="create table public.a ();",
        v2_bad="create table public.b ();\n\n/* why\n*/ select 1,\n  nope;\n",
    )
    with pytest.raises(DataError, match=r'^2_bad.sql:5: column "nope" does not exist$'):
        apply(database, tmp_path)
    assert [version for version, _, _ in history(database)] == ["1"]
    with psycopg.connect(database.postgres_conninfo) as connection:
        assert connection.execute("select to_regclass('public.b')").fetchone() == (None,)


def test_a_failing_statement_without_a_position_is_named_by_its_first_line(
    database: Database, tmp_path: Path
) -> None:
    write(
        tmp_path,
        v1_a="create table public.a (b int check (b > 0));\n\n-- no\n\ninsert into\n"
        "public.a values (0);",
    )
    with pytest.raises(
        DataError, match=r"^1_a.sql:5: new row .* \(Failing row contains \(0\)\.\)$"
    ):
        apply(database, tmp_path)


@pytest.mark.parametrize("word", ["commit", "BEGIN", "rollback", "start transaction", "end"])
def test_a_file_that_handles_transactions_itself_is_refused(
    database: Database, tmp_path: Path, word: str
) -> None:
    write(tmp_path, v1_a=f"create table public.a ();\n-- so\n{word};")
    with pytest.raises(DataError, match=r"^1_a.sql:3: a file is one transaction"):
        apply(database, tmp_path)
    assert history(database) == []


def test_rolling_back_to_a_savepoint_is_allowed(database: Database, tmp_path: Path) -> None:
    write(tmp_path, v1_a="savepoint s; create table public.a (); rollback to s;")
    assert apply(database, tmp_path) == 1


def test_an_edited_file_is_noticed(database: Database, tmp_path: Path) -> None:
    apply(database, write(tmp_path, v1_a="create table public.a ();"))
    apply(database, write(tmp_path, v1_a="\ncreate  table public.a ( )\n;;"))  # Nothing changed.
    with pytest.raises(DataError, match=r"^1_a.sql was edited after it had been applied"):
        apply(database, write(tmp_path, v1_a="create table public.a (b int);"))


def test_a_lost_file_is_noticed(database: Database, tmp_path: Path) -> None:
    apply(database, write(tmp_path, v1_a="select 1"))
    (tmp_path / "1_a.sql").unlink()
    with pytest.raises(DataError, match=r"^migration 1 was applied and its file is gone"):
        apply(database, tmp_path)


def test_a_file_older_than_what_is_applied_is_refused(database: Database, tmp_path: Path) -> None:
    apply(database, write(tmp_path, v2_b="select 1"))
    with pytest.raises(DataError, match=r"^1_a.sql is new but older than the applied 2"):
        apply(database, write(tmp_path, v1_a="select 1"))


def test_two_files_of_one_version_are_refused(tmp_path: Path) -> None:
    write(tmp_path, v1_a="", v1_b="")
    with pytest.raises(ConfigError, match=r"^1_a.sql and 1_b.sql have the same version$"):
        read_migrations(tmp_path)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "1_a.sql").write_bytes(b"select '\xff'")
    with pytest.raises(ConfigError, match=r"migration .*1_a\.sql cannot be read"):
        read_migrations(tmp_path)


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        ("create role r superuser", "permission denied to create role"),
        ("copy (select 1) to program 'true'", "permission denied to COPY"),
        ("drop table auth.users cascade", "must be owner of table users"),
        ("alter role supabase_admin password 'x'", "permission denied to alter role"),
    ],
)
def test_migrations_have_no_rights_that_hosted_does_not_give(
    database: Database, tmp_path: Path, statement: str, refusal: str
) -> None:
    with pytest.raises(DataError, match=refusal):
        apply(database, write(tmp_path, v1_a=statement))


def test_migrations_have_the_rights_that_hosted_gives(database: Database, tmp_path: Path) -> None:
    write(
        tmp_path,
        v1_a="""
            create extension if not exists pgcrypto with schema extensions;
            create extension if not exists "uuid-ossp" with schema extensions;
            create extension citext with schema extensions;
            create table public.a (
              id uuid primary key default uuid_generate_v4() references auth.users (id)
            );
            alter publication supabase_realtime add table public.a;
            grant select on public.a to anon, authenticated, service_role;
            create function public.f() returns trigger language plpgsql security definer
              as 'begin return new; end';
            create trigger t after insert on auth.users
              for each row execute function public.f();
            create role app_reader;
            create schema private;
            create policy "p" on realtime.messages for select to authenticated using (true);
        """,
    )
    assert apply(database, tmp_path) == 1


def test_nobody_is_granted_anything_by_default(database: Database, tmp_path: Path) -> None:
    apply(database, write(tmp_path, v1_a="create table public.a ()"))
    with psycopg.connect(database.admin_conninfo) as connection:
        for role in ("anon", "authenticated", "service_role"):
            row = connection.execute(
                "select has_table_privilege(%s, 'public.a', 'select')", (role,)
            ).fetchone()
            assert row == (False,), role
