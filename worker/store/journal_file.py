"""The journal's file: made, checked, and moved aside when it is damaged.

In:  a path.
Out: an open SQLite database that holds the tables below, or a sentence that says why not.
Next: `worker/store/journal.py`, which fills it.

Events and facts share one sequence: what was put before is before. An event stays after the
database has it, for as long as recovery may need it.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar, Final

from core.errors import EXIT_CONFIGURATION, StoreError

FORMAT: Final = 1
"""Of the tables below; kept in the file as SQLite's user_version."""

_SCHEMA: Final = f"""
begin;
create table meta (name text primary key, value text not null) without rowid;
create table events (
  sequence integer primary key,
  group_id integer not null,   -- the first sequence of those that belong together
  kept_at integer not null,    -- wall clock, seconds
  config_id text,              -- null: the market's own
  kind text not null,
  event text not null
);
create index events_config on events (config_id, sequence) where config_id is not null;
create table facts (
  sequence integer primary key,
  kind text not null,
  key text not null,
  body blob not null
);
create index facts_kind on facts (kind, sequence);
-- A config whose events wait since one of them was refused; see worker/store/outgoing.py.
create table lanes (
  config_id text primary key,
  began integer not null,      -- the event that was refused first
  next integer not null,       -- the first of its events that the database does not have
  moving integer not null      -- 0: waits for an operator; 1: settled, catches up
) without rowid;
create table refused (
  sequence integer primary key,
  refused_at integer not null,
  config_id text,
  kind text not null,
  event text not null,
  code text not null,
  error text not null,
  skipped integer not null default 0
);
-- Lanes that have caught up: they began at `began` and ended when all up to `drained` was stored.
create table merged (drained integer not null, began integer not null);
-- What is no longer here, by config and kind, so that it can be named when it is missing.
create table pruned (
  config_id text not null,     -- empty: the market's own
  kind text not null,
  count integer not null,
  first integer not null,
  last integer not null,
  primary key (config_id, kind)
) without rowid;
-- Configs of which something is in neither place: they do not trade until an operator accepts it.
create table missing (config_id text primary key, sentence text not null) without rowid;
pragma user_version = {FORMAT};
commit;
"""


class JournalError(StoreError):
    """Raised when the journal cannot be written to: a restart does not help until that is cured."""

    exit_code: ClassVar[int] = EXIT_CONFIGURATION


class DamagedError(StoreError):
    """Raised when the file is no journal any more; a restart moves it aside and makes a new one."""


@contextmanager
def saying(path: Path) -> Iterator[None]:
    """Turn SQLite's errors into ours, each with its cure.

    Raises
    ------
    JournalError, DamagedError
    """
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
            raise DamagedError(f"the journal {path} is damaged: {error}") from error
        cure = {
            sqlite3.SQLITE_FULL: "; make room on its disk or raise WORKER_JOURNAL_MB",
            sqlite3.SQLITE_IOERR: "; look after its disk",
            sqlite3.SQLITE_READONLY: "; let the worker write to its folder",
        }
        raise JournalError(
            f"the journal {path} cannot be used: {error}{cure.get(code, '')}"
        ) from error


def opened_file(path: Path) -> sqlite3.Connection:
    """Return the file's database, made where it is absent.

    Raises
    ------
    DamagedError
        If it is no database, or a damaged one.
    JournalError
        If it cannot be used, or has a format this release does not know.
    """
    with saying(path):
        # The thread that uses it is not the one that opens it.
        database = sqlite3.connect(path, check_same_thread=False, autocommit=True)
        try:
            _prepare(database, path)
        except BaseException:
            database.close()
            raise
    return database


def move_aside(path: Path) -> Path:
    """Give a damaged file, and what belongs to it, a name that says since when; return it."""
    name = f"{path.name}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    for suffix in ("", "-wal", "-shm"):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(path.with_name(name + suffix))
    return path.with_name(name)


def _prepare(database: sqlite3.Connection, path: Path) -> None:
    database.execute("pragma journal_mode = wal")
    # A commit is in the system's hands at once; `Journal.sync` waits for the disk where it matters.
    database.execute("pragma synchronous = normal")
    (version,) = database.execute("pragma user_version").fetchone()
    (tables,) = database.execute("select count(*) from sqlite_master").fetchone()
    if version == 0 and tables == 0:
        database.executescript(_SCHEMA)
    elif version != FORMAT:
        raise JournalError(
            f"the journal {path} has format {version}, this worker knows {FORMAT}; run the release "
            "that wrote it until all is stored, or move the file away"
        )
    (state,) = database.execute("pragma quick_check(1)").fetchone()
    if state != "ok":
        raise DamagedError(f"the journal {path} is damaged: {state}")
