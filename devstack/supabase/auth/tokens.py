"""Access tokens: what they say, how they are made and read.

In:  a user's row and a session.
Out: the answer to a sign-in, as the client libraries store it; the claims of a token shown to us.
Next: `devstack/supabase/auth/requests.py`.
"""

import time
import uuid
from dataclasses import dataclass
from typing import Any

from devstack.supabase.auth.connections import Row
from devstack.supabase.auth.errors import AuthError
from devstack.supabase.auth.sessions import Session
from devstack.supabase.auth.users import user_json
from devstack.supabase.keys import Keys

_ADMIN_ROLES = ("service_role", "supabase_admin")


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose valid token came with a request: a user in a session, or a project role."""

    role: str
    user_id: uuid.UUID | None
    session_id: uuid.UUID | None

    @property
    def is_admin(self) -> bool:
        """Whether the token is the secret key's."""
        return self.role in _ADMIN_ROLES

    def require_user(self) -> uuid.UUID:
        """Return the user's id; refuse the token of a mere API key."""
        if self.user_id is None:
            raise AuthError(403, "bad_jwt", "invalid claim: missing sub claim")
        return self.user_id


class Tokens:
    """Makes and reads access tokens.

    Parameters
    ----------
    keys
        Signing and verifying keys.
    issuer
        Address of the auth service, written into each token.
    seconds
        How long a token is valid.
    """

    def __init__(self, keys: Keys, issuer: str, seconds: int) -> None:
        self._keys = keys
        self._issuer = issuer
        self._seconds = seconds

    def session_json(self, user: Row, session: Session) -> dict[str, Any]:
        """Return the answer to a sign-in or refresh."""
        now = int(time.time())
        return {
            "access_token": self._keys.sign(self._claims(user, session, now)),
            "token_type": "bearer",
            "expires_in": self._seconds,
            "expires_at": now + self._seconds,
            "refresh_token": session.refresh_token,
            "user": user_json(user),
        }

    def read(self, token: str) -> Caller:
        """Return who a token speaks for.

        Raises
        ------
        AuthError
            401 without a token; 403 when it is malformed, expired, or not signed by us.
        """
        if not token:
            message = "This endpoint requires a valid Bearer token"
            raise AuthError(401, "no_authorization", message)
        import jwt  # noqa: PLC0415 - 0.04 s that a warm start can do without

        try:
            claims = self._keys.verify(token)
            subject, session = claims.get("sub"), claims.get("session_id")
            return Caller(
                role=str(claims.get("role", "")),
                user_id=uuid.UUID(subject) if subject else None,
                session_id=uuid.UUID(session) if session else None,
            )
        except (jwt.InvalidTokenError, ValueError, TypeError, AttributeError) as error:
            message = f"invalid JWT: unable to parse or verify signature, {error}"
            raise AuthError(403, "bad_jwt", message) from error

    def _claims(self, user: Row, session: Session, now: int) -> dict[str, Any]:
        signed_in = int(session.created_at.timestamp())
        return {
            "iss": self._issuer,
            "sub": str(user["id"]),
            "aud": user["aud"],
            "exp": now + self._seconds,
            "iat": now,
            "email": user["email"] or "",
            "phone": user["phone"] or "",
            "app_metadata": user["raw_app_meta_data"] or {},
            "user_metadata": user["raw_user_meta_data"] or {},
            "role": user["role"],
            "aal": "aal1",
            "amr": [{"method": "password", "timestamp": signed_in}],
            "session_id": str(session.id),
            "is_anonymous": user["is_anonymous"],
        }
