"""Exponential moving average of a price.

In:  one price per candle.
Out: the average, or None while warming up.
Next: `core/indicators/atr.py`.
"""

from typing import Final

from core.errors import ConfigError


class Ema:
    """Exponential moving average, seeded with the simple mean of the first `period` prices.

    Parameters
    ----------
    period
        Number of prices in the window, at least 1.

    Raises
    ------
    ConfigError
        If `period` is less than 1.

    Examples
    --------
    >>> ema = Ema(3)
    >>> [ema.update(price) for price in (1.0, 2.0, 3.0, 7.0)]
    [None, None, 2.0, 4.5]

    References
    ----------
    TA-Lib ``ta_EMA.c``, default compatibility: ``e + 2 / (period + 1) * (price - e)``.
    """

    __slots__ = ("_count", "_sum", "_weight", "value", "warm_up")

    def __init__(self, period: int) -> None:
        if period < 1:
            raise ConfigError(f"period {period} of an average is below 1")
        self.warm_up: Final = period
        self._weight: Final = 2.0 / (period + 1)
        self.value: float | None = None
        self._sum = 0.0
        self._count = 0

    def update(self, price: float) -> float | None:
        """Take one price in rupees; return the average, or None while warming up."""
        value = self.value
        if value is None:
            self._sum += price
            self._count += 1
            if self._count == self.warm_up:
                self.value = self._sum / self._count
        else:
            self.value = value + self._weight * (price - value)
        return self.value

    def reset(self) -> None:
        """Forget every price."""
        self.value = None
        self._sum = 0.0
        self._count = 0

    def __reduce__(self) -> tuple[object, ...]:
        # Said by hand because a compiled class has no dictionary to be pickled from.
        return (Ema, (self.warm_up,), (self.value, self._sum, self._count))

    def __setstate__(self, state: tuple[float | None, float, int]) -> None:
        self.value, self._sum, self._count = state
