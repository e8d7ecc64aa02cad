"""Addresses without a user: each has so many requests in a minute, and cannot be another."""

import pytest
from flask import Request
from werkzeug.test import EnvironBuilder

from functions.addresses import AddressLimit
from functions.problems import ApiError
from functions.settings import Settings, read_settings
from tests.functions.conftest import Caller


def request_of(address: str, forwarded: str = "") -> Request:
    builder = EnvironBuilder(environ_base={"REMOTE_ADDR": address})
    if forwarded:
        builder.headers["X-Forwarded-For"] = forwarded
    return Request(builder.get_environ())


def is_admitted(limit: AddressLimit, request: Request) -> bool:
    try:
        limit.count(request, {})
    except ApiError as error:
        return error.status != 429
    return True


def test_an_address_has_so_many_requests_in_a_minute() -> None:
    now = 120.0
    limit = AddressLimit(2, 0, lambda: now)
    asked = request_of("192.0.2.1")
    assert [is_admitted(limit, asked) for _ in range(3)] == [True, True, False]
    assert is_admitted(limit, request_of("192.0.2.2"))
    now = 179.9
    assert not is_admitted(limit, asked)
    now = 180.0
    assert is_admitted(limit, asked)


def test_the_answer_says_how_many_there_may_be_and_until_when() -> None:
    limit = AddressLimit(2, 0, lambda: 130.0)
    for left in ("1", "0"):
        headers: dict[str, str] = {}
        limit.count(request_of("192.0.2.1"), headers)
        assert headers == {
            "RateLimit-Limit": "2",
            "RateLimit-Remaining": left,
            "RateLimit-Reset": "50",
        }
    with pytest.raises(ApiError) as caught:
        limit.count(request_of("192.0.2.1"), {})
    assert caught.value.headers == {"Retry-After": "50"}


def test_what_a_caller_writes_into_the_header_does_not_make_them_another() -> None:
    for proxies, forwarded in ((0, "198.51.100.{0}"), (1, "198.51.100.{0}, 203.0.113.9")):
        limit = AddressLimit(1, proxies, lambda: 0.0)
        asked = [request_of("192.0.2.1", forwarded.format(each)) for each in range(3)]
        assert [is_admitted(limit, each) for each in asked] == [True, False, False]


def test_behind_a_proxy_callers_are_told_apart_by_what_it_saw() -> None:
    limit = AddressLimit(1, 1, lambda: 0.0)
    for caller in ("203.0.113.1", "203.0.113.2"):
        assert is_admitted(limit, request_of("10.0.0.1", f"6.6.6.6, {caller}"))
        assert not is_admitted(limit, request_of("10.0.0.1", f"7.7.7.7, {caller}"))
    assert is_admitted(limit, request_of("10.0.0.1")), "a proxy that says nothing"


@pytest.mark.parametrize(
    ("given", "proxies"),
    [({}, 0), ({"VERCEL": "1"}, 1), ({"K_SERVICE": "api"}, 1), ({"TRUSTED_PROXIES": "2"}, 2)],
)
def test_hosts_with_a_proxy_of_their_own_are_recognised(
    given: dict[str, str], proxies: int, settings: Settings
) -> None:
    needed = {
        "SUPABASE_URL": settings.supabase_url,
        "SUPABASE_PUBLISHABLE_KEY": settings.publishable_key,
        "SUPABASE_SECRET_KEY": settings.secret_key,
        "CRON_SECRET": settings.cron_secret,
    }
    assert read_settings(needed | given).trusted_proxies == proxies


def test_the_addresses_of_one_network_are_one_caller() -> None:
    limit = AddressLimit(1, 0, lambda: 0.0)
    assert is_admitted(limit, request_of("2001:db8:1:2::1"))
    assert not is_admitted(limit, request_of("2001:db8:1:2:ffff::9"))
    assert is_admitted(limit, request_of("2001:db8:1:3::1"))


def test_no_flood_of_addresses_fills_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("functions.addresses._MOST_ADDRESSES", 2)
    limit = AddressLimit(1, 0, lambda: 0.0)
    admitted = [is_admitted(limit, request_of(f"192.0.2.{each}")) for each in range(5)]
    assert admitted == [True, True, True, False, False]
    assert len(limit._seen) == 3


def test_through_the_application_an_open_route_says_how_many_are_left(anybody: Caller) -> None:
    first, second = (anybody.get("/api/health").headers for _ in range(2))
    assert first["RateLimit-Limit"] == second["RateLimit-Limit"]
    assert int(first["RateLimit-Reset"]) <= 60
