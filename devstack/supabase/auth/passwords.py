"""Passwords: rules, hashing and comparing, off the event loop.

In:  a password as typed.
Out: a bcrypt hash in the form of GoTrue, or a refusal.
Next: `devstack/supabase/auth/users.py`.
"""

import asyncio
from typing import Final

import bcrypt

from devstack.supabase.auth.errors import AuthError, invalid

_SHORTEST: Final = 6  # characters, the default of the Supabase CLI
_LONGEST_BYTES: Final = 72  # bcrypt reads no further.
_ROUNDS: Final = 4  # The cheapest: a development machine's test users, and 1 ms instead of 60.


def check_password(password: str) -> None:
    """Refuse a password that is too short or longer than bcrypt reads."""
    if len(password) < _SHORTEST:
        raise AuthError(
            422,
            "weak_password",
            f"Password should be at least {_SHORTEST} characters.",
            weak_password={"reasons": ["length"]},
        )
    if len(password.encode()) > _LONGEST_BYTES:
        raise invalid(f"Password cannot be longer than {_LONGEST_BYTES} characters")


async def hash_password(password: str) -> str:
    """Return the bcrypt hash of a password."""
    hashed = await asyncio.to_thread(
        bcrypt.hashpw, password.encode(), bcrypt.gensalt(_ROUNDS, prefix=b"2a")
    )
    return hashed.decode()


async def password_matches(password: str, hashed: str | None) -> bool:
    """Tell whether a password belongs to a hash; a user without one has no password."""
    if not hashed or len(password.encode()) > _LONGEST_BYTES:
        return False
    return await asyncio.to_thread(bcrypt.checkpw, password.encode(), hashed.encode())
