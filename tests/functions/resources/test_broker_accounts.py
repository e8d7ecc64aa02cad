"""Connecting a broker account: only a token that works is kept, sealed, and shown nowhere."""

import logging
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from psycopg.sql import SQL, Identifier

from adapters.secrets import Place, SecretSealer
from core.errors import DataError
from tests.functions.conftest import (
    BROKER_KEYS,
    Caller,
    Database,
    Environ,
    pointers,
    problem,
    running_app,
)
from tests.supabase.people import Person
from tests.worker.running import RunningSimulator

PATH = "/api/broker-accounts"
# Where what was sent, or became of it, is kept.
TABLES = (
    "broker_accounts",
    "broker_secrets",
    "broker_checks",
    "idempotency_keys",
    "audit_log",
    "user_events",
)


@pytest.fixture(autouse=True)
def healthy(dhan: RunningSimulator) -> Iterator[None]:
    """Leave no fault behind."""
    yield
    dhan.clear_faults()


@pytest.fixture
def account(dhan: RunningSimulator) -> dict[str, str]:
    """Return the simulated account."""
    return {
        "broker": "dhan",
        "client_id": dhan.environment["DHAN_CLIENT_ID"],
        "access_token": dhan.environment["DHAN_ACCESS_TOKEN"],
    }


def test_an_account_is_kept_sealed_and_shown_by_its_last_four(
    caller: Caller, account: dict[str, str], user: Person, secret: Person
) -> None:
    reply = caller.post(PATH, account)
    assert reply.status_code == 201, reply.text
    body = reply.get_json()
    token = account["access_token"]
    assert body["token_last_four"] == token[-4:]
    assert body["static_ip_allowed"] is True
    stored = user.row("broker_accounts")
    assert (stored["id"], stored["client_id"]) == (body["id"], account["client_id"])
    assert stored["token_expires_at"] is not None
    (sealed,) = secret.rows(f"broker_secrets?broker_account_id=eq.{body['id']}")
    sealer = SecretSealer.from_setting(BROKER_KEYS)
    place = Place(UUID(user.id), "dhan", "access_token")
    assert sealer.open(sealed["sealed"], place).reveal() == token
    with pytest.raises(DataError):
        sealer.open(sealed["sealed"], Place(UUID(int=1), "dhan", "access_token"))


def test_the_token_is_in_no_answer_no_row_and_no_log(
    caller: Caller,
    account: dict[str, str],
    database: Database,
    caplog: pytest.LogCaptureFixture,
) -> None:
    token = account["access_token"]
    with caplog.at_level(logging.DEBUG):
        replies = [
            caller.post(PATH, account),
            caller.post(PATH, account | {"client_id": "9"}),
            caller.post(PATH, account | {"surprise": token}),
            caller.post(PATH, account, headers={"Idempotency-Key": "the-only-one"}),
        ]
    assert [reply.status_code for reply in replies] == [201, 422, 422, 201]
    for reply in replies:
        assert token not in reply.text
    for record in caplog.records:
        assert token not in f"{record.getMessage()} {record.__dict__}"
    for table in TABLES:
        query = SQL("select count(*) as count from public.{} as kept where kept::text like %s")
        row = database.execute(query.format(Identifier(table)), (f"%{token}%",)).fetchone()
        assert row == {"count": 0}, table


def test_a_newer_token_takes_the_place_of_the_old_one(
    caller: Caller, account: dict[str, str], user: Person, secret: Person
) -> None:
    first = caller.post(PATH, account).get_json()
    before = secret.rows(f"broker_secrets?broker_account_id=eq.{first['id']}")
    second = caller.post(PATH, account).get_json()
    after = secret.rows(f"broker_secrets?broker_account_id=eq.{first['id']}")
    assert first["id"] == second["id"] == user.row("broker_accounts")["id"]
    assert len(after) == 1
    assert before[0]["sealed"] != after[0]["sealed"]  # Never sealed twice alike.


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"access_token": "not.a.token"}, "Dhan does not take the token"),
        ({"client_id": "1000000009"}, "the token belongs to another client"),
    ],
)
def test_a_token_that_does_not_work_is_not_kept(
    caller: Caller, account: dict[str, str], user: Person, change: dict[str, str], said: str
) -> None:
    body = problem(caller.post(PATH, account | change), 422, "invalid_value")
    assert pointers(body) == ["/access_token"]
    assert said in body["detail"]
    assert user.rows("broker_accounts") == []


def test_a_broker_that_does_not_answer_is_asked_again_later(
    caller: Caller, account: dict[str, str], user: Person, dhan: RunningSimulator
) -> None:
    dhan.control("faults", kind="rest_status", path="/v2/profile", code=503)
    reply = caller.post(PATH, account)
    problem(reply, 503, "broker_unreachable")
    assert reply.headers["Retry-After"] == "5"
    assert user.rows("broker_accounts") == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("broker", "zerodha"),
        ("client_id", ""),
        ("client_id", "1 2"),
        ("access_token", ""),
        ("access_token", "x" * 8193),
        ("access_token", "with space"),
    ],
)
def test_what_cannot_be_an_account_is_refused_by_name(
    caller: Caller, account: dict[str, str], field: str, value: str
) -> None:
    body = problem(caller.post(PATH, account | {field: value}), 422, "invalid_value")
    assert pointers(body) == [f"/{field}"]


def test_without_keys_no_account_can_be_kept(
    environ: Environ, user: Person, account: dict[str, str]
) -> None:
    settings: dict[str, Any] = {**environ, "BROKER_KEYS": ""}
    with running_app(settings) as app:
        body = problem(Caller(app, user.token).post(PATH, account), 503, "not_configured")
    assert body["detail"] == "BROKER_KEYS is not set, so no broker account can be kept"
