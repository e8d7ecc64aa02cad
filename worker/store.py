"""From effects to tables: everything goes to the outbox, and from there to the database.

In:  groups of events that must not be lost; events of which only the newest matters.
Out: calls of `worker_write`, at most 500 events each, in order, until the database has them.
Next: `supabase/migrations/*_create_worker_write.sql`.

The tick path only appends to a list here. Disk and network are touched by one task, `run`, and
the disk in a thread, so that neither can hold a tick up. While Supabase is away the outbox grows
and everything else goes on.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from core.errors import StoreError
from worker.backoff import Backoff
from worker.lease import LOST, Lease
from worker.outbox import Event, Outbox, Pending
from worker.supabase import RefusedError, Supabase

MOST_PER_CALL: Final = 500

_log: Final = logging.getLogger(__name__)


class Store:
    """The one writer.

    Parameters
    ----------
    supabase, lease, outbox
        Where to, by what right, by way of what.

    Attributes
    ----------
    counters
        Events by outcome, calls, retries.
    """

    def __init__(self, supabase: Supabase, lease: Lease, outbox: Outbox) -> None:
        self._supabase: Final = supabase
        self._lease: Final = lease
        self._outbox: Final = outbox
        self._new: list[Sequence[Event]] = []
        self._newest: dict[str, Event] = {}
        self._wake: Final = asyncio.Event()
        self._drained: Final = asyncio.Event()
        self._backoff: Final = Backoff(0.2, 10.0)
        self.counters: Final[Counter[str]] = Counter()
        self.waiting = outbox.count()
        """Events in the outbox as of the last look."""

    def put(self, events: Sequence[Event]) -> None:
        """Store events that belong together; they reach the database in this order."""
        if events:
            self._new.append(events)
            self._drained.clear()
            self._wake.set()

    def put_newest(self, name: str, event: Event) -> None:
        """Store an event that replaces the one of the same name if that has not been sent."""
        self._newest[name] = event
        self._wake.set()

    async def run(self) -> None:
        """Write until cancelled.

        Raises
        ------
        LeaseLostError
            If another worker has the lease.
        """
        if self.waiting:
            self._wake.set()
        while True:
            await self._wake.wait()
            self._wake.clear()
            await self._save()
            while await self._send():
                await self._save()
            if not self._new:
                self._drained.set()

    async def flush(self, seconds: float) -> bool:
        """Wait until the database has everything, at most so long; return whether it has."""
        self._drained.clear()
        self._wake.set()
        try:
            async with asyncio.timeout(seconds):
                await self._drained.wait()
        except TimeoutError:
            return False
        return True

    async def save(self) -> None:
        """Put what is still in memory on disk: the last thing before the end."""
        await self._save()

    async def _save(self) -> None:
        """Move what is new from memory to disk."""
        new, self._new = self._new, []
        if not new:
            return
        try:
            await asyncio.to_thread(self._outbox.append, new)
        except StoreError:
            self._new = new + self._new  # Nothing was written; keep it for the next try.
            raise

    async def _send(self) -> bool:
        """Send one batch; return whether there may be more."""
        pending = await asyncio.to_thread(self._outbox.oldest, MOST_PER_CALL)
        room = MOST_PER_CALL - len(pending)
        newest = [self._newest.pop(name) for name in list(self._newest)[:room]]
        events = [each.event for each in pending] + newest
        if not events:
            self.waiting = 0
            return False
        try:
            outcomes = await self._write(events)
        except RefusedError as error:
            await self._refused(error)
            return True
        except StoreError as error:
            await self._wait(error)
            return True
        self._backoff.reset()
        await asyncio.to_thread(self._settle, pending, outcomes)
        return len(pending) == MOST_PER_CALL or bool(self._new) or bool(self._newest)

    async def _write(self, events: list[Event]) -> list[dict[str, Any]]:
        self.counters["calls"] += 1
        answer: list[dict[str, Any]] = await self._supabase.call(
            "worker_write", **self._lease.proof, p_events=events
        )
        return answer

    async def _refused(self, error: RefusedError) -> None:
        """Take the lease again if that is what a whole batch was refused for; else wait."""
        if error.code == LOST:
            _log.warning("write refused: %s", error)
            await self._lease.acquire()
            return
        self.counters["refused"] += 1
        await self._wait(error)

    async def _wait(self, error: StoreError) -> None:
        seconds = self._backoff.next()
        self.counters["retries"] += 1
        self.waiting = await asyncio.to_thread(self._outbox.count)
        _log.warning(
            "not stored, next try in %.1f s: %s",
            seconds,
            error,
            extra={"facts": {"waiting": self.waiting}},
        )
        await asyncio.sleep(seconds)

    def _settle(self, pending: list[Pending], outcomes: list[dict[str, Any]]) -> None:
        """Take off what is done; set aside what will never be taken."""
        for outcome in outcomes:
            self.counters[outcome["outcome"]] += 1
        for each, outcome in zip(pending, outcomes, strict=False):
            if outcome["outcome"] == "failed":
                self._outbox.set_aside(each.event, outcome["code"], outcome["error"])
                self._report(each.event, outcome)
            elif outcome["outcome"] == "stale":
                _log.warning("the database has newer: %s %s", each.event["kind"], each.event["id"])
        self._outbox.remove(each.sequence for each in pending)
        self.waiting = self._outbox.count()

    def _report(self, event: Event, outcome: dict[str, Any]) -> None:
        _log.error(
            "event refused and set aside: %s %s: %s",
            event["kind"],
            event["id"],
            outcome["error"],
            extra={"facts": {"config_id": event["config_id"], "code": outcome["code"]}},
        )
