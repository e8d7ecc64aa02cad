"""Messages of the logical decoding plugin, written by hand and at random."""

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import DataError
from devstack.supabase.realtime.pgoutput import (
    UNCHANGED,
    Begin,
    Change,
    Column,
    Commit,
    Ignored,
    Relation,
    Row,
    Value,
    decode,
)

OID = struct.pack("!I", 16385)
ROWS = st.lists(st.one_of(st.none(), st.just(UNCHANGED), st.text(max_size=50)), max_size=5).map(
    tuple
)


def written(value: Value) -> bytes:
    if value is None:
        return b"n"
    if value is UNCHANGED:
        return b"u"
    text = str(value).encode()
    return b"t" + struct.pack("!i", len(text)) + text


def row(values: Row) -> bytes:
    return struct.pack("!h", len(values)) + b"".join(map(written, values))


def test_a_transaction_begins_and_ends_with_its_place_time_and_id() -> None:
    begin = b"B" + struct.pack("!qqI", 77, 816_000_000_000_000, 4_000_000_000)
    assert decode(begin) == Begin(77, 816_000_000_000_000, 4_000_000_000)
    assert decode(b"C" + struct.pack("!bqqq", 0, 77, 99, 5)) == Commit(99)


def test_a_relation_names_its_columns_and_those_of_its_identity() -> None:
    columns = (
        b"\1id\0" + struct.pack("!Ii", 20, -1) + b"\0na\xc3\xafve\0" + struct.pack("!Ii", 25, 9)
    )
    message = b"R" + OID + b"public\0trades\0d" + struct.pack("!h", 2) + columns
    expected = (Column("id", 20, in_identity=True), Column("naïve", 25, in_identity=False))
    assert decode(message) == Relation(16385, "public", "trades", "d", expected)


@given(ROWS)
def test_an_inserted_row_is_read_back(values: Row) -> None:
    message = b"I" + OID + b"N" + row(values)
    assert decode(message) == Change("INSERT", 16385, values, None)


@given(ROWS, ROWS, st.sampled_from([b"K", b"O"]))
def test_an_update_may_bring_the_old_row(new: Row, old: Row, kind: bytes) -> None:
    plain, full = b"U" + OID + b"N" + row(new), b"U" + OID + kind + row(old) + b"N" + row(new)
    assert decode(plain) == Change("UPDATE", 16385, new, None)
    assert decode(full) == Change("UPDATE", 16385, new, old)


@given(ROWS, st.sampled_from([b"K", b"O"]))
def test_a_delete_brings_the_old_row_only(old: Row, kind: bytes) -> None:
    assert decode(b"D" + OID + kind + row(old)) == Change("DELETE", 16385, None, old)


@pytest.mark.parametrize("tag", ["T", "Y", "O", "M"])
def test_messages_nobody_subscribes_to_are_named(tag: str) -> None:
    assert decode(tag.encode() + b"whatever") == Ignored(tag)


@given(ROWS.filter(len), st.data())
def test_a_message_cut_short_is_refused(values: Row, data: st.DataObject) -> None:
    message = b"I" + OID + b"N" + row(values)
    length = data.draw(st.integers(0, len(message) - 1))
    with pytest.raises(DataError, match="cannot be read"):
        decode(message[:length])


@given(st.binary(max_size=60))
def test_random_bytes_are_read_or_refused(message: bytes) -> None:
    with contextlib.suppress(DataError):  # Anything else fails the test.
        decode(message)
