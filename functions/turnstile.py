"""A user's request at the turnstile: counted, and with an `Idempotency-Key` served once.

In:  an admitted request of a user, before its handler runs.
Out: a `Turn`: whether the handler is to run, the answer of the first time otherwise, and what is
     kept afterwards.
Next: `supabase/migrations/20261120195100_create_idempotency_keys.sql`, which decides.

Both are one call of the database. A key is claimed for as long as a function can live; when one
dies, the next request with its key is served as if it were the first.
"""

import hashlib
import logging
import re
from collections.abc import Mapping
from typing import Any, Final

from flask import Request

from functions.database import Database
from functions.problems import ApiError, invalid
from functions.routing import Route
from functions.tokens import unauthorised

_log = logging.getLogger(__name__)

KEY_HEADER: Final = "Idempotency-Key"
REPLAYED_HEADER: Final = "Idempotency-Replayed"
KEY_PATTERN: Final = r"^[!-~]{1,200}$"
_KEY: Final = re.compile(KEY_PATTERN)
# Refusals after which it is certain that nothing was changed: the key is free again.
_UNCHANGED: Final = {"database_busy"}


class Turn:
    """One request that may go on.

    Parameters
    ----------
    database
        Asked in the user's name.
    key
        The request's key; empty without one.
    said
        What the database decided.
    """

    def __init__(self, database: Database, key: str, said: Mapping[str, Any]) -> None:
        self._database: Final = database
        self._key: Final = key
        self._claim: Final = said.get("claim")
        self.answered: Final[tuple[int, str] | None] = (
            (said["status"], said["answer"]) if said["outcome"] == "answered" else None
        )

    def keep(self, status: int, answer: str) -> None:
        """Keep the answer for whoever sends the request again."""
        self._end({"p_status": status, "p_answer": answer})

    def give_up(self, error: ApiError) -> None:
        """Free the key after a refusal; where something may have been changed it stays claimed."""
        if error.status < 500 or error.code in _UNCHANGED:
            self._end({})

    def _end(self, result: Mapping[str, Any]) -> None:
        if self._claim is None:
            return
        arguments = {"p_key": self._key, "p_claim": self._claim, **result}
        try:
            in_time = self._database.rpc("end_request", arguments)
        except ApiError:  # The request is done; that its answer is not kept must not undo that.
            in_time = False
        if not in_time:
            _log.warning("idempotency_key_not_ended")


def take_turn(
    route: Route, request: Request, body: bytes, database: Database, headers: dict[str, str]
) -> Turn:
    """Count a user's request and claim its key.

    Parameters
    ----------
    headers
        Of the answer, whatever it will be: how many more requests there may be is added.

    Raises
    ------
    ApiError
        429 for too many requests, 409 while the first one with the key is served, 422 for a key
        of another request, 401 when the account is gone.
    """
    key = _key(request) if route.takes_key else ""
    arguments = {}
    if key:
        arguments = {
            "p_key": key,
            "p_route": f"{route.method} {route.path}",
            "p_digest": _digest(request, body),
        }
    said: dict[str, Any] = database.rpc("begin_request", arguments)
    if "limit" in said:
        headers |= limit_headers(said["limit"], said["remaining"], said["reset"])
    refused = _refusal(said)
    if refused is not None:
        raise refused
    return Turn(database, key, said)


def limit_headers(limit: int, remaining: int, seconds: int) -> dict[str, str]:
    """Return how many requests there may be in this minute, and how long it lasts."""
    return {
        "RateLimit-Limit": str(limit),
        "RateLimit-Remaining": str(remaining),
        "RateLimit-Reset": str(seconds),
    }


def too_many(limit: int, seconds: int) -> ApiError:
    """Return the error for more requests than a minute has room for."""
    detail = f"more than {limit} requests in this minute; the next one begins in {seconds} s"
    return ApiError(429, "too_many_requests", detail, headers={"Retry-After": str(seconds)})


def _refusal(said: Mapping[str, Any]) -> ApiError | None:
    match said["outcome"]:
        case "limited":
            return too_many(said["limit"], said["reset"])
        case "running":
            detail = "the first request with this Idempotency-Key is still being served"
            retry = {"Retry-After": str(min(said["seconds"], 5))}
            return ApiError(409, "request_running", detail, headers=retry)
        case "other_request":
            detail = f"this {KEY_HEADER} was used for another request"
            return invalid("header", f"/{KEY_HEADER}", detail, "key_of_another_request")
        case "no_account":
            return unauthorised("invalid_token", "the account of the access token is gone")
    return None


def _key(request: Request) -> str:
    keys = request.headers.getlist(KEY_HEADER)
    if not keys:
        return ""
    if len(keys) > 1 or not _KEY.fullmatch(keys[0]):
        detail = f"{KEY_HEADER} must be 1 to 200 visible ASCII characters, given once"
        raise invalid("header", f"/{KEY_HEADER}", detail, "bad_idempotency_key")
    return keys[0]


def _digest(request: Request, body: bytes) -> str:
    named = f"{request.method} {request.full_path}\n".encode()
    return hashlib.sha256(named + body).hexdigest()
