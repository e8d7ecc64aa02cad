"""One operating-system process in which strategies run, seen from the supervisor.

In:  the sockets of each config that is to live in it.
Out: its id; in words, how it ended.
Next: `worker/processes/seats.py`, its inside; `worker/processes/child.py`, one config in it.

It ends when its door is closed, which is when the last config has left; or by force.
"""

import asyncio
import signal
import socket
from multiprocessing.process import BaseProcess
from typing import Final

from core.errors import ConfigError
from worker.processes.fork_server import ForkServer
from worker.processes.limits import Limits

GRACE_SECONDS: Final = 2.0
"""Between the closing of its door, or its last word, and the end by force."""


class Process:
    """A process with any number of configs in it.

    Parameters
    ----------
    name
        For the list of processes.

    Attributes
    ----------
    pid
        The process id, None before it has started.
    """

    def __init__(self, name: str) -> None:
        self._name: Final = name
        self._door: socket.socket | None = None
        self._process: BaseProcess | None = None
        self._residents = 0
        self._exited: Final = asyncio.Event()
        self._reason = ""
        self._grace: asyncio.TimerHandle | None = None
        self.pid: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nobody lives in it any more; then nobody moves in either."""
        return self._residents == 0

    @property
    def is_shared(self) -> bool:
        """Whether several configs live in it."""
        return self._residents > 1

    async def start(self, server: ForkServer, limits: Limits) -> None:
        """Start it; the market goes on meanwhile.

        Raises
        ------
        ConfigError
            If the machine has no room for one more process.
        """
        try:
            self._door, inner = socket.socketpair()
            with inner:
                self._process = await server.spawn(inner, limits, self._name)
        except (OSError, EOFError) as error:
            self._close_door()
            raise ConfigError(f"no process can be started: {error}") from error
        self.pid = self._process.pid
        asyncio.get_running_loop().add_reader(self._process.sentinel, self._take_exit)

    def admit(self, *links: socket.socket) -> None:
        """Let a config in: it is served over these from now on."""
        self._residents += 1
        if self._door is None:
            return
        try:
            socket.send_fds(self._door, [b"+"], [each.fileno() for each in links])
        except OSError:
            return  # It has just ended. So have the links, and whoever holds them is told.

    def leave(self) -> None:
        """Take a config out; the last one closes the door, and soon there is no process."""
        self._residents -= 1
        if self._residents == 0:
            self._close_door()
            loop = asyncio.get_running_loop()
            self._grace = loop.call_later(GRACE_SECONDS, self.kill, "it lived on")

    def kill(self, reason: str) -> None:
        """End it at once, and with it all who live in it."""
        self._reason = self._reason or reason
        if self._process is not None and not self._exited.is_set():
            self._process.kill()

    async def ended(self, seconds: float = GRACE_SECONDS) -> str:
        """Wait for its end, by force after so many seconds; return how it ended."""
        try:
            async with asyncio.timeout(seconds):
                await self._exited.wait()
        except TimeoutError:
            self.kill("it had closed its connection and lived on")
            await self._exited.wait()
        return self._reason

    def _close_door(self) -> None:
        if self._door is not None:
            self._door.close()

    def _take_exit(self) -> None:
        """Note how it ended; called when the fork server tells."""
        if self._process is None:
            return
        asyncio.get_running_loop().remove_reader(self._process.sentinel)
        self._reason = self._reason or _in_words(self._process.exitcode)
        self._process.close()
        if self._grace is not None:
            self._grace.cancel()
        self._exited.set()


def _in_words(code: int | None) -> str:
    """Return an exit code in words.

    Examples
    --------
    >>> _in_words(-11), _in_words(3)
    ('killed by SIGSEGV', 'exited with status 3')
    """
    if code is None or code >= 0:
        return f"exited with status {code}"
    return f"killed by {signal.Signals(-code).name}"
