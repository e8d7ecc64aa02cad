"""The REST server: what happens to every call before and after its own handler.

In:  HTTP requests on loopback.
Out: answers, counted by path and status.
Next: `devstack/dhan/rest/account.py` and its neighbours, one file per resource.

A call goes through: counting, faults on demand, token, rate limit, handler. What a handler
refuses comes back in Dhan's shape for that path.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Final

from aiohttp import web

from devstack.dhan.accounts import Refusal
from devstack.dhan.rest import (
    account,
    charts,
    control,
    faults,
    instruments,
    login,
    option_chain,
    quotes,
)
from devstack.dhan.rest.context import ACCOUNT, CONTEXT, Context, context_of
from devstack.dhan.rest.limits import RateLimits
from devstack.dhan.rest.refusals import (
    NOT_FOUND,
    RefusedError,
    error_response,
    is_data_call,
    refused_token,
)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_log: Final = logging.getLogger(__name__)
_CONTROL: Final = "/_control"
_WITH_TOKEN: Final = "/v2/"  # noqa: S105 - a path
_WITHOUT_TOKEN: Final = "/v2/instrument/"  # noqa: S105 - a path
_LIMITS: Final = web.AppKey("limits", RateLimits)


class RestServer:
    """Serve everything but the feed.

    Parameters
    ----------
    context
        The parts of the simulator.
    """

    def __init__(self, context: Context) -> None:
        middlewares = (_counted, _faulty, _refused, _authenticated, _limited)
        app = web.Application(middlewares=middlewares)
        app[CONTEXT] = context
        app[_LIMITS] = RateLimits()
        for resource in (
            account,
            login,
            quotes,
            charts,
            option_chain,
            instruments,
            control,
        ):
            app.add_routes(resource.routes())
        # No access log: addresses carry secrets (PIN and password of a login).
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)

    async def start(self, port: int) -> int:
        """Listen on loopback; return the port, chosen by the system if `port` is 0."""
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", port).start()
        bound: int = self._runner.addresses[0][1]
        return bound

    async def stop(self) -> None:
        """Stop listening and end what is being served."""
        await self._runner.cleanup()


@web.middleware
async def _counted(request: web.Request, handler: Handler) -> web.StreamResponse:
    status = "none"  # The handler failed, or the client went away before it was done.
    try:
        response = await handler(request)
        status = str(response.status)
        return response
    finally:
        if not request.path.startswith(_CONTROL):
            context_of(request).counters.rest[request.path][status] += 1


@web.middleware
async def _faulty(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.path.startswith(_CONTROL):
        return await handler(request)
    board = context_of(request).board
    client_id = _client_id(request)
    wrong = faults.answer_instead(board, client_id, request.path)
    if wrong is not None:
        return wrong
    response = await handler(request)
    await faults.spoil_afterwards(board, client_id, request)
    return response


@web.middleware
async def _refused(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except RefusedError as error:
        _log.info("%s %s refused: %s", request.method, request.path, error)
        return error_response(request.path, error)
    except web.HTTPException as error:
        text = f"{request.method} {request.path}: {error.reason}"
        return error_response(request.path, RefusedError(NOT_FOUND, text), status=error.status)


@web.middleware
async def _authenticated(request: web.Request, handler: Handler) -> web.StreamResponse:
    if _needs_token(request):
        claimed = request.headers.get("client-id")
        if claimed is None and is_data_call(request.path):
            raise refused_token(Refusal.CLIENT_INVALID)
        token = request.headers.get("access-token", "")
        found = context_of(request).accounts.check(token, claimed)
        if isinstance(found, Refusal):
            raise refused_token(found)
        request[ACCOUNT] = found
    return await handler(request)


@web.middleware
async def _limited(request: web.Request, handler: Handler) -> web.StreamResponse:
    if context_of(request).rate_limits and ACCOUNT in request:
        client_id = request[ACCOUNT].client_id
        body = (await request.read()).decode(errors="replace")
        request.app[_LIMITS].check(client_id, request.method, request.path, body)
    return await handler(request)


def _needs_token(request: web.Request) -> bool:
    return request.path.startswith(_WITH_TOKEN) and not request.path.startswith(_WITHOUT_TOKEN)


def _client_id(request: web.Request) -> str:
    """Return the client a call claims to come from, for faults meant for one client."""
    for name in ("client-id", "dhanClientId"):
        if name in request.headers:
            return request.headers[name]
    return request.query.get("dhanClientId", "")
