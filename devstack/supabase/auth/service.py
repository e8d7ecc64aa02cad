"""The auth service: which path is whose, and how refusals are answered.

In:  the database's connection string, the keys, and the gateway's router.
Out: everything below ``/auth/v1``.
Next: `devstack/supabase/auth/accounts.py`.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Final

import psycopg
from aiohttp import web

from devstack.supabase.auth.accounts import Accounts
from devstack.supabase.auth.admin import Admin
from devstack.supabase.auth.connections import Connections
from devstack.supabase.auth.errors import (
    API_VERSION,
    API_VERSION_HEADER,
    AuthError,
    invalid,
)
from devstack.supabase.auth.recovery import Recovery
from devstack.supabase.auth.tokens import Tokens
from devstack.supabase.keys import Keys

PREFIX: Final = "/auth/v1"
Handler = Callable[[web.Request], Awaitable[web.Response]]

_HEALTH: Final = {
    "version": "embedded",
    "name": "GoTrue",
    "description": "GoTrue is a user registration and authentication API",
}
_SETTINGS: Final[dict[str, Any]] = {
    "external": {"anonymous_users": False, "email": True, "phone": False},
    "disable_signup": False,
    "mailer_autoconfirm": True,
    "phone_autoconfirm": False,
    "sms_provider": "",
    "saml_enabled": False,
}


class Auth:
    """The service's life and routes.

    Parameters
    ----------
    conninfo
        libpq connection string of ``supabase_auth_admin``.
    keys
        What signs and verifies tokens.
    url
        Public address of the stack.
    token_seconds
        How long an access token is valid.
    """

    def __init__(self, conninfo: str, keys: Keys, url: str, token_seconds: int) -> None:
        self._connections = Connections(conninfo)
        self._keys = keys
        tokens = Tokens(keys, url + PREFIX, token_seconds)
        self._recovery = Recovery(self._connections, url + PREFIX)
        self._accounts = Accounts(self._connections, tokens, self._recovery)
        self._admin = Admin(self._connections, tokens)

    async def stop(self) -> None:
        """Close the database connections."""
        await self._connections.close()

    def add_routes(self, router: web.UrlDispatcher) -> None:
        """Put every endpoint on the gateway's router."""
        accounts, admin, recovery = self._accounts, self._admin, self._recovery
        routes: list[tuple[str, str, Handler]] = [
            ("GET", "/health", self._health),
            ("GET", "/settings", self._settings),
            ("GET", "/.well-known/jwks.json", self._public_keys),
            ("POST", "/signup", accounts.sign_up),
            ("POST", "/token", accounts.token),
            ("GET", "/user", accounts.user),
            ("PUT", "/user", accounts.change_user),
            ("POST", "/logout", accounts.sign_out),
            ("POST", "/recover", recovery.ask),
            ("GET", "/verify", recovery.follow),
            ("GET", "/admin/users", admin.list),
            ("POST", "/admin/users", admin.create),
            ("GET", "/admin/users/{user_id}", admin.read),
            ("PUT", "/admin/users/{user_id}", admin.change),
            ("DELETE", "/admin/users/{user_id}", admin.delete),
            ("*", "/{tail:.*}", _not_embedded),
        ]
        for method, path, handler in routes:
            router.add_route(method, PREFIX + path, _answering_refusals(handler))

    async def _health(self, _: web.Request) -> web.Response:
        return web.json_response(_HEALTH)

    async def _settings(self, _: web.Request) -> web.Response:
        return web.json_response(_SETTINGS)

    async def _public_keys(self, _: web.Request) -> web.Response:
        headers = {"Cache-Control": "public, max-age=600"}
        return web.json_response(self._keys.public_keys(), headers=headers)


async def _not_embedded(request: web.Request) -> web.Response:
    call = f"{request.method} {request.path}"
    raise AuthError(404, "not_found", f"{call} is not part of the embedded auth service")


def _refusal(request: web.Request, error: AuthError) -> web.Response:
    body = error.body(request.headers.get(API_VERSION_HEADER))
    headers = {"X-Sb-Error-Code": error.code}
    return web.json_response(body, status=error.status, headers=headers)


def _answering_refusals(handler: Handler) -> Handler:
    """Return `handler` with every `AuthError` turned into GoTrue's answer."""

    async def answer(request: web.Request) -> web.Response:
        try:
            response = await handler(request)
        except AuthError as error:
            response = _refusal(request, error)
        except psycopg.DataError as error:  # Such as a NUL, which no text in Postgres can hold.
            response = _refusal(request, invalid(str(error).strip().splitlines()[0]))
        response.headers[API_VERSION_HEADER] = API_VERSION
        return response

    return answer
