"""A forgotten password: the link, its code, and everything that makes either worthless."""

import base64
import hashlib
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest

from tests.devstack.supabase.clients import Client, refusal
from tests.stacks import RunningStack

BACK = "http://127.0.0.1:3000/new-password/"
VERIFIER = "a-verifier-that-only-this-browser-knows-0123456789"
CHALLENGE = (
    base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
)
CHALLENGED = {"code_challenge": CHALLENGE, "code_challenge_method": "s256"}
EXPIRED = {"error_code": "otp_expired", "error": "access_denied"}


def _ask(anybody: Client, email: str) -> None:
    """Ask for a link."""
    body = {"email": email, **CHALLENGED}
    reply = anybody.auth("POST", f"/recover?redirect_to={BACK}", body)
    assert (reply.status_code, reply.json()) == (200, {})


def _token(stack: RunningStack, email: str) -> str:
    """Return what the link of the mail carries."""
    with psycopg.connect(stack.database_url) as connection:
        row = connection.execute(
            "select recovery_token from auth.users where email = %s", (email,)
        ).fetchone()
    assert row is not None
    return str(row[0])


def _follow(anybody: Client, token: str) -> dict[str, str]:
    """Follow a link as a browser does, without a key; return what the page is told."""
    link = f"/auth/v1/verify?type=recovery&token={token}&redirect_to={BACK}"
    reply = anybody.http.get(link, headers={"apikey": ""})
    assert reply.status_code == 303
    assert reply.headers["Location"].startswith(f"{BACK}?")
    told = parse_qs(urlsplit(reply.headers["Location"]).query)
    return {name: value for name, (value,) in told.items()}


def test_a_link_brings_a_code_and_the_code_a_session(
    anybody: Client, stack: RunningStack, email: str
) -> None:
    anybody.sign_up(email)
    _ask(anybody, email)
    code = _follow(anybody, _token(stack, email))["code"]
    body = {"auth_code": code, "code_verifier": VERIFIER}
    session = anybody.auth("POST", "/token?grant_type=pkce", body).json()
    assert session["user"]["email"] == email
    new = {"password": "a new password"}
    changed = anybody.auth("PUT", "/user", new, token=session["access_token"])
    assert changed.status_code == 200
    assert anybody.sign_in(email, "a new password").status_code == 200
    again = anybody.auth("POST", "/token?grant_type=pkce", body)
    assert refusal(again) == (404, "flow_state_not_found")


def test_a_link_is_good_once_and_for_an_hour(
    anybody: Client, stack: RunningStack, email: str
) -> None:
    anybody.sign_up(email)
    _ask(anybody, email)
    token = _token(stack, email)
    assert "code" in _follow(anybody, token)
    assert _follow(anybody, token).items() >= EXPIRED.items()
    _ask(anybody, email)
    with psycopg.connect(stack.database_url) as connection:
        connection.execute(
            "update auth.users set recovery_sent_at = recovery_sent_at - interval '61 minutes'"
            " where email = %s",
            (email,),
        )
    assert _follow(anybody, _token(stack, email)).items() >= EXPIRED.items()
    assert _follow(anybody, "").items() >= EXPIRED.items()


def test_a_code_is_worth_nothing_to_another_browser(
    anybody: Client, stack: RunningStack, email: str
) -> None:
    anybody.sign_up(email)
    _ask(anybody, email)
    code = _follow(anybody, _token(stack, email))["code"]
    body = {"auth_code": code, "code_verifier": "a guess"}
    reply = anybody.auth("POST", "/token?grant_type=pkce", body)
    assert refusal(reply) == (403, "bad_code_verifier")


def test_a_link_of_a_banned_user_leads_nowhere(
    anybody: Client, stack: RunningStack, email: str
) -> None:
    anybody.sign_up(email)
    _ask(anybody, email)
    code = _follow(anybody, _token(stack, email))["code"]
    with psycopg.connect(stack.database_url) as connection:
        connection.execute(
            "update auth.users set banned_until = now() + interval '1 hour' where email = %s",
            (email,),
        )
    body = {"auth_code": code, "code_verifier": VERIFIER}
    reply = anybody.auth("POST", "/token?grant_type=pkce", body)
    assert refusal(reply) == (400, "user_banned")


def test_nobody_learns_whether_there_is_such_a_user(anybody: Client, email: str) -> None:
    _ask(anybody, email)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (f"/recover?redirect_to={BACK}", CHALLENGED),
        (f"/recover?redirect_to={BACK}", {"email": "a@example.com"}),
        (
            f"/recover?redirect_to={BACK}",
            {"email": "a@example.com", **CHALLENGED, "code_challenge_method": "rot13"},
        ),
        ("/recover?redirect_to=https://elsewhere.test/", {"email": "a@example.com", **CHALLENGED}),
        ("/recover", {"email": "a@example.com", **CHALLENGED}),
    ],
    ids=["no address", "no challenge", "unknown method", "another machine", "nowhere"],
)
def test_what_cannot_be_asked_for_is_refused(
    anybody: Client, path: str, body: dict[str, str]
) -> None:
    assert refusal(anybody.auth("POST", path, body)) == (400, "validation_failed")
