"""Pass requests for ``/rest/v1`` on to PostgREST and stream its answers back.

In:  requests whose API key the gateway has turned into a role's token.
Out: PostgREST's own answers: status, headers and body are not touched.
Next: `devstack/supabase/auth/service.py`.
"""

import logging
from collections.abc import Mapping
from pathlib import Path

from aiohttp import (
    ClientConnectionResetError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    UnixConnector,
    web,
)
from multidict import CIMultiDict
from yarl import URL

PREFIX = "/rest/v1"

_log = logging.getLogger(__name__)

# RFC 9110 7.6.1: these speak about one connection and are not passed on.
_HOP_BY_HOP = frozenset(
    [
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "host",
    ]
)
_IDLE_SECONDS = 15.0  # PostgREST closes idle connections after 30 s; let us be first.


class RestProxy:
    """Connections to PostgREST, kept alive between requests.

    Parameters
    ----------
    socket
        PostgREST's Unix socket.
    """

    def __init__(self, socket: Path) -> None:
        self._session = ClientSession(
            "http://postgrest",
            connector=UnixConnector(str(socket), limit=100, keepalive_timeout=_IDLE_SECONDS),
            timeout=ClientTimeout(total=None),  # Postgres's statement_timeout decides.
            auto_decompress=False,
            cookie_jar=DummyCookieJar(),
        )

    async def stop(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def handle(self, request: web.Request, token: str) -> web.StreamResponse:
        """Answer one request with PostgREST's answer.

        Parameters
        ----------
        token
            What PostgREST shall believe about the caller.
        """
        headers = _passed_on(request.headers)
        headers["Authorization"] = f"Bearer {token}"
        call = self._session.request(
            request.method,
            URL(_path_for_postgrest(request), encoded=True),
            headers=headers,
            data=request.content if request.body_exists else None,
            skip_auto_headers=("User-Agent", "Content-Type", "Accept-Encoding"),
            allow_redirects=False,
        )
        try:
            answer = await call
        except ClientError as error:
            return web.json_response({"message": f"PostgREST did not answer: {error}"}, status=502)
        async with answer:
            return await _stream(answer, request)


async def _stream(answer: ClientResponse, request: web.Request) -> web.StreamResponse:
    """Hand the answer through as it comes; one that breaks off breaks the caller's off too."""
    response = web.StreamResponse(
        status=answer.status, reason=answer.reason, headers=_passed_on(answer.headers)
    )
    try:
        await response.prepare(request)
        async for chunk in answer.content.iter_any():
            await response.write(chunk)
        await response.write_eof()
    except ClientConnectionResetError:  # The caller has left: nobody is there to be told.
        _log.debug("the caller left before the answer to %s %s", request.method, request.path)
    return response


def _path_for_postgrest(request: web.Request) -> str:
    """Return path and query as they were sent, without our prefix and without an API key."""
    path, _, query = request.rel_url.raw_path_qs.removeprefix(PREFIX).partition("?")
    kept = [part for part in query.split("&") if not part.startswith("apikey=")]
    return f"{path or '/'}?{'&'.join(kept)}" if query else path or "/"


def _passed_on(headers: Mapping[str, str]) -> "CIMultiDict[str]":
    return CIMultiDict(
        (name, value) for name, value in headers.items() if name.lower() not in _HOP_BY_HOP
    )
