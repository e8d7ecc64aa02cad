"""The parts of a running demo: processes that print their addresses and die with us.

In:  a command line and an environment.
Out: a started part with the shell lines it printed; its log in a file, shown when it fails.
Next: `devstack/demo/system.py`.
"""

import os
import select
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.errors import EXIT_CONFIGURATION, ConfigError, FeedError
from devstack.lifetime import dies_with_us

ROOT = Path(__file__).resolve().parents[2]
_LAST_WORDS = 12
_LAST_BREATH_SECONDS = 2.0


class Part:
    """One process of the demo.

    Parameters
    ----------
    name
        What a person calls it, such as ``worker``.
    arguments
        Arguments of Python: a module and its flags.
    environ
        The whole environment of the process.
    log
        File that takes what it writes to stderr.
    """

    def __init__(
        self, name: str, arguments: Sequence[str], environ: Mapping[str, str], log: Path
    ) -> None:
        self.name = name
        self._log = log
        with log.open("ab") as stderr:
            self._process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=dict(environ),
                bufsize=0,  # What is buffered here, `select` cannot see.
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                # A group of its own: Ctrl-C in the terminal reaches us alone, and we stop the
                # parts in order, the worker first, so that nothing it holds is lost.
                process_group=0,
                preexec_fn=dies_with_us(signal.SIGTERM),  # noqa: PLW1509 - no threads yet
            )

    def read_addresses(self, last: str, seconds: float) -> dict[str, str]:
        """Return the NAME=value lines that the part prints, up to and with the name `last`.

        Raises
        ------
        ConfigError, FeedError
            If the part ends or stays silent; its last words are shown.
        """
        values: dict[str, str] = {}
        deadline = time.monotonic() + seconds
        while last not in values:
            line = self._read_line(deadline)
            if not line:
                raise self.failure(f"was not ready after {seconds:.0f} s")
            for word in shlex.split(line):
                name, _, value = word.partition("=")
                values[name] = value
        return values

    def failure(self, otherwise: str) -> ConfigError | FeedError:
        """Describe why the part cannot be used: how it ended, or `otherwise`."""
        status = self._status_soon()
        happened = otherwise if status is None else f"ended with status {status}"
        words = self._log.read_text(errors="replace").splitlines()[-_LAST_WORDS:]
        text = f"the {self.name} {happened}; its last words:\n  " + "\n  ".join(words)
        return ConfigError(text) if status == EXIT_CONFIGURATION else FeedError(text)

    @property
    def is_running(self) -> bool:
        """Whether the process lives."""
        return self._process.poll() is None

    def stop(self, seconds: float = 12.0) -> int:
        """Ask the part to stop, wait, and kill it if it does not; return its exit status."""
        if self.is_running:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
        if self._process.stdout is not None:
            self._process.stdout.close()
        return self._process.wait()

    def _status_soon(self) -> int | None:
        """Return the exit status; one that is ending has closed its output but is still there."""
        try:
            return self._process.wait(_LAST_BREATH_SECONDS)
        except subprocess.TimeoutExpired:
            return None

    def _read_line(self, deadline: float) -> str:
        """Return the next line, or nothing at the deadline or when the part ends."""
        stream = self._process.stdout
        if stream is None:
            return ""
        left = max(0.0, deadline - time.monotonic())
        ready, _, _ = select.select([stream], [], [], left)
        # The parts write whole lines and flush, so a readable pipe holds a line or its end.
        return stream.readline().decode() if ready else ""


def plain_environment() -> dict[str, str]:
    """Return our environment without settings that could lead a part to another stack."""
    ours = (
        *("SUPABASE_", "DATABASE_URL", "DHAN_", "STACK_", "WORKER_", "NEXT_PUBLIC_"),
        *("MARKET_", "WEB_"),
    )
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}
