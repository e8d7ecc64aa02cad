"""The simulator as its users start it: a process of its own, found by the lines it prints."""

import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
LAST_LINE = "DHAN_CONTROL_URL"
PATIENCE_SECONDS = 30


def start(*arguments: str) -> subprocess.Popen[str]:
    """Start a simulator on free ports (unless the arguments name some)."""
    return subprocess.Popen(
        [sys.executable, "-m", "devstack.dhan", "--port-feed=0", "--port-rest=0", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def addresses(process: subprocess.Popen[str]) -> dict[str, str]:
    """Read the shell lines that a simulator prints when it is ready."""
    lines: dict[str, str] = {}
    assert process.stdout is not None
    while LAST_LINE not in lines:
        line = process.stdout.readline()
        assert line, f"it ended with {process.wait(PATIENCE_SECONDS)}: {_rest(process)}"
        name, _, value = line.strip().partition("=")
        lines[name] = "".join(shlex.split(value))
    return lines


@contextmanager
def running_process(*arguments: str) -> Iterator[dict[str, str]]:
    """Run a simulator; what it printed names its addresses."""
    process = start(*arguments)
    try:
        yield addresses(process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE_SECONDS)


def _rest(process: subprocess.Popen[str]) -> str:
    return "" if process.stderr is None else process.stderr.read()
