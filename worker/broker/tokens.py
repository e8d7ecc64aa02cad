"""What the feed and the REST side want of whoever keeps the access token.

In:  nothing.
Out: `Tokens`, the shape of a keeper, and its answers; `FixedToken`, one that never changes.
Next: `worker/broker/token_keeper.py`, the keeper of a running worker.
"""

from enum import StrEnum
from typing import Any, NamedTuple, Protocol


class Credentials(NamedTuple):
    """What a program logs in with."""

    pin: str
    totp_secret: str


class Another(StrEnum):
    """What came of asking for another token."""

    THERE = "there"
    """There is one to use now."""
    NOT_NEEDED = "not needed"
    """Dhan takes the one that was said to be refused: it is not the token."""
    NONE = "none"
    """There is none, or nobody knows whether one is needed."""


class Tokens(Protocol):
    """The account's access token, which is replaced about once a day."""

    @property
    def text(self) -> str:
        """The token to use from now on."""
        ...

    async def another(self, refused: str) -> Another:
        """Learn that Dhan refused a token; return whether there is another one now."""
        ...

    def figures(self) -> dict[str, Any]:
        """Return what an operator wants to see."""
        ...


class FixedToken:
    """A token that nobody renews, for a check or a measurement."""

    def __init__(self, text: str) -> None:
        self.text = text

    async def another(self, refused: str) -> Another:
        """Return whether it is not the one that was refused."""
        return Another.NONE if refused == self.text else Another.THERE

    def figures(self) -> dict[str, Any]:
        """Return nothing: nobody looks after it."""
        return {}
