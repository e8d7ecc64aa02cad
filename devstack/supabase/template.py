"""Finished databases kept aside, so that an ephemeral stack starts from a copy.

In:  a home, its keys and a schema.
Out: a data directory that is bootstrapped, migrated and seeded already, in about 0.1 s.
Next: `devstack/supabase/stack.py`.
"""

import shutil
import subprocess
from pathlib import Path
from typing import Final

from core.errors import StoreError
from devstack.supabase.database import Database
from devstack.supabase.keys import Keys
from devstack.supabase.leftover import stop_leftover
from devstack.supabase.schema import Schema
from devstack.supabase.scratch import scratch_of
from devstack.supabase.state import Lock, State, make_directory

_KEPT: Final = 8  # templates; each is about 25 MB


def fill_from_template(database: Database, keys: Keys, schema: Schema) -> None:
    """Give an unused state its data: a copy of the template, which is built when there is none.

    Raises
    ------
    DataError
        The schema cannot be applied.
    """
    folder = scratch_of(database.state.home) / "templates"
    make_directory(folder)
    template = folder / f"{database.digest}-{schema.digest()}" / "data"
    lock = Lock(folder.with_suffix(".lock"))
    while not _copy(template, database.state.data, lock):
        with lock:
            if not template.exists():  # Others may have built it while we waited.
                _build(database.state.home, template.parent, keys, schema)
                _prune(folder)


def _copy(template: Path, data: Path, lock: Lock) -> bool:
    """Copy a template, beside others who copy; return False when there is none."""
    lock.acquire(wait=True, shared=True)
    try:
        if not template.exists():
            return False
        done = subprocess.run(  # cp keeps owners and takes 0.05 s for 1,000 files.
            ["/bin/cp", "--archive", "--reflink=auto", str(template), str(data)],
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        lock.release()
    if done.returncode != 0:
        raise StoreError(f"template {template} cannot be copied: {done.stderr.strip()}")
    return True


def _build(home: Path, target: Path, keys: Keys, schema: Schema) -> None:
    part = target.with_name("part")
    if part.exists():  # Whoever was building it was killed: we hold the lock.
        stop_leftover(part / "data")
        shutil.rmtree(part)
    state = State(home, part)
    database = Database(state, keys)
    try:
        database.start(0)
        database.wait_ready()
        schema.apply(database.postgres_conninfo)
        database.note_schema(schema.digest())
        database.stop()
        part.rename(target)
    finally:
        database.stop()
        state.remove()


def _prune(folder: Path) -> None:
    """Keep the newest templates only: every edited migration makes another one."""
    found = sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime)
    for old in found[:-_KEPT]:
        shutil.rmtree(old, ignore_errors=True)
