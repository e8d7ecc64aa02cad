"""The instrument master as files: compact, detailed, and one segment of the detailed one.

In:  nothing, or the name of a segment; no token is needed.
Out: CSV text with everything on the tape, and the rows of the real file that trap a reader.
Next: `devstack/dhan/rest/control.py`.
"""

from collections.abc import Iterable

from aiohttp import web

from core.instrument import Segment
from devstack.dhan.master_csv import compact_lines, detailed_lines
from devstack.dhan.rest.context import context_of
from devstack.dhan.rest.refusals import INPUT, RefusedError


def routes() -> list[web.RouteDef]:
    """Return the routes of this resource."""
    return [
        web.get("/api-data/api-scrip-master.csv", _compact),
        web.get("/api-data/api-scrip-master-detailed.csv", _detailed),
        web.get("/v2/instrument/{segment}", _segment),
    ]


async def _compact(request: web.Request) -> web.Response:
    return _csv(compact_lines(context_of(request).tape.instruments))


async def _detailed(request: web.Request) -> web.Response:
    return _csv(detailed_lines(context_of(request).tape.instruments))


async def _segment(request: web.Request) -> web.Response:
    name = request.match_info["segment"]
    if name not in Segment.__members__:
        raise RefusedError(INPUT, f"segment {name!r} is unknown")
    return _csv(detailed_lines(context_of(request).tape.instruments, Segment(name)))


def _csv(lines: Iterable[str]) -> web.Response:
    return web.Response(text="".join(lines), content_type="text/csv")
