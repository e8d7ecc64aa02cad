"""Fill a new database with the project's seed data, once.

In:  ``supabase/config.toml`` (``[db.seed] enabled, sql_paths``), or a file named by the caller.
Out: rows, and a line per file in ``supabase_migrations.seed_files``, as the Supabase CLI keeps it.
Next: `devstack/supabase/stack.py`.
"""

import hashlib
import logging
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from core.errors import ConfigError
from devstack.supabase.migrations import run_script

if TYPE_CHECKING:
    import psycopg


log = logging.getLogger(__name__)


def configured_seeds(folder: Path) -> list[Path]:
    """Return the seed files of a ``supabase`` folder, in the order of its ``config.toml``.

    Without a configuration the Supabase CLI's defaults hold: ``seed.sql`` when it exists.

    Raises
    ------
    ConfigError
        ``config.toml`` cannot be read, or its seed section holds something else than it must.
    """
    settings = _seed_section(folder / "config.toml")
    patterns = settings.get("sql_paths", ["./seed.sql"])
    enabled = settings.get("enabled", True)
    if not isinstance(patterns, list) or not isinstance(enabled, bool):
        raise ConfigError(
            f"{folder / 'config.toml'}: [db.seed] needs enabled = bool, sql_paths = []"
        )
    if not enabled:
        return []
    found: dict[Path, None] = {}  # In order, and once each: patterns may name a file twice.
    for pattern in map(str, patterns):
        matching = _matching(folder, pattern)
        if not matching and "sql_paths" in settings:
            log.warning("no seed file matches %r in %s", pattern, folder)
        found |= dict.fromkeys(matching)
    return list(found)


def seed(connection: "psycopg.Connection", files: Sequence[Path], folder: Path) -> None:
    """Run each file that the database has not had yet, each in one transaction.

    Raises
    ------
    ConfigError
        A file cannot be read.
    DataError
        A statement fails; names the file and the line.
    """
    from devstack.supabase.statements import split_statements  # noqa: PLC0415 - seldom needed

    done = {
        path for (path,) in connection.execute("select path from supabase_migrations.seed_files")
    }
    connection.commit()
    for file in files:
        name = _recorded_name(file, folder)
        if name in done:
            continue
        try:
            content = file.read_bytes()
            text = content.decode()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"seed file {file} cannot be read: {error}") from error
        with connection.transaction():
            run_script(connection, file, split_statements(text))
            connection.execute(
                "insert into supabase_migrations.seed_files (path, hash) values (%s, %s)",
                (name, hashlib.sha256(content).hexdigest()),
            )


def _recorded_name(file: Path, folder: Path) -> str:
    """Return the path as the CLI records it: ``supabase/seed.sql``."""
    resolved, root = file.resolve(), folder.resolve().parent
    return str(resolved.relative_to(root) if resolved.is_relative_to(root) else resolved)


def _matching(folder: Path, pattern: str) -> list[Path]:
    """Return the files a pattern names, in order."""
    if Path(pattern).is_absolute():
        raise ConfigError(
            f"{folder / 'config.toml'}: sql_paths holds {pattern!r}, must be below {folder}"
        )
    return sorted(folder.glob(pattern.removeprefix("./")))


def _seed_section(file: Path) -> dict[str, object]:
    try:
        parsed = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ConfigError(f"{file} cannot be read: {error}") from error
    database = parsed.get("db", {})
    section = database.get("seed", {}) if isinstance(database, dict) else None
    if not isinstance(section, dict):
        raise ConfigError(f"{file}: [db.seed] must be a table")
    return section
