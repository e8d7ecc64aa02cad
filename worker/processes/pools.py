"""Which process a config lives in: one of its own or, where it is set so, one of its user's.

In:  configs that are started.
Out: the process to move into.
Next: `worker/processes/process.py`.

Sharing saves memory and costs protection: what kills the process ends all in it, each of which then
shows ERROR and starts again by its own rules, in a process of its own. A process is shared only by
those that would load the same files, so one started after an edit never runs the code of before.
"""

import asyncio
import importlib.util
from pathlib import Path
from typing import Final

from core.errors import ConfigError
from worker.processes.fork_server import ForkServer
from worker.processes.limits import Limits
from worker.processes.process import Process

Files = tuple[tuple[str, int, int], ...]
"""Path, time of change and size of each file of `strategies`."""


class Pools:
    """Find a process for each config.

    Parameters
    ----------
    server
        Starts them.
    limits
        What each may use, however many live in it.
    """

    def __init__(self, server: ForkServer, limits: Limits) -> None:
        self._server: Final = server
        self._shared: Final[dict[tuple[str, Files], Process]] = {}
        self._looking: Final = asyncio.Lock()
        self.limits: Final = limits

    async def own(self, config_id: str) -> Process:
        """Return a new process; raises as `Process.start`."""
        process = Process(config_id)
        await process.start(self._server, self.limits)
        return process

    async def shared(self, user_id: str) -> Process:
        """Return the process of a user's that further configs move into; raises as `own`."""
        async with self._looking:
            self._forget_empty()
            key = (user_id, await asyncio.to_thread(_strategy_files))
            found = self._shared.get(key)
            if found is None or found.is_empty:
                found = self._shared[key] = await self.own(user_id)
            return found

    def _forget_empty(self) -> None:
        for key in [key for key, process in self._shared.items() if process.is_empty]:
            del self._shared[key]


def _strategy_files() -> Files:
    found = importlib.util.find_spec("strategies")  # Found, not imported.
    if found is None or found.origin is None:
        raise ConfigError("the package strategies is not there")
    files = sorted(Path(found.origin).parent.rglob("*.py"))
    return tuple((str(each), *_version(each)) for each in files)


def _version(path: Path) -> tuple[int, int]:
    there = path.stat()
    return there.st_mtime_ns, there.st_size
