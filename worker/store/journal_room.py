"""How much the journal holds, and for how long: old events go, a full disk is announced.

In:  the journal and what of it the database has.
Out: events removed that are stored and old, in slices beside the tick path; a critical message
     before there is no room.
Next: `worker/store/journal_file.py`, whose tables say what was removed.

An event stays three days after it was stored: recovery needs the current session, a database that
was restored from yesterday's backup needs yesterday. It must be fewer days than the database keeps
the ids of events (operator_policy.keep_worker_events_days), or a refill would count twice. Where
the room is short, stored events go earlier.
"""

import asyncio
import logging
import os
import time
from typing import Any, Final

from worker.store.disk import Disk
from worker.store.journal import Journal
from worker.store.journal_file import saying

KEEP_DAYS: Final = 3
MOST_BYTES: Final = 4 << 30
SLICE: Final = 500

_PAUSE_SECONDS: Final = 0.1
_SHORT: Final = 0.5  # Beyond this share of the room, stored events go earlier than they might.
_ALARM: Final = 0.8
_AGAIN_SECONDS: Final = 600.0
_LEAST_FREE: Final = 256 << 20
_SECONDS_PER_DAY: Final = 86_400

_log: Final = logging.getLogger(__name__)


class JournalRoom:
    """Keep a journal within its room.

    Parameters
    ----------
    journal, disk
        What is kept small, and the way to it.
    most_bytes
        Its room; SQLite itself refuses to go beyond.
    """

    def __init__(self, journal: Journal, disk: Disk, most_bytes: int) -> None:
        self._journal: Final = journal
        self._disk: Final = disk
        self._most_bytes: Final = most_bytes
        self._alarmed = -_AGAIN_SECONDS
        self.bytes = 0
        self.pruned = 0
        with saying(journal.path):
            (self._page,) = journal.database.execute("pragma page_size").fetchone()
            journal.database.execute(f"pragma max_page_count = {max(most_bytes // self._page, 16)}")

    async def look(self) -> None:
        """Remove what may go; say it when too little is left."""
        self.bytes = await self._disk.do(self._used)
        before = time.time() - KEEP_DAYS * _SECONDS_PER_DAY
        while await self._removed(before):
            pass
        while self.bytes > _SHORT * self._most_bytes and await self._removed(None):
            self.bytes = await self._disk.do(self._used)
        self._warn()

    def figures(self) -> dict[str, Any]:
        """Return what an operator wants to know."""
        return {"bytes": self.bytes, "most_bytes": self._most_bytes, "pruned": self.pruned}

    async def _removed(self, before: float | None) -> bool:
        """Remove a slice and let others go first; return whether there was one."""
        count = await self._disk.do(self._prune, before)
        if count:
            await asyncio.sleep(_PAUSE_SECONDS)
        return count > 0

    def _used(self) -> int:
        with saying(self._journal.path):
            (pages,) = self._journal.database.execute("pragma page_count").fetchone()
            (free,) = self._journal.database.execute("pragma freelist_count").fetchone()
        return int((pages - free) * self._page)

    def _prune(self, before: float | None) -> int:
        """Remove a slice of what is stored, kept before a moment or any; return how many."""
        with self._journal.writing() as database:
            # What a lane that began here might have to send again stays too.
            (stored,) = database.execute(
                "select min(place) from (select cast(value as integer) as place from meta"
                " where name = 'drained' union all select began - 1 from lanes)"
            ).fetchone()
            # Of the oldest alone: the younger ones are no older.
            (until,) = database.execute(
                "select max(sequence) from (select sequence, kept_at from events"
                " where sequence <= ? order by sequence limit ?) where ? is null or kept_at < ?",
                (stored or 0, SLICE, before, before),
            ).fetchone()
            if until is None:
                return 0
            database.execute(
                "insert into pruned select coalesce(config_id, ''), kind, count(*),"
                " min(sequence), max(sequence) from events where sequence <= ? group by 1, 2"
                " on conflict do update set count = count + excluded.count, last = excluded.last",
                (until,),
            )
            gone = database.execute("delete from events where sequence <= ?", (until,)).rowcount
            database.execute("delete from refused where sequence <= ? and skipped", (until,))
            database.execute("delete from merged where drained <= ?", (until,))
        self.pruned += gone
        return gone

    def _warn(self) -> None:
        """Say it before there is no room, and not all the time."""
        status = os.statvfs(self._journal.path.parent)
        free = status.f_bavail * status.f_frsize
        is_short = self.bytes > _ALARM * self._most_bytes or free < _LEAST_FREE
        if not is_short or time.monotonic() - self._alarmed < _AGAIN_SECONDS:
            return
        self._alarmed = time.monotonic()
        _log.critical(
            "the journal is short of room: %d of %d MB are used and its disk has %d MB free; "
            "trading stops when it is full. Let Supabase be reached, make room, or raise "
            "WORKER_JOURNAL_MB",
            self.bytes >> 20,
            self._most_bytes >> 20,
            free >> 20,
        )
