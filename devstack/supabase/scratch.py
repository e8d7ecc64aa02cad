"""Where short-lived databases live: in memory, made for one stack, swept when it was killed.

In:  a checked home directory.
Out: a state of its own for each ephemeral stack; nothing of those whose stacks were killed.
Next: `devstack/supabase/template.py`, which fills one from a finished copy.
"""

import hashlib
import os
import secrets
import shutil
from pathlib import Path
from typing import Final

from core.errors import ConfigError
from devstack.supabase.leftover import stop_leftover
from devstack.supabase.state import Lock, State, make_directory

_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - the owner of what we make there is checked
_MEMORY_BYTES: Final = 4 * 1024**3  # free; a template takes 25 MB and an ephemeral database 30


def scratch_of(home: Path) -> Path:
    """Return where short-lived databases of a home live: in memory when it has plenty of room.

    There a copy of a template takes 0.03 s also while the disk is busy. The path is short and
    depends on the home's path only.
    """
    try:
        roomy = shutil.disk_usage(_MEMORY).free >= _MEMORY_BYTES and os.access(_MEMORY, os.W_OK)
    except OSError:
        roomy = False
    if not roomy:
        return home
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:10]
    scratch = _MEMORY / f"tradebase-{os.geteuid()}-{digest}"
    make_directory(scratch)
    return scratch


def ephemeral_state(home: Path) -> State:
    """Return a new state that nobody uses, after sweeping those whose stacks were killed."""
    parent = scratch_of(home) / "ephemeral"
    make_directory(parent)
    with Lock(parent.with_suffix(".lock")):
        _swept(parent)
        return State(home, parent / secrets.token_hex(4))


def require_no_ephemeral(home: Path) -> None:
    """Refuse a home on which an ephemeral stack runs; sweep what killed ones have left.

    Raises
    ------
    ConfigError
        Names the running stack's directory.
    """
    parent = scratch_of(home) / "ephemeral"
    if not parent.is_dir():
        return
    with Lock(parent.with_suffix(".lock")):
        for used in _swept(parent):
            raise ConfigError(f"an ephemeral stack is running on {used}; stop it first")


def _swept(parent: Path) -> list[Path]:
    """Delete what killed stacks have left; return the directories that are in use."""
    for left in list(parent.iterdir()):
        _sweep(left)
    return sorted(parent.iterdir())


def _sweep(directory: Path) -> None:
    """Delete an ephemeral state whose stack was killed: nobody holds its lock."""
    lock = Lock(directory / "lock")
    try:
        abandoned = lock.acquire(wait=False)
    except FileNotFoundError:  # Its stack is removing it at this moment.
        return
    if abandoned:
        stop_leftover(directory / "data")
        shutil.rmtree(directory, ignore_errors=True)
        lock.release()
