"""What happened and is not in the database yet, on disk: a queue that survives us.

In:  groups of events; a group is what one engine event caused, and stays together.
Out: the oldest events, at most a batch; what was sent is taken off.
Next: `worker/store.py`, which fills and drains it.

SQLite in WAL mode. Called from one thread at a time; every method may wait for the disk, so
the store calls it beside the event loop.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from core.errors import StoreError

Event = dict[str, Any]

_SCHEMA: Final = """
create table if not exists events (
  sequence integer primary key autoincrement,
  group_id integer not null,
  id text not null,
  kind text not null,
  event text not null
);
create table if not exists poison (
  id text primary key,
  kind text not null,
  event text not null,
  code text not null,
  error text not null
);
create table if not exists groups (only integer primary key check (only = 0), last integer);
insert or ignore into groups (only, last) values (0, 0);
"""


class Pending(NamedTuple):
    """One event that waits.

    Attributes
    ----------
    sequence
        Its place in the queue.
    """

    sequence: int
    group_id: int
    event: Event


class Outbox:
    """The queue on disk.

    Parameters
    ----------
    path
        The SQLite file; made where it is absent.

    Raises
    ------
    StoreError
        From every method, if the file cannot be used: full disk, damage, no permission.
    """

    def __init__(self, path: Path) -> None:
        self._path: Final = path
        try:
            # The one thread that uses it is not the one that opens it.
            self._database: Final = sqlite3.connect(path, check_same_thread=False, autocommit=True)
            self._database.execute("pragma journal_mode = wal")
            self._database.execute("pragma synchronous = normal")
            self._database.executescript(_SCHEMA)
        except sqlite3.Error as error:
            raise self._failure(error) from error

    def append(self, groups: Iterable[Sequence[Event]]) -> None:
        """Put groups of events at the end, all or none."""
        try:
            self._database.execute("begin immediate")
            try:
                (last,) = self._database.execute("select last from groups").fetchone()
                for group in groups:
                    last += 1
                    self._database.executemany(
                        "insert into events (group_id, id, kind, event) values (?, ?, ?, ?)",
                        [(last, each["id"], each["kind"], json.dumps(each)) for each in group],
                    )
                self._database.execute("update groups set last = ?", (last,))
                self._database.execute("commit")
            except BaseException:
                self._database.execute("rollback")
                raise
        except sqlite3.Error as error:
            raise self._failure(error) from error

    def oldest(self, most: int) -> list[Pending]:
        """Return the oldest events, at most `most`.

        A group that does not fit is left for the next call, unless it alone is too large.
        """
        query = "select sequence, group_id, event from events order by sequence limit ?"
        try:
            found = [
                Pending(sequence, group_id, json.loads(event))
                for sequence, group_id, event in self._database.execute(query, (most + 1,))
            ]
        except sqlite3.Error as error:
            raise self._failure(error) from error
        if len(found) <= most:
            return found
        cut_group = found[-1].group_id
        whole = [each for each in found if each.group_id != cut_group]
        return whole or found[:most]

    def remove(self, sequences: Iterable[int]) -> None:
        """Take events off that the database has."""
        try:
            self._database.execute("begin immediate")
            self._database.executemany(
                "delete from events where sequence = ?", [(each,) for each in sequences]
            )
            self._database.execute("commit")
        except sqlite3.Error as error:
            raise self._failure(error) from error

    def set_aside(self, event: Event, code: str, error: str) -> None:
        """Keep an event that the database will never take, with its reason."""
        row = (event["id"], event["kind"], json.dumps(event), code, error)
        try:
            self._database.execute("insert or replace into poison values (?, ?, ?, ?, ?)", row)
        except sqlite3.Error as failure:
            raise self._failure(failure) from failure

    def count(self) -> int:
        """Return how many events wait."""
        return self._number("select count(*) from events")

    def poisoned(self) -> int:
        """Return how many events were set aside."""
        return self._number("select count(*) from poison")

    def rows_of(self, kind: str) -> list[dict[str, Any]]:
        """Return the rows of the waiting events of a kind."""
        query = "select event from events where kind = ? order by sequence"
        try:
            found = self._database.execute(query, (kind,)).fetchall()
        except sqlite3.Error as error:
            raise self._failure(error) from error
        return [json.loads(event)["row"] for (event,) in found]

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def _number(self, query: str) -> int:
        try:
            (number,) = self._database.execute(query).fetchone()
        except sqlite3.Error as error:
            raise self._failure(error) from error
        return int(number)

    def _failure(self, error: sqlite3.Error) -> StoreError:
        return StoreError(f"the outbox {self._path} cannot be used: {error}")
