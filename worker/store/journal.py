"""What happened, on disk: the events for the database and the facts that recovery needs.

In:  groups of events (a group is what one engine event caused) and facts, in one order.
Out: the same, in that order, after any crash.
Next: `worker/store/store.py`, which fills it; `worker/store/outgoing.py`, which says what the
      database lacks.

SQLite in WAL mode. Called from one thread at a time (but for `sync`); every method may wait for
the disk, so the store calls it beside the event loop.
"""

import json
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import uuid4

from worker.store.journal_file import DamagedError, move_aside, opened_file, saying

Event = dict[str, Any]

SYNCED: Final = frozenset({"order", "fill"})
"""Kinds of events that must survive a loss of power too."""


class Keep(NamedTuple):
    """A fact to be kept.

    Attributes
    ----------
    replaces
        Whether the older ones of its kind are no longer needed.
    """

    kind: str
    key: str
    body: bytes
    replaces: bool = False


class Fact(NamedTuple):
    """A fact that was kept.

    Attributes
    ----------
    sequence
        Its place among facts and events.
    """

    sequence: int
    key: str
    body: bytes


class Told(NamedTuple):
    """An event in the journal."""

    sequence: int
    event: Event


class Journal:
    """One worker's journal.

    Parameters
    ----------
    path
        The SQLite file; made where it is absent.

    Attributes
    ----------
    last
        Sequence of the newest event or fact.

    Raises
    ------
    JournalError
        From every method, if the file cannot be used: full disk, no permission.
    DamagedError
        The same, if what is in it cannot be relied on.
    """

    def __init__(self, path: Path) -> None:
        self.path: Final = path
        self.moved_aside: Path | None = None
        """Where the damaged one before this is."""
        self.database: Final = opened_file(path)
        self.meta: Final = Meta(self)
        with self.writing():
            if self.meta.get("journal") is None:
                self.meta.set("journal", str(uuid4()))
                self.meta.set("last", "0")
        self.id: Final = self.meta["journal"]
        self.last = int(self.meta["last"])
        self._log_file = -1

    def append(self, entries: Iterable[Sequence[Event] | Keep]) -> bool:
        """Put groups of events, and facts, at the end: all or none.

        Returns whether one of them must survive a loss of power: `sync` is due.
        """
        now, last = int(time.time()), self.last
        events: list[tuple[int, int, int, str | None, str, str]] = []
        facts: list[tuple[int, str, str, bytes]] = []
        replaced: list[tuple[str]] = []
        for entry in entries:
            if isinstance(entry, Keep):
                last += 1
                if entry.replaces:
                    replaced.append((entry.kind,))
                    facts = [each for each in facts if each[1] != entry.kind]
                facts.append((last, entry.kind, entry.key, entry.body))
                continue
            group = last + 1
            for each in entry:
                last += 1
                events.append((last, group, now, each["config_id"], each["kind"], json.dumps(each)))
        with self.writing() as database:
            database.executemany("insert into events values (?, ?, ?, ?, ?, ?)", events)
            database.executemany("delete from facts where kind = ?", replaced)
            database.executemany("insert into facts values (?, ?, ?, ?)", facts)
            self.meta.set("last", str(last))
        self.last = last
        return any(kind in SYNCED for *_, kind, _ in events)

    def sync(self) -> None:
        """Wait until all that was appended is on the disk itself.

        The one method that another thread may call at the same time: what is synced is SQLite's
        write-ahead log, so nobody waits for it who need not.
        """
        with saying(self.path):
            try:
                os.fsync(self._wal())
            except OSError as error:
                raise sqlite3.OperationalError(error.strerror) from error

    def events(self, after: int = 0, kinds: Iterable[str] = ()) -> Iterator[Told]:
        """Yield the events after a place, of these kinds or of all, stored or not."""
        wanted = frozenset(kinds)
        query = "select sequence, kind, event from events where sequence > ? order by sequence"
        with saying(self.path):
            for sequence, kind, event in self.database.execute(query, (after,)):
                if not wanted or kind in wanted:
                    yield Told(sequence, json.loads(event))

    def facts(self, kind: str, after: int = 0) -> list[Fact]:
        """Return the facts of a kind, oldest first."""
        query = "select sequence, key, body from facts where kind = ? and sequence > ?"
        with saying(self.path):
            return [
                Fact(*row)
                for row in self.database.execute(f"{query} order by sequence", (kind, after))
            ]

    def forget(self, kind: str, before_sequence: int) -> None:
        """Remove the facts of a kind before a place."""
        with saying(self.path):
            self.database.execute(
                "delete from facts where kind = ? and sequence < ?", (kind, before_sequence)
            )

    def skip_to(self, sequence: int) -> None:
        """Use no place up to this one: somebody else has seen what stood there."""
        with self.writing():
            self.meta.set("last", str(sequence))
        self.last = sequence

    def close(self) -> None:
        """Close the file."""
        if self._log_file >= 0:
            os.close(self._log_file)
            self._log_file = -1
        self.database.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Yield the database within a transaction: all or none."""
        with saying(self.path):
            self.database.execute("begin immediate")
            try:
                yield self.database
                self.database.execute("commit")
            except BaseException:
                if self.database.in_transaction:  # A full disk may have ended it already.
                    self.database.execute("rollback")
                raise

    def _wal(self) -> int:
        """Return a descriptor of the write-ahead log, whose name is on the disk too."""
        if self._log_file < 0:
            log = self.path.with_name(f"{self.path.name}-wal")
            self._log_file = os.open(log, os.O_RDWR | os.O_CLOEXEC)
            folder = os.open(self.path.parent, os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        return self._log_file


class Meta:
    """Small texts by name, of the journal as a whole."""

    def __init__(self, journal: Journal) -> None:
        self._journal: Final = journal

    def get(self, name: str) -> str | None:
        """Return a text, None where there is none."""
        query = "select value from meta where name = ?"
        with saying(self._journal.path):
            found = self._journal.database.execute(query, (name,)).fetchone()
        return None if found is None else str(found[0])

    def set(self, name: str, value: str) -> None:
        """Write a text."""
        with saying(self._journal.path):
            self._journal.database.execute(
                "insert into meta values (?, ?) on conflict do update set value = excluded.value",
                (name, value),
            )

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __setitem__(self, name: str, value: str) -> None:
        self.set(name, value)


def open_journal(path: Path) -> Journal:
    """Return the journal of a path; a damaged one is moved aside, and a new one begun.

    Raises
    ------
    JournalError
        If the file cannot be used, or has a format this release does not know.
    """
    try:
        return Journal(path)
    except DamagedError:
        aside = move_aside(path)
    journal = Journal(path)
    journal.moved_aside = aside
    return journal
