"""Who may pass: decides for each kind of route who is calling, and with whose rights it goes on.

In:  a route's access, a request's ``Authorization``.
Out: the database in the caller's name, and the user's id.
Next: `functions/routing.py`, the `Call` that a handler gets.
"""

import hmac
from typing import Final, NamedTuple
from uuid import UUID

from functions.database import Database, Supabase
from functions.key_set import KeySet
from functions.routing import Access
from functions.settings import Settings
from functions.tokens import TokenVerifier, unauthorised


class Caller(NamedTuple):
    """Who calls."""

    database: Database
    user_id: UUID | None = None


class Doorkeeper:
    """Let callers in.

    Parameters
    ----------
    settings
        The cron secret, and how tokens are verified.
    """

    def __init__(self, settings: Settings) -> None:
        self._cron_secret: Final = settings.cron_secret.encode()
        self._supabase: Final = Supabase(settings)
        self._tokens: Final = TokenVerifier(settings, KeySet(self._supabase.public_keys))

    def close(self) -> None:
        """Let the connections go."""
        self._supabase.close()

    def admit(self, access: Access, authorization: str) -> Caller:
        """Return who is calling.

        Raises
        ------
        ApiError
            401 or 403 for who may not pass.
        """
        if access is Access.OPEN:
            return Caller(self._supabase.anybody())
        token = _bearer(authorization)
        if access is Access.CRON:
            self._check_cron(token)
            return Caller(self._supabase.service())
        return Caller(self._supabase.user(token), self._tokens.user_id(token))

    def _check_cron(self, shown: str) -> None:
        # As bytes, in constant time. A header arrives as Latin-1 whatever it was sent as.
        if not hmac.compare_digest(shown.encode("latin-1", "replace"), self._cron_secret):
            raise unauthorised("invalid_cron_secret", "the cron secret is not the right one")


def _bearer(authorization: str) -> str:
    scheme, _, token = authorization.strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise unauthorised("not_signed_in", "Authorization: Bearer <token> is missing")
    return token.strip()
