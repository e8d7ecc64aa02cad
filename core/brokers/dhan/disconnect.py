"""Why Dhan's server closes a feed, and what to do then: the reasons of packet 50 as data.

In:  the reason number of a disconnect packet.
Out: a `Reason` with its meaning and its `Policy`.
Next: the feed's reconnect loop, which follows the policy.

A feed may also end without packet 50 (a bare TCP reset), most often because another token has
been made for the account: read the token again before any reconnect.
"""

from enum import StrEnum
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


class Reason(NamedTuple):
    """One reason number with its meaning, in words for a person."""

    code: int
    meaning: str
    policy: Policy


# DhanHQ v2 documentation, annexure "Data API error"; the policies are ours. 811 and above belong
# to requests over HTTP and are listed because nothing rules them out here.
REASONS: Final[dict[int, Reason]] = {
    reason.code: reason
    for reason in (
        Reason(800, "internal server error", Policy.RETRY),
        Reason(804, "more instruments requested than allowed", Policy.FATAL),
        Reason(805, "too many requests or connections", Policy.WAIT),
        Reason(806, "the account has not subscribed to Data APIs", Policy.FATAL),
        Reason(807, "access token expired", Policy.NEW_TOKEN),
        Reason(808, "client id or access token refused", Policy.NEW_TOKEN_ONCE),
        Reason(809, "access token invalid", Policy.NEW_TOKEN_ONCE),
        Reason(810, "client id invalid", Policy.FATAL),
        Reason(811, "expiry date invalid", Policy.FATAL),
        Reason(812, "date format invalid", Policy.FATAL),
        Reason(813, "security id invalid", Policy.FATAL),
        Reason(814, "request invalid", Policy.FATAL),
    )
}


def reason_of(code: int) -> Reason:
    """Return what a reason number means; one that is not documented is worth a retry."""
    known = REASONS.get(code)
    return known or Reason(code, f"undocumented reason {code}", Policy.RETRY)
