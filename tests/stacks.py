"""Real databases and stacks for tests, each with its own data and ports.

In:  a directory of migrations, or none.
Out: context managers that start, yield addresses, and leave nothing running.
Next: `devstack/supabase/__main__.py`, which `running_stack` starts as a user would.
"""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from devstack.supabase.database import Database
from devstack.supabase.keys import load_keys
from devstack.supabase.schema import read_schema
from devstack.supabase.scratch import ephemeral_state
from devstack.supabase.state import PROJECT, open_home
from devstack.supabase.template import fill_from_template

_GOODBYE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class RunningStack:
    """A ready stack: its process and the four values it printed."""

    process: subprocess.Popen[str]
    url: str
    publishable_key: str
    secret_key: str
    database_url: str


@contextmanager
def running_stack(
    *arguments: str, migrations: Path | None = None, environment: dict[str, str] | None = None
) -> Iterator[RunningStack]:
    """Yield a stack of our own on free ports, its data thrown away afterwards.

    Parameters
    ----------
    arguments
        Further command line arguments.
    migrations
        Directory of migrations; None for those of the project.
    environment
        Added to ours.
    """
    command = [sys.executable, "-m", "devstack.supabase", "--port=0", "--ephemeral", *arguments]
    if migrations is not None:
        command.append(f"--migrations={migrations}")
    process = subprocess.Popen(
        command,
        cwd=PROJECT,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield read_addresses(process)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_GOODBYE_SECONDS)
        finally:
            process.kill()
            process.communicate()


def read_addresses(process: subprocess.Popen[str]) -> RunningStack:
    """Read what a starting stack prints when it is ready; fail when it ends instead."""
    if process.stdout is None:
        raise ValueError("the stack's stdout must be a pipe")
    lines = [process.stdout.readline() for _ in range(4)]
    if not lines[-1]:
        raise AssertionError(f"the stack ended with status {process.wait()}: see its stderr above")
    values = dict(shlex.split(line)[0].split("=", 1) for line in lines)
    return RunningStack(
        process,
        url=values["SUPABASE_URL"],
        publishable_key=values["SUPABASE_PUBLISHABLE_KEY"],
        secret_key=values["SUPABASE_SECRET_KEY"],
        database_url=values["DATABASE_URL"],
    )


@contextmanager
def running_database() -> Iterator[Database]:
    """Yield a bootstrapped Postgres alone, without gateway, and remove it afterwards."""
    home = open_home(None)
    state = ephemeral_state(home)
    keys = load_keys(home)
    database = Database(state, keys)
    try:
        fill_from_template(database, keys, read_schema(None, None))
        database.start(0)
        database.wait_ready()
        yield database
    finally:
        database.stop()
        state.remove()
