"""`core/brokers/dhan/wire.py`: packets by hand-written bytes, and any bytes at all."""

import asyncio
import json
import random
from datetime import UTC, datetime
from struct import pack

import pytest
from dhanhq import DhanContext
from dhanhq.marketfeed import MarketFeed
from hypothesis import given
from hypothesis import strategies as st

from core.brokers.dhan.packets import Full, RawLevel, named, raw_levels
from core.brokers.dhan.wire import (
    FULL,
    FULL_TICK,
    LAYOUTS,
    LEVEL,
    LEVELS,
    PacketKind,
    WireCounters,
    decode,
)
from tests.core.shared_data import shared

# Written by hand from the documentation's tables, not made with the structs under test.
# float32: 100.5 = 00 00 c9 42, 101.25 = 00 80 ca 42, 99.75 = 00 80 c7 42, 100 = 00 00 c8 42.
KEY = "02 b9 bf 00 00"  # segment 2 (NSE_FNO), security id 49081 = 0xbfb9
TICKER_BYTES = bytes.fromhex(f"02 1000 {KEY} 0000c942 35bf3968")
OPEN_INTEREST_BYTES = bytes.fromhex(f"05 0c00 {KEY} 40e20100")
PREVIOUS_CLOSE_BYTES = bytes.fromhex(f"06 1000 {KEY} 0080c742 39300000")
MARKET_STATUS_BYTES = bytes.fromhex("07 0800 01 00000000")
HEARTBEAT_BYTES = bytes.fromhex("00 0800 00 00000000")
DISCONNECT_BYTES = bytes.fromhex(f"32 0a00 {KEY} 2703")
QUOTE_BYTES = bytes.fromhex(
    f"04 3200 {KEY} 0000c942 4b00 35bf3968 0080ca42"
    "40420f00 e8030000 d0070000 0000c842 0080c742 0080ca42 0080c742"
)
LEVEL_BYTES = "0a000000 14000000 0100 0200 0000c842 0000c942"
FULL_BYTES = bytes.fromhex(
    f"08 a200 {KEY} 0000c942 4b00 35bf3968 0080ca42"
    "40420f00 e8030000 d0070000 40e20100 41e20100 3fe20100"
    "0000c842 0080c742 0080ca42 0080c742" + LEVEL_BYTES * 5
)
DEPTH_BYTES = bytes.fromhex(f"03 7000 {KEY} 0000c942" + LEVEL_BYTES * 5)
LEVELS_BYTES = bytes.fromhex(LEVEL_BYTES * 5)
HEAD = (2, 49081)
TRADE = (100.5, 75, 1748614965, 101.25, 1_000_000, 1000, 2000)
KNOWN = [
    (TICKER_BYTES, (2, 16, *HEAD, 100.5, 1748614965)),
    (OPEN_INTEREST_BYTES, (5, 12, *HEAD, 123456)),
    (PREVIOUS_CLOSE_BYTES, (6, 16, *HEAD, 99.75, 12345)),
    (MARKET_STATUS_BYTES, (7, 8, 1, 0)),
    (HEARTBEAT_BYTES, (0, 8, 0, 0)),
    (DISCONNECT_BYTES, (50, 10, *HEAD, 807)),
    (
        QUOTE_BYTES,
        (4, 50, *HEAD, *TRADE, 100.0, 99.75, 101.25, 99.75),
    ),
    (
        FULL_BYTES,
        (8, 162, *HEAD, *TRADE, 123456, 123457, 123455, 100.0, 99.75, 101.25, 99.75, LEVELS_BYTES),
    ),
    (DEPTH_BYTES, (3, 112, *HEAD, 100.5, LEVELS_BYTES)),
]
STACKED = b"".join(packet for packet, _ in KNOWN)


def unusable(counters: WireCounters) -> tuple[int, int, int]:
    return counters.malformed, counters.malformed_bytes, counters.unknown_bytes


@pytest.mark.parametrize(("packet", "fields"), KNOWN)
def test_packet_decodes_to_the_documented_fields(packet: bytes, fields: tuple[object, ...]) -> None:
    counters = WireCounters()
    assert decode(packet, counters) == [fields]
    assert len(packet) == fields[1] == LAYOUTS[PacketKind(packet[0])].size
    assert (counters.packets, *unusable(counters)) == (1, 0, 0, 0)


def test_stacked_packets_are_all_decoded_in_order() -> None:
    counters = WireCounters()
    assert decode(STACKED * 3, counters) == [fields for _, fields in KNOWN] * 3
    assert counters.by_code[PacketKind.FULL] == 3
    assert counters.packets == 27


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_message_may_be_any_kind_of_bytes(kind: type) -> None:
    assert decode(kind(STACKED), WireCounters()) == [fields for _, fields in KNOWN]


def test_empty_message_is_nothing() -> None:
    counters = WireCounters()
    assert decode(b"", counters) == []
    assert unusable(counters) == (0, 0, 0)


def test_numbers_above_2_31_stay_positive() -> None:
    packet = pack(
        "<BHBIfHIfIIIffff",
        4,
        50,
        2,
        4_000_000_000,
        1,
        65535,
        *(3_000_000_000, 1),
        *(4_294_967_295, 0, 0, 1, 1, 1, 1),
    )
    (fields,) = decode(packet, WireCounters())
    assert fields[3] == 4_000_000_000
    assert fields[5] == 65535
    assert fields[8] == 4_294_967_295


def test_unknown_code_is_skipped_and_counted_between_good_packets() -> None:
    counters = WireCounters()
    unknown = bytes.fromhex("63 0b00 01 01000000 aabbcc")
    packets = decode(TICKER_BYTES + unknown + OPEN_INTEREST_BYTES, counters)
    assert [fields[0] for fields in packets] == [2, 5]
    assert (counters.unknown, counters.by_code[0x63]) == (1, 1)
    assert unusable(counters) == (0, 0, 11)


def test_packet_longer_than_its_layout_is_read_and_its_surplus_skipped() -> None:
    counters = WireCounters()
    longer = bytes.fromhex(f"02 1400 {KEY} 0000c942 35bf3968 ffffffff")
    assert decode(longer + OPEN_INTEREST_BYTES, counters) == [
        (2, 20, *HEAD, 100.5, 1748614965),
        KNOWN[1][1],
    ]
    assert unusable(counters) == (0, 0, 0)


def test_packet_shorter_than_its_layout_is_malformed_and_the_next_one_is_read() -> None:
    counters = WireCounters()
    short = bytes.fromhex(f"08 0a00 {KEY} ffff")
    assert decode(short + TICKER_BYTES, counters) == [KNOWN[0][1]]
    assert unusable(counters) == (1, 10, 0)


@pytest.mark.parametrize("length", [0, 7])
def test_impossible_length_ends_the_message(length: int) -> None:
    counters = WireCounters()
    broken = pack("<BHBI", 2, length, 1, 1)
    assert decode(TICKER_BYTES + broken + TICKER_BYTES, counters) == [KNOWN[0][1]]
    assert unusable(counters) == (1, 24, 0)


def test_packet_that_declares_more_than_the_message_holds_is_malformed() -> None:
    counters = WireCounters()
    whole_but_longer = bytes.fromhex(f"02 6400 {KEY} 0000c942 35bf3968")
    assert decode(OPEN_INTEREST_BYTES + whole_but_longer, counters) == [KNOWN[1][1]]
    assert unusable(counters) == (1, 16, 0)


@pytest.mark.parametrize("cut", range(1, len(FULL_BYTES)))
def test_cut_off_packet_is_counted_byte_for_byte(cut: int) -> None:
    counters = WireCounters()
    assert decode(TICKER_BYTES + FULL_BYTES[:cut], counters) == [KNOWN[0][1]]
    assert unusable(counters) == (1, cut, 0)


pieces = st.one_of(
    st.sampled_from([packet for packet, _ in KNOWN]),
    st.binary(max_size=40),
    st.builds(
        lambda code, extra: pack("<BHBI", code, 8 + len(extra), 1, 1) + extra,
        st.integers(0, 255),
        st.binary(max_size=200),
    ),
)


@given(message=st.lists(pieces, max_size=12).map(b"".join), cut=st.integers(0, 50))
def test_any_bytes_are_decoded_or_counted_to_the_last(message: bytes, cut: int) -> None:
    message = message[: len(message) - cut]
    counters = WireCounters()
    packets = decode(message, counters)
    decoded = sum(fields[1] for fields in packets)
    assert decoded + counters.unknown_bytes + counters.malformed_bytes == len(message)
    assert counters.packets == len(packets)
    assert (counters.malformed == 0) == (counters.malformed_bytes == 0)
    for fields in packets:
        named(fields)


@given(st.binary(max_size=600))
def test_random_bytes_never_raise(message: bytes) -> None:
    counters = WireCounters()
    decoded = sum(fields[1] for fields in decode(message, counters))
    assert decoded + counters.unknown_bytes + counters.malformed_bytes == len(message)


@given(st.lists(st.sampled_from(KNOWN), max_size=20), st.integers(1, 161))
def test_truncation_loses_only_the_last_packet(
    chosen: list[tuple[bytes, tuple[object, ...]]], cut: int
) -> None:
    message = b"".join(packet for packet, _ in chosen) + FULL_BYTES[:cut]
    counters = WireCounters()
    assert decode(message, counters) == [fields for _, fields in chosen]
    assert unusable(counters) == (1, cut, 0)


def random_level(numbers: random.Random) -> RawLevel:
    quantities = numbers.getrandbits(32), numbers.getrandbits(32)
    orders = numbers.getrandbits(16), numbers.getrandbits(16)
    # Eighths of a rupee are exact in float32 up to a million.
    return RawLevel(
        *quantities, *orders, numbers.randrange(8_000_000) / 8, numbers.randrange(8_000_000) / 8
    )


def test_generated_full_packets_come_back_field_for_field() -> None:
    # The twin of the recorded frame below, on values nobody chose.
    numbers = random.Random(7)
    for _ in range(200):
        head = (8, 162, numbers.choice([0, 1, 2, 8]), numbers.getrandbits(32))
        trade = (numbers.randrange(8_000_000) / 8, numbers.getrandbits(16), numbers.getrandbits(32))
        counts = [numbers.getrandbits(32) for _ in range(6)]
        prices = [numbers.randrange(8_000_000) / 8 for _ in range(4)]
        levels = [random_level(numbers) for _ in range(5)]
        packet = pack("<BHBIfHIf6I4f", *head, *trade, 1.5, *counts, *prices) + b"".join(
            pack("<IIHHff", *level) for level in levels
        )
        view = named(decode(packet, WireCounters())[0])
        assert isinstance(view, Full)
        assert view[:-1] == (*head, *trade, 1.5, *counts, *prices)
        assert raw_levels(view.levels) == tuple(levels)
        assert LEVELS.unpack(view.levels) == tuple(value for level in levels for value in level)
    assert LEVELS.size == 5 * LEVEL.size == 100


def test_official_package_reads_the_same_values() -> None:
    feed = MarketFeed(DhanContext("1000000001", "token"), [])
    feed.loop.close()
    asyncio.set_event_loop(None)
    for packet in (TICKER_BYTES, QUOTE_BYTES, OPEN_INTEREST_BYTES, PREVIOUS_CLOSE_BYTES):
        theirs = [value for name, value in feed.process_data(packet).items() if name != "type"]
        view = named(decode(packet, WireCounters())[0])._asdict()
        if "trade_time" in view:
            view["trade_time"] = f"{datetime.fromtimestamp(view['trade_time'], UTC):%H:%M:%S}"
        ours = list(view.values())[2:]
        assert [f"{one:.2f}" if isinstance(one, float) else one for one in ours] == theirs


def test_recorded_frame_equals_its_expected_json() -> None:
    frame = shared("dhan_full_packet_13.bin").read_bytes()
    expected = json.loads(shared("dhan_full_packet_13.expected.json").read_text())
    (fields,) = decode(frame, WireCounters())
    view = named(fields)
    assert isinstance(view, Full)
    theirs = [value for name, value in expected.items() if name[0] != "_" and name != "depth"]
    assert [round(value, 2) for value in view[:-1]] == theirs
    assert [level._asdict() for level in raw_levels(view.levels)] == [
        {name.replace("qty", "quantity"): value for name, value in level.items()}
        for level in expected["depth"]
    ]


def test_what_a_tick_is_made_of_stands_where_the_full_packet_has_it() -> None:
    fields = FULL.unpack(FULL_BYTES)
    assert FULL_TICK.size == FULL.size
    assert FULL_TICK.unpack(FULL_BYTES) == tuple(fields[at] for at in (1, 2, 3, 4, 6, 8, 11, 18))
