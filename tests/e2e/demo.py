"""The demo as a user starts it, with all its processes in view.

In:  DEMO_ settings.
Out: a running demo; every process it ever has can be found, even one that left its tree.
Next: `tests/e2e/test_demo.py`.
"""

import contextlib
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory
from uuid import uuid4

import psutil

from tests.worker.running import PROJECT, wait_for

_MARK = "DEMO_TEST_MARK"
_START_SECONDS = 120.0


@dataclass
class RunningDemo:
    """A demo and what it has said on stderr."""

    process: subprocess.Popen[str]
    mark: str
    lines: list[str] = field(default_factory=list)

    def wait_said(self, words: str) -> None:
        """Wait until it has printed some words."""

        def look() -> bool:
            assert self.process.poll() is None, "the demo has ended:\n" + "".join(self.lines)
            return any(words in line for line in self.lines)

        try:
            wait_for(f"{words!r} from the demo", look, _START_SECONDS)
        except AssertionError as error:
            raise AssertionError(f"{error}; it said:\n" + "".join(self.lines)) from None

    def wait_ended(self) -> tuple[int, str]:
        """Wait until it ends by itself; return its status and what it printed on stdout."""
        assert self.process.stdout is not None
        output = self.process.stdout.read()
        return self.process.wait(), output

    def processes(self) -> list[psutil.Process]:
        """Return all its processes: its descendants, and whoever inherited its environment."""
        tree = psutil.Process(self.process.pid).children(recursive=True)
        others = [each for each in self.left() if each.pid != self.process.pid]
        return list({each.pid: each for each in (*tree, *others)}.values())

    def left(self) -> list[psutil.Process]:
        """Return whoever inherited its environment; it may have ended itself."""
        return [each for each in psutil.process_iter() if self._is_marked(each)]

    def collect(self) -> None:
        """Read its stderr until it ends."""
        assert self.process.stderr is not None
        self.lines.extend(self.process.stderr)

    def _is_marked(self, process: psutil.Process) -> bool:
        with contextlib.suppress(psutil.Error):
            return process.environ().get(_MARK) == self.mark
        return False


@contextmanager
def running_demo(**settings: str) -> Iterator[RunningDemo]:
    """Yield a demo that has just been started; what it leaves on disk when killed is removed."""
    with TemporaryDirectory() as folder:
        yield from _started(TMPDIR=folder, **settings)


def _started(**settings: str) -> Iterator[RunningDemo]:
    mark = str(uuid4())
    process = subprocess.Popen(
        [sys.executable, "-m", "devstack.demo"],
        cwd=PROJECT,
        env={**os.environ, "DEMO_PORTS": "any", **settings, _MARK: mark},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    demo = RunningDemo(process, mark)
    reader = threading.Thread(target=demo.collect, daemon=True)
    reader.start()
    try:
        yield demo
    finally:
        process.kill()
        process.wait()
        reader.join()
        for stream in (process.stdout, process.stderr):
            assert stream is not None
            stream.close()
