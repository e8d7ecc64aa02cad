"""Write web/lib/database.types.ts: the database as TypeScript sees it.

In:  the project's migrations, applied to a database of its own; or the address of one.
Out: the file, as `supabase gen types typescript` writes it: the same engine makes it.
Next: `devstack/supabase/typescript_types.mjs`.

    python -m devstack.supabase.typescript_types           writes the file
    python -m devstack.supabase.typescript_types --check   only says whether it is current
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import psycopg
from psycopg.rows import dict_row

from core.errors import DataError, TradingError
from devstack.lifetime import exit_when_asked
from devstack.supabase.database import Database
from devstack.supabase.keys import load_keys
from devstack.supabase.schema import read_schema
from devstack.supabase.scratch import ephemeral_state
from devstack.supabase.state import PROJECT, open_home
from devstack.supabase.template import fill_from_template

FILE: Final = PROJECT / "web" / "lib" / "database.types.ts"
COMMAND: Final = ".venv/bin/python -m devstack.supabase.typescript_types"
_MIGRATIONS: Final = PROJECT / "supabase" / "migrations"
_ENGINE: Final = Path(__file__).with_suffix(".mjs")
_NODE: Final = PROJECT / ".venv" / "bin" / "node"


def main(arguments: list[str]) -> int:
    """Write the file, or say whether it is current; return 1 when it is not."""
    parser = argparse.ArgumentParser(description=__doc__, prog=COMMAND)
    parser.add_argument("--check", action="store_true", help="write nothing")
    is_check = parser.parse_args(arguments).check
    exit_when_asked()
    try:
        with _migrated_database() as address:
            types = types_of(address)
    except TradingError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    if not is_check:
        FILE.write_text(types, encoding="utf-8")
    elif not FILE.exists() or FILE.read_text(encoding="utf-8") != types:
        sys.stderr.write(f"{FILE.relative_to(PROJECT)} is not current: {COMMAND}\n")
        return 1
    return 0


def types_of(address: str) -> str:
    """Return the types of a database's schema public.

    Parameters
    ----------
    address
        As Postgres clients take it.

    Raises
    ------
    DataError
        If the engine ended without an answer; it has said why on standard error.
    """
    with (
        psycopg.connect(address, autocommit=True, row_factory=dict_row) as database,
        subprocess.Popen(
            [_NODE, _ENGINE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as engine,
    ):
        if engine.stdin is None or engine.stdout is None:
            raise ValueError("the engine is spoken to by pipes")
        for line in engine.stdout:
            said = json.loads(line)
            if "types" in said:
                return str(said["types"])
            rows = database.execute(said["sql"].encode()).fetchall()
            answer = {"number": said["number"], "rows": rows}
            engine.stdin.write(json.dumps(answer, default=str) + "\n")
            engine.stdin.flush()
    raise DataError("the types could not be made: see above")


@contextmanager
def _migrated_database() -> Iterator[str]:
    """Yield the address of a database that holds the project's migrations and nothing else."""
    home = open_home(None)
    state = ephemeral_state(home)
    keys = load_keys(home)
    database = Database(state, keys)
    try:
        fill_from_template(database, keys, read_schema(_MIGRATIONS, None))
        database.start(0)
        database.wait_ready()
        yield database.url
    finally:
        database.stop()
        state.remove()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
