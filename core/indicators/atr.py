"""Average true range: how far the price moves in one candle, the gap before it included.

In:  high, low and close of each candle.
Out: the average in rupees, or None while warming up.
Next: `core/signals.py`; a stop is a multiple of it.
"""

from typing import Final

from core.errors import ConfigError


class Atr:
    """Average true range by Wilder's smoothing.

    The first true range is high - low. The average is seeded with the mean of the first `period`
    true ranges, at the candle with index ``period - 1``; then ``((period - 1) * atr + range) /
    period``. It runs on over nights: a gap counts.

    Parameters
    ----------
    period
        Number of candles in the window, at least 1.

    Raises
    ------
    ConfigError
        If `period` is less than 1.

    Examples
    --------
    >>> atr = Atr(2)
    >>> candles = ((12.0, 10.0, 11.0), (15.0, 13.0, 14.0), (15.0, 14.0, 14.5))
    >>> [atr.update(*candle) for candle in candles]
    [None, 3.0, 2.0]

    References
    ----------
    J. Welles Wilder, New Concepts in Technical Trading Systems, 1978. TA-Lib leaves out the first
    range and so begins one candle later; TradingView's ``ta.atr`` is this one.
    """

    __slots__ = ("_close", "_count", "_sum", "value", "warm_up")

    def __init__(self, period: int) -> None:
        if period < 1:
            raise ConfigError(f"period {period} of an average true range is below 1")
        self.warm_up: Final = period
        self.value: float | None = None
        self._close: float | None = None
        self._sum = 0.0
        self._count = 0

    def update(self, high: float, low: float, close: float) -> float | None:
        """Take one candle; return the average in rupees, or None while warming up."""
        before = self._close
        reach = high - low
        if before is not None:
            reach = max(reach, high - before, before - low)
        self._close = close
        value = self.value
        if value is None:
            self._sum += reach
            self._count += 1
            if self._count == self.warm_up:
                self.value = self._sum / self._count
        else:
            self.value = ((self.warm_up - 1) * value + reach) / self.warm_up
        return self.value

    def reset(self) -> None:
        """Forget every candle."""
        self.value = None
        self._close = None
        self._sum = 0.0
        self._count = 0

    def __reduce__(self) -> tuple[object, ...]:
        # Said by hand because a compiled class has no dictionary to be pickled from.
        return (Atr, (self.warm_up,), (self.value, self._close, self._sum, self._count))

    def __setstate__(self, state: tuple[float | None, float | None, float, int]) -> None:
        self.value, self._close, self._sum, self._count = state
