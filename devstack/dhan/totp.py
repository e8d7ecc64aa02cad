"""Time-based one-time passwords, as an authenticator app shows them.

In:  a shared secret in base32 and the Unix time in seconds.
Out: six digits; whether digits somebody sent are right.
Next: `devstack/dhan/accounts.py`, which asks for them at login.

References
----------
RFC 6238 (time steps of 30 s, HMAC-SHA-1) over RFC 4226 (dynamic truncation).
"""

import base64
import hashlib
import hmac
import struct
from typing import Final

STEP_SECONDS: Final = 30
_DIGITS: Final = 6


def totp(secret: str, unix_seconds: float) -> str:
    """Return the six digits of `secret` at an instant.

    Examples
    --------
    The first vector of RFC 6238, appendix B, cut to six digits:

    >>> totp("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 59)
    '287082'
    """
    key = base64.b32decode(secret)
    step = struct.pack(">Q", int(unix_seconds) // STEP_SECONDS)
    digest = hmac.new(key, step, hashlib.sha1).digest()
    offset = digest[-1] & 0x0F
    (number,) = struct.unpack_from(">I", digest, offset)
    return f"{(number & 0x7FFFFFFF) % 10**_DIGITS:0{_DIGITS}d}"


def is_current(secret: str, digits: str, unix_seconds: float) -> bool:
    """Tell whether `digits` are those of this step or of the one before, for slow typists."""
    return any(
        hmac.compare_digest(totp(secret, unix_seconds - age).encode(), digits.encode())
        for age in (0, STEP_SECONDS)
    )
