"""What an access token says of itself: it is a JWT, and its claims can be read by anybody.

In:  the token.
Out: `TokenFacts`: how long it lives, and whether Dhan renews it.
Next: `worker/broker/token_keeper.py`, which renews in time.

Nothing is verified: that the token is good, only Dhan can say. A token that is no JWT is one of
which nothing is known.
"""

import base64
import json
from typing import Any, Final, NamedTuple

MADE_ON_THE_WEB: Final = "SELF"


class TokenFacts(NamedTuple):
    """What a token says.

    Attributes
    ----------
    issued_at, expires_at
        Unix seconds, None where it does not say.
    is_renewable
        Whether it was made on web.dhan.co: one that a program made (APP) is made anew instead.
    """

    issued_at: float | None = None
    expires_at: float | None = None
    is_renewable: bool = True


def facts_of(token: str) -> TokenFacts:
    """Return what a token says of itself.

    Examples
    --------
    >>> facts_of("not a token")
    TokenFacts(issued_at=None, expires_at=None, is_renewable=True)
    >>> body = base64.urlsafe_b64encode(b'{"exp": 9, "tokenConsumerType": "APP"}').decode()
    >>> facts_of(f"head.{body}.signature")
    TokenFacts(issued_at=None, expires_at=9.0, is_renewable=False)
    """
    try:
        body = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (IndexError, ValueError):
        return TokenFacts()
    if not isinstance(claims, dict):
        return TokenFacts()
    consumer = claims.get("tokenConsumerType", MADE_ON_THE_WEB)
    return TokenFacts(
        _seconds(claims.get("iat")), _seconds(claims.get("exp")), consumer == MADE_ON_THE_WEB
    )


def _seconds(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else None
