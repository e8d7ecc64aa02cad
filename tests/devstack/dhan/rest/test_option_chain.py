"""Expiries and chains over HTTP, of a tape with one option."""

import pytest

from tests.devstack.dhan.running import api, simulate
from tests.devstack.dhan.small_tape import OPEN, SECOND

CHAIN = "/v2/optionchain"
ASKED = {"UnderlyingScrip": 13, "UnderlyingSeg": "IDX_I"}


async def test_expiries_are_dates_as_text() -> None:
    async with simulate() as simulator, api(simulator) as rest:
        answer = await rest.call("POST", f"{CHAIN}/expirylist", ASKED)
        assert answer == (200, {"data": ["2026-11-23"], "status": "success"})


async def test_a_strike_is_text_with_six_places_and_a_side_may_be_absent() -> None:
    async with simulate(start_ns=OPEN + 10 * SECOND) as simulator, api(simulator) as rest:
        status, answer = await rest.call("POST", CHAIN, {**ASKED, "Expiry": "2026-11-23"})
        assert (status, answer["status"]) == (200, "success")
        assert answer["data"]["last_price"] == 25_010.0
        assert list(answer["data"]["oc"]) == ["25000.000000"]
        sides = answer["data"]["oc"]["25000.000000"]
        assert list(sides) == ["ce"]
        call = sides["ce"]
        assert (call["last_price"], call["volume"], call["security_id"]) == (119.0, 650, 49081)
        assert (call["previous_close_price"], call["previous_oi"]) == (101.25, 5_000)
        assert (call["top_bid_quantity"], call["top_ask_quantity"]) == (65, 130)
        assert set(call["greeks"]) == {"delta", "gamma", "theta", "vega"}


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        ({**ASKED, "Expiry": "2026-11-24"}, "811", "NIFTY has no options that expire 2026-11-24"),
        ({**ASKED, "Expiry": "soon"}, "811", "Expiry 'soon' is not YYYY-MM-DD"),
        ({**ASKED, "UnderlyingScrip": "13"}, "814", "UnderlyingScrip '13' is not a whole number"),
        ({**ASKED, "UnderlyingScrip": 14}, "813", "no instrument 14 in IDX_I"),
        ({**ASKED, "UnderlyingSeg": "IDX"}, "814", "UnderlyingSeg 'IDX' is unknown"),
    ],
)
async def test_what_cannot_be_asked_is_named(body: dict[str, object], code: str, text: str) -> None:
    async with simulate() as simulator, api(simulator) as rest:
        status, answer = await rest.call("POST", CHAIN, body)
        assert (status, answer) == (400, {"data": {code: text}, "status": "failed"})
