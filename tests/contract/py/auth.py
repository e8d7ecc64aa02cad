"""Accounts, sessions and tokens.

In:  a Stage.
Out: nothing, or an error that says what did not hold.
Next: `tests/contract/py/rest.py`.
"""

import base64
import json
from typing import Any
from uuid import uuid4

import httpx
from supabase_auth.errors import (
    AuthApiError,
    AuthError,
    AuthInvalidJwtError,
    AuthWeakPasswordError,
)

from tests.contract.py.cases import behaviour
from tests.contract.py.stage import AnyClient, Stage, User, refused, settled


async def sign_in_anew(stage: Stage, user: User) -> tuple[AnyClient, Any]:
    """Return a new client and its new session."""
    client = await stage.client()
    answer = await settled(client.auth.sign_in_with_password(user.credentials))
    return client, answer.session


async def user_of(client: AnyClient, token: str | None = None) -> Any:
    """Return whom the server takes this client, or the token, for."""
    return (await settled(client.auth.get_user(token))).user


def with_claims(token: str, **claims: str) -> str:
    """Return the token with other claims under its old signature."""
    head, body, seal = token.split(".")
    every = json.loads(base64.urlsafe_b64decode(body + "==")) | claims
    forged = base64.urlsafe_b64encode(json.dumps(every).encode()).rstrip(b"=").decode()
    return f"{head}.{forged}.{seal}"


@behaviour("sign-up gives a session and keeps the metadata")
async def sign_up(stage: Stage) -> None:
    user, client = stage.credentials(), await stage.client()
    options = {"data": {"display_name": "Asha"}}
    answer = await settled(client.auth.sign_up({**user.credentials, "options": options}))
    user.id = answer.user.id
    assert answer.session.access_token
    assert answer.user.email == user.email
    assert answer.user.user_metadata["display_name"] == "Asha"
    assert answer.user.role == "authenticated"


@behaviour("sign-up makes a profile through the trigger on auth.users")
async def profile_trigger(stage: Stage) -> None:
    user, client = stage.credentials(), await stage.client()
    options = {"data": {"display_name": "Ravi"}}
    answer = await settled(client.auth.sign_up({**user.credentials, "options": options}))
    user.id = answer.user.id
    profiles = await settled(client.table("profiles").select("*").execute())
    assert profiles.data == [{"id": user.id, "display_name": "Ravi"}]


@behaviour("sign-in with the right password gives a session")
async def sign_in(stage: Stage) -> None:
    user = await stage.user()
    client, session = await sign_in_anew(stage, user)
    assert session.user.id == user.id
    assert session.token_type == "bearer"
    assert session.expires_in > 60
    assert (await user_of(client)).id == user.id


@behaviour("sign-in with a wrong password is refused")
async def wrong_password(stage: Stage) -> None:
    user, client = await stage.user(), await stage.client()
    wrong = {"email": user.email, "password": "wrong-pass"}
    error = await refused(AuthApiError, lambda: client.auth.sign_in_with_password(wrong))
    assert (error.status, error.code) == (400, "invalid_credentials")


@behaviour("refresh gives two new tokens of the same session")
async def refresh(stage: Stage) -> None:
    client, user = await stage.signed_in()
    session = (await settled(client.auth.refresh_session())).session
    assert session.refresh_token != user.session.refresh_token
    assert session.access_token != user.session.access_token
    before = await settled(client.auth.get_claims(user.session.access_token))
    after = await settled(client.auth.get_claims(session.access_token))
    assert after["claims"]["session_id"] == before["claims"]["session_id"]
    assert (await user_of(client)).id == user.id


@behaviour("getUser answers what the server knows now")
async def get_user(stage: Stage) -> None:
    client, user = await stage.signed_in()
    admin = (await stage.arranger()).auth.admin
    changed = {"user_metadata": {"display_name": "Meera"}}
    await settled(admin.update_user_by_id(user.id, changed))
    seen = await user_of(client)
    assert (seen.id, seen.email) == (user.id, user.email)
    assert seen.user_metadata["display_name"] == "Meera"


@behaviour("getUser refuses a forged token")
async def forged_token(stage: Stage) -> None:
    user, client = await stage.user(), await stage.client()
    forged = with_claims(user.session.access_token, sub=str(uuid4()), role="service_role")
    error = await refused(AuthApiError, lambda: client.auth.get_user(forged))
    assert (error.status, error.code) == (403, "bad_jwt")


@behaviour("a user changes their own metadata and password")
async def update_user(stage: Stage) -> None:
    client, user = await stage.signed_in()
    user.password = f"new-{user.password}"
    wanted = {"password": user.password, "data": {"theme": "dark"}}
    changed = (await settled(client.auth.update_user(wanted))).user
    assert changed.user_metadata["theme"] == "dark"
    _, session = await sign_in_anew(stage, user)
    assert session.user.user_metadata["theme"] == "dark"


async def ended(stage: Stage, session: Any) -> bool:
    """Whether the server says that this session is over."""
    client = await stage.client()
    error = await refused(AuthApiError, lambda: client.auth.get_user(session.access_token))
    return (error.status, error.code) == (403, "session_not_found")


@behaviour("local sign-out ends this session only")
async def sign_out_local(stage: Stage) -> None:
    user = await stage.user()
    other, _ = await sign_in_anew(stage, user)
    client, session = await sign_in_anew(stage, user)
    await settled(client.auth.sign_out({"scope": "local"}))
    assert await ended(stage, session)
    fresh = await stage.client()
    token = session.refresh_token
    error = await refused(AuthApiError, lambda: fresh.auth.refresh_session(token))
    assert str(error.code) == "refresh_token_not_found"
    assert (await user_of(other)).id == user.id


@behaviour("global sign-out ends every session of the user")
async def sign_out_global(stage: Stage) -> None:
    user = await stage.user()
    _, other = await sign_in_anew(stage, user)
    client, session = await sign_in_anew(stage, user)
    stranger, somebody = await stage.signed_in()
    await settled(client.auth.sign_out({"scope": "global"}))
    assert await ended(stage, session)
    assert await ended(stage, other)
    assert (await user_of(stranger)).id == somebody.id


@behaviour("admin creates a confirmed user with app metadata")
async def admin_create(stage: Stage) -> None:
    user, admin = stage.credentials(), await stage.admin()
    wanted = {**user.credentials, "email_confirm": True, "app_metadata": {"admin": True}}
    created = (await settled(admin.auth.admin.create_user(wanted))).user
    user.id = created.id
    assert created.email_confirmed_at
    client, _ = await sign_in_anew(stage, user)
    claims = (await settled(client.auth.get_claims()))["claims"]
    assert claims["app_metadata"]["admin"] is True
    assert claims["sub"] == user.id


@behaviour("admin lists users page by page")
async def admin_list(stage: Stage) -> None:
    users = [await stage.user(), await stage.user()]
    admin = (await stage.admin()).auth.admin
    assert len(await settled(admin.list_users(page=1, per_page=1))) == 1
    known = {user.id for user in await settled(admin.list_users(page=1, per_page=1000))}
    assert {user.id for user in users} <= known


@behaviour("admin deletes a user, who can then not sign in")
async def admin_delete(stage: Stage) -> None:
    user, admin, client = await stage.user(), await stage.admin(), await stage.client()
    await settled(admin.auth.admin.delete_user(user.id))
    signing_in = client.auth.sign_in_with_password
    error = await refused(AuthApiError, lambda: signing_in(user.credentials))
    assert error.code == "invalid_credentials"


@behaviour("admin is refused to the publishable key")
async def admin_refused(stage: Stage) -> None:
    client = await stage.client()
    error = await refused(AuthApiError, client.auth.admin.list_users)
    assert error.status in {401, 403}


@behaviour("user tokens verify against the published keys")
async def published_keys(stage: Stage) -> None:
    client, user = await stage.signed_in()
    async with httpx.AsyncClient() as http:
        jwks = (await http.get(f"{stage.url}/auth/v1/.well-known/jwks.json")).json()
    token = user.session.access_token
    answer = await settled(client.auth.get_claims(token, jwks))
    assert answer["headers"]["alg"] == "ES256"
    assert answer["headers"]["kid"] in [key["kid"] for key in jwks["keys"]]
    assert answer["claims"]["sub"] == user.id
    forged = with_claims(token, sub="else")
    await refused(AuthInvalidJwtError, lambda: client.auth.get_claims(forged, jwks))


@behaviour("auth errors carry status, code and reasons")
async def auth_errors(stage: Stage) -> None:
    user, client = await stage.user(), await stage.client()
    taken = {"email": user.email, "password": "long-enough-1"}
    error = await refused(AuthApiError, lambda: client.auth.sign_up(taken))
    assert (error.status, error.code) == (422, "user_already_exists")
    weak = {"email": stage.credentials().email, "password": "x"}
    weakness = await refused(AuthError, lambda: client.auth.sign_up(weak))
    assert isinstance(weakness, AuthWeakPasswordError)
    assert weakness.code == "weak_password"
    assert weakness.reasons == ["length"]
