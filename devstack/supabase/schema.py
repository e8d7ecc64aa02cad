"""What belongs into a database beyond the bootstrap: migrations, then seeds.

In:  a directory of migrations and, named or found beside it, seed files.
Out: a migrated and seeded database; a digest that tells two such schemas apart.
Next: `devstack/supabase/template.py`.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from core.errors import ConfigError
from devstack.supabase.connect import connect
from devstack.supabase.migrations import Migration, migrate, read_migrations
from devstack.supabase.seed import configured_seeds, seed


@dataclass(frozen=True, slots=True)
class Schema:
    """Migrations and seed files of one project.

    Parameters
    ----------
    folder
        The ``supabase`` folder that recorded seed paths are relative to.
    migrations
        In the order of their versions.
    seeds
        In the order in which they run.
    """

    folder: Path
    migrations: list[Migration]
    seeds: list[Path]

    def digest(self) -> str:
        """Return what changes when any file does."""
        digest = hashlib.sha256()
        for migration in self.migrations:
            digest.update(f"{migration.path.name}\0{migration.text}\0".encode())
        for file in self.seeds:
            digest.update(f"{file.name}\0".encode() + file.read_bytes())
        return digest.hexdigest()[:20]

    def apply(self, conninfo: str) -> int:
        """Bring the database behind `conninfo` up to date; return how many migrations ran.

        Raises
        ------
        DataError
            A statement fails, or the files contradict the database's history.
        """
        with connect(conninfo) as connection:
            applied = migrate(connection, self.migrations)
            seed(connection, self.seeds, self.folder)
        return applied


def read_schema(migrations: Path | None, seed_file: Path | None) -> Schema:
    """Read a project's migrations and find its seeds.

    Parameters
    ----------
    migrations
        Directory of migrations; None for a database without any.
    seed_file
        The only seed file to use; None for those of the ``config.toml`` beside `migrations`.

    Raises
    ------
    ConfigError
        Something cannot be read.
    """
    if seed_file is not None and not seed_file.is_file():
        raise ConfigError(f"seed file {seed_file} does not exist")
    if migrations is None:
        return Schema(Path.cwd(), [], [seed_file] if seed_file else [])
    if not migrations.is_dir():
        raise ConfigError(f"migrations directory {migrations} does not exist")
    folder = migrations.resolve().parent
    seeds = [seed_file] if seed_file else configured_seeds(folder)
    return Schema(folder, read_migrations(migrations), seeds)
