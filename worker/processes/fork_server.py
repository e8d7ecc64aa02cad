"""Where strategy processes come from: a warmed process that forks them in milliseconds.

In:  one end of a socket pair, and what the process may use.
Out: a process that runs `worker.processes.seats.run` on it.
Next: `worker/processes/process.py`, which looks after one.

The server has everything imported that every strategy process needs, but never `strategies`, and
it starts with an environment that holds nothing but where our code is: no secret can be read in
its `/proc` entry, nor in those of its children. Should it be killed, all its children end with it,
and the next start makes another, as clean.
"""

import asyncio
import multiprocessing
import os
import pkgutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from multiprocessing.util import get_temp_dir
from types import ModuleType
from typing import Final

import core
from core.errors import ConfigError
from worker.processes import seats
from worker.processes.limits import Limits

_PROGRAM: Final = ".__main__"

# A socket's path on Linux has 107 bytes (unix(7)); multiprocessing appends 32 of them.
_LONGEST_FOLDER: Final = 107 - len("/pymp-12345678/listener-12345678")


class ForkServer:
    """Start strategy processes."""

    def __init__(self) -> None:
        self._context: Final = multiprocessing.get_context("forkserver")
        # All of `core`: what strategies import of it is then there, once for all of them.
        found = pkgutil.walk_packages(core.__path__, f"{core.__name__}.")
        names = [each.name for each in found if not each.name.endswith(_PROGRAM)]
        self._context.set_forkserver_preload([seats.__name__, *names])
        self._one_at_a_time: Final = asyncio.Lock()

    def start(self) -> None:
        """Start the server, if it does not run.

        Raises
        ------
        ConfigError
            If there is no folder for its socket, or its path is too long for one.
        """
        _find_folder()  # Found once, and while TMPDIR can be seen.
        where = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        with _environment(where), _without_main():
            forkserver.ensure_running()

    async def spawn(self, door: socket.socket, limits: Limits, name: str) -> BaseProcess:
        """Start a process that is spoken to through `door`.

        In a thread, because the fork is waited for.

        Raises
        ------
        OSError, EOFError
            If the machine has no room for one more.
        """
        async with self._one_at_a_time:
            return await asyncio.to_thread(self._spawn, door, limits, name)

    def _spawn(self, door: socket.socket, limits: Limits, name: str) -> BaseProcess:
        if not _is_running():
            self.start()
        process = self._context.Process(target=seats.run, args=(door, limits), name=name)
        with _without_main():
            process.start()
        return process


def _find_folder() -> None:
    try:
        folder = tempfile.gettempdir()
    except FileNotFoundError as error:
        raise ConfigError(
            "no folder for temporary files can be written to; mount a tmpfs at /tmp, or name a "
            "folder in TMPDIR"
        ) from error
    length = len(os.fsencode(folder))
    if length > _LONGEST_FOLDER:
        raise ConfigError(
            f"the folder for temporary files is {folder}, {length} bytes long: a socket in it may "
            f"have at most {_LONGEST_FOLDER}; name a shorter one in TMPDIR"
        )
    get_temp_dir()


def _is_running() -> bool:
    """Return whether the server is there, without taking its end from who asks next."""
    pid: int | None = forkserver._forkserver._forkserver_pid  # type: ignore[attr-defined]  # noqa: SLF001 - it offers no other way.
    if pid is None:
        return False
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None


@contextmanager
def _without_main() -> Iterator[None]:
    """Hide the program that runs here: a strategy process would import it, and all it imports."""
    program = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = program


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Replace the environment for as long as the server takes to inherit it."""
    ours = dict(os.environ)
    os.environ.clear()
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(ours)
