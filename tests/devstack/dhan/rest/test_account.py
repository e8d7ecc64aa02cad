"""Profile, login, renewal and addresses over HTTP."""

import re
import time

from devstack.dhan.totp import totp
from tests.devstack.dhan.running import api, simulate


async def test_the_profile_says_what_the_account_may_do() -> None:
    async with simulate() as simulator, api(simulator) as rest:
        status, profile = await rest.call("GET", "/v2/profile")
        assert status == 200
        assert profile["dhanClientId"] == "1100000001"
        assert "Derivative" in profile["activeSegment"]
        assert profile["dataPlan"] == "Active"
        assert re.fullmatch(r"\d\d/\d\d/\d{4} \d\d:\d\d", profile["tokenValidity"])


async def test_a_login_by_pin_and_password_gives_a_token_that_works() -> None:
    async with simulate(rate_limits=True) as simulator, api(simulator) as rest:
        account = simulator.accounts.all[0]
        old = dict(rest.headers)
        digits = totp(account.totp_secret, time.time())
        path = (
            f"/app/generateAccessToken?dhanClientId={account.client_id}"
            f"&pin={account.pin}&totp={digits}"
        )
        status, answer = await rest.call("POST", path, headers={})
        assert status == 200
        assert answer["dhanClientId"] == account.client_id
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}", answer["expiryTime"])
        new = {**old, "access-token": answer["accessToken"]}
        assert (await rest.call("GET", "/v2/profile", headers=old))[0] == 401
        assert (await rest.call("GET", "/v2/profile", headers=new))[0] == 200
        status, answer = await rest.call("POST", path, headers={})
        assert (status, answer["status"]) == (400, "error")
        assert "once every 2 minutes" in answer["message"]
        status, answer = await rest.call("GET", "/v2/RenewToken", headers=new)
        assert (status, answer["errorCode"]) == (400, "DH-905")


async def test_a_renewed_token_replaces_the_old_one() -> None:
    async with simulate() as simulator, api(simulator) as rest:
        old = dict(rest.headers)
        status, answer = await rest.call("GET", "/v2/RenewToken")
        assert status == 200
        assert answer["accessToken"] != old["access-token"]
        assert (await rest.call("GET", "/v2/profile", headers=old))[0] == 401
        assert (await rest.call("GET", "/v2/profile"))[0] == 200


async def test_renewal_by_post_is_refused() -> None:
    async with simulate() as simulator, api(simulator) as rest:
        status, answer = await rest.call("POST", "/v2/RenewToken")
        assert (status, answer["errorCode"]) == (400, "DH-905")


async def test_orders_are_allowed_from_here() -> None:
    async with simulate() as simulator, api(simulator) as rest:
        status, answer = await rest.call("GET", "/v2/ip/getIP")
        assert status == 200
        assert answer["primaryIP"] == answer["detectedIP"] == "127.0.0.1"
        assert answer["ordersAllowed"] is True
