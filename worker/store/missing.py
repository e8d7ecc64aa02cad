"""What neither the journal nor the database has any more, by config and kind.

In:  the journal's account of what was removed; from where the database needs it.
Out: `Missing`, with a sentence for a person.
Next: `worker/store/outgoing.py`, which asks after a restore; `worker/store/journal_room.py`, which
      removes.
"""

import sqlite3
from typing import Any, NamedTuple


class Missing(NamedTuple):
    """Events of one config that neither journal nor database has.

    Attributes
    ----------
    config_id
        Whose they are; None for the market's own.
    kinds
        How many of each kind, at most.
    first, last
        Between which places of the journal.
    """

    config_id: str | None
    kinds: dict[str, int]
    first: int
    last: int

    @property
    def sentence(self) -> str:
        """What is missing, for a person."""
        whose = "the market" if self.config_id is None else f"config {self.config_id}"
        kinds = ", ".join(f"{count} of kind {kind}" for kind, count in sorted(self.kinds.items()))
        cure = (
            "its candles can be fetched again"
            if self.config_id is None
            else f"it does not trade until `python -m worker journal accept {self.config_id}`"
        )
        return (
            f"neither the database nor the journal has the events of {whose} between "
            f"{self.first} and {self.last} (at most {kinds}); {cure}"
        )

    @property
    def detail(self) -> dict[str, Any]:
        """The same for a program."""
        return {"kinds": self.kinds, "first": self.first, "last": self.last}


def missing_after(database: sqlite3.Connection, place: int) -> list[Missing]:
    """Return what was removed from a journal behind a place."""
    query = "select config_id, kind, count, first, last from pruned where last > ?"
    found: dict[str, Missing] = {}
    for config_id, kind, count, first, last in database.execute(query, (place,)):
        begin = max(first, place + 1)
        known = found.get(config_id) or Missing(config_id or None, {}, begin, last)
        known.kinds[kind] = min(count, last - begin + 1)
        found[config_id] = known._replace(first=min(known.first, begin), last=max(known.last, last))
    return list(found.values())
