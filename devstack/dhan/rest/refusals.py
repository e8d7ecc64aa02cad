"""How Dhan says no: three shapes of errors.

In:  a `RefusedError` raised by whoever serves a request.
Out: shape A for trading calls, shape B for market quotes and option chain; C is no JSON at all
     and comes from `devstack/dhan/rest/faults.py` only.
Next: `devstack/dhan/rest/app.py`, which turns what is raised into an answer.

Codes: reference/dhanhq-v2.md 2.10 and 4.9.
"""

from dataclasses import dataclass
from typing import Final

from aiohttp import web

from devstack.dhan.accounts import Refusal


@dataclass(frozen=True, slots=True)
class Why:
    """One reason in both vocabularies of Dhan."""

    status: int
    code: str
    kind: str
    data_code: int


AUTHENTICATION: Final = Why(401, "DH-901", "Invalid_Authentication", 809)
RATE_LIMIT: Final = Why(429, "DH-904", "Rate_Limit", 805)
INPUT: Final = Why(400, "DH-905", "Input_Exception", 814)
SECURITY_ID: Final = Why(400, "DH-905", "Input_Exception", 813)
DATE_FORMAT: Final = Why(400, "DH-905", "Input_Exception", 812)
EXPIRY_DATE: Final = Why(400, "DH-905", "Input_Exception", 811)
TOO_MANY_INSTRUMENTS: Final = Why(400, "DH-905", "Input_Exception", 804)
NO_DATA: Final = Why(400, "DH-907", "Data_Error", 813)
SERVER: Final = Why(500, "DH-908", "Internal_Server_Error", 800)
OTHER: Final = Why(500, "DH-910", "Other_Error", 800)
NOT_FOUND: Final = Why(404, "DH-905", "Input_Exception", 814)

_SHAPE_B: Final = ("/v2/marketfeed/", "/v2/optionchain")


class RefusedError(Exception):
    """Raised when a request is answered with an error of Dhan's."""

    def __init__(self, why: Why, text: str, data_code: int | None = None) -> None:
        super().__init__(text)
        self.why = why
        self.data_code = data_code or why.data_code


def refused_token(refusal: Refusal) -> RefusedError:
    """Return the error for a token that is refused."""
    return RefusedError(
        AUTHENTICATION,
        "Client ID or user generated access token is invalid or expired.",
        data_code=int(refusal),
    )


def is_data_call(path: str) -> bool:
    """Tell whether errors of this path come in shape B, and its client-id header is required."""
    return path.startswith(_SHAPE_B)


def error_response(path: str, error: RefusedError, status: int | None = None) -> web.Response:
    """Return the answer in the shape that belongs to the path."""
    if is_data_call(path):
        body: dict[str, object] = {"data": {str(error.data_code): str(error)}, "status": "failed"}
    else:
        body = {
            "errorType": error.why.kind,
            "errorCode": error.why.code,
            "errorMessage": str(error),
        }
    return web.json_response(body, status=status or error.why.status)
