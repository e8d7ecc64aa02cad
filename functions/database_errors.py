"""What a refusal of the database becomes for the caller of a function.

In:  PostgREST's answer (``{code, message, details, hint}``), or the failure to get one.
Out: an `ApiError`.
Next: `functions/service.py`.

The database speaks in SQLSTATE. Codes of ours are TBnnn, where the digits are the HTTP status and
the message is a sentence for the caller. What else can be the caller's doing is named here; the
rest is our mistake or an outage, and says nothing about itself to the outside.
"""

import logging
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from functions.problems import ApiError

if TYPE_CHECKING:
    import httpx

_log = logging.getLogger(__name__)

INVALID: Final = "TB422"
_OURS: Final = {
    "TB404": "not_found",
    "TB409": "not_possible_now",
    INVALID: "invalid_value",
}
DUPLICATE: Final = "23505"
_CHECK: Final = "23514"
_NO_RIGHT: Final = "42501"
# What Postgres cannot store although JSON can say it: the null character, numbers beyond its own.
_UNSTORABLE: Final = {"22P05", "22021", "22003"}
_TOKEN_CODES: Final = {"PGRST300", "PGRST301", "PGRST302", "PGRST303"}

# Classes of SQLSTATE that pass by themselves: connection, rollback, resources, operator, system;
# and PostgREST without its database: connection, schema cache, pool.
_TRANSIENT: Final = ("08", "40", "53", "55", "57", "58", "PGRST00")
_TRANSIENT_STATUSES: Final = {502, 503, 504}
_RETRY: Final = {"Retry-After": "5"}


class Writing(Enum):
    """Whether a request that got no answer may have changed something."""

    NO = False
    MAYBE = True


class DatabaseRefusalError(ApiError):
    """Raised when the database refused; `sqlstate` says why, for a handler that can say it better.

    Parameters
    ----------
    sqlstate
        Its code.
    error
        What the caller is told otherwise.
    """

    def __init__(self, sqlstate: str, error: ApiError) -> None:
        super().__init__(error.status, error.code, error.detail, headers=error.headers)
        self.sqlstate = sqlstate


def unreachable(error: Exception, writing: Writing) -> ApiError:
    """Return the error for a database that gave no answer."""
    _log.error("database_unreachable", extra={"facts": {"error": type(error).__name__}})
    unknown = "; whether the change was made is not known" if writing is Writing.MAYBE else ""
    detail = f"the database does not answer{unknown}"
    return ApiError(503, "database_unreachable", detail, headers=_RETRY)


def refusal(reply: "httpx.Response") -> DatabaseRefusalError:
    """Return the error for a request the database refused."""
    body = _body(reply)
    code, message = str(body.get("code") or ""), str(body.get("message") or "")
    error = _doing_of_the_caller(reply.status_code, code, message)
    if error is None:
        facts = {"status": reply.status_code, "code": code, "said": message}
        _log.error("database_refused", extra={"facts": facts})
        error = _doing_of_ours(reply.status_code, code)
    return DatabaseRefusalError(code, error)


def _doing_of_the_caller(status: int, code: str, message: str) -> ApiError | None:
    error = None
    if code in _OURS:
        error = ApiError(int(code[2:]), _OURS[code], message)
    elif code == DUPLICATE:
        error = ApiError(409, "already_there", "there is one like it already")
    elif code == _CHECK:
        error = ApiError(422, "invalid_value", f"a value is outside its limits: {message}")
    elif code in _UNSTORABLE:
        error = ApiError(422, "invalid_value", f"a value cannot be stored: {message}")
    elif code in _TOKEN_CODES:
        headers = {"WWW-Authenticate": "Bearer"}
        error = ApiError(401, "invalid_token", "the access token was refused", headers=headers)
    elif code == _NO_RIGHT and status in {401, 403}:
        error = ApiError(403, "not_allowed", "you have no right to do this")
    return error


def _doing_of_ours(status: int, code: str) -> ApiError:
    if code.startswith(_TRANSIENT) or status in _TRANSIENT_STATUSES:
        return ApiError(503, "database_busy", "the database cannot answer now", headers=_RETRY)
    return ApiError(502, "database_error", "the database gave an answer that was not expected")


def _body(reply: "httpx.Response") -> dict[str, Any]:
    try:
        body = reply.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
