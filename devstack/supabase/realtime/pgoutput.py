"""Read the messages of Postgres's own logical decoding plugin.

In:  one message of `pgoutput` (protocol version 1, values as text), as bytes.
Out: a typed event per message; `RelationCache` remembers the tables the stream has described.
Next: `devstack/supabase/realtime/replication.py`, which brings the bytes.

Source of the layout: PostgreSQL 17 manual, 53.9 "Logical Replication Message Formats".
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal

from core.errors import DataError

type ChangeKind = Literal["INSERT", "UPDATE", "DELETE"]


class Unchanged(Enum):
    """Marks a large value that the statement did not touch: Postgres does not send it again."""

    TOAST = "unchanged toast"


# One column of one row: its text, NULL, or a large value that was not sent.
type Value = str | Unchanged | None
type Row = tuple[Value, ...]

UNCHANGED: Final = Unchanged.TOAST


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table as the stream describes it; `in_identity`: part of the old row."""

    name: str
    type_oid: int
    in_identity: bool


@dataclass(frozen=True, slots=True)
class Relation:
    """One table; `identity` is d(efault), n(othing), f(ull) or i(ndex)."""

    oid: int
    schema: str
    table: str
    identity: str
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Begin:
    """A transaction follows.

    Parameters
    ----------
    final_lsn
        Where its commit record is.
    committed_at_us
        Microseconds since 2000-01-01 UTC.
    transaction
        The low 32 bits of its id.
    """

    final_lsn: int
    committed_at_us: int
    transaction: int


@dataclass(frozen=True, slots=True)
class Commit:
    """The transaction is complete; the stream may be resumed at `end_lsn`."""

    end_lsn: int


@dataclass(frozen=True, slots=True)
class Change:
    """One row inserted, updated or deleted.

    `old` holds every column under REPLICA IDENTITY FULL, else only those of the identity, else
    None (an update that left the key alone).
    """

    kind: ChangeKind
    relation_oid: int
    new: Row | None
    old: Row | None


@dataclass(frozen=True, slots=True)
class Ignored:
    """A message nobody subscribes to: truncate, type, origin, logical message."""

    tag: str


type Event = Begin | Commit | Relation | Change | Ignored


def decode(message: bytes) -> Event:
    """Decode one message.

    Raises
    ------
    DataError
        If the message is cut short or its first byte is unknown.
    """
    try:
        return _decode(_Reader(message))
    except (struct.error, IndexError, UnicodeDecodeError, ValueError) as error:
        raise DataError(f"pgoutput message {message[:40]!r} cannot be read: {error}") from error


class _Reader:
    """Walk over one message from left to right."""

    def __init__(self, message: bytes) -> None:
        self._message = message
        self._at = 0

    def integer(self, layout: str) -> int:
        (value,) = struct.unpack_from(layout, self._message, self._at)
        self._at += struct.calcsize(layout)
        return int(value)

    def letter(self) -> str:
        self._at += 1
        return chr(self._message[self._at - 1])

    def name(self) -> str:
        end = self._message.index(0, self._at)
        text = self._message[self._at : end].decode()
        self._at = end + 1
        return text

    def text(self, length: int) -> str:
        end = self._at + length
        if not 0 <= length <= len(self._message) - self._at:
            raise IndexError(f"{length} bytes announced, {len(self._message) - self._at} left")
        text = self._message[self._at : end].decode()
        self._at = end
        return text


def _decode(reader: _Reader) -> Event:
    letter = reader.letter()
    if letter in _IGNORED:
        return Ignored(letter)
    if letter not in _DECODERS:
        raise ValueError(f"unknown message kind {letter!r}")
    return _DECODERS[letter](reader)


def _begin(reader: _Reader) -> Begin:
    return Begin(reader.integer("!q"), reader.integer("!q"), reader.integer("!I"))


def _commit(reader: _Reader) -> Commit:
    reader.integer("!b")  # Flags, always 0.
    reader.integer("!q")  # LSN of the commit record; its end is what we resume at.
    return Commit(reader.integer("!q"))


def _relation(reader: _Reader) -> Relation:
    oid, schema, table = reader.integer("!I"), reader.name(), reader.name()
    identity, count = reader.letter(), reader.integer("!h")
    return Relation(oid, schema, table, identity, tuple(_column(reader) for _ in range(count)))


def _column(reader: _Reader) -> Column:
    in_identity, name = reader.integer("!b") & 1 == 1, reader.name()
    column = Column(name, reader.integer("!I"), in_identity)
    reader.integer("!i")  # The type modifier changes nothing in how a value is written.
    return column


def _row(reader: _Reader) -> Row:
    return tuple(_value(reader) for _ in range(reader.integer("!h")))


def _value(reader: _Reader) -> Value:
    match reader.letter():
        case "t":
            return reader.text(reader.integer("!i"))
        case "n":
            return None
        case "u":
            return UNCHANGED
        case kind:
            raise ValueError(f"unknown value kind {kind!r}")


def _insert(reader: _Reader) -> Change:
    oid = reader.integer("!I")
    _expect(reader.letter(), "N")
    return Change("INSERT", oid, _row(reader), None)


def _update(reader: _Reader) -> Change:
    oid, part, old = reader.integer("!I"), reader.letter(), None
    if part in "KO":
        old, part = _row(reader), reader.letter()
    _expect(part, "N")
    return Change("UPDATE", oid, _row(reader), old)


def _delete(reader: _Reader) -> Change:
    oid = reader.integer("!I")
    _expect(reader.letter(), "KO")
    return Change("DELETE", oid, None, _row(reader))


def _expect(letter: str, allowed: str) -> None:
    if letter not in allowed:
        raise ValueError(f"row kind {letter!r} where one of {allowed!r} belongs")


_IGNORED: Final = "TYOM"  # Truncate, type, origin, logical message.
_DECODERS: Final[dict[str, Callable[[_Reader], Event]]] = {
    "B": _begin,
    "C": _commit,
    "R": _relation,
    "I": _insert,
    "U": _update,
    "D": _delete,
}
