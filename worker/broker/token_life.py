"""How long an access token lives, and when it is time for another one.

In:  a token, or what Dhan says of it; the time of day.
Out: whether it is to be renewed now, or a human to be told.
Next: `worker/broker/token_keeper.py`.
"""

from datetime import UTC, datetime
from typing import Final, NamedTuple

from core.brokers.dhan.access_token import facts_of

LIFE_SECONDS: Final = 86_400.0
EARLY_SHARE: Final = 0.375
"""Of its life left, nine hours of a day: while the market is closed a token is renewed from here
on, so that none ends in a session."""
LATE_SHARE: Final = 1 / 12
"""Of its life left, two hours of a day: from here on it is renewed whatever the market does."""
LAST_SHARE: Final = 1 / 24
"""Of its life left, an hour of a day: from here on a human is told."""


class TokenLife(NamedTuple):
    """One token's.

    Attributes
    ----------
    expires_at
        Unix seconds, None where nobody knows.
    seconds
        From its making to its end.
    """

    expires_at: float | None = None
    seconds: float = LIFE_SECONDS

    def left(self, now: float) -> float | None:
        """Return how many seconds are left."""
        return None if self.expires_at is None else self.expires_at - now

    def is_due(self, now: float, *, is_trading: bool) -> bool:
        """Return whether it is to be renewed.

        Examples
        --------
        Ten hours before its end, five in and out of a session, one:

        >>> life = TokenLife(86_400.0)
        >>> life.is_due(50_400, is_trading=False)
        False
        >>> life.is_due(68_400, is_trading=True), life.is_due(68_400, is_trading=False)
        (False, True)
        >>> life.is_due(82_800, is_trading=True)
        True
        """
        return self._is_down_to(LATE_SHARE if is_trading else EARLY_SHARE, now)

    def is_ending(self, now: float) -> bool:
        """Return whether a human is to be told."""
        return self._is_down_to(LAST_SHARE, now)

    def __str__(self) -> str:
        """Return when it ends, as text."""
        if self.expires_at is None:
            return "unknown"
        return datetime.fromtimestamp(self.expires_at, UTC).isoformat()

    def _is_down_to(self, share: float, now: float) -> bool:
        left = self.left(now)
        return left is not None and left <= share * self.seconds


def life_of(token: str, until: float | None = None) -> TokenLife:
    """Return a token's life, as it says itself or else as Dhan says."""
    issued_at, expires_at, _ = facts_of(token)
    if expires_at is None:
        return TokenLife(until)
    if issued_at is None:
        return TokenLife(expires_at)
    return TokenLife(expires_at, max(1.0, expires_at - issued_at))
