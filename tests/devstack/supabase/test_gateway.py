"""API keys, roles, cross-origin answers and the passage to PostgREST, on the wire."""

import json
from collections.abc import Iterator

import httpx
import jwt
import pytest

from devstack.supabase.keys import ANON_JWT, SERVICE_JWT, SHARED_SECRET
from tests.devstack.supabase.clients import Client
from tests.stacks import RunningStack

THINGS = "/rest/v1/things"


def test_a_request_without_a_known_key_is_refused(stack: RunningStack) -> None:
    reply = httpx.get(stack.url + THINGS)
    assert reply.status_code == 401
    assert reply.json()["message"] == "No API key found in request"
    reply = httpx.get(stack.url + THINGS, headers={"apikey": "sb_publishable_invented"})
    assert reply.status_code == 401
    assert reply.json()["message"] == "Invalid API key"


@pytest.mark.parametrize("where", ["header", "query", "header and token"])
def test_the_publishable_key_speaks_for_anon(stack: RunningStack, where: str) -> None:
    key = stack.publishable_key
    headers = {} if where == "query" else {"apikey": key}
    if where == "header and token":
        headers["Authorization"] = f"Bearer {key}"
    query = {"apikey": key} if where == "query" else {}
    reply = httpx.get(stack.url + THINGS, headers=headers, params=query)
    assert reply.status_code == 401  # PostgREST's answer to anon without a right.
    assert reply.json()["code"] == "42501"


@pytest.mark.parametrize("key", ["secret", "legacy service"])
def test_the_secret_key_bypasses_row_level_security(stack: RunningStack, key: str) -> None:
    value = stack.secret_key if key == "secret" else SERVICE_JWT
    reply = httpx.get(stack.url + THINGS, headers={"apikey": value})
    assert reply.status_code == 200


def test_the_legacy_anon_key_is_a_token_of_its_own(stack: RunningStack) -> None:
    headers = {"apikey": ANON_JWT, "Authorization": f"Bearer {ANON_JWT}"}
    assert httpx.get(stack.url + THINGS, headers=headers).json()["code"] == "42501"


def test_users_see_their_own_rows_only(anybody: Client, admin: Client, email: str) -> None:
    first = anybody.sign_up(email)["access_token"]
    second = anybody.sign_up(f"x{email}")["access_token"]
    added = anybody.http.post(
        THINGS,
        json={"name": "lamp"},
        headers={"Authorization": f"Bearer {first}", "Prefer": "return=representation"},
    )
    assert added.status_code == 201
    (row,) = added.json()
    path = f"/things?id=eq.{row['id']}"
    assert anybody.rest("GET", path, token=first).json() == [row]
    assert anybody.rest("GET", path, token=second).json() == []
    assert admin.rest("GET", path).json() == [row]


def test_a_token_signed_by_somebody_else_is_refused(anybody: Client) -> None:
    forged = jwt.encode({"role": "service_role"}, "k" * 32, algorithm="HS256")
    assert anybody.rest("GET", "/things", token=forged).status_code == 401


def test_an_expired_token_is_refused(anybody: Client) -> None:
    expired = jwt.encode({"role": "service_role", "exp": 1}, SHARED_SECRET, algorithm="HS256")
    assert anybody.rest("GET", "/things", token=expired).status_code == 401


def test_postgrest_answers_go_through_untouched(admin: Client) -> None:
    rows = [{"name": f"thing {number}", "user_id": _NOBODY} for number in range(2500)]
    created = admin.http.post(THINGS, json=rows, headers={"Prefer": "return=minimal, count=exact"})
    assert created.status_code == 201
    assert created.headers["content-range"] == "*/2500"
    page = admin.http.get(f"{THINGS}?user_id=eq.{_NOBODY}", headers={"Prefer": "count=exact"})
    assert page.status_code == 206
    assert page.headers["content-range"] == "0-999/2500"
    assert len(page.json()) == 1000
    head = admin.http.head(f"{THINGS}?user_id=eq.{_NOBODY}&limit=1")
    assert head.headers["content-range"] == "0-0/*"
    assert head.content == b""


def test_names_with_special_characters_reach_postgrest_as_they_were(admin: Client) -> None:
    name = "50 % of a/b?c=d&e+f é"
    admin.rest("POST", "/things", {"name": name, "user_id": _NOBODY})
    rows = admin.http.get(THINGS, params={"name": f"eq.{name}", "select": "name"}).json()
    assert rows == [{"name": name}]


def test_a_body_is_streamed_through_without_a_length(admin: Client) -> None:
    def chunks() -> Iterator[bytes]:
        text = json.dumps([{"name": "streamed", "user_id": _NOBODY}]).encode()
        yield text[:10]
        yield text[10:]

    reply = admin.http.post(THINGS, content=chunks(), headers={"Content-Type": "application/json"})
    assert reply.status_code == 201


def test_a_role_meets_its_time_limit(anybody: Client) -> None:
    reply = anybody.rest("POST", "/rpc/wait_for", {"seconds": 3.5})
    assert reply.json()["code"] == "57014"


def test_a_browser_of_any_origin_may_call(stack: RunningStack) -> None:
    preflight = httpx.options(
        stack.url + THINGS,
        headers={
            "Origin": "http://localhost:3000",
            "Access-Control-Request-Method": "PATCH",
            "Access-Control-Request-Headers": "apikey, authorization, prefer",
        },
    )
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert preflight.headers["access-control-allow-headers"] == "apikey, authorization, prefer"
    assert "PATCH" in preflight.headers["access-control-allow-methods"]
    answer = httpx.get(stack.url + THINGS, headers={"apikey": stack.secret_key})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "Content-Range" in answer.headers["access-control-expose-headers"]


def test_a_path_of_no_service_is_not_found(admin: Client) -> None:
    assert admin.http.get("/storage/v1/bucket").status_code == 404


_NOBODY = "00000000-0000-0000-0000-000000000001"
