"""Relative strength index: how much of the movement was upwards.

In:  one price per candle.
Out: 0 to 100, or None.
Next: `core/indicators/bollinger.py`.
"""

from typing import Final

from core.indicators.wilder import Wilder


class Rsi:
    """Relative strength index, ``100 * gains / (gains + losses)``.

    Gains and losses are averages by Wilder's smoothing, seeded with the mean of the first
    `period` changes. None while warming up, and for as long as no price has changed at all.

    Parameters
    ----------
    period
        Number of changes in the window, at least 1.

    Raises
    ------
    ConfigError
        If `period` is less than 1.

    Examples
    --------
    >>> rsi = Rsi(2)
    >>> [rsi.update(price) for price in (10.0, 13.0, 12.0, 12.0)]
    [None, None, 75.0, 75.0]

    References
    ----------
    J. Welles Wilder, New Concepts in Technical Trading Systems, 1978; TradingView ``ta.rsi``,
    TA-Lib ``RSI``. pandas-ta without TA-Lib seeds with the first change, so that its values
    come close only after some `period` times 20 candles.
    """

    __slots__ = ("_gains", "_losses", "_period", "_price", "value", "warm_up")

    def __init__(self, period: int = 14) -> None:
        self._period: Final = period
        self.warm_up: Final = period + 1
        self._gains = Wilder(period)
        self._losses = Wilder(period)
        self._price: float | None = None
        self.value: float | None = None

    def update(self, price: float) -> float | None:
        """Take one price; return the index from 0 to 100, or None."""
        before, self._price = self._price, price
        if before is None:
            return None
        change = price - before
        gains = self._gains.update(max(change, 0.0))
        losses = self._losses.update(max(-change, 0.0))
        if gains is not None and losses is not None and gains + losses > 0:
            self.value = 100 * gains / (gains + losses)
        return self.value

    def reset(self) -> None:
        """Forget every price."""
        self._gains.reset()
        self._losses.reset()
        self._price = self.value = None

    def __reduce__(self) -> tuple[object, ...]:
        return (Rsi, (self._period,), (self._gains, self._losses, self._price, self.value))

    def __setstate__(self, state: tuple[Wilder, Wilder, float | None, float | None]) -> None:
        self._gains, self._losses, self._price, self.value = state
