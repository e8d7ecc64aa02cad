"""Bring a database up to the project's migrations, recorded exactly as the Supabase CLI does.

In:  a directory of ``<version>_<name>.sql`` files and the address of the role ``postgres``.
Out: ``supabase_migrations.schema_migrations``, so that this runner and the CLI can take turns.
Next: `devstack/supabase/seed.py`.

One file is one transaction. A released file must not change: its recorded statements are compared
with the file on every start. Role ``postgres`` is no superuser, as on hosted.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import ConfigError, DataError

if TYPE_CHECKING:
    import psycopg

    from devstack.supabase.statements import Statement

_FILE_NAME = re.compile(r"([0-9]+)_(.*)\.sql")
_ENDS_TRANSACTION = re.compile(
    r"(begin|start\s+transaction|commit|end|rollback|abort|prepare\s+transaction)\b(?!\s+to\b)",
    re.IGNORECASE,
)
_HISTORY = """
    create schema if not exists supabase_migrations;
    create table if not exists supabase_migrations.schema_migrations
      (version text not null primary key, statements text[], name text);
    create table if not exists supabase_migrations.seed_files
      (path text not null primary key, hash text not null);
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: its ``version`` (digits that order it), ``name`` and ``text``."""

    version: str
    name: str
    path: Path
    text: str


def read_migrations(directory: Path) -> list[Migration]:
    """Return the directory's migrations in the order of their versions.

    Files whose names do not begin with a version are none, as for the Supabase CLI.

    Raises
    ------
    ConfigError
        The directory or a file cannot be read, or two files have one version.
    """
    try:
        paths = sorted(directory.iterdir())
    except OSError as error:
        raise ConfigError(f"migrations in {directory} cannot be read: {error}") from error
    found = [
        Migration(match[1], match[2], path, _text_of(path))
        for path in paths
        if (match := _FILE_NAME.fullmatch(path.name))
    ]
    found.sort(key=lambda migration: migration.version)
    for one, other in pairwise(found):
        if one.version == other.version:
            raise ConfigError(f"{one.path.name} and {other.path.name} have the same version")
    return found


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"migration {path} cannot be read: {error}") from error


def migrate(connection: "psycopg.Connection", migrations: Sequence[Migration]) -> int:
    """Apply what the database does not have yet; return how many files that was.

    Raises
    ------
    DataError
        A statement fails (its file and line are named), or the files and the database's history
        contradict each other.
    """
    connection.execute(_HISTORY)
    rows = connection.execute(
        "select version, statements from supabase_migrations.schema_migrations"
    )
    history: dict[str, list[str]] = {version: statements or [] for version, statements in rows}
    connection.commit()
    check_history(migrations, history)
    pending = [migration for migration in migrations if migration.version not in history]
    for migration in pending:
        _apply(connection, migration)
    return len(pending)


def check_history(migrations: Sequence[Migration], history: Mapping[str, Sequence[str]]) -> None:
    """Refuse files that contradict what the database has applied.

    Raises
    ------
    DataError
        A recorded version has no file, a recorded file was edited, or a new file would come
        before one that is applied already.
    """
    files = {migration.version: migration for migration in migrations}
    if lost := sorted(history.keys() - files.keys()):
        raise DataError(f"migration {lost[0]} was applied and its file is gone; start with --reset")
    latest = max(history, default="")
    for migration in migrations:
        if migration.version not in history:
            if migration.version < latest:
                raise DataError(
                    f"{migration.path.name} is new but older than the applied {latest}; "
                    "give it a later version, or start with --reset"
                )
        elif _essence(migration.text) != _essence("".join(history[migration.version])):
            raise DataError(
                f"{migration.path.name} was edited after it had been applied; put the change into "
                "a new migration, or start with --reset"
            )


def run_script(connection: "psycopg.Connection", path: Path, statements: "list[Statement]") -> None:
    """Run one file's statements inside the open transaction.

    Raises
    ------
    DataError
        A statement fails, or ends the transaction; names the file and the line.
    """
    import psycopg  # noqa: PLC0415 - imported while Postgres starts, see stack.py

    for statement in statements:
        begins = statement.begins()
        if _ENDS_TRANSACTION.match(statement.text, begins):
            raise DataError(
                f"{path.name}:{statement.line_at(begins)}: a file is one transaction and must not "
                "begin or end one"
            )
        try:
            connection.execute(statement.text.encode())
        except psycopg.Error as error:
            position = error.diag.statement_position
            where = statement.line_at(int(position) - 1 if position else begins)
            text = error.diag.message_primary or str(error)
            detail = f" ({error.diag.message_detail})" if error.diag.message_detail else ""
            raise DataError(f"{path.name}:{where}: {text}{detail}") from error


def _apply(connection: "psycopg.Connection", migration: Migration) -> None:
    from devstack.supabase.statements import split_statements  # noqa: PLC0415 - seldom needed

    statements = split_statements(migration.text)
    with connection.transaction():
        run_script(connection, migration.path, statements)
        connection.execute(
            "insert into supabase_migrations.schema_migrations (version, name, statements) "
            "values (%s, %s, %s)",
            (migration.version, migration.name, [statement.text for statement in statements]),
        )


def _essence(sql: str) -> str:
    """Return a script without white space and semicolons, which recording trims."""
    return "".join(sql.replace(";", " ").split())
