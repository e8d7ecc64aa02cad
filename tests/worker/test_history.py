"""Warm-up candles out of Dhan's history."""

import json
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import httpx
import pytest
import respx

from core.candle import Interval
from core.errors import DataError
from core.session import (
    IST,
    NS_PER_MINUTE,
    NS_PER_SECOND,
    Market,
    ist_midnight_ns,
    load_calendar,
)
from tests.core.market import DAY, RELIANCE
from worker.broker.dhan import Dhan
from worker.broker.history import History

API = "https://api.example/v2"


def _opening(day: Any = DAY) -> int:
    session = load_calendar().session(day, Market.CASH)
    assert session is not None
    return session.open_ns


def _columns(count: int, begin_ns: int) -> dict[str, list[float]]:
    starts = [begin_ns // NS_PER_SECOND + 60 * each for each in range(count)]
    prices = [1500.0 + each for each in range(count)]
    return {
        "timestamp": [*map(float, starts)],
        "open": prices,
        "high": [price + 0.52 for price in prices],
        "low": [price - 0.48 for price in prices],
        "close": prices,
        "volume": [10.0] * count,
        "open_interest": [0.0] * count,
    }


async def _candles(
    columns: dict[str, Any], interval: Interval, count: int, until_ns: int
) -> tuple[list[Any], list[httpx.Request]]:
    route = respx.post(f"{API}/charts/intraday").respond(json=columns)
    async with Dhan(API, "https://images.example", "1", "token") as dhan:
        found = await History(dhan, load_calendar()).candles(
            RELIANCE, Market.CASH, interval, count, until_ns
        )
    return found, [call.request for call in route.calls]


@respx.mock
async def test_the_last_minutes_that_are_over_come_on_the_tick() -> None:
    until_ns = _opening() + 30 * NS_PER_MINUTE + 20 * NS_PER_SECOND
    found, (request,) = await _candles(_columns(40, _opening()), Interval.M1, 22, until_ns)
    assert len(found) == 22
    assert found[-1].close_ns == _opening() + 30 * NS_PER_MINUTE
    assert (found[0].open, found[0].high, found[0].low) == (1508.0, 1508.5, 1507.5)
    assert found[0].open_interest is None
    asked = json.loads(request.content)
    assert datetime.fromisoformat(asked["fromDate"]).date() < DAY
    until = datetime.fromtimestamp(until_ns // NS_PER_SECOND, IST).replace(tzinfo=None)
    assert datetime.fromisoformat(asked["toDate"]) >= until


@respx.mock
async def test_longer_candles_are_sums_of_minutes_from_the_opening_on() -> None:
    until_ns = _opening() + 33 * NS_PER_MINUTE
    found, _ = await _candles(_columns(33, _opening()), Interval.M15, 5, until_ns)
    assert [candle.open_ns - _opening() for candle in found] == [0, 15 * NS_PER_MINUTE]
    assert [candle.volume for candle in found] == [150, 150]
    assert (found[0].open, found[0].close) == (1500.0, 1514.0)


@respx.mock
async def test_enough_sessions_are_asked_for() -> None:
    asked = respx.post(f"{API}/charts/historical").respond(json={})
    found, _ = await _candles({}, Interval.D1, 20, _opening() + NS_PER_MINUTE)
    begin = datetime.fromisoformat(json.loads(asked.calls[0].request.content)["fromDate"]).date()
    sessions = list(load_calendar().sessions(begin, DAY, Market.CASH))
    assert len(sessions) == 21  # Today is not over.
    assert found == []


def _days(days: Iterable[date]) -> dict[str, list[float]]:
    stamps = [float(ist_midnight_ns(day) // NS_PER_SECOND) for day in days]
    one = [1.0] * len(stamps)
    return {
        "timestamp": stamps,
        "open": [1500.0 * each for each in one],
        "high": [1510.0 * each for each in one],
        "low": [1490.0 * each for each in one],
        "close": [1507.0 * each for each in one],
        "volume": [9000.0 * each for each in one],
        "open_interest": [0.0] * len(stamps),
    }


@respx.mock
async def test_a_day_is_the_brokers_own_candle_and_its_official_close() -> None:
    days = [date(2025, 11, 27), date(2025, 11, 28)]
    respx.post(f"{API}/charts/historical").respond(json=_days(days))
    found, minutes = await _candles({}, Interval.D1, 2, _opening() + NS_PER_MINUTE)
    assert [candle.close for candle in found] == [1507.0, 1507.0]
    assert [candle.open_ns for candle in found] == [_opening(day) for day in days]
    assert minutes == []


@respx.mock
async def test_a_day_that_has_no_candle_of_its_own_yet_is_the_sum_of_its_minutes() -> None:
    friday = date(2025, 11, 28)
    respx.post(f"{API}/charts/historical").respond(json=_days([date(2025, 11, 27)]))
    found, _ = await _candles(
        _columns(375, _opening(friday)), Interval.D1, 2, _opening() + NS_PER_MINUTE
    )
    assert [candle.close for candle in found] == [1507.0, 1874.0]
    assert [candle.volume for candle in found] == [9000, 3750]


@respx.mock
async def test_no_history_is_no_error() -> None:
    found, _ = await _candles({}, Interval.M1, 22, _opening())
    assert found == []


@respx.mock
async def test_candles_outside_trading_hours_are_left_out() -> None:
    begin_ns = _opening() - 5 * NS_PER_MINUTE
    found, _ = await _candles(
        _columns(10, begin_ns), Interval.M1, 22, _opening() + 5 * NS_PER_MINUTE
    )
    assert len(found) == 5


@respx.mock
@pytest.mark.parametrize(
    "broken", [{"open": [1.0]}, {"close": [None] * 5}, {"timestamp": ["yesterday"] * 5}]
)
async def test_what_is_no_candles_is_refused(broken: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="candles of RELIANCE from Dhan cannot be read"):
        await _candles(
            {**_columns(5, _opening()), **broken},
            Interval.M1,
            22,
            _opening() + 30 * NS_PER_MINUTE,
        )
