"""Volume rate of change: this candle's volume against that of `period` candles ago.

In:  volume of each candle.
Out: the change in percent, or None.
Next: `core/indicators/obv.py`.
"""

from typing import Final

from core.errors import ConfigError


class Vroc:
    """Volume rate of change, ``100 * (V[t] - V[t - period]) / V[t - period]``.

    A change: 200 means three times the volume. None while warming up, and also where the volume
    to compare with is 0; a condition on None is false.

    Parameters
    ----------
    period
        How many candles back, at least 1.

    Raises
    ------
    ConfigError
        If `period` is less than 1.

    Examples
    --------
    >>> vroc = Vroc(2)
    >>> [vroc.update(volume) for volume in (100, 0, 300, 50)]
    [None, None, 200.0, None]

    References
    ----------
    TradingView ``ta.roc(volume, period)``. TA-Lib says 0 where we say None.
    """

    __slots__ = ("_period", "_place", "_window", "value", "warm_up")

    def __init__(self, period: int = 14) -> None:
        if period < 1:
            raise ConfigError(f"period {period} of a volume rate of change is below 1")
        self._period: Final = period
        self.warm_up: Final = period + 1
        self.reset()

    def reset(self) -> None:
        """Forget every candle."""
        self.value: float | None = None
        self._window: list[int] = [0] * self._period
        self._place = 0

    def update(self, volume: int) -> float | None:
        """Take one volume; return the change in percent, or None."""
        place = self._place
        before = self._window[place]
        self._window[place] = volume
        # 0 also stands in places never filled: nothing to compare with, either way.
        self.value = 100 * (volume - before) / before if before else None
        self._place = place + 1 if place + 1 < self._period else 0
        return self.value

    def __reduce__(self) -> tuple[object, ...]:
        return (Vroc, (self._period,), (self.value, self._window, self._place))

    def __setstate__(self, state: tuple[float | None, list[int], int]) -> None:
        self.value, self._window, self._place = state
