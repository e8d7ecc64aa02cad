"""What the database does not have yet, in the order in which it must get it.

In:  the journal; what the database answered.
Out: the next batch. An event refused for good is set aside with its error, and the later events of
     its config wait in a lane of their own until an operator says retry or skip; all others flow.
Next: `worker/store/store.py`, which sends.

Everything up to `drained` has been sent, but for the lanes. A lane begins at the refused event,
so order is kept per config, and catches up when it is settled.
"""

import json
import time
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from worker.store.journal import Event, Journal
from worker.store.journal_file import saying
from worker.store.missing import Missing, missing_after

_OTHERS: Final = """
select sequence, group_id, config_id, event from events
where sequence > ?
  and (config_id is null or config_id not in (select config_id from lanes))
  and sequence not in (select sequence from refused where skipped)
order by sequence limit ?
"""
_OWN: Final = """
select sequence, group_id, config_id, event from events
where config_id = ? and sequence between ? and ?
  and sequence not in (select sequence from refused where skipped)
order by sequence limit ?
"""


class Pending(NamedTuple):
    """One event that waits; `text` is its JSON."""

    sequence: int
    group_id: int
    config_id: str | None
    text: str

    @property
    def event(self) -> Event:
        """The event itself."""
        found: Event = json.loads(self.text)
        return found


class Batch(NamedTuple):
    """Events to be sent together.

    Attributes
    ----------
    after, until
        When they are stored, the database has everything up to `until`, as it has up to `after`.
    lane
        The config that catches up; None for all others.
    """

    events: Sequence[Pending]
    after: int
    until: int
    lane: str | None


class Refusal(NamedTuple):
    """An event that the database will not take."""

    sequence: int
    event: Event
    code: str
    error: str


class Outgoing:
    """The queue in the journal.

    Parameters
    ----------
    journal
        Where the events are.

    Attributes
    ----------
    drained
        Up to where everything was sent or set aside.
    acknowledged
        Up to where the database says that it has everything; facts and what it refused come after.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal: Final = journal
        self.journal_id: Final = journal.id
        self.drained = int(journal.meta.get("drained") or 0)
        self.acknowledged = int(journal.meta.get("acknowledged") or 0)

    def batch(self, most: int) -> Batch:
        """Return the oldest events that may be sent, at most `most`.

        A group that does not fit is left for the next call, unless it alone is too large.
        """
        with saying(self._journal.path):
            query = "select config_id, next from lanes where moving order by next limit 1"
            lane = self._journal.database.execute(query).fetchone()
            if lane is None:
                found = self._read(_OTHERS, (self.drained, most + 1))
                until = self._journal.last
            else:
                found = self._read(_OWN, (*lane, self.drained, most + 1))
                until = self.drained
        if len(found) > most:
            found = _whole_groups(found, most)
            until = found[-1].sequence if lane is None else until
        return Batch(found, self.acknowledged, until, lane and lane[0])

    def settle(
        self, batch: Batch, outcomes: Sequence[dict[str, Any]], *, is_stored: bool = True
    ) -> list[Refusal]:
        """Note what became of a batch; return what was refused for good.

        Parameters
        ----------
        is_stored
            Whether the database has taken the batch, and notes how far it has come.
        """
        refusals = [
            Refusal(each.sequence, each.event, outcome["code"], outcome["error"])
            for each, outcome in zip(batch.events, outcomes, strict=True)
            if outcome["outcome"] == "failed"
        ]
        if batch.events or batch.lane is not None:  # Else there were only facts.
            with self._journal.writing():
                for refusal in refusals:
                    self._set_aside(refusal)
                if is_stored:
                    self._journal.meta.set("acknowledged", str(batch.until))
                if batch.lane is None:
                    self._journal.meta.set("drained", str(batch.until))
                elif not refusals:
                    self._advance(batch, batch.lane)
            self.acknowledged = batch.until if is_stored else self.acknowledged
        self.drained = batch.until
        return refusals

    def rewind(self, known: int) -> list[Missing]:
        """Go back to where the database is; return what is needed from there and no longer here.

        Lanes end: what is refused again begins them anew. What an operator skipped stays skipped.
        """
        with self._journal.writing() as database:
            (began,) = database.execute(
                "select min(began) from (select began from lanes union all"
                " select began from merged where drained >= ?)",
                (known,),
            ).fetchone()
            start = known if began is None else min(known, began - 1)
            database.execute("delete from lanes")
            database.execute("delete from merged where drained >= ?", (known,))
            database.execute("delete from refused where not skipped")
            self._journal.meta.set("drained", str(start))
            self._journal.meta.set("acknowledged", str(start))
            missing = missing_after(database, start)
            database.executemany(
                "insert or replace into missing values (?, ?)",
                [(each.config_id, each.sentence) for each in missing if each.config_id],
            )
        self.drained = self.acknowledged = start
        return missing

    def missing(self) -> dict[str, str]:
        """Return the configs of which something is missing, with a sentence each."""
        with saying(self._journal.path):
            return dict(self._journal.database.execute("select config_id, sentence from missing"))

    def blocked(self) -> dict[str, str]:
        """Return the configs of which events wait behind a refused one, with a sentence each.

        The database does not know their books, so no new run may take these up.
        """
        query = (
            "select config_id, count(*) from lanes join events using (config_id)"
            " where sequence >= next group by config_id"
        )
        with saying(self._journal.path):
            found = self._journal.database.execute(query).fetchall()
        return {
            config_id: f"{count} of its events wait behind one that the database refused; settle "
            f"that with `python -m worker journal`, then START it"
            for config_id, count in found
        }

    def waiting(self) -> int:
        """Return how many events have not been sent yet, at most: facts among them count too."""
        return self._journal.last - self.drained

    def held(self) -> int:
        """Return how many events wait in lanes, the refused ones included."""
        return self._number(
            "select count(*) from lanes join events using (config_id)"
            " where sequence between next and ?",
            self.drained,
        )

    def refused(self) -> int:
        """Return how many events are set aside and not settled."""
        return self._number("select count(*) from refused where not skipped")

    def rows_of(self, kind: str) -> list[dict[str, Any]]:
        """Return the rows of the waiting events of a kind."""
        query = (
            "select sequence, event from events where sequence > ? and kind = ? union"
            " select sequence, event from lanes join events using (config_id)"
            " where sequence >= next and kind = ? order by sequence"
        )
        with saying(self._journal.path):
            found = self._journal.database.execute(query, (self.drained, kind, kind)).fetchall()
        return [json.loads(event)["row"] for _, event in found]

    def _read(self, query: str, values: tuple[Any, ...]) -> list[Pending]:
        return [Pending(*row) for row in self._journal.database.execute(query, values)]

    def _set_aside(self, refusal: Refusal) -> None:
        sequence, event, code, error = refusal
        config_id, now = event["config_id"], int(time.time())
        self._journal.database.execute(
            "insert or replace into refused values (?, ?, ?, ?, ?, ?, ?, 0)",
            (sequence, now, config_id, event["kind"], json.dumps(event), code, error),
        )
        if config_id is not None:
            self._settled_until(config_id, sequence - 1)
            self._journal.database.execute(
                "insert into lanes values (?, ?, ?, 0)"
                " on conflict do update set next = excluded.next, moving = 0",
                (config_id, sequence, sequence),
            )

    def _advance(self, batch: Batch, config_id: str) -> None:
        """Move a lane on; one that has caught up is a lane no more."""
        database = self._journal.database
        if batch.events:
            done = batch.events[-1].sequence
            self._settled_until(config_id, done)
            database.execute("update lanes set next = ? where config_id = ?", (done + 1, config_id))
        else:
            database.execute(
                "insert into merged select ?, began from lanes where config_id = ?",
                (self.drained, config_id),
            )
            database.execute("delete from lanes where config_id = ?", (config_id,))

    def _settled_until(self, config_id: str, sequence: int) -> None:
        self._journal.database.execute(
            "delete from refused where config_id = ? and sequence <= ? and not skipped",
            (config_id, sequence),
        )

    def _number(self, query: str, *values: object) -> int:
        with saying(self._journal.path):
            (number,) = self._journal.database.execute(query, values).fetchone()
        return int(number)


def _whole_groups(found: list[Pending], most: int) -> list[Pending]:
    cut = found[-1].group_id
    return [each for each in found if each.group_id != cut] or found[:most]
