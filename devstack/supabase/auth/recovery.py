"""A forgotten password: a link is asked for, followed, and exchanged for a session.

In:  requests of somebody who is not signed in; nothing but the link proves who it is.
Out: the link, in the stack's log, where hosted Supabase sends a mail; a session for its code.
Next: `devstack/supabase/auth/sessions.py`.

Only the flow with a code verifier (PKCE) is embedded: the code in the address is worth nothing to
whoever has not also the browser that asked.
"""

import base64
import hashlib
import hmac
import secrets
import sys
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlencode, urlsplit

from aiohttp import web

from devstack.supabase.auth.connections import Connections, Row
from devstack.supabase.auth.errors import AuthError, invalid
from devstack.supabase.auth.requests import Body, read_body
from devstack.supabase.auth.users import find_by_email, update_user

_LINK_LASTS: Final = timedelta(hours=1)
_CODE_LASTS: Final = timedelta(minutes=5)
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_METHODS: Final = ("s256", "plain")


class Recovery:
    """Handlers of the two requests that need no session, and the exchange of a code.

    Parameters
    ----------
    connections
        Where transactions come from.
    url
        Public address of the auth service.
    """

    def __init__(self, connections: Connections, url: str) -> None:
        self._connections = connections
        self._url = url

    async def ask(self, request: web.Request) -> web.Response:
        """POST /recover: write a link into the log; nobody learns whether there is such a user."""
        body = await read_body(request)
        email, redirect = body.email(), _loopback(request.query.get("redirect_to", ""))
        challenge, method = _challenge_of(body)
        async with self._connections.transaction() as connection:
            user = await find_by_email(connection, email)
            if user is not None:
                token = f"pkce_{secrets.token_hex(28)}"
                sent = {"recovery_token": token, "recovery_sent_at": datetime.now(UTC)}
                await update_user(connection, user["id"], sent)
                await connection.execute(
                    "insert into auth.flow_state "
                    "(user_id, auth_code, code_challenge_method, code_challenge, "
                    "provider_type, authentication_method) "
                    "values (%s, %s, %s, %s, 'email', 'recovery')",
                    (user["id"], secrets.token_urlsafe(24), method, challenge),
                )
                query = urlencode({"token": token, "type": "recovery", "redirect_to": redirect})
                print(
                    f"auth: to {email}: choose a new password at {self._url}/verify?{query}",
                    file=sys.stderr,
                    flush=True,
                )
        return web.json_response({})

    async def follow(self, request: web.Request) -> web.Response:
        """GET /verify: from the link back to the page, with a code; a link is good once."""
        redirect = _loopback(request.query.get("redirect_to", ""))
        if request.query.get("type") != "recovery":
            raise invalid("only links of the type recovery are part of the embedded auth service")
        async with self._connections.transaction() as connection:
            # Marked as used in the same statement that finds it.
            cursor = await connection.execute(
                "update auth.users set recovery_token = '' "
                "where recovery_token = %s and recovery_token <> '' and recovery_sent_at > %s "
                "returning id",
                (request.query.get("token", ""), datetime.now(UTC) - _LINK_LASTS),
            )
            user = await cursor.fetchone()
            code = None
            if user is not None:
                cursor = await connection.execute(
                    "update auth.flow_state set auth_code_issued_at = now(), updated_at = now() "
                    "where id = (select id from auth.flow_state where user_id = %s "
                    "order by created_at desc limit 1) returning auth_code",
                    (user["id"],),
                )
                code = await cursor.fetchone()
        answer = {"code": code["auth_code"]} if code is not None else _EXPIRED
        joint = "&" if urlsplit(redirect).query else "?"
        raise web.HTTPSeeOther(f"{redirect}{joint}{urlencode(answer)}")

    async def redeem(self, body: Body) -> Row:
        """Return the flow whose code and verifier these are, which is over with that.

        Raises
        ------
        AuthError
            There is no such code, it is too old, or the verifier is not the asker's.
        """
        async with self._connections.transaction() as connection:
            cursor = await connection.execute(
                "delete from auth.flow_state where auth_code = %s returning *",
                (body.text("auth_code"),),
            )
            flow = await cursor.fetchone()
        if flow is None or flow["auth_code_issued_at"] is None:
            raise AuthError(
                404, "flow_state_not_found", "invalid flow state, no valid flow state found"
            )
        if datetime.now(UTC) - flow["auth_code_issued_at"] > _CODE_LASTS:
            message = "invalid flow state, flow state has expired"
            raise AuthError(403, "flow_state_expired", message)
        if not _is_answered(flow, body.text("code_verifier")):
            message = "code challenge does not match previously saved code verifier"
            raise AuthError(403, "bad_code_verifier", message)
        return flow


_EXPIRED: Final = {
    "error": "access_denied",
    "error_code": "otp_expired",
    "error_description": "Email link is invalid or has expired",
}


def _challenge_of(body: Body) -> tuple[str, str]:
    challenge, method = body.text("code_challenge"), body.text("code_challenge_method").lower()
    if not challenge:
        raise invalid("only links with a code_challenge are part of the embedded auth service")
    if method not in _METHODS:
        raise invalid(f"code_challenge_method must be one of {_METHODS}, was {method!r}")
    return challenge, method


def _loopback(redirect: str) -> str:
    """Return where a link leads back to; a browser is sent to this machine only."""
    parts = urlsplit(redirect)
    if parts.scheme not in {"http", "https"} or parts.hostname not in _LOOPBACK:
        raise invalid(f"redirect_to must be an address of this machine, was {redirect[:100]!r}")
    return redirect


def _is_answered(flow: Row, verifier: str) -> bool:
    if flow["code_challenge_method"] == "plain":
        answer = verifier
    else:
        hashed = hashlib.sha256(verifier.encode()).digest()
        answer = base64.urlsafe_b64encode(hashed).rstrip(b"=").decode()
    return hmac.compare_digest(answer.encode(), str(flow["code_challenge"]).encode())
