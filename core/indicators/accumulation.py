"""Accumulation/distribution line: volume weighted by where in its range a candle closed.

In:  high, low, close and volume of each candle.
Out: the running sum, units of volume.
Next: `core/indicators/vwap.py`.
"""

from typing import Final


class AccumulationDistribution:
    """Accumulation/distribution line, summed from 0.

    Each candle adds ``((C - L) - (H - C)) / (H - L) * V``: all of its volume where it closed at
    its high, minus all at its low. A candle without a range adds nothing. Never reset by a
    session.

    Examples
    --------
    >>> line = AccumulationDistribution()
    >>> [line.update(*candle) for candle in ((12.0, 10.0, 12.0, 100), (11.0, 9.0, 9.5, 40))]
    [100.0, 80.0]

    References
    ----------
    Marc Chaikin; TradingView ``ta.accdist``, TA-Lib ``AD``.
    """

    __slots__ = ("value", "warm_up")

    def __init__(self) -> None:
        self.warm_up: Final = 1
        self.reset()

    def reset(self) -> None:
        """Forget every candle."""
        self.value: float | None = None

    def update(self, high: float, low: float, close: float, volume: int) -> float:
        """Take one candle; return the line in units of volume."""
        line = self.value
        if line is None:
            line = 0.0
        if high > low:
            line += ((close - low) - (high - close)) / (high - low) * volume
        self.value = line
        return line

    def __reduce__(self) -> tuple[object, ...]:
        return (AccumulationDistribution, (), (self.value,))

    def __setstate__(self, state: tuple[float | None]) -> None:
        (self.value,) = state
