"""What the feed and the REST side want of whoever keeps the access token.

In:  nothing.
Out: `Tokens`, the shape of a keeper; `FixedToken`, one that never changes.
Next: `worker/token_keeper.py`, the keeper of a running worker.
"""

from typing import Protocol


class Tokens(Protocol):
    """The account's access token, which is replaced about once a day."""

    @property
    def text(self) -> str:
        """The token to use from now on."""
        ...

    async def another(self, refused: str) -> bool:
        """Learn that Dhan refused a token; return whether there is another one now."""
        ...


class FixedToken:
    """A token that nobody renews, for a check or a measurement."""

    def __init__(self, text: str) -> None:
        self.text = text

    async def another(self, refused: str) -> bool:
        """Return whether it is not the one that was refused."""
        return refused != self.text
