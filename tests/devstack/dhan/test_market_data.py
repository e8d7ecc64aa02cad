"""Questions about the market: candles join history and tape, nothing is known before its time."""

from datetime import date, timedelta

import numpy as np
import pytest

from core.instrument import OptionSide
from core.session import NS_PER_MINUTE, NS_PER_SECOND, ist_midnight_ns
from devstack.dhan.candles import Candles
from devstack.dhan.market_data import MarketData
from tests.devstack.dhan.generated_days import (
    DEFAULT_DAY,
    FIRST_SHARE,
    NIFTY_FUTURE,
    NIFTY_INDEX,
    calendar,
    generated,
)

YESTERDAY = date(2026, 11, 19)


@pytest.fixture(scope="module")
def market() -> MarketData:
    made = generated()
    return MarketData(made.tape, calendar(), made.history)


def whole_day(market: MarketData, number: int, minutes: int, now: int | None = None) -> Candles:
    session = market.tape.sessions[0]
    instrument = market.tape.instruments[number]
    until = session.close_ns if now is None else now
    return market.candles(instrument, minutes, session.open_ns, session.close_ns, until)


def test_one_minute_candles_of_the_day_are_those_of_its_packets(market: MarketData) -> None:
    tape = market.tape
    rows = tape.rows_of(NIFTY_FUTURE)
    rows = rows[tape.columns.kind[rows] == 0]
    minute = tape.columns.ltt[rows] // 60
    candles = whole_day(market, NIFTY_FUTURE, 1)
    assert len(candles) == 385
    volume_before = 0
    for at in (0, 1, 100, 384):
        mine = rows[minute == candles.start[at] // 60]
        prices = [tape.instruments[NIFTY_FUTURE].round_price(p) for p in tape.columns.ltp[mine]]
        assert candles.open[at] == prices[0]
        assert candles.high[at] == max(prices)
        assert candles.low[at] == min(prices)
        assert candles.close[at] == prices[-1]
        before = rows[minute < candles.start[at] // 60]
        volume_before = int(tape.columns.volume[before[-1]]) if len(before) else 0
        assert candles.volume[at] == int(tape.columns.volume[mine[-1]]) - volume_before


@pytest.mark.parametrize("number", [NIFTY_INDEX, NIFTY_FUTURE, FIRST_SHARE, 20])
def test_longer_candles_are_made_of_shorter_ones(market: MarketData, number: int) -> None:
    ones, fifteens = whole_day(market, number, 1), whole_day(market, number, 15)
    assert fifteens.volume.sum() == ones.volume.sum()
    assert fifteens.high.max() == ones.high.max()
    opening = market.tape.sessions[0].open_ns // NS_PER_SECOND
    assert set((fifteens.start - opening) % 900) == {0}
    first = ones.between(opening, opening + 900)
    assert (fifteens.open[0], fifteens.close[0]) == (first.open[0], first.close[-1])


def test_nothing_later_than_now_is_known(market: MarketData) -> None:
    now = market.tape.sessions[0].open_ns + 90 * NS_PER_SECOND
    grown = whole_day(market, NIFTY_FUTURE, 1, now)
    whole = whole_day(market, NIFTY_FUTURE, 1)
    assert len(grown) == 2
    assert grown.close[0] == whole.close[0]
    assert grown.volume[1] < whole.volume[1]
    assert len(whole_day(market, NIFTY_FUTURE, 1, market.tape.sessions[0].open_ns - 1)) == 0


def test_the_day_opens_where_its_history_closed(market: MarketData) -> None:
    session = market.tape.sessions[0]
    for number in (NIFTY_INDEX, NIFTY_FUTURE, FIRST_SHARE, 30):
        instrument = market.tape.instruments[number]
        begin = ist_midnight_ns(YESTERDAY)
        both = market.candles(instrument, 1, begin, session.close_ns, session.close_ns)
        yesterday = both.between(0, session.open_ns // NS_PER_SECOND)
        assert np.all(np.diff(both.start) > 0)
        assert np.float32(yesterday.close[-1]) == session.previous_close[number]
        assert yesterday.open_interest[-1] == session.previous_oi[number]
        assert yesterday.volume.sum() == session.previous_volume[number]
        if instrument.strike is None:
            today = both.between(session.open_ns // NS_PER_SECOND, 2**62)
            assert abs(today.open[0] / yesterday.close[-1] - 1) < 0.008


def test_history_reaches_back_more_than_thirty_sessions_without_a_seam(market: MarketData) -> None:
    instrument = market.tape.instruments[NIFTY_FUTURE]
    session = market.tape.sessions[0]
    begin = session.open_ns - 60 * 24 * 60 * NS_PER_MINUTE
    candles = market.candles(instrument, 1, begin, session.open_ns, session.open_ns)
    days = np.unique((candles.start + 19_800) // 86_400)
    assert len(days) >= 35
    assert np.abs(candles.open[1:] / candles.close[:-1] - 1).max() < 0.01
    for low, high in ((candles.low, candles.open), (candles.low, candles.close)):
        assert np.all(low <= high)
    assert np.all(candles.volume % 65 == 0)
    assert np.all(np.rint(candles.close * 10) / 10 == candles.close)


def test_history_keeps_the_hours_of_its_own_date(market: MarketData) -> None:
    instrument = market.tape.instruments[NIFTY_INDEX]
    minutes = []
    for day in (date(2026, 7, 31), date(2026, 8, 3), date(2026, 11, 24)):
        begin = ist_midnight_ns(day)
        end = begin + 24 * 60 * NS_PER_MINUTE
        candles = market.candles(instrument, 1, begin, end, market.tape.sessions[0].open_ns)
        minutes.append(len(candles))
    assert minutes == [375, 375, 0]


def test_daily_candles_are_stamped_with_midnight_and_end_before_stop(market: MarketData) -> None:
    instrument = market.tape.instruments[NIFTY_INDEX]
    session = market.tape.sessions[0]
    first = DEFAULT_DAY - timedelta(days=7)
    tomorrow = DEFAULT_DAY + timedelta(days=1)
    during = market.daily(instrument, first, tomorrow, session.close_ns - 1)
    after = market.daily(instrument, first, tomorrow, session.close_ns)
    assert len(after) == len(during) + 1
    assert after.start[-1] == ist_midnight_ns(DEFAULT_DAY) // NS_PER_SECOND
    assert len(market.daily(instrument, first, DEFAULT_DAY, session.close_ns)) == len(during)
    day = whole_day(market, NIFTY_INDEX, 1)
    assert (after.high[-1], after.close[-1]) == (day.high.max(), day.close[-1])


def test_an_option_chain_is_read_from_the_tape_at_its_time(market: MarketData) -> None:
    session = market.tape.sessions[0]
    now = session.open_ns + 60 * NS_PER_MINUTE
    index = market.tape.instruments[NIFTY_INDEX]
    expiries = market.expiries(index, now)
    chain = market.option_chain(index, expiries[0], now)
    assert expiries == (date(2026, 11, 23), date(2026, 12, 1), date(2026, 12, 29))
    assert list(chain.strikes) == sorted(chain.strikes)
    assert len(chain.strikes) == 25
    row = market.tape.last_rows(now)
    for strike, pair in chain.strikes.items():
        for side, quote in pair.items():
            at = market.tape.index_of(*quote.instrument.key)
            assert at is not None
            assert quote.volume == market.tape.columns.volume[row[at]]
            assert quote.top_bid_price < quote.top_ask_price
            if abs(strike / chain.last_price - 1) < 0.01:
                assert 8 < quote.implied_volatility < 25
                assert (quote.greeks.delta > 0) == (side is OptionSide.CALL)
                assert quote.greeks.theta < 0 < quote.greeks.gamma


def test_before_the_first_packet_a_chain_shows_yesterday(market: MarketData) -> None:
    index = market.tape.instruments[NIFTY_INDEX]
    now = market.tape.sessions[0].open_ns - NS_PER_MINUTE
    chain = market.option_chain(index, date(2026, 11, 23), now)
    for pair in chain.strikes.values():
        for quote in pair.values():
            assert quote.last_price == quote.previous_close_price > 0
            assert (quote.volume, quote.oi) == (0, quote.previous_oi)
            assert quote.top_bid_price == 0
