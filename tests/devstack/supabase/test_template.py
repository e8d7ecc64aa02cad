"""Templates: built once per schema, copied for each ephemeral database."""

from pathlib import Path

import psycopg

from devstack.supabase.database import Database
from devstack.supabase.keys import load_keys
from devstack.supabase.schema import Schema, read_schema
from devstack.supabase.scratch import ephemeral_state, scratch_of
from devstack.supabase.state import open_home
from devstack.supabase.template import fill_from_template


def filled(schema: Schema) -> tuple[float, list[str]]:
    """Return when the template of a schema was built, and the tables of a copy."""
    home = open_home(None)
    keys = load_keys(home)
    state = ephemeral_state(home)
    database = Database(state, keys)
    try:
        fill_from_template(database, keys, schema)
        database.start(0)
        database.wait_ready()
        assert not database.created
        with psycopg.connect(database.url) as connection:
            rows = connection.execute(
                "select tablename::text from pg_tables where schemaname = 'public'"
            ).fetchall()
    finally:
        database.stop()
        state.remove()
    template = scratch_of(home) / "templates" / f"{database.digest}-{schema.digest()}"
    return template.stat().st_ctime, [name for (name,) in rows]


def test_a_template_is_built_once_and_anew_when_the_schema_changes(tmp_path: Path) -> None:
    file = tmp_path / "1_a.sql"
    file.write_text("create table public.one ();")
    built, tables = filled(read_schema(tmp_path, None))
    assert tables == ["one"]
    assert filled(read_schema(tmp_path, None)) == (built, ["one"])
    file.write_text("create table public.two ();")
    rebuilt, tables = filled(read_schema(tmp_path, None))
    assert tables == ["two"]
    assert rebuilt > built
