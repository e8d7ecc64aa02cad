"""Tokens: who a client is, in the words the hosted server uses when it refuses one.

In:  an API key or a JWT.
Out: an `Identity`, or `TokenRefusedError` with the reason to show.
Next: `devstack/supabase/realtime/connection.py`.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from core.errors import DataError, TradingError
from devstack.supabase.realtime.identity import Identity, identity_of

type Claims = Mapping[str, Any]


class TokenRefusedError(TradingError):
    """Raised when a token cannot be accepted; the text is what the client is told."""


class Tokens:
    """Turn keys and tokens into identities.

    Parameters
    ----------
    verify
        Returns the claims of a JWT; raises `jwt.InvalidTokenError`.
    role_of_key
        Returns the claims an API key stands for, or None for an unknown key.
    """

    def __init__(
        self, verify: Callable[[str], Claims], role_of_key: Callable[[str], Claims | None]
    ) -> None:
        self._verify = verify
        self._role_of_key = role_of_key

    def from_key(self, key: str) -> Identity | None:
        """Return who an API key speaks for: one of the project's keys, or a JWT used as one."""
        claims = self._role_of_key(key)
        if claims is not None:
            return identity_of(claims)
        try:
            return self.from_token(key)
        except TokenRefusedError:
            return None

    def from_token(self, token: str) -> Identity:
        """Return who a JWT speaks for.

        Raises
        ------
        TokenRefusedError
            Malformed, expired, signed by somebody else, or without a role.
        """
        import jwt  # noqa: PLC0415 - 0.04 s that a warm start can do without

        try:
            return identity_of(self._verify(token))
        except jwt.ExpiredSignatureError as error:
            raise TokenRefusedError(f"InvalidJWTToken: {_expired(token)}") from error
        except jwt.InvalidSignatureError as error:
            raise TokenRefusedError(
                "JwtSignatureError: Failed to validate JWT signature"
            ) from error
        except jwt.InvalidTokenError as error:
            raise TokenRefusedError(
                "MalformedJWT: The token provided is not a valid JWT"
            ) from error
        except DataError as error:
            raise TokenRefusedError(f"InvalidJWTToken: {error}") from error


def expiry_message(expired_at: float) -> str:
    """Return how hosted says that a token is no longer good."""
    return f"Token has expired {max(0, int(time.time() - expired_at))} seconds ago"


def is_token(value: object) -> bool:
    """Tell whether a client's `access_token` is a JWT to look at: API keys change nothing."""
    return isinstance(value, str) and value != "" and not value.startswith("sb_")


def _expired(token: str) -> str:
    import jwt  # noqa: PLC0415 - see `Tokens.from_token`

    claims = jwt.decode(token, options={"verify_signature": False})
    return expiry_message(float(claims.get("exp", time.time())))
