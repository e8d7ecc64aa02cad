"""Waiting for a shard that somebody else runs, ready to take it over.

In:  the lease; what is to be kept fresh meanwhile.
Out: the lease, held; or word that we were asked to stop.
Next: `worker/run.py`, which goes on with what is warm already.

Without WORKER_STANDBY nobody waits: a shard that is held is an error at once. With it, the shard
is ours as soon as its holder lets it go, and ten seconds after its lease has expired if it does
not, where it allows that (it has WORKER_STANDBY too).
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Final

from core.errors import StoreError, TradingError
from worker.lease.lease import Lease, LeaseLostError
from worker.market.listing import listing_day

POLL_SECONDS: Final = 0.5

_log: Final = logging.getLogger(__name__)


class Standby:
    """Take a lease now, or as soon as it can be had.

    Parameters
    ----------
    lease
        What is wanted; it says whether we may wait.
    stop
        Set when we are asked to stop.
    refresh
        Called on each new day of waiting: what was read yesterday is old.
    """

    def __init__(
        self, lease: Lease, stop: asyncio.Event, refresh: Callable[[], Awaitable[None]]
    ) -> None:
        self._lease: Final = lease
        self._stop: Final = stop
        self._refresh: Final = refresh
        self._fresh_on: date = _today()
        self._said = ""

    async def acquire(self) -> bool:
        """Return True with the lease held, False when we were asked to stop before.

        Raises
        ------
        LeaseLostError
            If another worker holds it, and we are not to wait.
        StoreError
            If the database is away, and we are not to wait.
        """
        began = time.monotonic()
        while not self._stop.is_set():
            try:
                await self._lease.acquire()
            except StoreError as error:
                if not self._lease.standby:
                    raise
                self._say(error)
            else:
                facts = {"token": self._lease.token, "waited": round(time.monotonic() - began, 1)}
                _log.info("shard taken", extra={"facts": facts})
                return True
            await self._freshen()
            await self._pause()
        return False

    def _say(self, error: StoreError) -> None:
        """Say why we wait, once per reason."""
        held = isinstance(error, LeaseLostError)
        what = "standing by" if held else "standing by, the database is away"
        if what != self._said:
            self._said = what
            _log.warning("%s: %s", what, error)

    async def _freshen(self) -> None:
        today = _today()
        if today == self._fresh_on:
            return
        self._fresh_on = today
        try:
            await self._refresh()
        except TradingError as error:
            _log.warning("standing by with what was read before: %s", error)

    async def _pause(self) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await self._stop.wait()
        except TimeoutError:
            return


def _today() -> date:
    return listing_day(time.time_ns())
