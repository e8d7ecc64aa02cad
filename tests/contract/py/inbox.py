"""What a case has received so far, and a way to wait for what it has not.

In:  everything a callback of the client is given.
Out: the first item that matches, as soon as it is there; an error at the deadline that shows what
     came instead.
Next: `tests/contract/py/stage.py`.
"""

import asyncio
from collections.abc import Callable
from typing import Any


def anything(_: Any) -> bool:
    """Match every item."""
    return True


class Inbox:
    """Collects items of one kind.

    Parameters
    ----------
    deadline
        How long `first` waits, in seconds.
    """

    def __init__(self, deadline: float) -> None:
        self.items: list[Any] = []
        self._deadline = deadline
        self._news = asyncio.Event()

    def push(self, item: Any) -> None:
        """Add an item; what a client's callback is set to."""
        self.items.append(item)
        self._news.set()

    async def first(
        self,
        what: str,
        matches: Callable[[Any], bool] = anything,
        deadline: float | None = None,
    ) -> Any:
        """Return the first item, past or future, for which `matches` holds.

        Raises
        ------
        AssertionError
            Nothing matched in time.
        """
        seconds = deadline or self._deadline
        try:
            async with asyncio.timeout(seconds):
                while True:
                    self._news.clear()
                    for item in self.items:
                        if matches(item):
                            return item
                    await self._news.wait()
        except TimeoutError:
            came = str(self.items)[:600]
            raise AssertionError(f"no {what} within {seconds} s; came instead: {came}") from None
