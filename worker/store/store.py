"""From effects to tables: everything goes to the journal, and from there to the database.

In:  groups of events and facts that must not be lost; events of which only the newest matters.
Out: the journal, in the order in which it was put here; the same events in the database.
Next: `worker/store/sender.py`, which sends them.

The tick path only appends to a list here. Disk and network are touched by tasks of their own, the
disk in a thread, so that none can hold a tick up. While Supabase is away the journal grows and
everything else goes on.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final
from uuid import uuid4

from core.errors import StoreError
from core.rows import iso_time
from worker.answer_times import AnswerTimes
from worker.configs.config_events import log_row
from worker.lease.lease import Lease
from worker.store.disk import Disk
from worker.store.journal import Event, Fact, Journal, Keep
from worker.store.journal_room import MOST_BYTES, JournalRoom
from worker.store.missing import Missing
from worker.store.outgoing import Outgoing, Refusal
from worker.store.sender import MOST_PER_CALL, Sender
from worker.store.supabase import Supabase

__all__ = ["MOST_PER_CALL", "Store"]

_CARE_SECONDS: Final = 30.0

_log: Final = logging.getLogger(__name__)


class Store:
    """The one writer.

    Parameters
    ----------
    supabase, lease, journal
        Where to, by what right, by way of what.
    most_bytes
        How large the journal may become.
    """

    def __init__(
        self, supabase: Supabase, lease: Lease, journal: Journal, most_bytes: int = MOST_BYTES
    ) -> None:
        self._journal: Final = journal
        self._outgoing: Final = Outgoing(journal)
        self._disk: Final = Disk()
        self._room: Final = JournalRoom(journal, self._disk, most_bytes)
        self._sender: Final = Sender(supabase, lease, self._outgoing, self._disk)
        self._sender.on_restored = self._on_restored
        self._sender.on_refused = self._on_refused
        self._sender.on_caught_up = self._on_caught_up
        self._new: list[Sequence[Event] | Keep] = []
        self._something_new: Final = asyncio.Event()
        self._something_to_sync: Final = asyncio.Event()
        self._synced: Final = asyncio.Condition()
        self.missing = self._outgoing.missing()
        """Configs of which something is neither here nor in the database, with a sentence each."""
        self.on_missing: Callable[[str, str], None] = _nobody
        self._put_count = self._saved_count = self._synced_count = self._sync_wanted = 0

    @property
    def counters(self) -> Counter[str]:
        """Events by outcome, calls, retries."""
        return self._sender.counters

    @property
    def waiting(self) -> int:
        """Events that were not sent, as of the last look."""
        return self._sender.waiting

    @property
    def refused(self) -> int:
        """Events that are set aside, as of the last look."""
        return self._sender.refused

    @property
    def times(self) -> AnswerTimes:
        """How long the database takes to answer a write."""
        return self._sender.times

    @property
    def age_seconds(self) -> float:
        """Seconds since the database took something; it is offered something every few."""
        return time.monotonic() - self._sender.written_at if self._sender.written_at else 0.0

    @property
    def blocked(self) -> dict[str, str]:
        """Configs whose books the database does not know, with a sentence each."""
        return self._sender.blocked

    def figures(self) -> dict[str, Any]:
        """Return what an operator wants to know of the journal."""
        return {
            "refused": self.refused,
            "held": self._sender.held,
            "missing": len(self.missing),
            "unsaved": self._put_count - self._saved_count,
            **self._room.figures(),
        }

    def put(self, events: Sequence[Event]) -> None:
        """Store events that belong together; they reach the database in this order."""
        if events:
            self._new.append(events)
            self._put_count += 1
            self._sender.idle.clear()
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
        return await self._disk.do(self._journal.facts, kind)

    def put_newest(self, name: str, event: Event) -> None:
        """Store an event that replaces the one of the same name if that has not been sent."""
        self._sender.put_newest(name, event)

    def report(
        self, kind: str, message: str, detail: dict[str, Any], config_id: str | None = None
    ) -> None:
        """Bring something before a human: the log here, an incident in the database."""
        _log.critical("%s", message, extra={"facts": {"config_id": config_id, **detail}})
        # Not an event of the config itself, which may be one whose events wait.
        row = {"kind": kind, "message": message, "detail": detail, "strategy_config_id": config_id}
        self.put([_event("incident", None, row)])

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
        work = (self._saving(), self._syncing(), self._sender.run(), self._caring())
        tasks = [asyncio.create_task(each) for each in work]
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
        """Wait until the database has everything, at most so long; return whether it has.

        What is held back behind a refused event is not waited for.
        """
        try:
            async with asyncio.timeout(seconds):
                while True:
                    self._sender.idle.clear()
                    self._something_new.set()
                    await self._sender.idle.wait()
                    if self._saved_count == self._put_count and self._sender.has_all():
                        return True
        except TimeoutError:
            return False

    async def save(self) -> None:
        """Move what is new from memory to disk; at the end of the process the last thing."""
        new, self._new = self._new, []
        if not new:
            return
        try:
            must_sync = await self._disk.do(self._journal.append, new)
        except StoreError:
            self._new = new + self._new  # Nothing was written; keep it for the next try.
            raise
        self._saved_count += len(new)
        if must_sync:
            self._sync_wanted = max(self._sync_wanted, self._saved_count)

    async def _saving(self) -> None:
        while True:
            await self._something_new.wait()
            self._something_new.clear()
            await self.save()
            self._sender.something.set()
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

    async def _caring(self) -> None:
        """Look after the journal's room, and for what an operator has decided."""
        while True:
            await self._room.look()
            self.missing = await self._disk.do(self._outgoing.missing)
            await self._disk.do(self._sender.look)
            self._sender.something.set()
            await asyncio.sleep(_CARE_SECONDS)

    def _on_refused(self, refusal: Refusal) -> None:
        event = refusal.event
        self.report(
            "event_refused",
            f"an event of kind {event['kind']} was refused: {refusal.error}",
            {"code": refusal.code, "event_id": event["id"], "sequence": refusal.sequence},
            event["config_id"],
        )

    def _on_caught_up(self, config_id: str) -> None:
        """Say so; the event also marks the place, for a database that is restored later."""
        row = log_row("warning", "what waited behind a refused event is stored", time.time_ns())
        self.put([_event("log", config_id, row)])

    def _on_restored(self, known: int, before: int, missing: Sequence[Missing]) -> None:
        """Say what was lost there, and what cannot be brought back from here."""
        self.report(
            "database_restored",
            f"the database was restored to an older state: it has our journal up to {known}, we "
            f"had sent up to {before}; what came in between is sent again",
            {"known": known, "sent": before},
        )
        for each in missing:
            self.report("journal_incomplete", each.sentence, each.detail, each.config_id)
            if each.config_id is not None:
                self.missing[each.config_id] = each.sentence
                self.on_missing(each.config_id, each.sentence)


def _event(kind: str, config_id: str | None, row: dict[str, Any]) -> Event:
    """Return an event of the store's own."""
    now = iso_time(time.time_ns())
    owner = {"config_id": config_id, "user_id": None}
    return {"id": str(uuid4()), "kind": kind, **owner, "at": now, "row": row}


def _nobody(*_: object) -> None:
    """Stand in for a listener until there is one."""
