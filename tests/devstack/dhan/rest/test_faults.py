"""Each fault of the REST side: what the caller sees."""

import asyncio
import time

import aiohttp
import pytest

from tests.devstack.dhan.running import api, simulate

LTP = "/v2/marketfeed/ltp"
ASKED = {"NSE_FNO": [49543]}


async def test_a_status_on_demand_comes_in_the_shape_of_the_path_and_only_so_often() -> None:
    async with simulate() as simulator, api(simulator) as rest:
        await rest.fault(kind="rest_status", code=500, count=2)
        status, answer = await rest.call("GET", "/v2/profile")
        assert (status, answer["errorCode"]) == (500, "DH-908")
        status, answer = await rest.call("POST", LTP, ASKED)
        assert (status, list(answer["data"])) == (500, ["800"])
        assert (await rest.call("GET", "/v2/profile"))[0] == 200


async def test_too_many_requests_on_demand_has_its_code() -> None:
    async with simulate() as simulator, api(simulator) as rest:
        await rest.fault(kind="rest_status", code=429, path="/v2/profile")
        assert (await rest.call("POST", LTP, ASKED))[0] == 200
        status, answer = await rest.call("GET", "/v2/profile")
        assert (status, answer["errorCode"]) == (429, "DH-904")


async def test_a_page_instead_of_json_is_shape_c() -> None:
    async with simulate() as simulator, api(simulator) as rest:
        await rest.fault(kind="rest_html")
        status, answer = await rest.call("GET", "/v2/profile")
        assert status == 502
        assert answer.startswith("<html>")


async def test_an_empty_answer_did_not_do_what_was_asked() -> None:
    async with simulate() as simulator, api(simulator) as rest:
        token = simulator.accounts.all[0].token
        await rest.fault(kind="rest_empty")
        assert await rest.call("GET", "/v2/RenewToken") == (200, "")
        assert simulator.accounts.all[0].token is token


async def test_a_late_answer_did_what_was_asked() -> None:
    async with simulate() as simulator, api(simulator) as rest:
        token = simulator.accounts.all[0].token
        await rest.fault(kind="rest_delay", delay=0.2)
        began = time.monotonic()
        assert (await rest.call("GET", "/v2/RenewToken"))[0] == 200
        assert time.monotonic() - began >= 0.19
        assert simulator.accounts.all[0].token is not token


async def test_a_lost_answer_did_what_was_asked_too() -> None:
    async with simulate() as simulator, api(simulator) as rest:
        token = simulator.accounts.all[0].token
        await rest.fault(kind="rest_lost")
        # Posted where only GET does anything: aiohttp's client repeats a GET that was lost.
        async with asyncio.timeout(5):
            with pytest.raises(aiohttp.ClientError):
                await rest.call("POST", LTP, ASKED)
        assert simulator.accounts.all[0].token is token
        assert simulator.counters.rest[LTP] == {"200": 1}


async def test_rest_faults_spare_the_control_endpoint() -> None:
    async with simulate() as simulator, api(simulator) as rest:
        await rest.fault(kind="rest_status", seconds=60)
        assert (await rest.state())["faults"] == {}
