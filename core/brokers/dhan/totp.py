"""One-time passwords, as an authenticator app shows them: Dhan asks for one at login.

In:  the secret shown when the app was set up, in base32; Unix seconds.
Out: six digits.
Next: `worker/broker/token_login.py`, which logs in with them.

References
----------
RFC 6238 (steps of 30 s, HMAC-SHA-1) over RFC 4226 (dynamic truncation).
"""

import base64
import hashlib
import hmac
from typing import Final

from core.errors import ConfigError

_STEP_SECONDS: Final = 30
_DIGITS: Final = 6


def secret_bytes(secret: str) -> bytes:
    """Return the bytes of a secret; spaces and small letters, as apps show them, are understood.

    Raises
    ------
    ConfigError
        If it is no base32; the secret is not repeated.
    """
    text = "".join(secret.split()).upper().rstrip("=")
    try:
        found = base64.b32decode(text + "=" * (-len(text) % 8))
    except ValueError:
        found = b""
    if not found:
        raise ConfigError(f"a secret of {len(secret)} characters is not base32 (A-Z and 2-7)")
    return found


def totp(secret: bytes, unix_seconds: float) -> str:
    """Return the six digits of an instant.

    Examples
    --------
    The first vector of RFC 6238, appendix B, cut to six digits:

    >>> totp(b"12345678901234567890", 59)
    '287082'
    """
    step = int(unix_seconds) // _STEP_SECONDS
    digest = hmac.new(secret, step.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**_DIGITS:0{_DIGITS}d}"
