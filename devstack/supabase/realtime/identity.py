"""Who a subscriber is to the database: a role and the claims that policies read.

In:  the claims of a verified token.
Out: an `Identity`, equal for equal rights, so that one question to Postgres serves many.
Next: `devstack/supabase/realtime/rights.py`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import DataError


@dataclass(frozen=True, slots=True)
class Identity:
    """A role and its claims as JSON text; `expires_at` in seconds since 1970, None for never."""

    role: str
    claims: str
    expires_at: float | None


def identity_of(claims: Mapping[str, Any]) -> Identity:
    """Return who a token's claims speak for.

    Raises
    ------
    DataError
        The token names no role.
    """
    role, expires_at = claims.get("role"), claims.get("exp")
    if not isinstance(role, str) or not role:
        raise DataError("Fields `role` and `exp` are required in JWT")
    text = json.dumps(claims, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return Identity(role, text, None if expires_at is None else float(expires_at))
