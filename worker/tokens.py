"""What the feed and the REST side want of whoever keeps the access token.

In:  nothing.
Out: `Tokens`, the shape of a keeper; `FixedToken`, one that never changes; `Credentials`.
Next: `worker/token_keeper.py`, the keeper of a running worker.
"""

from typing import Any, NamedTuple, Protocol


class Credentials(NamedTuple):
    """What a program logs in with."""

    pin: str
    totp_secret: str


class Tokens(Protocol):
    """The account's access token, which is replaced about once a day."""

    @property
    def text(self) -> str:
        """The token to use from now on."""
        ...

    async def another(self, refused: str) -> bool:
        """Learn that Dhan refused a token; return whether there is another one now."""
        ...

    def figures(self) -> dict[str, Any]:
        """Return what an operator wants to see."""
        ...


class FixedToken:
    """A token that nobody renews, for a check or a measurement."""

    def __init__(self, text: str) -> None:
        self.text = text

    async def another(self, refused: str) -> bool:
        """Return whether it is not the one that was refused."""
        return refused != self.text

    def figures(self) -> dict[str, Any]:
        """Return nothing: nobody looks after it."""
        return {}
