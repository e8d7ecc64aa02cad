"""What goes wrong, as the caller is told: `application/problem+json` (RFC 9457).

In:  an `ApiError` raised wherever a request cannot be served; what a model says about its input.
Out: the problem as a model, with a pointer to each value that is wrong.
Next: `functions/service.py`, which sends it.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel

from core.errors import TradingError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

PROBLEM_JSON = "application/problem+json"

type Place = Literal["body", "query", "path", "header"]

_TITLES = {
    400: "Malformed request",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Not possible now",
    413: "Too large",
    415: "Unsupported media type",
    422: "Invalid value",
    429: "Too many requests",
    500: "Internal error",
    502: "Bad answer of the database",
    503: "Temporarily unavailable",
}


class InvalidValue(BaseModel):
    """One value that cannot be used: where it stands, and why."""

    place: Place
    pointer: str
    detail: str
    code: str


class ProblemDocument(BaseModel):
    """Body of every error."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    errors: list[InvalidValue] = []


class ApiError(TradingError):
    """Raised when a request cannot be served; everything in it may be shown to the caller.

    Parameters
    ----------
    status
        HTTP status.
    code
        Stable word for programs, such as ``strategy_not_found``.
    detail
        One sentence for a person.
    errors
        Values that are wrong.
    headers
        Added to the answer, such as ``Allow``.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Iterable[InvalidValue] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    def document(self, request_id: str) -> ProblemDocument:
        """Return what is sent."""
        return ProblemDocument(
            type=f"urn:tradebase:problem:{self.code}",
            title=_TITLES.get(self.status, "Error"),
            status=self.status,
            code=self.code,
            detail=self.detail,
            request_id=request_id,
            errors=list(self.errors),
        )


def invalid(place: Place, pointer: str, detail: str, code: str = "invalid_value") -> ApiError:
    """Return the error for one value that cannot be used.

    Parameters
    ----------
    pointer
        JSON pointer to it, such as ``/parameters/fast``.
    """
    wrong = InvalidValue(place=place, pointer=pointer, detail=detail, code=code)
    return ApiError(422, "invalid_value", detail, errors=(wrong,))


def invalid_values(place: Place, details: Iterable["ErrorDetails"]) -> ApiError:
    """Return the error for what a model refused; the values themselves are not repeated."""
    errors = [
        InvalidValue(
            place=place,
            pointer="".join(f"/{escaped(step)}" for step in each["loc"]),
            detail=each["msg"],
            code=each["type"],
        )
        for each in details
    ]
    said = "; ".join(f"{each.pointer or place}: {each.detail}" for each in errors)
    return ApiError(422, "invalid_value", said, errors=errors)


def escaped(step: str | int) -> str:
    """Return a step of a JSON pointer as it is written."""
    return str(step).replace("~", "~0").replace("/", "~1")
