"""The body of a request, read up to a limit, and what of it a model accepts.

In:  a request of Flask.
Out: bytes, or a checked model.
Next: `functions/service.py`.

functions-framework reads what is left of every body after the answer is made, into memory. So the
body is read here, always, and one that is too long is let go by in pieces before it is refused.
"""

import json
from typing import Any, Final

from flask import Request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import ClientDisconnected

from functions.problems import ApiError, escaped, invalid, invalid_values

BODY_LIMIT_BYTES: Final = 256 * 1024
_LET_GO_BYTES: Final = 8 * 1024 * 1024
_PIECE_BYTES: Final = 64 * 1024


def read_body(request: Request, limit: int = BODY_LIMIT_BYTES) -> bytes:
    """Return the body.

    Raises
    ------
    ApiError
        413 if it is longer than `limit` bytes, whether or not it said so beforehand; 400 if it
        ends early.
    """
    declared = request.content_length or 0
    try:
        body = b"" if declared > limit else _read(request, limit + 1)
        if declared <= limit and len(body) <= limit:
            return body
        _let_go(request)
    except ClientDisconnected as error:
        raise ApiError(400, "incomplete_body", "the body ended before its length") from error
    raise ApiError(413, "too_large", f"the body is longer than {limit} bytes")


def parse_body[M: BaseModel](request: Request, body: bytes, model: type[M]) -> M:
    """Return the body as a model.

    Raises
    ------
    ApiError
        415 if it is not JSON by its type, 400 if it is not JSON, 422 for what the model refuses.
    """
    if request.mimetype != "application/json":
        raise ApiError(
            415,
            "not_json",
            f"the body is {request.mimetype or 'untyped'}, must be application/json",
        )
    try:
        values = model.model_validate_json(body)
    except ValidationError as error:
        details = error.errors(include_input=False, include_url=False, include_context=False)
        if details[0]["type"] == "json_invalid":
            raise ApiError(400, "malformed_json", details[0]["msg"]) from error
        raise invalid_values("body", details) from error
    place = _null_character(json.loads(body)) if b"\\u0000" in body else None
    if place is not None:
        raise invalid("body", place, "the null character cannot be stored", "null_character")
    return values


def _null_character(value: Any) -> str | None:
    """Return a pointer to the first text with one, None where there is none."""
    if isinstance(value, str):
        return "" if "\0" in value else None
    if isinstance(value, dict):
        if any("\0" in name for name in value):
            return ""
        steps = list(value.items())
    else:
        steps = list(enumerate(value)) if isinstance(value, list) else []
    for step, inner in steps:
        place = _null_character(inner)
        if place is not None:
            return f"/{escaped(step)}{place}"
    return None


def _read(request: Request, most: int) -> bytes:
    body = bytearray()
    while len(body) < most and (piece := request.stream.read(most - len(body))):
        body += piece  # One read may bring less than there is.
    return bytes(body)


def _let_go(request: Request) -> None:
    # A client that is still sending when the connection is closed does not see the answer. One
    # that sends without end is cut off.
    left = _LET_GO_BYTES
    while left > 0:
        piece = request.stream.read(_PIECE_BYTES)
        if not piece:
            return
        left -= len(piece)
