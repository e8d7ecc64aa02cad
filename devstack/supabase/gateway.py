"""The one door of the stack: API keys, cross-origin answers, and who serves which path.

In:  HTTP and websocket requests on one loopback port.
Out: requests to PostgREST, auth and Realtime, with the caller's token in place of an API key.
Next: `devstack/supabase/rest_proxy.py`.

An API key says which project role a client is allowed to start from; it travels in the ``apikey``
header (or the query, which is all a browser's websocket has). The ``Authorization`` header holds a
user's token; absent, or holding the API key again, it stands for the key's role.
"""

from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from aiohttp import web

from devstack.supabase.auth.service import Auth
from devstack.supabase.callers import api_key, bearer_token
from devstack.supabase.keys import ROLE_TOKENS
from devstack.supabase.rest_proxy import PREFIX, RestProxy

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# Read by those with no key: whoever verifies tokens, whoever follows a link of a mail.
_OPEN_PATHS: Final = frozenset({"/auth/v1/.well-known/jwks.json", "/auth/v1/verify"})
_OWN_KEY_CHECK: Final = "/realtime/v1/websocket"  # Refuses in its own words.
_CORS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": (
        "Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Server, "
        "Transfer-Encoding, Range-Unit, Link, X-Total-Count, X-Supabase-Api-Version"
    ),
}


class Realtime(Protocol):
    """What the gateway needs of `devstack.supabase.realtime.server.Realtime`."""

    async def handle_websocket(self, request: web.Request) -> web.StreamResponse:
        """Serve one client's socket."""

    async def handle_http(self, request: web.Request) -> web.StreamResponse:
        """Broadcast what was posted."""


class Gateway:
    """Routes of the stack, over one port.

    Parameters
    ----------
    rest, auth, realtime
        The three services, started and stopped by the caller.
    """

    def __init__(self, rest: RestProxy, auth: Auth, realtime: Realtime) -> None:
        self._rest = rest
        self.app = web.Application(middlewares=[_answer_preflight, _check_key])
        self.app.on_response_prepare.append(_allow_origin)
        router = self.app.router
        router.add_route("*", PREFIX, self._to_rest)
        router.add_route("*", PREFIX + "/{tail:.*}", self._to_rest)
        auth.add_routes(router)
        router.add_get("/realtime/v1/websocket", realtime.handle_websocket)
        router.add_post("/realtime/v1/api/broadcast", realtime.handle_http)
        router.add_post("/realtime/v1/api/broadcast/{topic}/events/{event}", realtime.handle_http)

    async def _to_rest(self, request: web.Request) -> web.StreamResponse:
        return await self._rest.handle(request, bearer_token(request))


@web.middleware
async def _answer_preflight(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let browsers call from any origin: everything here is local and public."""
    if request.method != "OPTIONS" or "Access-Control-Request-Method" not in request.headers:
        return await handler(request)
    asked = request.headers.get("Access-Control-Request-Headers", "*")
    headers = {
        "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
        "Access-Control-Allow-Headers": asked,
        "Access-Control-Max-Age": "3600",
    }
    return web.Response(status=200, headers=headers)


@web.middleware
async def _check_key(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.path in _OPEN_PATHS or request.path == _OWN_KEY_CHECK:
        return await handler(request)
    key = api_key(request)
    if key is None:
        return _unauthorized(
            "No API key found in request", "No `apikey` request header or url param was found."
        )
    if key not in ROLE_TOKENS:
        return _unauthorized(
            "Invalid API key", "Double check your Supabase `anon` or `service_role` API key."
        )
    return await handler(request)


def _unauthorized(message: str, hint: str) -> web.Response:
    return web.json_response({"message": message, "hint": hint}, status=401)


async def _allow_origin(_: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_CORS)
