"""Simple moving average of a price or a volume.

In:  one number per candle.
Out: the mean of the last `period`, the current one included, or None while warming up.
Next: `core/indicators/vroc.py`.
"""

from math import fsum
from typing import Final

from core.errors import ConfigError


class Sma:
    """Simple moving average.

    A threshold on volume takes the value from before the candle's own update, so that a spike
    does not raise its own bar.

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
    >>> sma = Sma(2)
    >>> [sma.update(volume) for volume in (100, 200, 400)]
    [None, 150.0, 300.0]

    Notes
    -----
    The sum is carried along and made anew each time the window has been filled, so that
    rounding errors never pile up; sums of volumes are exact anyway.

    References
    ----------
    TradingView ``ta.sma``, TA-Lib ``SMA``.
    """

    __slots__ = ("_is_full", "_place", "_sum", "_window", "value", "warm_up")

    def __init__(self, period: int) -> None:
        if period < 1:
            raise ConfigError(f"period {period} of a simple average is below 1")
        self.warm_up: Final = period
        self.reset()

    def reset(self) -> None:
        """Forget every value."""
        self.value: float | None = None
        self._window: list[float] = [0.0] * self.warm_up
        self._place = 0
        self._sum = 0.0
        self._is_full = False

    def update(self, value: float) -> float | None:
        """Take one value; return the average in its unit, or None while warming up."""
        place = self._place
        self._sum += value - self._window[place]
        self._window[place] = value
        place += 1
        if place == self.warm_up:
            place = 0
            self._is_full = True
            self._sum = fsum(self._window)
        self._place = place
        if self._is_full:
            self.value = self._sum / self.warm_up
        return self.value

    def __reduce__(self) -> tuple[object, ...]:
        state = (self.value, self._window, self._place, self._sum, self._is_full)
        return (Sma, (self.warm_up,), state)

    def __setstate__(self, state: tuple[float | None, list[float], int, float, bool]) -> None:
        self.value, self._window, self._place, self._sum, self._is_full = state
