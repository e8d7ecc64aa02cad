"""What the auth service refuses, in GoTrue's own words and both of its body shapes.

In:  a status, an error code, a sentence.
Out: the JSON body that the client libraries turn into their typed errors.
Next: `devstack/supabase/auth/accounts.py`.
"""

from typing import Any, Final

from core.errors import TradingError

API_VERSION_HEADER: Final = "X-Supabase-Api-Version"
API_VERSION: Final = "2024-01-01"


class AuthError(TradingError):
    """Raised when a request to the auth service is refused.

    Parameters
    ----------
    status
        HTTP status.
    code
        GoTrue's error code, such as ``invalid_credentials``.
    message
        One sentence.
    extra
        Further members of the body, such as the reasons of ``weak_password``.
    """

    def __init__(self, status: int, code: str, message: str, **extra: Any) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.extra = extra

    def body(self, api_version: str | None) -> dict[str, Any]:
        """Return the JSON body in the shape that a client of `api_version` reads."""
        if (api_version or "") >= API_VERSION:  # ISO dates order as text.
            return {"code": self.code, "message": str(self), **self.extra}
        return {"code": self.status, "error_code": self.code, "msg": str(self), **self.extra}


def invalid(message: str) -> AuthError:
    """Return the refusal of a malformed request."""
    return AuthError(400, "validation_failed", message)
