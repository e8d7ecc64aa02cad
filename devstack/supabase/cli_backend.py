"""The Supabase CLI's own local stack instead of the embedded one, behind the same four lines.

In:  the ``supabase`` program on the PATH; Docker, or the CLI's experimental native runtime.
Out: the same shell lines, read from what the CLI says about its stack.
Next: `devstack/supabase/stack.py`.

The CLI has two stacks: ``supabase start`` needs Docker; ``supabase stack start --runtime native``
downloads the services and needs ``[experimental] stack = true`` in ``supabase/config.toml``.
"""

import logging
import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from core.errors import ConfigError, StoreError
from devstack.supabase.state import PROJECT

log = logging.getLogger(__name__)

_NAMES: Final = {  # ours: the CLI's
    "SUPABASE_URL": "API_URL",
    "SUPABASE_PUBLISHABLE_KEY": "PUBLISHABLE_KEY",
    "SUPABASE_SECRET_KEY": "SECRET_KEY",
    "DATABASE_URL": "DB_URL",
}
_QUIET: Final = {"SUPABASE_TELEMETRY_DISABLED": "1", "DO_NOT_TRACK": "1"}


@dataclass(frozen=True, slots=True)
class CliStack:
    """The commands of one of the CLI's stacks, without the program's name."""

    start: Sequence[str]
    status: Sequence[str]
    stop: Sequence[str]


DOCKER: Final = CliStack(("start",), ("status", "-o", "env"), ("stop",))
NATIVE: Final = CliStack(
    ("stack", "start", "--runtime", "native"),
    ("stack", "status", "--env", "--output-format", "text"),
    ("stack", "stop"),
)


def run_cli_stack(announce: Callable[[str], None]) -> None:
    """Start the CLI's stack, announce its addresses, stop it when asked to.

    Raises
    ------
    ConfigError
        The CLI is not installed.
    StoreError
        The CLI could not start its stack; its own words are on stderr above.
    """
    program = shutil.which("supabase")
    if program is None:
        raise ConfigError(
            "the Supabase CLI (`supabase`) is not on the PATH; install it, or leave out "
            "--backend cli to run the embedded stack"
        )
    stack = DOCKER if _docker_runs() else NATIVE
    _run(program, stack.start)
    try:
        for line in shell_lines_from(_run(program, stack.status)):
            announce(line)
        while True:
            signal.pause()  # Being asked to stop raises SystemExit.
    finally:
        log.info("stopping")
        _run(program, stack.stop)


def shell_lines_from(status: str) -> list[str]:
    """Return our four lines from the CLI's ``NAME="value"`` lines.

    Raises
    ------
    StoreError
        The CLI did not say one of the values; names it.
    """
    values: Mapping[str, str] = dict(
        word.split("=", 1)
        for line in status.splitlines()
        if "=" in line
        for word in shlex.split(line)[:1]
    )
    missing = [name for name in _NAMES.values() if not values.get(name)]
    if missing:
        raise StoreError(f"the Supabase CLI's status does not name {', '.join(missing)}")
    return [f"{ours}={shlex.quote(values[theirs])}" for ours, theirs in _NAMES.items()]


def _docker_runs() -> bool:
    docker = shutil.which("docker")
    if docker is None:
        return False
    return subprocess.run([docker, "info"], capture_output=True, check=False).returncode == 0


def _run(program: str, arguments: Sequence[str]) -> str:
    """Run one command of the CLI; its progress goes to stderr, its answer is returned."""
    done = subprocess.run(
        [program, *arguments],
        cwd=PROJECT,
        env={**os.environ, **_QUIET},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        command = " ".join(("supabase", *arguments))
        raise StoreError(f"`{command}` ended with status {done.returncode}: {done.stdout.strip()}")
    return done.stdout
