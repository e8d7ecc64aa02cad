"""Dhan's columns as candles: on the tick, in trading hours, whole."""

from typing import Any

import pytest

from core.brokers.dhan.history import days_of, minutes_of, sums_of
from core.candle import Interval, Origin
from core.errors import DataError
from core.market_sessions import MarketSessions
from core.session import NS_PER_MINUTE, NS_PER_SECOND, Market, ist_midnight_ns
from tests.core.market import CALENDAR, DAY, RELIANCE

SESSIONS = MarketSessions(CALENDAR, Market.CASH)
SESSION = CALENDAR.session(DAY, Market.CASH)
assert SESSION is not None
OPEN_NS, CLOSE_NS = SESSION.open_ns, SESSION.close_ns


def columns(*starts_ns: int, **changes: Any) -> dict[str, Any]:
    count = len(starts_ns)
    return {
        "timestamp": [start // NS_PER_SECOND for start in starts_ns],
        "open": [1500.01] * count,
        "high": [1502.0] * count,
        "low": [1499.0] * count,
        "close": [1501.0] * count,
        "volume": [10] * count,
        "open_interest": [0] * count,
        **changes,
    }


def test_minutes_are_on_the_tick_and_marked_as_fetched() -> None:
    history = minutes_of(RELIANCE, columns(OPEN_NS), SESSIONS, CLOSE_NS)
    (candle,) = history.candles
    assert (candle.open_ns, candle.close_ns) == (OPEN_NS, OPEN_NS + NS_PER_MINUTE)
    assert (candle.open, candle.high, candle.volume) == (1500.0, 1502.0, 10)
    assert (candle.open_interest, candle.origin) == (None, Origin.BACKFILLED)


def test_what_is_outside_hours_is_counted_and_what_is_not_over_is_left() -> None:
    starts = (OPEN_NS - NS_PER_MINUTE, OPEN_NS, OPEN_NS + NS_PER_MINUTE, CLOSE_NS)
    history = minutes_of(RELIANCE, columns(*starts), SESSIONS, OPEN_NS + NS_PER_MINUTE)
    assert [candle.open_ns for candle in history.candles] == [OPEN_NS]
    assert history.outside_hours == 2


def test_days_begin_with_their_session_and_the_running_one_is_left() -> None:
    midnight = ist_midnight_ns(DAY)
    history = days_of(RELIANCE, columns(midnight), SESSIONS, CLOSE_NS)
    (candle,) = history.candles
    assert (candle.interval, candle.open_ns, candle.close_ns) == (Interval.D1, OPEN_NS, CLOSE_NS)
    assert days_of(RELIANCE, columns(midnight), SESSIONS, CLOSE_NS - 1).candles == ()


def test_longer_candles_end_with_the_session() -> None:
    starts = [OPEN_NS + number * NS_PER_MINUTE for number in range(375)]
    minutes = minutes_of(RELIANCE, columns(*starts), SESSIONS, CLOSE_NS).candles
    hours = sums_of(minutes, Interval.H1, SESSIONS, CLOSE_NS)
    assert [each.volume for each in hours] == [600] * 6 + [150]
    assert hours[-1].close_ns == CLOSE_NS
    assert len(sums_of(minutes, Interval.H1, SESSIONS, CLOSE_NS - 1)) == 6


def test_no_columns_are_no_candles() -> None:
    assert minutes_of(RELIANCE, {}, SESSIONS, CLOSE_NS).candles == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"open": None},
        {"open": ["x"]},
        {"open": [float("nan")]},
        {"open": []},
        {"high": [1.0]},
        {"low": [0.0]},
        {"volume": ["many"]},
        {"timestamp": [None]},
    ],
)
def test_columns_that_are_no_candles_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="RELIANCE"):
        minutes_of(RELIANCE, columns(OPEN_NS, **changes), SESSIONS, CLOSE_NS)
