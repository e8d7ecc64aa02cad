"""Write the `data` of one postgres_changes message, as the hosted server words it.

In:  a change, its table, when it was committed, the columns the reader may see.
Out: JSON text with record, old record, columns and errors.
Next: `devstack/supabase/realtime/dispatch.py`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from devstack.supabase.realtime.pgoutput import UNCHANGED, Change, Row
from devstack.supabase.realtime.tables import Key, Table
from devstack.supabase.realtime.values import quote, to_json

LARGEST_DATA_BYTES: Final = 1024 * 1024
_LARGEST_KEPT_VALUE_BYTES: Final = 64  # What survives in a payload that is too large.
_POSTGRES_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)

NO_KEY: Final = "Error 400: Bad Request, no primary key"
UNAUTHORIZED: Final = "Error 401: Unauthorized"
TOO_LARGE: Final = "Error 413: Payload Too Large"


@dataclass(frozen=True, slots=True, eq=False)
class Occurrence:
    """One change that happened to one table.

    Parameters
    ----------
    committed_at
        ISO 8601 UTC.
    transaction
        The low 32 bits of the id of the transaction that made it.
    """

    table: Table
    change: Change
    committed_at: str
    transaction: int


def commit_timestamp(committed_at_us: int) -> str:
    """Return microseconds since 2000-01-01 as ISO 8601 with milliseconds.

    Examples
    --------
    >>> commit_timestamp(0)
    '2000-01-01T00:00:00.000Z'
    """
    moment = _POSTGRES_EPOCH + timedelta(microseconds=committed_at_us)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def write_data(occurrence: Occurrence, allowed: frozenset[str]) -> str:
    """Return the JSON text of one message's `data`.

    Parameters
    ----------
    allowed
        Names of the columns the reader may see and wants.
    """
    error = _refusal(occurrence, allowed)
    if error:
        return _assemble(occurrence, frozenset(), [('"record"', "{}")], error)
    body = _assemble(occurrence, allowed, list(_rows(occurrence, allowed)), None)
    if len(body.encode()) <= LARGEST_DATA_BYTES:
        return body
    small = list(_rows(occurrence, allowed, _LARGEST_KEPT_VALUE_BYTES))
    return _assemble(occurrence, allowed, small, TOO_LARGE)


def key_of(occurrence: Occurrence) -> Key:
    """Return the primary key's values in the new row, in the key's order."""
    row = occurrence.change.new or ()
    values = (row[place] for place in occurrence.table.key)
    return tuple(None if value is UNCHANGED else value for value in values)


def _refusal(occurrence: Occurrence, allowed: frozenset[str]) -> str | None:
    table, change = occurrence.table, occurrence.change
    if change.kind == "DELETE":
        return None
    if not table.key:
        return NO_KEY
    return None if table.key_names <= allowed else UNAUTHORIZED


def _assemble(
    occurrence: Occurrence,
    allowed: frozenset[str],
    rows: list[tuple[str, str]],
    error: str | None,
) -> str:
    relation = occurrence.table.relation
    columns = ",".join(
        f'{{"name":{quote(column.name)},"type":{quote(info.name)}}}'
        for column, info in zip(relation.columns, occurrence.table.types, strict=True)
        if column.name in allowed
    )
    fields = [
        ('"schema"', quote(relation.schema)),
        ('"table"', quote(relation.table)),
        ('"type"', quote(occurrence.change.kind)),
        ('"commit_timestamp"', quote(occurrence.committed_at)),
        ('"columns"', f"[{columns}]"),
        *rows,
        ('"errors"', f"[{quote(error)}]" if error else "null"),
    ]
    return "{" + ",".join(f"{name}:{value}" for name, value in fields) + "}"


def _rows(
    occurrence: Occurrence, allowed: frozenset[str], largest: int | None = None
) -> Iterator[tuple[str, str]]:
    table, change = occurrence.table, occurrence.change
    if change.new is not None:
        row = _with_old_values(change.new, change.old, table.relation.identity)
        everywhere = range(len(table.relation.columns))
        yield '"record"', _record(table, row, everywhere, allowed, largest)
    if change.kind != "INSERT":
        old = change.old or change.new or ()
        places = list(_identity_places(table, change))
        yield '"old_record"', _record(table, old, places, allowed, largest)


def _with_old_values(new: Row, old: Row | None, identity: str) -> Row:
    """Fill in large values that were not sent again from a complete old row, if there is one."""
    if old is None or identity != "f":
        return new
    return tuple(
        before if value is UNCHANGED else value for value, before in zip(new, old, strict=True)
    )


def _identity_places(table: Table, change: Change) -> Iterator[int]:
    """Yield the columns an old row holds; who may see a deleted row cannot be asked any more.

    So a deletion shows only the key where row level security is on, as on hosted.
    """
    only_key = change.kind == "DELETE" and table.guarded
    for place, column in enumerate(table.relation.columns):
        if column.in_identity and not (only_key and place not in table.key):
            yield place


def _record(
    table: Table, row: Row, places: Iterable[int], allowed: frozenset[str], largest: int | None
) -> str:
    pieces: list[str] = []
    for place in places:
        column, value = table.relation.columns[place], row[place]
        if value is UNCHANGED or column.name not in allowed:
            continue
        written = to_json(value, table.types[place])
        if largest is None or len(written.encode()) <= largest:
            pieces.append(f"{quote(column.name)}:{written}")
    return "{" + ",".join(pieces) + "}"
