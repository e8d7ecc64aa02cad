"""What a request to the auth service says, checked member by member.

In:  a request's body, query and address.
Out: typed values, or a refusal that names the member.
Next: `devstack/supabase/auth/accounts.py`.
"""

import json
import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from aiohttp import web

from devstack.json_text import parse_json
from devstack.supabase.auth.errors import AuthError, invalid
from devstack.supabase.auth.sessions import Device

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s)")
_PAGE_NUMBER: Final = re.compile(r"[1-9][0-9]{0,5}")
_UNIT_SECONDS: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


class Body:
    """The members of a JSON object, read by the type they must have.

    Parameters
    ----------
    members
        The parsed object.
    """

    def __init__(self, members: Mapping[str, Any]) -> None:
        self._members = members

    def text(self, name: str) -> str:
        """Return a text, empty when absent."""
        value = self._members.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise _bad_json(f"{name} must be a text, was {json.dumps(value)[:50]}")
        return value

    def flag(self, name: str) -> bool:
        """Return a boolean, false when absent."""
        value = self._members.get(name)
        if value is None:
            return False
        if not isinstance(value, bool):
            raise _bad_json(f"{name} must be true or false, was {json.dumps(value)[:50]}")
        return value

    def mapping(self, name: str) -> dict[str, Any]:
        """Return an object, empty when absent."""
        value = self._members.get(name)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise _bad_json(f"{name} must be an object, was {json.dumps(value)[:50]}")
        return value

    def email(self) -> str:
        """Return the e-mail address in lower case; refuse one that cannot be one."""
        address = self.text("email").strip().lower()
        if not _EMAIL.fullmatch(address) or len(address) > 255:
            raise invalid("Unable to validate email address: invalid format")
        return address


async def read_body(request: web.Request) -> Body:
    """Return the members of the request's JSON object; an empty body is an empty object.

    Raises
    ------
    AuthError
        The body is not a JSON object.
    """
    content = await request.read()
    try:
        members = parse_json(content or b"{}")
    except ValueError as error:
        raise _bad_json(f"Could not parse request body as JSON: {error}") from error
    if not isinstance(members, dict):
        raise _bad_json("Could not parse request body as JSON: not an object")
    return Body(members)


def device_of(request: web.Request) -> Device:
    """Return what a new session remembers about its client."""
    return Device(request.headers.get("User-Agent", ""), request.remote or "127.0.0.1")


def user_id_of(request: web.Request) -> uuid.UUID:
    """Return the user id in the path."""
    try:
        return uuid.UUID(request.match_info["user_id"])
    except ValueError as error:
        raise AuthError(404, "validation_failed", "user_id must be an UUID") from error


def page_of(request: web.Request) -> tuple[int, int]:
    """Return the page asked for and its size: 1 and 50 unless said otherwise."""
    numbers = []
    for name, default in (("page", "1"), ("per_page", "50")):
        given = request.query.get(name) or default
        if not _PAGE_NUMBER.fullmatch(given):
            raise invalid(
                f"Bad Pagination Parameters: {name} is {given!r}, must be from 1 to 999999"
            )
        numbers.append(int(given))
    page, size = numbers
    return page, min(size, 1000)


def merged(old: Mapping[str, Any] | None, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return metadata with changes applied; null removes a member."""
    both = {**(old or {}), **changes}
    return {name: value for name, value in both.items() if value is not None}


def ban_end(duration: str) -> datetime | None:
    """Return when a ban such as ``24h`` or ``1h30m`` ends, from now; ``none`` lifts it."""
    if duration == "none":
        return None
    parts = _DURATION.findall(duration)
    if not parts or "".join(number + unit for number, unit in parts) != duration:
        raise invalid(f"invalid format for ban_duration: {duration!r}")
    seconds = sum(float(number) * _UNIT_SECONDS[unit] for number, unit in parts)
    try:
        return datetime.now(UTC) + timedelta(seconds=seconds)
    except OverflowError as error:
        raise invalid(f"invalid format for ban_duration: {duration!r} is too long") from error


def _bad_json(message: str) -> AuthError:
    return AuthError(400, "bad_json", message)
