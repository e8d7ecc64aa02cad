"""From effects to tables: everything goes to the outbox, and from there to the database.

In:  groups of events that must not be lost; events of which only the newest matters.
Out: calls of `worker_write`, at most 500 events each, in order, until the database has them.
Next: `supabase/migrations/*_create_worker_write.sql`.

The tick path only appends to a list here. Disk and network are touched by two tasks of their own,
the disk in a thread, so that neither can hold a tick up. While Supabase is away the outbox grows
and everything else goes on.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
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
        self._something_new: Final = asyncio.Event()
        self._something_to_send: Final = asyncio.Event()
        self._drained: Final = asyncio.Event()
        self._disk: Final = asyncio.Lock()
        self._backoff: Final = Backoff(0.2, 10.0)
        self.counters: Final[Counter[str]] = Counter()
        self.waiting = outbox.count()
        """Events in the outbox as of the last look."""

    def put(self, events: Sequence[Event]) -> None:
        """Store events that belong together; they reach the database in this order."""
        if events:
            self._new.append(events)
            self._drained.clear()
            self._something_new.set()

    def put_newest(self, name: str, event: Event) -> None:
        """Store an event that replaces the one of the same name if that has not been sent."""
        self._newest[name] = event
        self._something_to_send.set()

    async def run(self) -> None:
        """Write until cancelled.

        Raises
        ------
        LeaseLostError
            If another worker has the lease.
        StoreError
            If the disk cannot be written to.
        """
        # Two tasks: what happens while the database does not answer must be on disk too.
        tasks = [asyncio.create_task(self._saving()), asyncio.create_task(self._sending())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()

    async def flush(self, seconds: float) -> bool:
        """Wait until the database has everything, at most so long; return whether it has."""
        self._drained.clear()
        self._something_new.set()
        self._something_to_send.set()
        try:
            async with asyncio.timeout(seconds):
                await self._drained.wait()
        except TimeoutError:
            return False
        return True

    async def save(self) -> None:
        """Move what is new from memory to disk; at the end of the process the last thing."""
        new, self._new = self._new, []
        if not new:
            return
        try:
            await self._on_disk(self._outbox.append, new)
        except StoreError:
            self._new = new + self._new  # Nothing was written; keep it for the next try.
            raise

    async def _saving(self) -> None:
        while True:
            await self._something_new.wait()
            self._something_new.clear()
            await self.save()
            self._something_to_send.set()

    async def _sending(self) -> None:
        while True:
            await self._something_to_send.wait()
            self._something_to_send.clear()
            while await self._send():
                pass
            if not self._new:
                self._drained.set()

    async def _send(self) -> bool:
        """Send one batch; return whether there was one."""
        pending = await self._on_disk(self._outbox.oldest, MOST_PER_CALL)
        names = list(self._newest)[: MOST_PER_CALL - len(pending)]
        newest = {name: self._newest.pop(name) for name in names}
        if not pending and not newest:
            self.waiting = 0
            return False
        try:
            outcomes = await self._write([*(each.event for each in pending), *newest.values()])
        except StoreError as error:
            self._newest = {**newest, **self._newest}  # Unless newer ones have come meanwhile.
            await self._failed(error)
            return True
        self._backoff.reset()
        await self._on_disk(self._settle, pending, outcomes)
        return True

    async def _on_disk[**P, T](self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do something with the outbox in a thread, one at a time and never half."""
        async with self._disk:
            doing = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
            try:
                return await asyncio.shield(doing)
            finally:
                await asyncio.wait([doing])

    async def _write(self, events: list[Event]) -> list[dict[str, Any]]:
        self.counters["calls"] += 1
        answer: list[dict[str, Any]] = await self._supabase.call(
            "worker_write", **self._lease.proof, p_events=events
        )
        return answer

    async def _failed(self, error: StoreError) -> None:
        """Take the lease again if that was the reason; otherwise wait, longer each time."""
        if isinstance(error, RefusedError) and error.code == LOST:
            _log.warning("write refused: %s", error)
            await self._lease.acquire()
            return
        seconds = self._backoff.next()
        self.counters["retries"] += 1
        self.waiting = await self._on_disk(self._outbox.count)
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
