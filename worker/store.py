"""From effects to tables: everything goes to the journal, and from there to the database.

In:  groups of events and facts that must not be lost; events of which only the newest matters.
Out: calls of `worker_write`, at most 500 events each, in order, until the database has them.
Next: `supabase/migrations/*_create_worker_write.sql`.

The tick path only appends to a list here. Disk and network are touched by tasks of their own, the
disk in a thread, so that none can hold a tick up. While Supabase is away the journal grows and
everything else goes on.
"""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from core.errors import StoreError
from worker.backoff import Backoff
from worker.journal import Event, Fact, Journal, Keep
from worker.lease import LOST, Lease
from worker.outgoing import Batch, Outgoing, Refusal
from worker.supabase import RefusedError, Supabase

MOST_PER_CALL: Final = 500

_log: Final = logging.getLogger(__name__)


class Store:
    """The one writer.

    Parameters
    ----------
    supabase, lease, journal
        Where to, by what right, by way of what.

    Attributes
    ----------
    counters
        Events by outcome, calls, retries.
    """

    def __init__(self, supabase: Supabase, lease: Lease, journal: Journal) -> None:
        self._supabase: Final = supabase
        self._lease: Final = lease
        self._journal: Final = journal
        self._outgoing: Final = Outgoing(journal)
        self._new: list[Sequence[Event] | Keep] = []
        self._newest: dict[str, Event] = {}
        self._something_new: Final = asyncio.Event()
        self._something_to_sync: Final = asyncio.Event()
        self._something_to_send: Final = asyncio.Event()
        self._drained: Final = asyncio.Event()
        self._disk: Final = asyncio.Lock()
        self._synced: Final = asyncio.Condition()
        self._put_count = self._saved_count = self._synced_count = self._sync_wanted = 0
        self._backoff: Final = Backoff(0.2, 10.0)
        self.counters: Final[Counter[str]] = Counter()
        self.waiting = self._outgoing.waiting()
        """Events that were not sent, as of the last look."""
        self.refused = self._outgoing.refused()
        """Events that are set aside, as of the last look."""

    def put(self, events: Sequence[Event]) -> None:
        """Store events that belong together; they reach the database in this order."""
        if events:
            self._new.append(events)
            self._put_count += 1
            self._drained.clear()
            self._something_new.set()

    def keep(self, kind: str, key: str, body: bytes, *, replaces: bool = False) -> None:
        """Keep a fact for recovery: in the journal only, in order with the events.

        Parameters
        ----------
        replaces
            Whether the older ones of its kind are no longer needed.
        """
        self._new.append(Keep(kind, key, body, replaces))
        self._put_count += 1
        self._something_new.set()

    async def facts(self, kind: str) -> list[Fact]:
        """Return the facts of a kind that were kept so far, oldest first."""
        await self.save()
        return await self._on_disk(self._journal.facts, kind)

    def put_newest(self, name: str, event: Event) -> None:
        """Store an event that replaces the one of the same name if that has not been sent."""
        self._newest[name] = event
        self._something_to_send.set()

    async def durable(self) -> None:
        """Wait until everything put so far would survive a loss of power.

        An order is sent only after this.
        """
        mark = self._sync_wanted = self._put_count
        self._something_new.set()
        async with self._synced:
            await self._synced.wait_for(lambda: self._synced_count >= mark)

    async def run(self) -> None:
        """Write until cancelled.

        Raises
        ------
        LeaseLostError
            If another worker has the lease.
        StoreError
            If the disk cannot be written to.
        """
        # Several tasks: what happens while the database does not answer must be on disk too, and
        # nothing waits for the disk's own pace but what asked for it.
        tasks = [
            asyncio.create_task(self._saving()),
            asyncio.create_task(self._syncing()),
            asyncio.create_task(self._sending()),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            task.result()

    def waiting_rows(self, kind: str) -> list[dict[str, Any]]:
        """Return the rows of the events of a kind that the last run left here."""
        return self._outgoing.rows_of(kind)

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
            must_sync = await self._on_disk(self._journal.append, new)
        except StoreError:
            self._new = new + self._new  # Nothing was written; keep it for the next try.
            raise
        self._saved_count += len(new)
        if must_sync:
            self._sync_wanted = self._saved_count

    async def _saving(self) -> None:
        while True:
            await self._something_new.wait()
            self._something_new.clear()
            await self.save()
            self._something_to_send.set()
            if self._sync_wanted > self._synced_count:
                self._something_to_sync.set()

    async def _syncing(self) -> None:
        while True:
            await self._something_to_sync.wait()
            self._something_to_sync.clear()
            mark = self._saved_count
            await asyncio.to_thread(self._journal.sync)
            self.counters["syncs"] += 1
            async with self._synced:
                self._synced_count = mark
                self._synced.notify_all()

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
        batch = await self._on_disk(self._outgoing.batch, MOST_PER_CALL)
        names = list(self._newest)[: MOST_PER_CALL - len(batch.events)]
        newest = {name: self._newest.pop(name) for name in names}
        if not batch.events and not newest:
            await self._on_disk(self._settle, batch, [])
            return batch.lane is not None
        try:
            outcomes = await self._write(batch, newest.values())
        except StoreError as error:
            self._newest = {**newest, **self._newest}  # Unless newer ones have come meanwhile.
            await self._failed(error)
            return True
        self._backoff.reset()
        await self._on_disk(self._settle, batch, outcomes)
        return True

    async def _on_disk[**P, T](self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do something with the journal in a thread, one at a time and never half."""
        async with self._disk:
            doing = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
            try:
                return await asyncio.shield(doing)
            finally:
                await asyncio.wait([doing])

    async def _write(self, batch: Batch, newest: Iterable[Event]) -> list[dict[str, Any]]:
        self.counters["calls"] += 1
        events = [each.text for each in batch.events] + [json.dumps(each) for each in newest]
        answer: list[dict[str, Any]] = await self._supabase.call_with(
            "worker_write", {**self._lease.proof}, p_events=events
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
        self.waiting = self._outgoing.waiting()
        _log.warning(
            "not stored, next try in %.1f s: %s",
            seconds,
            error,
            extra={"facts": {"waiting": self.waiting}},
        )
        await asyncio.sleep(seconds)

    def _settle(self, batch: Batch, outcomes: list[dict[str, Any]]) -> None:
        """Note what is done; name what will never be taken."""
        for outcome in outcomes:
            self.counters[outcome["outcome"]] += 1
        for each, outcome in zip(batch.events, outcomes, strict=False):
            if outcome["outcome"] == "stale":
                _log.warning("the database has newer: %s %s", each.event["kind"], each.event["id"])
        for refusal in self._outgoing.settle(batch, outcomes[: len(batch.events)]):
            self._report(refusal)
            self.refused = self._outgoing.refused()
        self.waiting = self._outgoing.waiting()

    def _report(self, refusal: Refusal) -> None:
        event = refusal.event
        _log.error(
            "event refused and set aside: %s %s: %s",
            event["kind"],
            event["id"],
            refusal.error,
            extra={"facts": {"config_id": event["config_id"], "code": refusal.code}},
        )
