"""What a user can do: sign up, sign in, refresh, look, change, sign out.

In:  requests with an API key, and with the user's token where there is one.
Out: sessions and users as JSON.
Next: `devstack/supabase/auth/admin.py`.
"""

import uuid
from datetime import UTC, datetime
from typing import Any, Final

from aiohttp import web

from devstack.supabase.auth.connections import Connection, Connections, Row
from devstack.supabase.auth.errors import AuthError, invalid
from devstack.supabase.auth.passwords import check_password, hash_password, password_matches
from devstack.supabase.auth.recovery import Recovery
from devstack.supabase.auth.requests import Body, device_of, merged, read_body
from devstack.supabase.auth.sessions import (
    begin_session,
    end_sessions,
    refresh_session,
    session_exists,
)
from devstack.supabase.auth.tokens import Caller, Tokens
from devstack.supabase.auth.users import (
    NewUser,
    create_user,
    find_by_email,
    get_user,
    update_user,
    user_json,
)
from devstack.supabase.callers import bearer_token

_SCOPES: Final = ("global", "local", "others")


class Accounts:
    """Handlers of the user's own endpoints.

    Parameters
    ----------
    connections
        Where transactions come from.
    tokens
        Makes and reads access tokens.
    recovery
        Knows whose code it is that a link of a mail brought.
    """

    def __init__(self, connections: Connections, tokens: Tokens, recovery: Recovery) -> None:
        self._connections = connections
        self._tokens = tokens
        self._recovery = recovery

    async def sign_up(self, request: web.Request) -> web.Response:
        """POST /signup: a new user, confirmed at once, with a first session."""
        body = await read_body(request)
        if not body.text("email"):
            raise _cannot_sign_up(body)
        email, password = body.email(), body.text("password")
        if not password:
            raise invalid("Signup requires a valid password")
        check_password(password)
        hashed = await hash_password(password)
        new = NewUser(email, hashed, confirmed=True, user_metadata=body.mapping("data"))
        async with self._connections.transaction() as connection:
            if await find_by_email(connection, email) is not None:
                raise AuthError(422, "user_already_exists", "User already registered")
            user = await create_user(connection, new)
            return await self._begin(connection, user["id"], request)

    async def token(self, request: web.Request) -> web.Response:
        """POST /token: a session for a password, a refresh token, or the code of a link."""
        body = await read_body(request)
        match request.query.get("grant_type"):
            case "password":
                return await self._by_password(body, request)
            case "refresh_token":
                return await self._by_refresh_token(body)
            case "pkce":
                return await self._by_code(body, request)
            case other:
                raise AuthError(400, "validation_failed", f"unsupported_grant_type: {other}")

    async def user(self, request: web.Request) -> web.Response:
        """GET /user: the user whose token this is."""
        async with self._connections.transaction() as connection:
            _, row = await self._signed_in(connection, request)
        return web.json_response(user_json(row))

    async def change_user(self, request: web.Request) -> web.Response:
        """PUT /user: a new address, password or metadata."""
        body = await read_body(request)
        async with self._connections.transaction() as connection:
            caller, row = await self._signed_in(connection, request)
            values: dict[str, Any] = {}
            if body.text("email"):
                values["email"] = body.email()
            if data := body.mapping("data"):
                values["raw_user_meta_data"] = merged(row["raw_user_meta_data"], data)
            if password := body.text("password"):
                values["encrypted_password"] = await _new_password(password, row)
                await end_sessions(connection, row["id"], caller.session_id, "others")
            row = await update_user(connection, row["id"], values)
        return web.json_response(user_json(row))

    async def sign_out(self, request: web.Request) -> web.Response:
        """POST /logout: end all of the user's sessions, this one, or the others."""
        scope = request.query.get("scope") or "global"
        if scope not in _SCOPES:
            raise invalid(f"Unsupported logout scope {scope!r}; must be one of {_SCOPES}")
        async with self._connections.transaction() as connection:
            caller, row = await self._signed_in(connection, request)
            await end_sessions(connection, row["id"], caller.session_id, scope)
        return web.Response(status=204)

    async def _by_password(self, body: Body, request: web.Request) -> web.Response:
        async with self._connections.transaction() as connection:
            row = await find_by_email(connection, body.text("email").strip())
        hashed = row["encrypted_password"] if row else None
        if not await password_matches(body.text("password"), hashed) or row is None:
            raise AuthError(400, "invalid_credentials", "Invalid login credentials")
        _refuse_banned(row)
        if row["email_confirmed_at"] is None:
            raise AuthError(400, "email_not_confirmed", "Email not confirmed")
        async with self._connections.transaction() as connection:
            return await self._begin(connection, row["id"], request)

    async def _by_refresh_token(self, body: Body) -> web.Response:
        token = body.text("refresh_token")
        if not token:
            raise invalid("refresh_token required")
        async with self._connections.transaction() as connection:
            session = await refresh_session(connection, token)
            if session is not None:
                row = await get_user(connection, session.user_id)
        if session is None:
            message = "Invalid Refresh Token: Already Used"
            raise AuthError(400, "refresh_token_already_used", message)
        _refuse_banned(row)
        return web.json_response(self._tokens.session_json(row, session))

    async def _by_code(self, body: Body, request: web.Request) -> web.Response:
        flow = await self._recovery.redeem(body)
        async with self._connections.transaction() as connection:
            _refuse_banned(await get_user(connection, flow["user_id"]))
            return await self._begin(connection, flow["user_id"], request)

    async def _begin(
        self, connection: Connection, user_id: uuid.UUID, request: web.Request
    ) -> web.Response:
        session = await begin_session(connection, user_id, device_of(request))
        row = await get_user(connection, user_id)
        return web.json_response(self._tokens.session_json(row, session))

    async def _signed_in(self, connection: Connection, request: web.Request) -> tuple[Caller, Row]:
        """Return whose token the request carries; the session must not have been signed out."""
        caller = self._tokens.read(bearer_token(request))
        user_id = caller.require_user()
        if caller.session_id and not await session_exists(connection, caller.session_id):
            message = "Session from session_id claim in JWT does not exist"
            raise AuthError(403, "session_not_found", message)
        try:
            return caller, await get_user(connection, user_id)
        except AuthError as error:
            message = "User from sub claim in JWT does not exist"
            raise AuthError(403, "user_not_found", message) from error


def _cannot_sign_up(body: Body) -> AuthError:
    if body.text("phone"):
        return AuthError(400, "phone_provider_disabled", "Phone signups are disabled")
    return AuthError(422, "anonymous_provider_disabled", "Anonymous sign-ins are disabled")


def _refuse_banned(row: Row) -> None:
    if row["banned_until"] is not None and row["banned_until"] > datetime.now(UTC):
        raise AuthError(400, "user_banned", "User is banned")


async def _new_password(password: str, row: Row) -> str:
    check_password(password)
    if await password_matches(password, row["encrypted_password"]):
        message = "New password should be different from the old password."
        raise AuthError(422, "same_password", message)
    return await hash_password(password)
