"""What every streaming indicator promises.

In:  `update` with the numbers of one completed candle; which ones, each indicator says itself.
Out: its value, or None: for exactly `warm_up - 1` updates, and where the definition divides by
     nothing.
Next: `core/indicators/ema.py`, the plainest.

An update takes a time that does not depend on how many came before, and so does the memory. A
pickled indicator goes on as if nothing had happened; a reset one as if it were new. One test
holds every indicator to this: `tests/core/indicators/test_contract.py`.
"""

from typing import Any, Protocol


class Indicator(Protocol):
    """A value that follows a series of candles."""

    @property
    def warm_up(self) -> int:
        """Number of the first update that returns a value, at least 1."""
        ...

    @property
    def value(self) -> Any:
        """What the last update returned."""
        ...

    def update(self, *args: Any) -> Any:
        """Take the numbers of one candle; return the value, None while warming up."""
        ...

    def reset(self) -> None:
        """Forget every candle."""
        ...
