"""Why Dhan's server closes a feed, and what to do then: the reasons of packet 50 as data.

In:  the reason number of a disconnect packet.
Out: a `Reason` with its meaning and its `Policy`.
Next: `worker/feed/reconnect.py`, which follows the policy.

A feed may also end without packet 50 (a bare TCP reset), most often because another token has
been made for the account: read the token again before any reconnect.
"""

from enum import IntEnum, StrEnum
from typing import Final, NamedTuple


class Policy(StrEnum):
    """What to do about a disconnect."""

    RETRY = "retry"
    """Connect again with growing, jittered delay."""
    WAIT = "wait"
    """Close every socket, wait at least `CROWDED_WAIT_SECONDS`, then connect one by one."""
    NEW_TOKEN = "new_token"  # noqa: S105  # a word, not a password
    """Get the current token, then connect."""
    NEW_TOKEN_ONCE = "new_token_once"  # noqa: S105  # a word, not a password
    """Get the current token and connect; if the same reason comes again, it is fatal."""
    FATAL = "fatal"
    """Trying again would end the same way: tell a person."""


CROWDED_WAIT_SECONDS: Final = 60


class ReasonCode(IntEnum):
    """The reason numbers Dhan documents ("Data API error").

    811 and above belong to requests over HTTP; nothing rules them out here.
    """

    INTERNAL_ERROR = 800
    TOO_MANY_INSTRUMENTS = 804
    TOO_MANY_CONNECTIONS = 805
    NOT_SUBSCRIBED = 806
    TOKEN_EXPIRED = 807
    AUTHENTICATION_FAILED = 808
    TOKEN_INVALID = 809
    CLIENT_ID_INVALID = 810
    EXPIRY_DATE_INVALID = 811
    DATE_FORMAT_INVALID = 812
    SECURITY_ID_INVALID = 813
    REQUEST_INVALID = 814


class Reason(NamedTuple):
    """One reason with its meaning, in words for a person, and our policy."""

    code: int
    meaning: str
    policy: Policy


REASONS: Final[dict[int, Reason]] = {
    reason.code: reason
    for reason in (
        Reason(ReasonCode.INTERNAL_ERROR, "internal server error", Policy.RETRY),
        Reason(ReasonCode.TOO_MANY_INSTRUMENTS, "more instruments than allowed", Policy.FATAL),
        Reason(ReasonCode.TOO_MANY_CONNECTIONS, "too many connections or requests", Policy.WAIT),
        Reason(ReasonCode.NOT_SUBSCRIBED, "the account has no Data API plan", Policy.FATAL),
        Reason(ReasonCode.TOKEN_EXPIRED, "access token expired", Policy.NEW_TOKEN),
        Reason(
            ReasonCode.AUTHENTICATION_FAILED,
            "client id or access token refused",
            Policy.NEW_TOKEN_ONCE,
        ),
        Reason(ReasonCode.TOKEN_INVALID, "access token invalid", Policy.NEW_TOKEN_ONCE),
        Reason(ReasonCode.CLIENT_ID_INVALID, "client id invalid", Policy.FATAL),
        Reason(ReasonCode.EXPIRY_DATE_INVALID, "expiry date invalid", Policy.FATAL),
        Reason(ReasonCode.DATE_FORMAT_INVALID, "date format invalid", Policy.FATAL),
        Reason(ReasonCode.SECURITY_ID_INVALID, "security id invalid", Policy.FATAL),
        Reason(ReasonCode.REQUEST_INVALID, "request invalid", Policy.FATAL),
    )
}


def reason_of(code: int) -> Reason:
    """Return what a reason number means; one that is not documented is worth a retry."""
    known = REASONS.get(code)
    return known or Reason(code, f"undocumented reason {code}", Policy.RETRY)
