"""What every REST call goes through: token, rate limit, errors in Dhan's shapes, counting."""

from tests.devstack.dhan.running import api, simulate

LTP = "/v2/marketfeed/ltp"
FUTURE_ASKED = {"NSE_FNO": [49543]}


async def test_a_call_without_a_living_token_gets_401_in_shape_a() -> None:
    async with simulate() as simulator, api(simulator) as rest:
        for headers in ({}, {"access-token": "eyJ.no"}):
            status, answer = await rest.call("GET", "/v2/profile", headers=headers)
            assert status == 401
            assert answer["errorCode"] == "DH-901"
            assert answer["errorType"] == "Invalid_Authentication"
            assert "invalid or expired" in answer["errorMessage"]


async def test_a_data_call_gets_the_same_in_shape_b_with_the_number_of_the_reason() -> None:
    async with simulate() as simulator, api(simulator) as rest:
        stale = dict(rest.headers)
        simulator.accounts.renew(simulator.accounts.all[0])
        status, answer = await rest.call("POST", LTP, FUTURE_ASKED, stale)
        assert (status, answer["status"], list(answer["data"])) == (401, "failed", ["807"])
        unknown = {**rest.headers, "client-id": "4711"}
        status, answer = await rest.call("POST", LTP, FUTURE_ASKED, unknown)
        assert (status, list(answer["data"])) == (401, ["810"])


async def test_a_data_call_needs_the_client_id_header() -> None:
    async with simulate() as simulator, api(simulator) as rest:
        only_token = {"access-token": rest.headers["access-token"]}
        status, answer = await rest.call("POST", LTP, FUTURE_ASKED, only_token)
        assert (status, list(answer["data"])) == (401, ["810"])


async def test_more_calls_than_allowed_get_429_in_the_shape_of_the_path() -> None:
    async with simulate(rate_limits=True) as simulator, api(simulator) as rest:
        assert (await rest.call("POST", LTP, FUTURE_ASKED))[0] == 200
        status, answer = await rest.call("POST", "/v2/marketfeed/quote", FUTURE_ASKED)
        assert (status, list(answer["data"])) == (429, ["805"])
        assert "1 per 1 s" in answer["data"]["805"]
        answers = [await rest.call("GET", "/v2/profile") for _ in range(21)]
        assert [status for status, _ in answers] == [200] * 20 + [429]
        assert answers[-1][1]["errorCode"] == "DH-904"


async def test_the_same_option_chain_may_be_asked_once_in_three_seconds() -> None:
    async with simulate(rate_limits=True) as simulator, api(simulator) as rest:
        asked = {"UnderlyingScrip": 13, "UnderlyingSeg": "IDX_I"}
        chain = {**asked, "Expiry": "2026-11-23"}
        path = "/v2/optionchain"
        assert (await rest.call("POST", path + "/expirylist", asked))[0] == 200
        assert (await rest.call("POST", path, chain))[0] == 200
        status, answer = await rest.call("POST", path, chain)
        assert (status, list(answer["data"])) == (429, ["805"])
        assert (await rest.call("POST", path, {**chain, "Expiry": "2026-12-29"}))[0] == 400


async def test_a_path_that_does_not_exist_is_404_with_its_name() -> None:
    async with simulate() as simulator, api(simulator) as rest:
        status, answer = await rest.call("GET", "/v2/nothing")
        assert status == 404
        assert "/v2/nothing" in answer["errorMessage"]


async def test_a_body_that_is_no_json_is_refused() -> None:
    async with (
        simulate() as simulator,
        api(simulator) as rest,
        rest.session.post(rest.base + LTP, data="{", headers=rest.headers) as response,
    ):
        assert response.status == 400
        assert (await response.json())["data"] == {"814": "the body is not JSON"}


async def test_calls_are_counted_by_path_and_status() -> None:
    async with simulate() as simulator, api(simulator) as rest:
        await rest.call("GET", "/v2/profile")
        await rest.call("GET", "/v2/profile", headers={})
        state = await rest.state()
        assert state["rest"] == {"/v2/profile": {"200": 1, "401": 1}}
