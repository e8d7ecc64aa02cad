"""On-balance volume: volume that came with rising prices less volume with falling ones.

In:  close and volume of each candle.
Out: the running balance, units of volume.
Next: `core/indicators/divergence.py`, which compares it with the price.
"""

from typing import Final


class Obv:
    """On-balance volume.

    0 at the first candle, then plus the volume where the close rose, minus where it fell; an
    unchanged close adds nothing. Sessions do not reset it. An exact integer.

    Examples
    --------
    >>> obv = Obv()
    >>> [obv.update(*candle) for candle in ((10.0, 100), (11.0, 30), (11.0, 50), (10.5, 20))]
    [0, 30, 30, 10]

    References
    ----------
    Joseph Granville, 1963; TradingView ``ta.obv``. TA-Lib begins with the first volume.
    """

    __slots__ = ("_close", "value", "warm_up")

    def __init__(self) -> None:
        self.warm_up: Final = 1
        self.reset()

    def reset(self) -> None:
        """Forget every candle."""
        self.value: int | None = None
        self._close: float | None = None

    def update(self, close: float, volume: int) -> int:
        """Take one candle; return the balance in units of volume."""
        before, balance = self._close, self.value
        self._close = close
        if before is None or balance is None:
            balance = 0
        elif close > before:
            balance += volume
        elif close < before:
            balance -= volume
        self.value = balance
        return balance

    def __reduce__(self) -> tuple[object, ...]:
        return (Obv, (), (self.value, self._close))

    def __setstate__(self, state: tuple[int | None, float | None]) -> None:
        self.value, self._close = state
