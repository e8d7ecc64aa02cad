"""Faults as the REST side plays them.

In:  the faults in force and a request.
Out: a wrong answer instead of the right one, a late one, or none.
Next: `devstack/dhan/rest/app.py`.

`rest_status`, `rest_html` and `rest_empty` answer instead of doing what was asked; `rest_delay`
and `rest_lost` do it first, so that the caller cannot know whether it was done.
"""

import asyncio
from typing import Final

from aiohttp import web

from devstack.dhan.fault_board import FaultBoard
from devstack.dhan.faults import FaultKind
from devstack.dhan.rest.refusals import (
    AUTHENTICATION,
    OTHER,
    RATE_LIMIT,
    SERVER,
    RefusedError,
    Why,
    error_response,
)

_PAGE: Final = "<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>"
_WHY: Final[dict[int, Why]] = {401: AUTHENTICATION, 429: RATE_LIMIT, 500: SERVER}


def answer_instead(board: FaultBoard, client_id: str, path: str) -> web.Response | None:
    """Return the wrong answer if one is wanted for this call."""
    fault = board.take(FaultKind.REST_STATUS, client_id, path)
    if fault is not None:
        error = RefusedError(_WHY.get(fault.code, OTHER), f"fault on demand: HTTP {fault.code}")
        return error_response(path, error, status=fault.code)
    fault = board.take(FaultKind.REST_HTML, client_id, path)
    if fault is not None:
        page = _PAGE.format(f"{fault.code} fault on demand")
        return web.Response(text=page, status=fault.code, content_type="text/html")
    if board.take(FaultKind.REST_EMPTY, client_id, path):
        return web.Response()
    return None


async def spoil_afterwards(board: FaultBoard, client_id: str, request: web.Request) -> None:
    """Delay an answer that is ready, or break the connection instead of sending it."""
    fault = board.take(FaultKind.REST_DELAY, client_id, request.path)
    if fault is not None:
        await asyncio.sleep(fault.delay)
    if board.take(FaultKind.REST_LOST, client_id, request.path) and request.transport is not None:
        request.transport.abort()
