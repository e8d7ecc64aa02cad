"""Which web pages of other hosts may call: headers for the browser to judge by.

In:  a request's origin, the allowed origins.
Out: headers. Nothing is decided here about rights; a token is asked for in any case.
Next: `functions/service.py`.

Without credentials (cookies): callers show a token, so a page can only do what its user could.
"""

from collections.abc import Mapping
from typing import Final

from flask import Request

_ALLOWED_HEADERS: Final = "authorization, content-type, idempotency-key, x-request-id"
_EXPOSED_HEADERS: Final = (
    "idempotency-replayed, ratelimit-limit, ratelimit-remaining, ratelimit-reset, retry-after, "
    "x-request-id"
)
_REMEMBER_SECONDS: Final = 600


class Cors:
    """Answer a browser's question who may call.

    Parameters
    ----------
    origins
        Allowed origins, compared exactly.
    """

    def __init__(self, origins: frozenset[str]) -> None:
        self._origins: Final = origins

    def headers(self, request: Request) -> Mapping[str, str]:
        """Return what every answer carries."""
        origin = request.headers.get("Origin", "")
        if origin not in self._origins:
            return {"Vary": "Origin"}
        return {
            "Vary": "Origin",
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Expose-Headers": _EXPOSED_HEADERS,
        }

    def preflight(self, request: Request, methods: tuple[str, ...]) -> Mapping[str, str]:
        """Return what the answer to ``OPTIONS`` carries beside them."""
        allow = {"Allow": ", ".join(methods)}
        if request.headers.get("Origin", "") not in self._origins:
            return allow
        return {
            **allow,
            "Access-Control-Allow-Methods": ", ".join(methods),
            "Access-Control-Allow-Headers": _ALLOWED_HEADERS,
            "Access-Control-Max-Age": str(_REMEMBER_SECONDS),
        }
