"""Bollinger bands: a simple average and a number of standard deviations on either side.

In:  one price per candle.
Out: lower, middle and upper band in rupees, or None while warming up.
Next: `core/indicators/adx.py`.
"""

from math import fsum, nan, sqrt
from typing import Final, NamedTuple

from core.errors import ConfigError


class Bands(NamedTuple):
    """The bands, rupees."""

    lower: float
    middle: float
    upper: float


class Bollinger:
    """Bollinger bands around the simple moving average.

    The deviation is that of the population (divided by `period`, not by one less).

    Parameters
    ----------
    period
        Number of prices in the window, at least 1.
    width
        Standard deviations from the middle to a band.

    Raises
    ------
    ConfigError
        If `period` is less than 1 or `width` is negative.

    Examples
    --------
    >>> bands = Bollinger(2, width=2.0)
    >>> [bands.update(price) for price in (10.0, 12.0)]
    [None, Bands(lower=9.0, middle=11.0, upper=13.0)]

    Notes
    -----
    Mean and sum of squared deviations are carried along (Welford, for a sliding window) and
    made anew each time the window has been filled, so that rounding errors never pile up. A
    window of equal prices is recognised as such, not left to cancellation.

    References
    ----------
    John Bollinger, Bollinger on Bollinger Bands, 2001; TradingView ``ta.bb``, TA-Lib ``BBANDS``.
    """

    __slots__ = (
        "_equal",
        "_is_full",
        "_mean",
        "_place",
        "_price",
        "_squares",
        "_width",
        "_window",
        "value",
        "warm_up",
    )

    def __init__(self, period: int = 20, width: float = 2.0) -> None:
        if period < 1:
            raise ConfigError(f"period {period} of Bollinger bands is below 1")
        if width < 0:
            raise ConfigError(f"width {width} of Bollinger bands is below 0")
        self._width: Final = width
        self.warm_up: Final = period
        self.reset()

    def reset(self) -> None:
        """Forget every price."""
        self.value: Bands | None = None
        self._window: list[float] = [0.0] * self.warm_up
        self._place = 0
        self._is_full = False
        self._mean = 0.0
        self._squares = 0.0  # Sum of squared deviations from the mean.
        self._price = nan
        self._equal = 0  # How many of the last prices are the same, up to all.

    def update(self, price: float) -> Bands | None:
        """Take one price; return the bands in rupees, or None while warming up."""
        self._equal = min(self._equal + 1, self.warm_up) if price == self._price else 1
        self._price = price
        self._slide(price)
        if not self._is_full:
            return None
        if self._equal == self.warm_up:
            self.value = Bands(price, price, price)
        else:
            reach = self._width * sqrt(max(self._squares, 0.0) / self.warm_up)
            self.value = Bands(self._mean - reach, self._mean, self._mean + reach)
        return self.value

    def _slide(self, price: float) -> None:
        window, place, period = self._window, self._place, self.warm_up
        oldest, mean_before = window[place], self._mean
        window[place] = price
        self._place = place + 1
        if self._place == period:
            self._place = 0
            self._is_full = True
            self._mean = fsum(window) / period
            self._squares = fsum([(each - self._mean) ** 2 for each in window])
        elif self._is_full:
            self._mean += (price - oldest) / period
            self._squares += (price - oldest) * (price - self._mean + oldest - mean_before)

    def __reduce__(self) -> tuple[object, ...]:
        state = (
            self.value,
            self._window,
            self._place,
            self._is_full,
            self._mean,
            self._squares,
            self._price,
            self._equal,
        )
        return (Bollinger, (self.warm_up, self._width), state)

    def __setstate__(
        self, state: tuple[Bands | None, list[float], int, bool, float, float, float, int]
    ) -> None:
        (
            self.value,
            self._window,
            self._place,
            self._is_full,
            self._mean,
            self._squares,
            self._price,
            self._equal,
        ) = state
