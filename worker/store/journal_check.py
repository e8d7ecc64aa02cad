"""Whether journal and database belong together, and whether either has lost something.

In:  the journal's file, the database's name, how far it has come.
Out: an open journal that fits, and what a human must know about it.
Next: `worker/run.py`, which goes on with it; `worker/store/store.py`, which reports.

A damaged journal is moved aside. One that ends before the database does has lost its last part,
with the power or because an older copy was put back: it goes on behind that. In both cases the
database knows more, and the books are read from it. A database that ends before the journal was
restored: the sender notices, and it gets again what it has lost.
"""

import asyncio
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID

from core.errors import ConfigError
from worker.store.journal import Journal, open_journal
from worker.store.outgoing import Outgoing
from worker.store.supabase import Supabase

_NAME: Final = "database"


class Report(NamedTuple):
    """Something that a human must know: an incident."""

    kind: str
    message: str
    detail: dict[str, Any]


async def checked_journal(
    path: Path, supabase: Supabase, shard: str, database: UUID
) -> tuple[Journal, list[Report]]:
    """Return a journal that fits the database, and what is to be reported.

    Raises
    ------
    ConfigError
        If it is the journal of another database.
    JournalError
        If its file cannot be used.
    StoreError
        If the database is away.
    """
    journal = await asyncio.to_thread(open_journal, path)
    reports = []
    if journal.moved_aside is not None:
        reports.append(_damaged(path, journal.moved_aside))
    try:
        _require_same(journal, database)
        known = await _known(supabase, shard, journal.id)
    except BaseException:
        journal.close()
        raise
    if known > journal.last:
        reports.append(_too_short(path, journal.last, known))
        journal.skip_to(known)
    return journal, reports


def _require_same(journal: Journal, database: UUID) -> None:
    name = journal.meta.get(_NAME)
    if name is None:
        journal.meta[_NAME] = str(database)
    elif name != str(database):
        waiting = Outgoing(journal).waiting()
        raise ConfigError(
            f"{journal.path} is the journal of another database ({name}, not {database}), which "
            f"lacks {waiting} of its events; choose another WORKER_STATE_DIR, or move it away"
        )


async def _known(supabase: Supabase, shard: str, journal: str) -> int:
    rows = await supabase.rows(
        "worker_journals", select="sequence", shard=f"eq.{shard}", journal=f"eq.{journal}"
    )
    return int(rows[0]["sequence"]) if rows else 0


def _damaged(path: Path, aside: Path) -> Report:
    return Report(
        "journal_damaged",
        f"the journal {path.name} was damaged and is now {aside.name}; a new one was begun from "
        "what the database knows, and what it had not been sent is lost",
        {"file": str(path), "moved_to": str(aside)},
    )


def _too_short(path: Path, last: int, known: int) -> Report:
    return Report(
        "journal_too_short",
        f"the journal {path.name} ends at {last}, but the database has it up to {known}: its last "
        "part was lost with the power, or an older copy was put back; the books are the database's",
        {"file": str(path), "last": last, "known": known},
    )
