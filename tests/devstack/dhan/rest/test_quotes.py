"""Market quotes of a tape whose numbers are known."""

from devstack.dhan.rest.quotes import _MOST_INSTRUMENTS
from tests.devstack.dhan.running import api, simulate
from tests.devstack.dhan.small_tape import OPEN, SECOND

ASKED = {"NSE_FNO": [49543, 49081], "IDX_I": [13]}


async def test_last_prices_are_keyed_by_text() -> None:
    async with simulate(start_ns=OPEN + 10 * SECOND) as simulator, api(simulator) as rest:
        status, answer = await rest.call("POST", "/v2/marketfeed/ltp", ASKED)
        assert status == 200
        assert answer == {
            "data": {
                "NSE_FNO": {"49543": {"last_price": 25_059.0}, "49081": {"last_price": 119.0}},
                "IDX_I": {"13": {"last_price": 25_010.0}},
            },
            "status": "success",
        }


async def test_day_prices_carry_the_close_of_yesterday() -> None:
    async with simulate(start_ns=OPEN + 10 * SECOND) as simulator, api(simulator) as rest:
        _, answer = await rest.call("POST", "/v2/marketfeed/ohlc", {"NSE_FNO": [49543]})
        assert answer["data"]["NSE_FNO"]["49543"] == {
            "last_price": 25_059.0,
            "ohlc": {"open": 25_050.0, "close": 24_950.0, "high": 25_059.0, "low": 25_050.0},
        }


async def test_a_quote_has_everything_the_full_packet_has() -> None:
    async with simulate(start_ns=OPEN + 10 * SECOND) as simulator, api(simulator) as rest:
        _, answer = await rest.call("POST", "/v2/marketfeed/quote", {"NSE_FNO": [49543]})
        quote = answer["data"]["NSE_FNO"]["49543"]
        depth = quote.pop("depth")
        assert quote == {
            "average_price": 25_058.5,
            "buy_quantity": 2_600,
            "last_price": 25_059.0,
            "last_quantity": 65,
            "last_trade_time": "20/11/2026 09:15:09",
            "lower_circuit_limit": 22_455.0,
            "net_change": 109.0,
            "ohlc": {"open": 25_050.0, "close": 24_950.0, "high": 25_059.0, "low": 25_050.0},
            "oi": 1_000_585,
            "oi_day_high": 1_000_585,
            "oi_day_low": 1_000_000,
            "sell_quantity": 1_300,
            "upper_circuit_limit": 27_445.0,
            "volume": 650,
        }
        assert len(depth["buy"]) == len(depth["sell"]) == 5
        assert depth["buy"][1] == {"quantity": 130, "orders": 2, "price": 25_058.8}
        assert depth["sell"][4] == {"quantity": 650, "orders": 6, "price": 25_059.5}


async def test_what_has_not_traded_shows_yesterday_and_the_year_1980() -> None:
    async with simulate(start_ns=OPEN - SECOND) as simulator, api(simulator) as rest:
        _, answer = await rest.call("POST", "/v2/marketfeed/quote", {"NSE_FNO": [49543]})
        quote = answer["data"]["NSE_FNO"]["49543"]
        assert quote["last_price"] == 24_950.0
        assert quote["last_trade_time"] == "01/01/1980 00:00:00"
        assert quote["volume"] == 0


async def test_an_instrument_that_does_not_exist_is_left_out() -> None:
    async with simulate() as simulator, api(simulator) as rest:
        status, answer = await rest.call("POST", "/v2/marketfeed/ltp", {"NSE_EQ": [1]})
        assert (status, answer["data"]) == (200, {})


async def test_what_cannot_be_asked_is_named() -> None:
    too_many = {"NSE_EQ": list(range(_MOST_INSTRUMENTS + 1))}
    cases = [
        ({"NSE": [1]}, "814", "segment 'NSE' is unknown"),
        ({"NSE_EQ": ["1"]}, "814", "NSE_EQ must hold a list of whole numbers"),
        ({}, "814", "no instruments are asked for"),
        (too_many, "804", "1001 instruments are asked for, at most 1000 are allowed"),
    ]
    async with simulate() as simulator, api(simulator) as rest:
        for body, code, text in cases:
            status, answer = await rest.call("POST", "/v2/marketfeed/ltp", body)
            assert (status, answer["data"]) == (400, {code: text})
