"""What a socket gets of a tape, byte by byte."""

import struct

import numpy as np
import pytest
from numpy.typing import NDArray

from devstack.dhan.encode import Mode, TapeEncoder
from devstack.dhan.messages import MOST_STACKED, NOTHING
from tests.devstack.dhan.small_tape import OPEN, PREVIOUS_CLOSE, SECOND, small_tape
from tests.devstack.dhan.unframe import unframe

FUTURE_HEADER = struct.pack("<BI", 2, 49543)


def wanted(index: int = 0, future: int = 0, option: int = 0) -> NDArray[np.uint8]:
    return np.array([index, future, option], np.uint8)


@pytest.fixture
def encoder() -> TapeEncoder:
    return TapeEncoder(small_tape())


def test_a_ticker_is_sixteen_bytes_with_the_clock_of_india(encoder: TapeEncoder) -> None:
    burst = encoder.burst(0, 2, wanted(future=Mode.TICKER))
    ltt = OPEN // SECOND + 19_800
    packet = struct.pack("<BHBIfI", 2, 16, 2, 49543, 25_050.0, ltt)
    assert burst.data == b"\x82\x10" + packet
    assert (burst.packets, burst.frames) == (1, 1)


def test_a_quote_has_sell_before_buy_and_close_before_high(encoder: TapeEncoder) -> None:
    burst = encoder.burst(4, 6, wanted(future=Mode.QUOTE))
    ltt = OPEN // SECOND + 1 + 19_800
    packet = struct.pack("<BHBIfHIf", 4, 50, 2, 49543, 25_051.0, 65, ltt, 25_050.5)
    packet += struct.pack("<III", 130, 1_300, 2_600)
    packet += struct.pack("<ffff", 25_050.0, PREVIOUS_CLOSE[1], 25_051.0, 25_050.0)
    assert burst.data == b"\x82\x32" + packet


def test_a_full_packet_carries_open_interest_and_five_levels(encoder: TapeEncoder) -> None:
    burst = encoder.burst(4, 6, wanted(future=Mode.FULL))
    assert burst.data[:4] == b"\x82\x7e\x00\xa2"
    packet = burst.data[4:]
    assert len(packet) == 162
    assert packet[:8] == struct.pack("<BHBI", 8, 162, 2, 49543)
    assert struct.unpack_from("<III", packet, 34) == (1_000_065, 1_000_065, 1_000_000)
    assert struct.unpack_from("<ffff", packet, 46) == (
        25_050.0,
        PREVIOUS_CLOSE[1],
        25_051.0,
        25_050.0,
    )
    bid_quantity, ask_quantity, bid_orders, ask_orders, bid, ask = struct.unpack_from(
        "<IIHHff", packet, 62 + 20 * 4
    )
    assert (bid_quantity, ask_quantity, bid_orders, ask_orders) == (325, 650, 5, 6)
    assert (bid, ask) == (pytest.approx(25_050.5, abs=0.01), pytest.approx(25_051.5, abs=0.01))


def test_a_change_of_open_interest_is_a_packet_of_its_own(encoder: TapeEncoder) -> None:
    burst = encoder.burst(3, 4, wanted(future=Mode.QUOTE))
    assert burst.data == b"\x82\x0c" + struct.pack("<BHBII", 5, 12, 2, 49543, 1_000_000)
    assert encoder.burst(3, 4, wanted(future=Mode.TICKER)) == NOTHING


def test_a_change_of_the_book_is_nothing_to_a_ticker(encoder: TapeEncoder) -> None:
    assert encoder.burst(2, 3, wanted(option=Mode.TICKER)) == NOTHING
    assert encoder.burst(2, 3, wanted(option=Mode.QUOTE)).packets == 1


def test_nothing_wanted_is_nothing_sent(encoder: TapeEncoder) -> None:
    assert encoder.burst(0, 100, wanted()) == NOTHING


def test_several_kinds_keep_the_order_of_the_tape(encoder: TapeEncoder) -> None:
    everything = wanted(Mode.TICKER, Mode.FULL, Mode.QUOTE)
    messages = unframe(encoder.burst(0, 8, everything).data)
    assert [message[0] for message in messages] == [2, 8, 4, 5] * 2
    assert {len(message) for message in messages} == {16, 162, 50, 12}
    for message in messages:
        assert int.from_bytes(message[1:3], "little") == len(message)


def test_an_instrument_in_several_modes_gets_a_packet_per_mode(encoder: TapeEncoder) -> None:
    both = wanted(future=Mode.TICKER | Mode.FULL)
    assert [message[0] for message in unframe(encoder.burst(1, 2, both).data)] == [2, 8]


def test_one_slice_is_the_same_bytes_as_its_rows_one_by_one() -> None:
    encoder = TapeEncoder(small_tape(rounds=1_200))  # Crosses the border between two blocks.
    everything = wanted(Mode.TICKER | Mode.QUOTE, Mode.FULL, Mode.FULL)
    whole = encoder.burst(0, 4_800, everything)
    rows = [encoder.burst(row, row + 1, everything) for row in range(4_800)]
    assert whole.data == b"".join(burst.data for burst in rows)
    assert whole.packets == sum(burst.packets for burst in rows)


def test_stacked_packets_share_messages_and_none_is_lost(encoder: TapeEncoder) -> None:
    everything = wanted(Mode.TICKER, Mode.FULL, Mode.QUOTE)
    plain = encoder.burst(0, 240, everything)
    stacked = encoder.burst(0, 240, everything, np.random.default_rng(1))
    messages = unframe(stacked.data)
    assert b"".join(messages) == b"".join(unframe(plain.data))
    assert len(messages) == stacked.frames < plain.frames
    assert stacked.packets == plain.packets
    assert max(len(message) for message in messages) > 162
    assert max(len(message) for message in messages) <= 162 * MOST_STACKED


def test_the_close_of_each_session_is_that_of_the_day_before() -> None:
    tape = small_tape()
    packet = TapeEncoder(tape).burst(1, 2, wanted(future=Mode.FULL)).data[4:]
    assert struct.unpack_from("<f", packet, 50) == (PREVIOUS_CLOSE[1],)
