"""The folder a worker keeps between runs: journal, lock, name, last instrument master.

In:  its path.
Out: the folder locked by us, and the name under which we hold leases.
Next: `worker/run.py`.
"""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import uuid4

from core.errors import ConfigError

JOURNAL: Final = "journal.sqlite3"
HOLDER: Final = "holder"

_PRIVATE: Final = 0o700


class State:
    """One worker's folder.

    Parameters
    ----------
    directory
        Its path, there and writable.
    """

    def __init__(self, directory: Path) -> None:
        self.journal: Final = directory / JOURNAL
        self.master: Final = directory / "instruments.csv"
        name = directory / HOLDER
        if not name.exists():
            name.write_text(f"{socket.gethostname()}/{uuid4()}", encoding="utf-8")
        self.holder: Final = name.read_text(encoding="utf-8").strip()


@contextmanager
def opened_state(directory: Path) -> Iterator[State]:
    """Yield the folder, made where it is absent, locked until the end.

    Raises
    ------
    ConfigError
        If it cannot be used, or another worker uses it.
    """
    try:
        directory.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        lock = os.open(directory / "lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigError(
            f"WORKER_STATE_DIR {directory} cannot be used: {error.strerror}"
        ) from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ConfigError(
                f"WORKER_STATE_DIR {directory} is used by another worker; stop it, or choose "
                "another folder"
            ) from None
        yield State(directory)
    finally:
        os.close(lock)
