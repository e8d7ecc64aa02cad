"""Sign-up, sign-in, refresh, getUser, change and sign-out, as they are on the wire."""

import jwt
import psycopg
import pytest

from tests.devstack.supabase.clients import PASSWORD, Client, refusal
from tests.stacks import RunningStack


def test_a_new_user_is_signed_in_at_once(anybody: Client, email: str) -> None:
    session = anybody.sign_up(email.upper(), name="Asha")
    user = session["user"]
    assert user["email"] == email
    assert user["user_metadata"]["name"] == "Asha"
    assert user["app_metadata"] == {"provider": "email", "providers": ["email"]}
    assert [identity["provider"] for identity in user["identities"]] == ["email"]
    assert session["token_type"] == "bearer"
    assert session["expires_in"] == 3600


def test_a_token_is_verified_by_the_published_keys(
    anybody: Client, stack: RunningStack, email: str
) -> None:
    session = anybody.sign_up(email)
    published = jwt.PyJWKSet.from_dict(
        anybody.http.get("/auth/v1/.well-known/jwks.json", headers={"apikey": ""}).json()
    )
    token = session["access_token"]
    key = published[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(token, key, algorithms=["ES256"], audience="authenticated")
    assert claims["iss"] == f"{stack.url}/auth/v1"
    assert claims["sub"] == session["user"]["id"]
    assert (claims["role"], claims["email"], claims["aal"]) == ("authenticated", email, "aal1")
    assert claims["exp"] - claims["iat"] == 3600


def test_a_trigger_on_new_users_sees_their_metadata(
    anybody: Client, stack: RunningStack, email: str
) -> None:
    anybody.sign_up(email, name="Seen at once")
    with psycopg.connect(stack.database_url) as connection:
        names = connection.execute("select name from public.seen_names").fetchall()
    assert ("Seen at once",) in names


def test_a_trigger_that_refuses_a_user_is_answered_in_its_words(
    anybody: Client, email: str
) -> None:
    body = {"email": email, "password": PASSWORD, "data": {"name": "Nobody"}}
    reply = anybody.auth("POST", "/signup", body)
    assert refusal(reply) == (500, "unexpected_failure")
    assert reply.json()["msg"] == "Database error saving user: nobody may be called Nobody"
    assert refusal(anybody.sign_in(email)) == (400, "invalid_credentials")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"email": "x@example.com", "password": "short"}, (422, "weak_password")),
        ({"email": "x@example.com", "password": "x" * 73}, (400, "validation_failed")),
        ({"email": "x@example.com"}, (400, "validation_failed")),
        ({"email": "not an address", "password": PASSWORD}, (400, "validation_failed")),
        ({"email": 5, "password": PASSWORD}, (400, "bad_json")),
        ({"email": "x@example.com", "password": PASSWORD, "data": []}, (400, "bad_json")),
        ({"phone": "+910000000000", "password": PASSWORD}, (400, "phone_provider_disabled")),
        ({}, (422, "anonymous_provider_disabled")),
        ([], (400, "bad_json")),
    ],
)
def test_a_sign_up_that_cannot_be_is_refused(
    anybody: Client, body: object, expected: tuple[int, str]
) -> None:
    assert refusal(anybody.auth("POST", "/signup", body)) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"[" * 100_000, (400, "bad_json")),
        (b'{"email": "x@example.com", "password": "\\ud800 half"}', (400, "bad_json")),
        (
            b'{"email": "x@example.com", "password": "long enough", "data": {"x": "\\u0000"}}',
            (400, "validation_failed"),
        ),
    ],
)
def test_what_no_database_can_hold_is_refused(
    anybody: Client, content: bytes, expected: tuple[int, str]
) -> None:
    assert refusal(anybody.http.post("/auth/v1/signup", content=content)) == expected


def test_an_address_signs_up_once(anybody: Client, email: str) -> None:
    anybody.sign_up(email)
    reply = anybody.auth("POST", "/signup", {"email": email, "password": PASSWORD})
    assert refusal(reply) == (422, "user_already_exists")


def test_a_weak_password_is_refused_with_reasons_in_the_new_error_shape(anybody: Client) -> None:
    reply = anybody.http.post(
        "/auth/v1/signup",
        json={"email": "weak@example.com", "password": "weak"},
        headers={"X-Supabase-Api-Version": "2024-01-01"},
    )
    assert reply.json() == {
        "code": "weak_password",
        "message": "Password should be at least 6 characters.",
        "weak_password": {"reasons": ["length"]},
    }
    assert reply.headers["X-Supabase-Api-Version"] == "2024-01-01"


def test_a_password_signs_in_and_a_wrong_one_does_not(anybody: Client, email: str) -> None:
    anybody.sign_up(email)
    assert anybody.sign_in(f" {email.upper()} ").json()["user"]["email"] == email
    assert refusal(anybody.sign_in(email, "wrong horse")) == (400, "invalid_credentials")
    assert refusal(anybody.sign_in("stranger@example.com")) == (400, "invalid_credentials")


def test_an_unknown_grant_is_refused(anybody: Client) -> None:
    assert refusal(anybody.auth("POST", "/token?grant_type=magic", {})) == (
        400,
        "validation_failed",
    )


def test_a_user_reads_and_changes_their_own_data(anybody: Client, email: str) -> None:
    token = anybody.sign_up(email, name="Asha", city="Pune")["access_token"]
    changed = anybody.auth("PUT", "/user", {"data": {"name": "Usha", "city": None}}, token=token)
    assert changed.status_code == 200
    user = anybody.auth("GET", "/user", token=token).json()
    assert user == changed.json()
    assert user["user_metadata"]["name"] == "Usha"
    assert "city" not in user["user_metadata"]


def test_a_changed_address_is_the_one_to_sign_in_with(anybody: Client, email: str) -> None:
    token = anybody.sign_up(email)["access_token"]
    reply = anybody.auth("PUT", "/user", {"email": f"new.{email}"}, token=token)
    assert reply.json()["identities"][0]["email"] == f"new.{email}"
    assert anybody.sign_in(f"new.{email}").status_code == 200
    assert refusal(anybody.sign_in(email)) == (400, "invalid_credentials")


def test_an_address_of_somebody_else_cannot_be_taken(anybody: Client, email: str) -> None:
    anybody.sign_up(f"first.{email}")
    token = anybody.sign_up(email)["access_token"]
    reply = anybody.auth("PUT", "/user", {"email": f"first.{email}"}, token=token)
    assert refusal(reply) == (422, "email_exists")


def test_a_changed_password_signs_the_other_sessions_out(anybody: Client, email: str) -> None:
    other = anybody.sign_up(email)["access_token"]
    mine = anybody.sign_in(email).json()["access_token"]
    assert refusal(anybody.auth("PUT", "/user", {"password": PASSWORD}, token=mine)) == (
        422,
        "same_password",
    )
    assert anybody.auth("PUT", "/user", {"password": "battery"}, token=mine).status_code == 200
    assert anybody.sign_in(email, "battery").status_code == 200
    assert anybody.auth("GET", "/user", token=mine).status_code == 200
    assert refusal(anybody.auth("GET", "/user", token=other)) == (403, "session_not_found")


@pytest.mark.parametrize(
    ("scope", "mine_left", "other_left"),
    [("", False, False), ("global", False, False), ("local", False, True), ("others", True, False)],
)
def test_sign_out_ends_the_sessions_of_its_scope(
    anybody: Client, email: str, scope: str, *, mine_left: bool, other_left: bool
) -> None:
    other, mine = anybody.sign_up(email), anybody.sign_in(email).json()
    query = f"?scope={scope}" if scope else ""
    reply = anybody.auth("POST", f"/logout{query}", token=mine["access_token"])
    assert reply.status_code == 204
    for session, left in ((mine, mine_left), (other, other_left)):
        seen = anybody.auth("GET", "/user", token=session["access_token"])
        assert seen.status_code == (200 if left else 403)
        assert anybody.refresh(session["refresh_token"]).status_code == (200 if left else 400)
        if not left:
            assert refusal(seen) == (403, "session_not_found")


def test_an_unknown_scope_of_sign_out_is_refused(anybody: Client, email: str) -> None:
    token = anybody.sign_up(email)["access_token"]
    reply = anybody.auth("POST", "/logout?scope=nearby", token=token)
    assert refusal(reply) == (400, "validation_failed")
    assert "'nearby'" in reply.json()["msg"]


def test_a_token_that_proves_nobody_is_refused(anybody: Client, stack: RunningStack) -> None:
    assert refusal(anybody.auth("GET", "/user")) == (403, "bad_jwt")  # The key is no user.
    assert refusal(anybody.auth("GET", "/user", token="not.a.token")) == (403, "bad_jwt")
    forged = jwt.encode({"sub": "x", "role": "service_role"}, "k" * 32, algorithm="HS256")
    assert refusal(anybody.auth("GET", "/user", token=forged)) == (403, "bad_jwt")
    unsigned = jwt.encode({"sub": "x"}, "", algorithm="none")
    assert refusal(anybody.auth("GET", "/user", token=unsigned)) == (403, "bad_jwt")
    assert stack.process.poll() is None


def test_what_is_not_embedded_says_so(anybody: Client) -> None:
    reply = anybody.auth("POST", "/otp", {"email": "x@example.com"})
    assert reply.status_code == 404
    assert reply.json()["msg"] == "POST /auth/v1/otp is not part of the embedded auth service"


def test_health_and_settings_are_open_to_the_publishable_key(anybody: Client) -> None:
    assert anybody.auth("GET", "/health").json()["name"] == "GoTrue"
    settings = anybody.auth("GET", "/settings").json()
    assert settings["external"]["email"] is True
    assert settings["mailer_autoconfirm"] is True
