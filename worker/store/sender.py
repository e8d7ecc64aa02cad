"""From the journal to the database: batches in order, each until it is there.

In:  what `worker/store/outgoing.py` says is next; events of which only the newest matters.
Out: calls of `worker_write`, at most 500 events each.
Next: `supabase/migrations/*_create_worker_write.sql`.

A batch that the database refuses as a whole is halved until the one event is found that it cannot
take. A database that was restored to an older state says how far it is, and is sent the rest again.
"""

import asyncio
import json
import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, Final

from core.errors import StoreError
from worker.answer_times import AnswerTimes
from worker.backoff import Backoff
from worker.lease.lease import LOST, Lease
from worker.store.disk import Disk
from worker.store.journal import Event
from worker.store.missing import Missing
from worker.store.outgoing import Batch, Outgoing, Refusal
from worker.store.supabase import RefusedError, Supabase

MOST_PER_CALL: Final = 500
RESTORED: Final = "TB424"

_SHARE_OF_NEWEST: Final = 10
_SLOW_SECONDS: Final = 5.0
_LEAST_WHILE_SLOW: Final = 25
_FAULT_OF_AN_EVENT: Final = ("22", "23", "54", "TB4", "PGRST102", "HTTP 413")
"""Codes with which a call is refused for what is in it, not for what it is."""

_log: Final = logging.getLogger(__name__)

Outcome = dict[str, Any]


class Sender:
    """Send what waits.

    Parameters
    ----------
    supabase, lease
        Where to, by what right.
    outgoing, disk
        What waits, and the way to it.

    Attributes
    ----------
    something
        Set when there may be something to send.
    idle
        Set while the database has everything, as far as is known here.
    counters
        Events by outcome, calls, retries.
    waiting, refused, held
        Events not sent yet, set aside, and held behind those, as of the last look.
    """

    def __init__(self, supabase: Supabase, lease: Lease, outgoing: Outgoing, disk: Disk) -> None:
        self._supabase: Final = supabase
        self._lease: Final = lease
        self._outgoing: Final = outgoing
        self._disk: Final = disk
        self._newest: dict[str, Event] = {}
        self._most = MOST_PER_CALL
        self._has_written = False  # Only then is it known whether the database was restored.
        self._backoff: Final = Backoff(0.2, 10.0)
        self.times: Final = AnswerTimes()
        """Of the calls that were answered."""
        self.written_at = 0.0
        """When the last one was, by the monotonic clock."""
        self.something: Final = asyncio.Event()
        self.idle: Final = asyncio.Event()
        self.counters: Final[Counter[str]] = Counter()
        self.on_restored: Callable[[int, int, Sequence[Missing]], None] = _nobody
        """Called with where the database is, where we were, and what is no longer here."""
        self.on_refused: Callable[[Refusal], None] = _nobody
        """Called with an event that spoils a whole call, of which the database knows nothing."""
        self.on_caught_up: Callable[[str], None] = _nobody
        """Called with a config whose held events are all stored."""
        self.waiting = outgoing.waiting()
        self.refused = outgoing.refused()
        self.held = outgoing.held()
        self.blocked = outgoing.blocked()
        """Configs whose books the database does not know, with a sentence each."""

    def put_newest(self, name: str, event: Event) -> None:
        """Send an event that replaces the one of the same name if that has not been sent."""
        self._newest[name] = event
        self.something.set()

    def has_all(self) -> bool:
        """Return whether the database has everything but what is held back."""
        return self._has_written and not self._newest and not self._outgoing.waiting()

    async def run(self) -> None:
        """Send until cancelled.

        Raises
        ------
        LeaseLostError
            If another worker has the lease.
        StoreError
            If the journal cannot be used.
        """
        while True:
            await self.something.wait()
            self.something.clear()
            while await self._send():
                pass
            self.idle.set()

    async def _send(self) -> bool:
        """Send one batch; return whether there was one."""
        # While a backlog drains, signs of life go along.
        most = self._most - min(len(self._newest), self._most // _SHARE_OF_NEWEST)
        batch = await self._disk.do(self._outgoing.batch, most)
        names = list(self._newest)[: self._most - len(batch.events)]
        newest = {name: self._newest.pop(name) for name in names}
        if not batch.events and not newest and self._has_written:
            await self._done(batch, [])
            return batch.lane is not None
        began = time.monotonic()
        try:
            outcomes = await self._write(batch, list(newest.values()))
        except StoreError as error:
            self._newest = {**newest, **self._newest}  # Unless newer ones have come meanwhile.
            if time.monotonic() - began > _SLOW_SECONDS:  # It may be too much at once.
                self._most = max(self._most // 2, _LEAST_WHILE_SLOW)
            await self._failed(batch, names, error)
            return True
        self._has_written = True
        self._backoff.reset()
        self._most = min(2 * self._most, MOST_PER_CALL)
        await self._done(batch, outcomes)
        return True

    async def _done(self, batch: Batch, outcomes: list[Outcome]) -> None:
        await self._disk.do(self._settle, batch, outcomes)
        if batch.lane is not None and not batch.events:
            self.on_caught_up(batch.lane)

    async def _write(self, batch: Batch, newest: Sequence[Event]) -> list[Outcome]:
        self.counters["calls"] += 1
        began = time.monotonic()
        place = {"id": self._outgoing.journal_id, "after": batch.after, "until": batch.until}
        answer: list[Outcome] = await self._supabase.call_with(
            "worker_write",
            {**self._lease.proof, "p_journal": place},
            p_events=[each.text for each in batch.events] + [json.dumps(each) for each in newest],
        )
        self.written_at = time.monotonic()
        self.times.add(self.written_at - began)
        return answer

    async def _failed(self, batch: Batch, names: Sequence[str], error: StoreError) -> None:
        """Do what lets the next attempt succeed."""
        if not isinstance(error, RefusedError):
            await self._wait(error)
        elif error.code == LOST:
            _log.warning("write refused: %s", error)
            await self._lease.acquire()
        elif error.code == RESTORED:
            await self._go_back(int(error.detail))
        elif error.code.startswith(_FAULT_OF_AN_EVENT):
            await self._narrow_down(batch, names, error)
        else:
            await self._wait(error)

    async def _wait(self, error: StoreError) -> None:
        """Wait, longer each time."""
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

    async def _narrow_down(self, batch: Batch, names: Sequence[str], error: RefusedError) -> None:
        """Halve the batch; what is refused alone, when nothing else is, is set aside."""
        count = len(batch.events) + len(names)
        self.counters["narrowed"] += 1
        if count > 1:
            self._most = max(count // 2, 1)
            return
        try:
            await self._write(batch._replace(events=(), until=batch.after), ())
        except StoreError:  # It is not this event's fault.
            await self._wait(error)
            return
        self._most = MOST_PER_CALL
        for name in names:
            self._report(Refusal(0, self._newest.pop(name), error.code, str(error)))
        for each in batch.events:
            refused = {"outcome": "failed", "code": error.code, "error": str(error)}
            await self._disk.do(self._settle, batch, [refused], is_stored=False)
            self.on_refused(Refusal(each.sequence, each.event, error.code, str(error)))

    async def _go_back(self, known: int) -> None:
        """Send again what a restored database has lost."""
        before = self._outgoing.acknowledged
        missing = await self._disk.do(self._outgoing.rewind, known)
        self.counters["restored"] += 1
        self.on_restored(known, before, missing)

    def _settle(self, batch: Batch, outcomes: list[Outcome], *, is_stored: bool = True) -> None:
        """Note what is done; name what will never be taken."""
        for outcome in outcomes:
            self.counters[outcome["outcome"]] += 1
        for each, outcome in zip(batch.events, outcomes, strict=False):
            if outcome["outcome"] == "stale":
                _log.warning("the database has newer: %s %s", each.event["kind"], each.event["id"])
        own = outcomes[: len(batch.events)]
        refusals = self._outgoing.settle(batch, own, is_stored=is_stored)
        for refusal in refusals:
            self._report(refusal)
        if refusals or batch.lane is not None:
            self.look()
        self.waiting = self._outgoing.waiting()

    def look(self) -> None:
        """Count what is held back; not with every batch, as it may be much."""
        self.refused, self.held = self._outgoing.refused(), self._outgoing.held()
        self.blocked = self._outgoing.blocked()

    def _report(self, refusal: Refusal) -> None:
        event = refusal.event
        _log.error(
            "event refused and set aside: %s %s: %s",
            event["kind"],
            event["id"],
            refusal.error,
            extra={"facts": {"config_id": event["config_id"], "code": refusal.code}},
        )


def _nobody(*_: object) -> None:
    """Stand in for a listener until there is one."""
