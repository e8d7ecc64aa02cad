"""Dhan over REST: the same requests as the official package, outcomes that tell who is to act."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
from dhanhq import DhanContext, dhanhq
from dhanhq.dhan_http import DhanHTTP

from core.errors import BrokerError, ConfigError
from core.instrument import Instrument, InstrumentKind, Segment
from tests.core.market import FUTURE as ANY_FUTURE
from worker.broker.dhan import Dhan

API, MASTER = "https://api.example/v2", "https://images.example"
FUTURE: Instrument = ANY_FUTURE
BEGIN, END = "2026-11-19 00:00:00", "2026-11-20 09:31:00"


class Captured(DhanHTTP):  # type: ignore[misc]  # the package has no types.
    """The package's transport, which only writes down what it would send."""

    def __init__(self) -> None:
        super().__init__("1100000001", "token")
        self.sent: list[tuple[str, str, dict[str, Any]]] = []

    def _send_request(self, method: Any, endpoint: str, payload: Any = None) -> dict[str, Any]:
        self.sent.append((method.value, endpoint, {**payload, "dhanClientId": self.client_id}))
        return {}


def _dhan() -> Dhan:
    return Dhan(API, MASTER, "1100000001", "token")


@respx.mock
async def test_candles_are_asked_for_as_the_official_package_does() -> None:
    route = respx.post(f"{API}/charts/intraday").respond(json={"open": []})
    async with _dhan() as dhan:
        await dhan.minutes(FUTURE, BEGIN, END)
    context = DhanContext("1100000001", "token")
    context.dhan_http = Captured()
    dhanhq(context).intraday_minute_data(
        str(FUTURE.security_id), "NSE_FNO", "FUTIDX", BEGIN, END, interval="1", oi=True
    )
    (request,) = [call.request for call in route.calls]
    assert context.dhan_http.sent == [
        ("POST", "/charts/intraday", json.loads(request.content)),
    ]
    for name in ("access-token", "client-id"):
        assert request.headers[name] == context.dhan_http.header[name]


@respx.mock
async def test_no_candles_are_no_error() -> None:
    respx.post(f"{API}/charts/intraday").respond(
        400, json={"errorType": "x", "errorCode": "DH-907", "errorMessage": "no data"}
    )
    async with _dhan() as dhan:
        assert await dhan.minutes(FUTURE, BEGIN, END) == {}


@respx.mock
async def test_a_refused_token_is_told_at_once() -> None:
    route = respx.get(f"{API}/profile").respond(
        401, json={"errorCode": "DH-901", "errorMessage": "expired"}
    )
    async with _dhan() as dhan:
        with pytest.raises(ConfigError, match=r"DHAN_ACCESS_TOKEN .*DH-901: expired"):
            await dhan.profile()
    assert route.call_count == 1


@respx.mock
@pytest.mark.parametrize(
    "first",
    [
        httpx.Response(502, html="<h1>Bad gateway</h1>"),
        httpx.Response(429, json={"errorCode": "DH-904", "errorMessage": "slow down"}),
        httpx.ConnectTimeout("too slow"),
    ],
)
async def test_trouble_on_the_way_is_tried_again(first: Any) -> None:
    answers = [first, httpx.Response(200, json={"dataPlan": "Active"})]
    respx.get(f"{API}/profile").mock(side_effect=answers)
    async with _dhan() as dhan:
        assert (await dhan.profile())["dataPlan"] == "Active"


@respx.mock
async def test_lasting_trouble_is_named() -> None:
    respx.get(f"{API}/profile").mock(side_effect=httpx.ConnectError("refused"))
    async with _dhan() as dhan:
        with pytest.raises(BrokerError, match=rf"Dhan at {API} cannot be reached: refused"):
            await dhan.profile()


@respx.mock
async def test_a_master_that_cannot_be_had_leaves_the_last_one_alone(tmp_path: Path) -> None:
    place = tmp_path / "instruments.csv"
    place.write_text("yesterday's")
    respx.get(f"{MASTER}/api-scrip-master-detailed.csv").respond(500)
    async with _dhan() as dhan:
        with pytest.raises(BrokerError, match="the instrument master"):
            await dhan.download_master(place)
    assert place.read_text() == "yesterday's"


def test_a_future_is_what_the_tests_here_need() -> None:
    assert FUTURE.segment is Segment.NSE_FNO
    assert FUTURE.kind is InstrumentKind.FUTIDX
