"""Single packets against bytes written by hand from the field tables of the documents."""

from datetime import date
from decimal import Decimal

from core.instrument import Instrument, InstrumentKind, Segment
from devstack.dhan import packets

FUTURE = Instrument(
    Segment.NSE_FNO,
    0x0001C187,
    "NIFTY-Nov2026-FUT",
    InstrumentKind.FUTIDX,
    65,
    Decimal("0.10"),
    expiry=date(2026, 11, 23),
)


def test_a_previous_close_is_sixteen_bytes() -> None:
    # 25000.5 is 0x46C35100 as float32; 1,000,000 is 0x000F4240.
    expected = bytes.fromhex("06 1000 02 87c10100 0051c346 40420f00")
    assert packets.previous_close(FUTURE, 25_000.5, 1_000_000) == expected


def test_open_interest_is_twelve_bytes() -> None:
    assert packets.open_interest(FUTURE, 1_000_000) == bytes.fromhex("05 0c00 02 87c10100 40420f00")


def test_market_status_and_heartbeat_are_a_header_alone() -> None:
    assert packets.market_status(2) == bytes.fromhex("07 0800 02 00000000")
    assert packets.heartbeat() == bytes.fromhex("00 0800 00 00000000")


def test_a_disconnect_packet_carries_its_reason() -> None:
    assert packets.disconnect(807) == bytes.fromhex("32 0a00 00 00000000 2703")


def test_an_index_packet_is_laid_out_as_a_ticker() -> None:
    # 1,000 + 19,800 = 20,800 = 0x5140.
    assert packets.index(FUTURE, 25_000.5, 1_000) == bytes.fromhex(
        "01 1000 02 87c10100 0051c346 40510000"
    )


def test_an_unknown_packet_says_its_true_length() -> None:
    packet = packets.unknown(security_id=9, body_bytes=3)
    assert packet == bytes.fromhex("4d 0b00 00 09000000 000000")


def test_a_truncated_packet_claims_more_than_it_holds() -> None:
    packet = packets.truncated()
    assert packet[:3] == bytes.fromhex("08 a200")
    assert len(packet) == 81


def test_a_depth_packet_has_its_own_header_and_wide_prices() -> None:
    packet = packets.depth(FUTURE, [(25_000.5, 130, 2)] * 20, bids=True, number=7)
    assert len(packet) == 332
    assert packet[:12] == bytes.fromhex("4c01 29 02 87c10100 07000000")
    # 25000.5 is 0x40D86A2000000000 as float64.
    assert packet[12:28] == bytes.fromhex("00000000206ad840 82000000 02000000")
    assert packets.depth(FUTURE, [(1.0, 1, 1)], bids=False, number=1)[2] == 51
