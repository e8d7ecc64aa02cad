"""What all calls of the control endpoint share: a JSON object in, a reason when it cannot be.

In:  a call without a token.
Out: its body; HTTP 400 with {"error": one sentence} where something given cannot be used.
Next: `devstack/dhan/rest/control.py`.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from core.errors import ConfigError
from devstack.json_text import parse_json

Answer = Callable[[web.Request], Awaitable[web.Response]]


def told_why(answer: Answer) -> Answer:
    """Answer HTTP 400 with the reason where something given cannot be used."""

    async def answer_or_reason(request: web.Request) -> web.Response:
        try:
            return await answer(request)
        except ConfigError as error:
            return web.json_response({"error": str(error)}, status=400)

    return answer_or_reason


async def body_of(request: web.Request) -> dict[str, Any]:
    """Return the body as a JSON object.

    Raises
    ------
    ConfigError
        If it is not one.
    """
    try:
        body = parse_json(await request.read())
    except ValueError as error:
        raise ConfigError(f"the body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise ConfigError("the body is not a JSON object")
    return body
