"""The database's refusals and outages, as callers are told; outgoing calls that cannot be had."""

from dataclasses import replace
from typing import Any

import httpx
import pytest
import respx

from functions.database import Supabase
from functions.problems import ApiError
from functions.settings import Settings, read_settings

URL = "https://abc.supabase.co"


@pytest.fixture
def away() -> Settings:
    """Return settings of a project that only answers as a test says."""
    return read_settings(
        {
            "SUPABASE_URL": URL,
            "SUPABASE_PUBLISHABLE_KEY": "sb_publishable_x",
            "SUPABASE_SECRET_KEY": "sb_secret_x",
            "CRON_SECRET": "c" * 32,
        }
    )


def refused(supabase: Supabase, *, rpc: bool = False) -> ApiError:
    database = supabase.anybody()
    with pytest.raises(ApiError) as caught:
        database.rpc("toggle_strategy") if rpc else database.rows("trades", select="id")
    return caught.value


@pytest.mark.parametrize(
    ("status", "body", "told", "code"),
    [
        (400, {"code": "TB404", "message": "strategy 1 does not exist"}, 404, "not_found"),
        (400, {"code": "TB409", "message": "archived"}, 409, "not_possible_now"),
        (400, {"code": "TB422", "message": "too much"}, 422, "invalid_value"),
        (409, {"code": "23505", "message": "duplicate key"}, 409, "already_there"),
        (400, {"code": "23514", "message": "violates check"}, 422, "invalid_value"),
        (400, {"code": "22P05", "message": "\\u0000 cannot be text"}, 422, "invalid_value"),
        (400, {"code": "22003", "message": "out of range"}, 422, "invalid_value"),
        (403, {"code": "42501", "message": "permission denied"}, 403, "not_allowed"),
        (401, {"code": "PGRST301", "message": "JWT expired"}, 401, "invalid_token"),
        (503, {"code": "PGRST001", "message": "no connection"}, 503, "database_busy"),
        (503, {"code": "53300", "message": "too many clients"}, 503, "database_busy"),
        (500, {"code": "40P01", "message": "deadlock"}, 503, "database_busy"),
        (500, {"code": "57014", "message": "timeout"}, 503, "database_busy"),
        (502, None, 503, "database_busy"),
        (400, {"code": "42703", "message": "column x does not exist"}, 502, "database_error"),
        (400, {"code": "TB423", "message": "lease lost"}, 502, "database_error"),
        (500, {"code": "XX000", "message": "/var/lib/secret"}, 502, "database_error"),
        (404, ["a list"], 502, "database_error"),
        (302, None, 502, "database_error"),
    ],
)
@respx.mock
def test_a_refusal_is_told_by_its_code(
    away: Settings, status: int, body: Any, told: int, code: str
) -> None:
    content = {} if body is None else {"json": body}
    respx.get(f"{URL}/rest/v1/trades").respond(status, **content)
    error = refused(Supabase(away))
    assert (error.status, error.code) == (told, code)


@respx.mock
def test_a_sentence_of_ours_is_passed_on_and_an_inner_one_is_not(away: Settings) -> None:
    route = respx.get(f"{URL}/rest/v1/trades")
    route.respond(400, json={"code": "TB404", "message": "strategy 1 does not exist"})
    assert refused(Supabase(away)).detail == "strategy 1 does not exist"
    route.respond(500, json={"code": "XX000", "message": "/var/lib/secret"})
    assert "secret" not in refused(Supabase(away)).detail


@pytest.mark.parametrize(
    "error", [httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError]
)
@respx.mock
def test_an_outage_says_whether_a_change_may_have_been_made(
    away: Settings, error: type[httpx.TransportError]
) -> None:
    respx.route().mock(side_effect=error)
    reading, writing = refused(Supabase(away)), refused(Supabase(away), rpc=True)
    assert (reading.status, writing.status) == (503, 503)
    assert reading.detail == "the database does not answer"
    assert writing.detail.endswith("whether the change was made is not known")


@respx.mock
def test_an_answer_that_is_no_json_is_no_answer(away: Settings) -> None:
    respx.route().respond(200, text="<html>")
    assert refused(Supabase(away)).status == 503


@pytest.mark.parametrize(
    ("key", "bearer"),
    [("sb_secret_x", None), ("header.payload.signature", "Bearer header.payload.signature")],
)
@respx.mock
def test_an_old_key_is_shown_as_a_token_too(away: Settings, key: str, bearer: str | None) -> None:
    route = respx.route().respond(200, json=[])
    Supabase(replace(away, secret_key=key)).service().rows("trades")
    headers = route.calls.last.request.headers
    assert (headers["apikey"], headers.get("Authorization")) == (key, bearer)


@respx.mock
def test_a_user_is_shown_by_token_and_never_with_the_secret_key(away: Settings) -> None:
    route = respx.route().respond(200, json=[])
    Supabase(away).user("token").rows("trades")
    headers = route.calls.last.request.headers
    assert (headers["apikey"], headers["Authorization"]) == ("sb_publishable_x", "Bearer token")
