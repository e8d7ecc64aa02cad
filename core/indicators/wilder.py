"""Wilder's smoothing, the moving average inside his indicators.

In:  one number per candle.
Out: the smoothed number, or None while warming up.
Next: `core/indicators/rsi.py` and `core/indicators/adx.py` are made of it.
"""

from typing import Final

from core.errors import ConfigError


class Wilder:
    """Moving average by Wilder's smoothing, seeded with the mean of the first `period` values.

    Parameters
    ----------
    period
        Number of values in the window, at least 1; a new one weighs ``1 / period``.

    Raises
    ------
    ConfigError
        If `period` is less than 1.

    Examples
    --------
    >>> average = Wilder(2)
    >>> [average.update(value) for value in (1.0, 3.0, 4.0)]
    [None, 2.0, 3.0]

    References
    ----------
    J. Welles Wilder, New Concepts in Technical Trading Systems, 1978; TradingView ``ta.rma``.
    """

    __slots__ = ("_count", "_sum", "value", "warm_up")

    def __init__(self, period: int) -> None:
        if period < 1:
            raise ConfigError(f"period {period} of Wilder's smoothing is below 1")
        self.warm_up: Final = period
        self.reset()

    def reset(self) -> None:
        """Forget every value."""
        self.value: float | None = None
        self._sum = 0.0
        self._count = 0

    def update(self, value: float) -> float | None:
        """Take one value; return the average in its unit, or None while warming up."""
        before = self.value
        if before is not None:
            self.value = ((self.warm_up - 1) * before + value) / self.warm_up
        else:
            self._sum += value
            self._count += 1
            if self._count == self.warm_up:
                self.value = self._sum / self._count
        return self.value

    def __reduce__(self) -> tuple[object, ...]:
        return (Wilder, (self.warm_up,), (self.value, self._sum, self._count))

    def __setstate__(self, state: tuple[float | None, float, int]) -> None:
        self.value, self._sum, self._count = state
