"""Highest of the last numbers, in constant time however many they are.

In:  one number per candle.
Out: the highest of the last `period`, the current one included, or None while warming up.
Next: `core/indicators/extremes.py`; the lowest is the highest of the negated numbers.
"""

from math import inf
from typing import Final

from core.errors import ConfigError


class SlidingMaximum:
    """Highest of the last `period` values.

    Parameters
    ----------
    period
        Number of values in the window, at least 1.

    Raises
    ------
    ConfigError
        If `period` is less than 1.

    Examples
    --------
    >>> highest = SlidingMaximum(2)
    >>> [highest.update(value) for value in (3.0, 1.0, 2.0, 2.5)]
    [None, 3.0, 2.0, 2.5]

    References
    ----------
    M. van Herk, 1992: the values are cut into blocks as long as the window; a window is the end
    of one block, whose highest was worked out once, and the beginning of the next.
    """

    __slots__ = ("_block", "_highest", "_is_full", "_place", "value", "warm_up")

    def __init__(self, period: int) -> None:
        if period < 1:
            raise ConfigError(f"period {period} of a highest value is below 1")
        self.warm_up: Final = period
        self.reset()

    def reset(self) -> None:
        """Forget every value."""
        self.value: float | None = None
        self._block: list[float] = [0.0] * self.warm_up
        self._place = 0
        self._highest = -inf  # Of the block being filled.
        self._is_full = False

    def update(self, value: float) -> float | None:
        """Take one value; return the highest, or None while warming up."""
        self._block[self._place] = value
        self._highest = max(self._highest, value)
        self._place += 1
        if self._place == self.warm_up:
            self._end_block()
        if self._is_full:
            self.value = max(self._highest, self._block[self._place])
        return self.value

    def _end_block(self) -> None:
        # From here on place i holds the highest from i to the block's end.
        block = self._block
        for place in range(self.warm_up - 2, -1, -1):
            block[place] = max(block[place], block[place + 1])
        self._highest = -inf
        self._place = 0
        self._is_full = True

    def __reduce__(self) -> tuple[object, ...]:
        state = (self.value, self._block, self._place, self._highest, self._is_full)
        return (SlidingMaximum, (self.warm_up,), state)

    def __setstate__(self, state: tuple[float | None, list[float], int, float, bool]) -> None:
        self.value, self._block, self._place, self._highest, self._is_full = state
