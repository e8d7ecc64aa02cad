"""A Postgres whose stack was killed: found by its data directory, and stopped.

In:  a data directory that is locked by us, so that no living stack uses it.
Out: no server on it and no ``postmaster.pid`` in it.
Next: `devstack/supabase/state.py`.

The kernel asks a server to stop when its stack is killed, which takes a moment; and a server that
was killed itself leaves a pid file that keeps the next one from starting.
"""

import contextlib
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from core.errors import StoreError

_STOP_SECONDS: Final = 5.0
_POLL_SECONDS: Final = 0.002


def stop_leftover(data: Path) -> None:
    """Stop a server that still runs on `data`, and clear its pid file.

    The caller holds the state's lock, so such a server belongs to nobody: its stack was killed.

    Raises
    ------
    StoreError
        It does not end within 5 s, not even when killed.
    """
    file = data / "postmaster.pid"
    try:
        pid = int(file.read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        file.unlink(missing_ok=True)
        return
    for number in (signal.SIGINT, signal.SIGKILL):
        if not _runs_on(pid, data):
            break
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        _wait(lambda: not _runs_on(pid, data))
    if _runs_on(pid, data):
        raise StoreError(f"a Postgres with pid {pid} still runs on {data} and cannot be stopped")
    file.unlink(missing_ok=True)  # The number may now be another process's.


def _runs_on(pid: int, data: Path) -> bool:
    """Tell whether `pid` is a live Postgres of this data directory: it works inside it."""
    try:
        directory = Path(f"/proc/{pid}/cwd").readlink()
    except OSError:  # Gone, or a zombie.
        return False
    return directory == data.resolve()


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _STOP_SECONDS
    while not condition() and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
