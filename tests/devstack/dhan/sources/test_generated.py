"""The generated day: the same for a seed, on ticks and lots, and consistent in itself."""

from dataclasses import fields
from datetime import date

import numpy as np
import pytest

from core.errors import CalendarError
from core.instrument import Segment
from core.session import NS_PER_SECOND, Market
from devstack.dhan.pricing import RATE
from devstack.dhan.sources.generated import generate
from devstack.dhan.sources.roots import session_of, years_left
from devstack.dhan.sources.walk import inside
from devstack.dhan.tape import Columns, EventKind, Integers, Tape
from tests.devstack.dhan.generated_days import (
    BANKNIFTY_FUTURE,
    BANKNIFTY_INDEX,
    DEFAULT_DAY,
    NEXT_NIFTY_FUTURE,
    NIFTY_FUTURE,
    NIFTY_INDEX,
    VIX,
    calendar,
    generated,
    middle,
)

FUTURES = {NIFTY_FUTURE: NIFTY_INDEX, BANKNIFTY_FUTURE: BANKNIFTY_INDEX}


@pytest.fixture(scope="module")
def tape() -> Tape:
    return generated().tape


def state_each_second(tape: Tape, instrument: int) -> Integers:
    """Return the row that holds an instrument's state at each second, from half a minute on."""
    session = tape.sessions[0]
    seconds = np.arange(session.open_ns + 30 * NS_PER_SECOND, session.close_ns, NS_PER_SECOND)
    rows = tape.rows_of(instrument)
    found: Integers = rows[np.searchsorted(tape.columns.time_ns[rows], seconds, "right") - 1]
    return found


def test_the_same_seed_and_day_give_the_same_bytes_and_another_seed_others(tape: Tape) -> None:
    again = generate(1, DEFAULT_DAY, calendar()).tape
    other = generated(2).tape
    for field in fields(Columns):
        mine, same = getattr(tape.columns, field.name), getattr(again.columns, field.name)
        assert mine.tobytes() == same.tobytes(), field.name
    assert tape.instruments == again.instruments
    assert tape.depth(500_000, 500_100).tobytes() == again.depth(500_000, 500_100).tobytes()
    assert tape.columns.ltp.tobytes() != other.columns.ltp.tobytes()


def test_every_price_is_a_multiple_of_its_instruments_tick(tape: Tape) -> None:
    paise = np.array([each.tick_paise for each in tape.instruments])[tape.columns.instrument]
    for name in ("ltp", "open", "high", "low"):
        prices = getattr(tape.columns, name)
        ticks = np.rint(prices.astype(np.float64) * 100 / paise)
        assert np.array_equal((ticks * paise / 100).astype(np.float32), prices), name
        assert ticks.min() >= 1


def test_traded_and_open_quantities_are_multiples_of_the_lot(tape: Tape) -> None:
    lots = np.array([each.lot_size for each in tape.instruments])[tape.columns.instrument]
    for name in ("ltq", "volume", "oi", "oi_high", "oi_low", "sell_quantity", "buy_quantity"):
        assert not np.any(getattr(tape.columns, name) % lots), name


def test_volume_grows_with_trades_only_and_never_falls(tape: Tape) -> None:
    columns = tape.columns
    for number, instrument in enumerate(tape.instruments):
        rows = tape.rows_of(number)
        steps = np.diff(columns.volume[rows].astype(np.int64), prepend=0)
        traded = columns.kind[rows] == EventKind.TRADE
        assert steps.min() >= 0
        if instrument.segment is not Segment.IDX_I:
            assert np.array_equal(steps > 0, traded), instrument.symbol
            assert np.all(columns.ltq[rows][traded] <= steps[traded])


def test_a_packet_without_a_trade_repeats_the_last_trade(tape: Tape) -> None:
    columns = tape.columns
    rows = tape.rows_of(NIFTY_FUTURE)
    quiet = np.flatnonzero(columns.kind[rows] != EventKind.TRADE)
    for name in ("ltp", "ltq", "ltt", "atp", "volume"):
        values = getattr(columns, name)[rows]
        assert np.array_equal(values[quiet], values[quiet - 1]), name


def test_day_prices_follow_from_the_trades(tape: Tape) -> None:
    columns = tape.columns
    for number in range(len(tape.instruments)):
        rows = tape.rows_of(number)
        prices = columns.ltp[rows]
        assert np.all(columns.open[rows] == prices[0])
        assert np.array_equal(columns.high[rows], np.maximum.accumulate(prices))
        assert np.array_equal(columns.low[rows], np.minimum.accumulate(prices))


def test_average_price_is_value_over_volume(tape: Tape) -> None:
    columns, rows = tape.columns, tape.rows_of(BANKNIFTY_FUTURE)
    sizes = np.diff(columns.volume[rows].astype(np.int64), prepend=0)
    expected = np.cumsum(sizes * columns.ltp[rows].astype(float)) / columns.volume[rows]
    assert np.allclose(columns.atp[rows], expected, rtol=1e-6)


def test_open_interest_moves_only_with_its_own_packets(tape: Tape) -> None:
    columns = tape.columns
    session = tape.sessions[0]
    for number in (NIFTY_FUTURE, BANKNIFTY_FUTURE, 20, 100):
        rows = tape.rows_of(number)
        oi = columns.oi[rows].astype(np.int64)
        moved = np.flatnonzero(np.diff(oi)) + 1
        assert len(moved) > 10
        assert np.all(columns.kind[rows][moved] == EventKind.OPEN_INTEREST)
        assert oi[0] == session.previous_oi[number]
        assert np.array_equal(columns.oi_high[rows], np.maximum.accumulate(oi))


def test_the_book_has_five_levels_outside_the_trade_without_gaps_in_order(tape: Tape) -> None:
    rows = tape.rows_of(NIFTY_FUTURE)[:2_000]
    trades = rows[tape.columns.kind[rows] == EventKind.TRADE]
    levels = np.concatenate([tape.depth(int(row), int(row) + 1) for row in trades])
    price = tape.columns.ltp[trades][:, None]
    assert np.all(levels["bid_price"][:, :1] <= price)
    assert np.all(levels["ask_price"][:, :1] >= price)
    assert np.all(np.diff(levels["bid_price"], axis=1) < 0)
    assert np.all(np.diff(levels["ask_price"], axis=1) > 0)
    assert not np.any(levels["bid_quantity"] % 65)
    assert np.all(levels["bid_quantity"] > 0)
    assert np.all(levels["bid_orders"] * 65 <= levels["bid_quantity"])


def test_depth_does_not_depend_on_how_it_is_asked_for(tape: Tape) -> None:
    whole = tape.depth(1_000, 1_100)
    parts = np.concatenate([tape.depth(start, start + 10) for start in range(1_000, 1_100, 10)])
    assert np.array_equal(whole, parts)


def test_an_index_has_no_volume_and_no_book_and_comes_every_quarter_second(tape: Tape) -> None:
    rows = tape.rows_of(NIFTY_INDEX)
    assert not tape.columns.volume[rows].any()
    assert not tape.depth(int(rows[0]), int(rows[0]) + 1)["bid_quantity"].any()
    assert set(np.diff(tape.columns.time_ns[rows])) == {NS_PER_SECOND // 4}


@pytest.mark.parametrize(
    "day",
    [
        DEFAULT_DAY,
        date(2026, 7, 31),
        date(2024, 3, 2),
        date(2025, 10, 21),
        date(2024, 1, 1),
    ],
)
def test_packets_keep_to_the_hours_of_their_market(day: date) -> None:
    tape = generate(1, day, calendar()).tape
    for number, instrument in enumerate(tape.instruments):
        session = session_of(instrument, day, calendar())
        assert session is not None
        rows = tape.rows_of(number)
        assert len(rows) > 10
        assert inside(session.windows, tape.columns.time_ns[rows]).all()
        assert inside(session.windows, tape.columns.ltt[rows] * NS_PER_SECOND).all()


def test_the_last_trade_is_never_later_than_its_packet(tape: Tape) -> None:
    columns = tape.columns
    assert np.all(columns.ltt * NS_PER_SECOND <= columns.time_ns)
    later = columns.time_ns[tape.rows_of(NIFTY_FUTURE)] // NS_PER_SECOND
    assert np.any(later > columns.ltt[tape.rows_of(NIFTY_FUTURE)])


@pytest.mark.parametrize("future", FUTURES)
def test_a_future_is_its_index_plus_carry_but_for_a_small_basis(tape: Tape, future: int) -> None:
    rows = state_each_second(tape, future)[: 6 * 3_600]
    index = tape.columns.ltp[state_each_second(tape, FUTURES[future])[: 6 * 3_600]].astype(float)
    years = years_left(tape.instruments[future], tape.columns.time_ns[rows], calendar())
    off = middle(tape, rows[::7]) / (index[::7] * np.exp(RATE * years[::7])) - 1
    assert np.median(np.abs(off)) < 0.0002
    assert np.abs(off).max() < 0.002


def test_the_basis_leaves_its_usual_width_several_times_in_both_directions(tape: Tape) -> None:
    rows = state_each_second(tape, NIFTY_FUTURE)[: 6 * 3_600 : 5]
    index = tape.columns.ltp[state_each_second(tape, NIFTY_INDEX)[: 6 * 3_600 : 5]].astype(float)
    years = years_left(tape.instruments[NIFTY_FUTURE], tape.columns.time_ns[rows], calendar())
    off = middle(tape, rows) / (index * np.exp(RATE * years)) - 1
    for sign in (1, -1):
        outside = sign * off > 0.0006
        begins = np.flatnonzero(np.diff(outside.astype(int)) == 1)
        assert outside.sum() * 5 > 240  # Seconds.
        assert len(begins) >= 1
    assert np.mean(np.abs(off) < 0.0003) > 0.7


def test_the_near_future_meets_its_index_when_it_expires() -> None:
    tape = generate(1, date(2026, 11, 23), calendar()).tape
    cash = calendar().session(date(2026, 11, 23), Market.CASH)
    assert tape.instruments[NIFTY_FUTURE].expiry == date(2026, 11, 23)
    assert cash is not None
    rows = tape.last_rows(cash.close_ns - NS_PER_SECOND)
    index, future = tape.columns.ltp[rows[[NIFTY_INDEX, NIFTY_FUTURE]]].astype(float)
    assert abs(future / index - 1) < 0.0002
    following = float(tape.columns.ltp[rows[NEXT_NIFTY_FUTURE]])
    assert 0.003 < following / index - 1 < 0.01


def test_volatility_rises_when_the_market_falls(tape: Tape) -> None:
    index = tape.columns.ltp[state_each_second(tape, NIFTY_INDEX)].astype(float)
    vix = tape.columns.ltp[state_each_second(tape, VIX)].astype(float)
    assert np.corrcoef(index, vix)[0, 1] < -0.5
    assert 8 < vix.min() < vix.max() < 25


def test_packet_rates_are_those_of_the_real_feed(tape: Tape) -> None:
    seconds = (tape.sessions[0].close_ns - tape.sessions[0].open_ns) / NS_PER_SECOND
    assert 2 <= len(tape.rows_of(NIFTY_FUTURE)) / seconds <= 4
    assert 2 <= len(tape.rows_of(BANKNIFTY_FUTURE)) / seconds <= 4
    assert len(tape) < 2_000_000


def test_a_day_without_a_session_is_refused_by_name() -> None:
    with pytest.raises(CalendarError, match="2026-11-21 is not a session day"):
        generate(1, date(2026, 11, 21), calendar())
    with pytest.raises(CalendarError, match="no calendar for 2028"):
        generate(1, date(2028, 1, 3), calendar())
    with pytest.raises(CalendarError, match="hours of 2026-11-08"):
        generate(1, date(2026, 11, 8), calendar())
