"""Seeds: which files, once, and recorded as the Supabase CLI does."""

import hashlib
from pathlib import Path

import psycopg
import pytest

from core.errors import ConfigError, DataError
from devstack.supabase.database import Database
from devstack.supabase.schema import read_schema
from devstack.supabase.seed import configured_seeds


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a ``supabase`` folder with one table and one seed."""
    folder = tmp_path / "supabase"
    (folder / "migrations").mkdir(parents=True)
    (folder / "migrations/1_a.sql").write_text("create table public.a (b int);")
    (folder / "seed.sql").write_text("insert into public.a values (1);")
    return folder


def rows(database: Database) -> list[tuple[int]]:
    with psycopg.connect(database.postgres_conninfo) as connection:
        return connection.execute("select b from public.a order by b").fetchall()


def test_the_seed_runs_once(database: Database, folder: Path) -> None:
    for _ in range(2):
        read_schema(folder / "migrations", None).apply(database.postgres_conninfo)
    assert rows(database) == [(1,)]
    with psycopg.connect(database.postgres_conninfo) as connection:
        recorded = connection.execute("select * from supabase_migrations.seed_files").fetchall()
    digest = hashlib.sha256((folder / "seed.sql").read_bytes()).hexdigest()
    assert recorded == [("supabase/seed.sql", digest)]


def test_a_named_seed_takes_the_place_of_the_others(database: Database, folder: Path) -> None:
    other = folder / "other.sql"
    other.write_text("insert into public.a values (2);")
    read_schema(folder / "migrations", other).apply(database.postgres_conninfo)
    assert rows(database) == [(2,)]


def test_the_configuration_names_the_seeds(folder: Path) -> None:
    (folder / "seeds").mkdir()
    for name in ("b.sql", "a.sql"):
        (folder / "seeds" / name).write_text("")
    (folder / "config.toml").write_text(
        '[db.seed]\nenabled = true\nsql_paths = ["seeds/*.sql", "./seed.sql", "seeds/a.*"]\n'
    )
    found = [path.relative_to(folder).as_posix() for path in configured_seeds(folder)]
    assert found == ["seeds/a.sql", "seeds/b.sql", "seed.sql"]


def test_seeds_can_be_switched_off(folder: Path) -> None:
    (folder / "config.toml").write_text("[db.seed]\nenabled = false\n")
    assert configured_seeds(folder) == []


@pytest.mark.parametrize(
    "text",
    [
        "[db.seed",
        "[db.seed]\nenabled = 'yes'",
        "[db.seed]\nsql_paths = 'seed.sql'",
        "[db.seed]\nsql_paths = ['/etc/seed.sql']",
        "db = 3",
        "[db]\nseed = 3",
    ],
)
def test_a_malformed_configuration_is_named(folder: Path, text: str) -> None:
    (folder / "config.toml").write_text(text)
    with pytest.raises(ConfigError, match=r"config\.toml"):
        configured_seeds(folder)


def test_a_pattern_that_names_no_file_is_told(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "seed.sql").unlink()
    assert configured_seeds(folder) == []
    assert not caplog.messages  # It is only the default that is not there.
    (folder / "config.toml").write_text('[db.seed]\nsql_paths = ["sed.sql"]\n')
    assert configured_seeds(folder) == []
    assert caplog.messages == [f"no seed file matches 'sed.sql' in {folder}"]


def test_a_failing_seed_is_named_and_undone(database: Database, folder: Path) -> None:
    (folder / "seed.sql").write_text("insert into public.a values (1);\nselect nope;")
    schema = read_schema(folder / "migrations", None)
    with pytest.raises(DataError, match=r"^seed.sql:2: "):
        schema.apply(database.postgres_conninfo)
    assert rows(database) == []


def test_a_seed_that_is_not_there_is_named(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.sql does not exist"):
        read_schema(folder / "migrations", folder / "nowhere.sql")
