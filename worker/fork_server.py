"""Where strategy processes come from: a warmed process that forks them in milliseconds.

In:  one end of a socket pair.
Out: a process that runs `worker.strategy_process.run` on it.
Next: `worker/child.py`, which looks after one.

The server has everything imported that every strategy process needs, but never `strategies`, and
it starts with an environment that holds nothing but where our code is: no secret can be read in
its `/proc` entry, nor in those of its children.
"""

import multiprocessing
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from types import ModuleType

from worker import strategy_process


class ForkServer:
    """Start strategy processes."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([strategy_process.__name__])

    def start(self) -> None:
        """Start the server; call it before there are threads, for the environment is switched."""
        where = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
        with _environment(where), _without_main():
            forkserver.ensure_running()

    def spawn(self, link: socket.socket, name: str) -> BaseProcess:
        """Start a process that serves `link`."""
        process = self._context.Process(target=strategy_process.run, args=(link,), name=name)
        with _without_main():
            process.start()
        return process


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
