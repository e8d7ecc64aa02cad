"""`core/brokers/dhan/deep_book.py`: 20 and 200 levels, stacked, cut off, and any bytes at all."""

from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.brokers.dhan.deep_book import DeepDisconnect, DeepSide, decode_deep
from core.brokers.dhan.wire import WireCounters

# Length 332 = 4c 01 comes first, then code 41 = 29, segment 2, security id 49081, sequence 7.
# float64 100.5 = 00 00 00 00 00 20 59 40; quantity 75, orders 3.
ONE_LEVEL = "0000000000205940 4b000000 03000000"
TWENTY_BIDS = bytes.fromhex("4c01 29 02 b9bf0000 07000000" + ONE_LEVEL * 20)
TWENTY_ASKS = TWENTY_BIDS[:2] + b"\x33" + TWENTY_BIDS[3:]
DISCONNECT = bytes.fromhex("0e00 32 02 b9bf0000 00000000 2703")
LEVEL = (100.5, 75, 3)


def two_hundred(rows: int, filled: int) -> bytes:
    level = bytes.fromhex(ONE_LEVEL)
    return pack("<HBBII", 12 + rows * 16, 41, 2, 49081, filled) + level * rows


def test_twenty_levels_of_both_sides_come_stacked() -> None:
    counters = WireCounters()
    bids, asks = decode_deep(TWENTY_BIDS + TWENTY_ASKS, counters, rows_counted=False)
    assert isinstance(bids, DeepSide)
    assert isinstance(asks, DeepSide)
    assert (bids.is_bid, bids.segment, bids.security_id) == (True, 2, 49081)
    assert bids.levels == asks.levels == (LEVEL,) * 20
    assert not asks.is_bid
    assert (counters.by_code[41], counters.by_code[51], counters.malformed) == (1, 1, 0)


@pytest.mark.parametrize(("rows", "filled"), [(200, 200), (200, 3), (3, 3), (0, 0)])
def test_two_hundred_levels_hold_as_many_as_the_header_counts(rows: int, filled: int) -> None:
    (side,) = decode_deep(two_hundred(rows, filled), WireCounters(), rows_counted=True)
    assert isinstance(side, DeepSide)
    assert side.levels == (LEVEL,) * filled


def test_more_rows_counted_than_sent_is_malformed() -> None:
    counters = WireCounters()
    assert decode_deep(two_hundred(3, 4), counters, rows_counted=True) == []
    assert (counters.malformed, counters.malformed_bytes) == (1, 60)


def test_disconnect_reason_is_read_behind_the_longer_header() -> None:
    packets = decode_deep(TWENTY_BIDS + DISCONNECT, WireCounters(), rows_counted=False)
    assert packets[1] == DeepDisconnect(807)


def test_unknown_code_is_skipped_and_counted() -> None:
    counters = WireCounters()
    unknown = bytes.fromhex("0d00 63 02 b9bf0000 00000000 ff")
    assert len(decode_deep(unknown + TWENTY_ASKS, counters, rows_counted=False)) == 1
    assert (counters.by_code[0x63], counters.unknown_bytes) == (1, 13)


@given(
    st.lists(
        st.one_of(
            st.sampled_from([TWENTY_BIDS, TWENTY_ASKS, DISCONNECT, two_hundred(2, 2)]),
            st.binary(max_size=30),
        ),
        max_size=6,
    ).map(b"".join),
    st.integers(0, 40),
    st.booleans(),
)
def test_any_bytes_are_decoded_or_counted(message: bytes, cut: int, rows_counted: bool) -> None:  # noqa: FBT001  # hypothesis chooses it
    message = message[: len(message) - cut]
    counters = WireCounters()
    packets = decode_deep(message, counters, rows_counted=rows_counted)
    assert len(packets) == sum(counters.by_code[code] for code in (41, 50, 51))
    assert counters.unknown_bytes + counters.malformed_bytes <= len(message)
    if not packets:
        assert counters.unknown_bytes + counters.malformed_bytes == len(message)
