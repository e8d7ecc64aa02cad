"""Whether the database has the tables that this release needs.

In:  what the database says of itself; the migrations beside this release.
Out: its name; or a sentence that names what is missing.
Next: `worker/run.py` and `worker/health/doctor.py`, which ask before anything else.
"""

from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID

from core.errors import ConfigError
from worker.store.supabase import RefusedError, Supabase

SCHEMA_VERSION: Final = 1
MIGRATIONS: Final = Path(__file__).resolve().parents[2] / "supabase" / "migrations"

_NO_SUCH_FUNCTION: Final = frozenset({"PGRST202", "42883"})


class Schema(NamedTuple):
    """What a database is.

    Attributes
    ----------
    id
        Tells it from others.
    version
        Of the contract between database and worker.
    """

    id: UUID
    version: int


async def require_schema(supabase: Supabase, migrations: Path = MIGRATIONS) -> Schema:
    """Return what the database is if this release can work with it.

    Parameters
    ----------
    migrations
        Those that it must have; an installation without the folder goes by the version alone.

    Raises
    ------
    ConfigError
        If it lacks migrations, or has a version that this worker does not know.
    StoreError
        If it is away.
    """
    ours = _names(migrations)
    health = await _call(supabase, "health", migrations)
    version = health.get("schema_version") if isinstance(health, dict) else None
    if version != SCHEMA_VERSION:
        raise ConfigError(
            f"the database has schema version {version}, this worker knows {SCHEMA_VERSION}; "
            "apply supabase/migrations of the same release"
        )
    told = await _call(supabase, "worker_database", migrations)
    if told["migrations"] is not None:
        known = frozenset(told["migrations"])
        missing = [name for name in ours if name.partition("_")[0] not in known]
        if missing:
            raise ConfigError(
                f"the database lacks {len(missing)} of {len(ours)} migrations of this release, "
                f"first {missing[0]}; apply supabase/migrations"
            )
    return Schema(UUID(told["id"]), SCHEMA_VERSION)


def _names(migrations: Path) -> list[str]:
    return sorted(path.stem for path in migrations.glob("*.sql"))


async def _call(supabase: Supabase, function: str, migrations: Path) -> Any:
    try:
        return await supabase.call(function)
    except RefusedError as error:
        if error.code not in _NO_SUCH_FUNCTION:
            raise
        raise ConfigError(
            f"{supabase.url} has no function {function}{_maker(function, migrations)}; apply "
            "supabase/migrations"
        ) from error


def _maker(function: str, migrations: Path) -> str:
    """Return in words which migration makes a function."""
    for path in sorted(migrations.glob("*.sql")):
        if f"create function public.{function}(" in path.read_text(encoding="utf-8"):
            return f", which migration {path.stem} makes"
    return ""
