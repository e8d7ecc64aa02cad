"""What Dhan says of an account, in every form its answers have; nothing is taken for granted."""

from typing import Any

import httpx
import pytest
import respx

from adapters.dhan_account import AccountCheck, check_account
from adapters.secrets import Secret

API = "https://api.dhan.example/v2"
CLIENT = "1000000001"
PROFILE = {
    "dhanClientId": CLIENT,
    "tokenValidity": "21/11/2026 09:30",
    "activeSegment": "Equity, Derivative, Currency",
    "dataPlan": "Active",
}
ADDRESSES = {
    "primaryIP": "203.0.113.7",
    "secondaryIP": "",
    "detectedIP": "203.0.113.7",
    "ordersAllowed": True,
}


def asked(profile: httpx.Response, addresses: httpx.Response | None = None) -> AccountCheck:
    with respx.mock(base_url=API, assert_all_called=False) as dhan:
        dhan.get("/profile").mock(return_value=profile)
        dhan.get("/ip/getIP").mock(return_value=addresses or httpx.Response(200, json=ADDRESSES))
        check = check_account(API, CLIENT, Secret("the-token"))
        request = dhan.calls[0].request
    assert request.headers["access-token"] == "the-token"
    assert request.headers["dhanClientId"] == CLIENT
    assert "the-token" not in check.detail
    return check


def with_addresses(**changes: Any) -> AccountCheck:
    addresses = {key: value for key, value in (ADDRESSES | changes).items() if value is not None}
    return asked(httpx.Response(200, json=PROFILE), httpx.Response(200, json=addresses))


def test_an_account_that_can_trade_says_so() -> None:
    check = asked(httpx.Response(200, json=PROFILE))
    assert (check.is_answered, check.token_valid, check.static_ip_allowed) == (True, True, True)
    assert check.token_expires_at is not None
    assert check.token_expires_at.isoformat() == "2026-11-21T09:30:00+05:30"
    assert check.detail == (
        f"Dhan takes the token of {CLIENT} until 21 November 2026 09:30 IST; "
        "it takes orders from 203.0.113.7, registered: 203.0.113.7"
    )


@pytest.mark.parametrize(
    ("changes", "allowed", "said"),
    [
        ({"ordersAllowed": False}, False, "it takes no orders from 203.0.113.7"),
        ({"primaryIP": ""}, False, "no static address is registered"),
        # Only what is registered is documented; the rest may be missing.
        ({"ordersAllowed": None}, True, "it takes orders from 203.0.113.7"),
        ({"ordersAllowed": None, "detectedIP": "198.51.100.1"}, False, "198.51.100.1"),
        ({"ordersAllowed": None, "detectedIP": None}, False, "an address it does not name"),
        ({"ordersAllowed": "true", "detectedIP": None}, False, "takes no orders"),
        ({"primaryIP": "", "secondaryIP": "203.0.113.7"}, True, "registered: 203.0.113.7"),
    ],
)
def test_the_address_is_allowed_only_where_dhan_says_or_shows_it(
    changes: dict[str, Any], said: str, *, allowed: bool
) -> None:
    check = with_addresses(**changes)
    assert check.token_valid
    assert check.static_ip_allowed is allowed
    assert said in check.detail


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (
            httpx.Response(401, json={"errorCode": "DH-901", "errorMessage": "Invalid Token"}),
            "Dhan does not take the token: Invalid Token",
        ),
        (httpx.Response(403, text="<html>"), "Dhan does not take the token: HTTP 403"),
        (
            httpx.Response(200, json=PROFILE | {"dhanClientId": "2"}),
            f"the token belongs to another client than {CLIENT}",
        ),
        (
            httpx.Response(200, json=PROFILE | {"activeSegment": "Equity"}),
            f"derivatives are not active for client {CLIENT}",
        ),
    ],
)
def test_a_token_that_is_not_taken_is_not_valid(reply: httpx.Response, said: str) -> None:
    check = asked(reply)
    assert (check.is_answered, check.token_valid, check.static_ip_allowed) == (True, False, False)
    assert check.detail == said


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (httpx.Response(500, json={}), "HTTP 500 from /profile"),
        (httpx.Response(429, json={}), "HTTP 429 from /profile"),
        (httpx.Response(200, text="<html>"), "HTTP 200 from /profile"),
        (httpx.Response(200, json=[1]), "HTTP 200 from /profile"),
        (httpx.Response(200, json=PROFILE | {"tokenValidity": "soon"}), "tokenValidity is 'soon'"),
        (httpx.Response(200, json={"dhanClientId": CLIENT}), "tokenValidity is None"),
    ],
)
def test_what_is_no_answer_proves_nothing(reply: httpx.Response, said: str) -> None:
    check = asked(reply)
    assert (check.is_answered, check.token_valid, check.static_ip_allowed) == (False, False, False)
    assert check.detail == f"Dhan gave no answer that can be used: {said}"


def test_a_broker_that_cannot_be_reached_is_an_answer_too() -> None:
    with respx.mock(base_url=API) as dhan:
        dhan.get("/profile").mock(side_effect=httpx.ConnectTimeout("late"))
        check = check_account(API, CLIENT, Secret("the-token"))
    assert not check.is_answered
    assert check.detail.endswith("ConnectTimeout")


def test_half_an_answer_proves_nothing() -> None:
    check = asked(httpx.Response(200, json=PROFILE), httpx.Response(502, text=""))
    assert (check.is_answered, check.token_valid) == (False, False)
