"""Candles over HTTP: what is asked, what is cut where, what is refused."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.devstack.dhan.running import api, simulate
from tests.devstack.dhan.small_tape import OPEN, SECOND, small_tape

INTRADAY = "/v2/charts/intraday"
DAILY = "/v2/charts/historical"


def asked(**changes: object) -> dict[str, Any]:
    return {
        "securityId": "49543",
        "exchangeSegment": "NSE_FNO",
        "instrument": "FUTIDX",
        "interval": 1,
        "oi": False,
        "fromDate": "2026-11-20 09:15:00",
        "toDate": "2026-11-20 09:16:00",
        **changes,
    }


async def test_candles_begin_at_true_unix_seconds_and_hold_what_was_traded() -> None:
    tape = small_tape(rounds=130)
    async with simulate(tape, start_ns=OPEN + 300 * SECOND) as simulator, api(simulator) as rest:
        status, candles = await rest.call("POST", INTRADAY, asked(oi=True))
        assert status == 200
        assert candles == {
            "open": [25_050.0, 25_110.0, 25_170.0],
            "high": [25_109.0, 25_169.0, 25_179.0],
            "low": [25_050.0, 25_110.0, 25_170.0],
            "close": [25_109.0, 25_169.0, 25_179.0],
            "volume": [3_900, 3_900, 650],
            "timestamp": [OPEN // SECOND, OPEN // SECOND + 60, OPEN // SECOND + 120],
            "open_interest": candles["open_interest"],
        }
        assert len(candles["open_interest"]) == 3
        first = datetime.fromtimestamp(candles["timestamp"][0], UTC)
        assert first == datetime(2026, 11, 20, 3, 45, tzinfo=UTC)  # 09:15 in India.


async def test_the_day_being_played_ends_now_whatever_to_date_says() -> None:
    tape = small_tape(rounds=130)
    async with simulate(tape, start_ns=OPEN + 90 * SECOND) as simulator, api(simulator) as rest:
        _, candles = await rest.call("POST", INTRADAY, asked())
        assert len(candles["timestamp"]) == 2
        assert candles["close"][-1] == 25_139.0  # The second candle is still growing.
        assert candles["open_interest"] == []


async def test_longer_intervals_are_counted_from_the_opening() -> None:
    tape = small_tape(rounds=400)
    async with simulate(tape, start_ns=OPEN + 400 * SECOND) as simulator, api(simulator) as rest:
        _, candles = await rest.call("POST", INTRADAY, asked(interval="5"))
        starts = [second - OPEN // SECOND for second in candles["timestamp"]]
        assert starts == [0, 300]
        assert candles["volume"] == [19_500, 6_500]


async def test_a_daily_candle_is_there_only_after_the_close_and_before_to_date() -> None:
    body = asked(fromDate="2026-11-20", toDate="2026-11-21", expiryCode=0)
    async with simulate(start_ns=OPEN + 60 * SECOND) as simulator, api(simulator) as rest:
        status, answer = await rest.call("POST", DAILY, body)
        assert (status, answer["errorCode"]) == (400, "DH-907")
        await rest.clock(rewind="15:45")
        _, candles = await rest.call("POST", DAILY, body)
        midnight = datetime.fromtimestamp(candles["timestamp"][0], UTC)
        assert midnight == datetime(2026, 11, 19, 18, 30, tzinfo=UTC)  # In India the 20th begins.
        assert candles["volume"] == [3_900]
        status, _ = await rest.call(
            "POST", DAILY, {**body, "fromDate": "2026-11-19", "toDate": "2026-11-20"}
        )
        assert status == 400


@pytest.mark.parametrize(
    ("path", "change", "text"),
    [
        (INTRADAY, {"exchangeSegment": "NSE"}, "exchangeSegment 'NSE' is unknown"),
        (INTRADAY, {"securityId": "x"}, "securityId 'x' is not a number"),
        (INTRADAY, {"securityId": "9" * 5000}, "securityId '99999999999999999999' is not"),
        (INTRADAY, {"securityId": "1"}, "no instrument 1 in NSE_FNO"),
        (INTRADAY, {"instrument": "OPTIDX"}, "instrument 'OPTIDX' is not what 49543 is"),
        (INTRADAY, {"interval": 2}, "interval '2' is not one of"),
        (INTRADAY, {"fromDate": "20-11-2026"}, "fromDate '20-11-2026' is neither"),
        (INTRADAY, {"fromDate": "2026-11-21"}, "is not before toDate"),
        (INTRADAY, {"toDate": "9999-12-31"}, "at most 90 are allowed"),
        (INTRADAY, {"fromDate": "2026-08-01"}, "111 days are asked for, at most 90 are allowed"),
        (DAILY, {"fromDate": "2026-11-20 09:15:00"}, "fromDate '2026-11-20 09:15:00' is not"),
        (DAILY, {"fromDate": "2026-11-20", "toDate": "2026-11-20"}, "is not before toDate"),
    ],
)
async def test_what_cannot_be_asked_is_named(
    path: str, change: dict[str, object], text: str
) -> None:
    async with simulate() as simulator, api(simulator) as rest:
        status, answer = await rest.call("POST", path, asked(**change))
        assert (status, answer["errorCode"]) == (400, "DH-905")
        assert text in answer["errorMessage"]


async def test_ninety_days_are_allowed() -> None:
    async with simulate(start_ns=OPEN + 60 * SECOND) as simulator, api(simulator) as rest:
        body = asked(fromDate="2026-08-23", toDate="2026-11-20")
        assert (await rest.call("POST", INTRADAY, body))[0] == 200
