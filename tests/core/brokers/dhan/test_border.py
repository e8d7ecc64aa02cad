"""`core/brokers/dhan/border.py`: prices on the tick, times in UTC, unknown as None."""

from dataclasses import fields, replace
from datetime import datetime
from decimal import Decimal
from struct import pack

import pytest

from core.brokers.dhan.border import to_book, to_tick, trade_time_is_plausible, trade_time_ns
from core.brokers.dhan.packets import Full, Quote, Ticker, named
from core.brokers.dhan.wire import WireCounters, decode
from core.errors import DataError
from core.instrument import Instrument, InstrumentKind, Segment
from core.session import IST
from core.tick import Book, Level
from tests.core.shared_data import shared

SHARE = Instrument(Segment.NSE_EQ, 13, "ABB", InstrumentKind.EQUITY, 1, Decimal("0.50"))
NO_LEVELS = bytes(100)
LTT = 1781084997  # Seen in a packet received at 09:49:57.8 IST on 2026-06-10.
RECEIVED_NS = int(datetime(2026, 6, 10, 9, 49, 57, 800_000, IST).timestamp() * 10) * 10**8
FULL = Full(
    8, 162, 1, 13, 5971.1, 5, LTT, 6011.0498046875, 296253, 289, 0, 7, 9, 5,
    6080.0, 5971.2, 6118.0, 5945.4, NO_LEVELS,
)  # fmt: skip  # as wide as the layout


def test_trade_time_is_the_indian_wall_clock_read_as_utc() -> None:
    assert (
        trade_time_ns(LTT) == int(datetime(2026, 6, 10, 9, 49, 57, tzinfo=IST).timestamp()) * 10**9
    )
    assert 0 <= RECEIVED_NS - trade_time_ns(LTT) < 10**9


def test_self_check_accepts_the_feeds_clock_and_refuses_true_unix_time() -> None:
    assert trade_time_is_plausible(LTT, RECEIVED_NS)
    assert not trade_time_is_plausible(LTT - 19_800, RECEIVED_NS)
    assert not trade_time_is_plausible(LTT + 19_800, RECEIVED_NS)


def test_self_check_has_its_tolerance_on_both_sides() -> None:
    now_ns = trade_time_ns(LTT)
    for shift, plausible in ((-60, True), (60, True), (-61, False), (61, False)):
        assert trade_time_is_plausible(LTT + shift, now_ns, tolerance_seconds=60) is plausible


def test_full_packet_becomes_a_tick_with_prices_on_the_tick() -> None:
    tick = to_tick(FULL, SHARE, RECEIVED_NS)
    assert (tick.segment, tick.security_id, tick.received_ns) == (Segment.NSE_EQ, 13, RECEIVED_NS)
    assert (tick.price, tick.traded_ns, tick.volume) == (5971.0, trade_time_ns(LTT), 296253)
    assert (tick.last_quantity, tick.average_price) == (5, 6011.05)
    assert (tick.buy_quantity, tick.sell_quantity, tick.open_interest) == (0, 289, 7)
    assert (tick.day_open, tick.day_high, tick.day_low, tick.close) == (6080, 6118, 5945.5, 5971)
    assert tick.book == Book()


def test_quote_has_no_open_interest_and_no_book() -> None:
    quote = Quote(4, 50, *FULL[2:11], *FULL[14:18])
    expected = replace(to_tick(FULL, SHARE, RECEIVED_NS), open_interest=None, book=None)
    assert to_tick(quote, SHARE, RECEIVED_NS) == expected


def test_ticker_knows_price_and_time_only() -> None:
    tick = to_tick(Ticker(2, 16, 1, 13, 5971.1, LTT), SHARE, RECEIVED_NS)
    known = {field.name for field in fields(tick) if getattr(tick, field.name) is not None}
    assert known == {"segment", "security_id", "received_ns", "price", "traded_ns"}


def test_zero_means_not_known_where_nothing_can_trade_at_zero() -> None:
    before_open = FULL._replace(day_open=0.0, day_high=0.0, day_low=0.0, average_price=0.0)
    tick = to_tick(before_open, SHARE, RECEIVED_NS)
    assert (tick.day_open, tick.day_high, tick.day_low, tick.average_price) == (None,) * 4


def test_book_leaves_out_levels_without_quantity() -> None:
    levels = pack("<IIHHff", 0, 289, 0, 8, 0.0, 5971.1) + pack("<IIHHff", 7, 0, 2, 0, 5970.6, 0.0)
    book = to_book(levels + bytes(60), SHARE)
    assert book == Book(bids=(Level(5970.5, 7, 2),), asks=(Level(5971.0, 289, 8),))


NAN, INFINITE = float("nan"), float("inf")


@pytest.mark.parametrize(
    "change",
    [{"price": NAN}, {"price": INFINITE}, {"day_low": NAN}, {"close": -INFINITE},
     {"average_price": NAN}, {"levels": pack("<IIHHff", 1, 0, 1, 0, NAN, 0.0) + bytes(80)}],
)  # fmt: skip  # one table
def test_price_that_is_no_number_is_refused_by_name(change: dict[str, float]) -> None:
    with pytest.raises(DataError, match="of ABB is not a finite number"):
        to_tick(FULL._replace(**change), SHARE, RECEIVED_NS)  # type: ignore[arg-type]  # any field


def test_recorded_frame_becomes_a_tick() -> None:
    (fields_,) = decode(shared("dhan_full_packet_13.bin").read_bytes(), WireCounters())
    packet = named(fields_)
    assert isinstance(packet, Full)
    tick = to_tick(packet, replace(SHARE, tick_size=Decimal("0.50")), RECEIVED_NS)
    traded = datetime.fromtimestamp(tick.traded_ns // 10**9, IST)
    assert f"{traded:%Y-%m-%d %H:%M:%S}" == "2025-05-30 15:58:45"
    assert (tick.price, tick.average_price, tick.day_low) == (5971.0, 6011.05, 5945.5)
    assert tick.book == Book(asks=(Level(5971.0, 289, 8),))
