"""Start the stack as a user would, and look at what the kernel says is alive.

In:  a home directory of the test's own.
Out: processes started, their exit codes and stderr, and what still runs in the home.
Next: `tests/devstack/supabase/test_stack.py`.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from devstack.supabase.install import install_postgres, install_postgrest
from devstack.supabase.state import PROJECT, make_directory, open_home
from tests.stacks import RunningStack, read_addresses

GONE_SECONDS = 5.0
# Root may become an ordinary user who can still read a checkout below root's own home.
_AS_NOBODY = (
    "setpriv",
    "--reuid=nobody",
    "--regid=nogroup",
    "--clear-groups",
    "--inh-caps=-all,+dac_read_search",
    "--ambient-caps=-all,+dac_read_search",
    "--bounding-set=-all,+dac_read_search",
)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a stack ended."""

    status: int
    stderr: str


def command(home: Path, *arguments: str) -> list[str]:
    """Return the command line of a stack on free ports in `home`, without the project's schema."""
    empty = home.with_name(f"{home.name}-empty")
    empty.mkdir(exist_ok=True)
    options = ("--port=0", f"--state={home}", f"--migrations={empty}", *arguments)
    return [sys.executable, "-m", "devstack.supabase", *options]


def as_ordinary_user(line: Sequence[str]) -> list[str] | None:
    """Return the command run by an ordinary user; None when root cannot become one here."""
    if os.geteuid() != 0:
        return list(line)
    return [*_AS_NOBODY, *line] if shutil.which("setpriv") else None


@contextmanager
def started(line: Sequence[str]) -> Iterator["subprocess.Popen[str]"]:
    """Yield a process with its output on pipes; it does not outlive the block."""
    process = subprocess.Popen(
        line, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def ready(home: Path, *arguments: str) -> Iterator[RunningStack]:
    """Yield a stack that has printed its addresses."""
    with started(command(home, *arguments)) as process:
        yield read_addresses(process)


def run(line: Sequence[str]) -> Ended:
    """Run a command that is expected to end by itself."""
    done = subprocess.run(
        line, cwd=PROJECT, capture_output=True, text=True, timeout=30, check=False
    )
    return Ended(done.returncode, done.stderr)


def end(process: "subprocess.Popen[str]") -> Ended:
    """Wait for a stack's own end."""
    _, stderr = process.communicate(timeout=15)
    return Ended(process.returncode, stderr)


def alive_in(*directories: Path) -> dict[int, str]:
    """Return the processes that work in a directory or name it, by process id."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            place = str((entry / "cwd").readlink())
        except OSError:  # Ended meanwhile, or a zombie.
            continue
        if any(str(path) in line or place.startswith(str(path)) for path in directories):
            found[int(entry.name)] = line
    return found


def the_server(home: Path, program: str) -> int:
    """Return the id of the one process of `home` whose program's path holds a text."""
    (found,) = [pid for pid, line in alive_in(home).items() if program in line.split()[0]]
    return found


def share_servers(home: Path) -> None:
    """Make a home and link the installed servers into it, instead of copying 60 MB each time."""
    make_directory(home)
    installed = open_home(None)
    for source in (install_postgres(installed), install_postgrest(installed)):
        subprocess.run(["/bin/cp", "--archive", "--link", source, home], check=True)


def wait_until(condition: Callable[[], bool], seconds: float = GONE_SECONDS) -> bool:
    """Return True as soon as a condition holds, False when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
