"""Resistance and support: the extremes of the candles before the current one.

In:  high and low of each candle.
Out: highest high and lowest low of the previous `period` candles, or None while warming up.
Next: `core/indicators/pivots.py`, the other kind of level.
"""

from typing import Final, NamedTuple

from core.indicators.sliding_maximum import SlidingMaximum


class Extremes(NamedTuple):
    """Highest high (resistance) and lowest low (support)."""

    high: float
    low: float


class PreviousExtremes:
    """Highest high and lowest low of the `period` candles before the current one.

    The current candle is not part of them, so that it can break them. Given one series as both
    high and low (on-balance volume, say) it answers for that.

    Parameters
    ----------
    period
        Number of candles, at least 1.

    Raises
    ------
    ConfigError
        If `period` is less than 1.

    Examples
    --------
    >>> levels = PreviousExtremes(2)
    >>> [levels.update(*candle) for candle in ((12.0, 9.0), (11.0, 10.0), (15.0, 14.0))]
    [None, None, Extremes(high=12.0, low=9.0)]

    References
    ----------
    Richard Donchian's channel, one candle later.
    """

    __slots__ = ("_highest", "_period", "_upside_down", "value", "warm_up")

    def __init__(self, period: int = 20) -> None:
        self._highest = SlidingMaximum(period)
        self._upside_down = SlidingMaximum(period)
        self._period: Final = period
        self.warm_up: Final = period + 1
        self.value: Extremes | None = None

    def update(self, high: float, low: float) -> Extremes | None:
        """Take one candle; return the extremes before it, or None while warming up."""
        highest, upside_down = self._highest.value, self._upside_down.value
        if highest is not None and upside_down is not None:
            self.value = Extremes(highest, -upside_down)
        self._highest.update(high)
        self._upside_down.update(-low)
        return self.value

    def reset(self) -> None:
        """Forget every candle."""
        self._highest.reset()
        self._upside_down.reset()
        self.value = None

    def __reduce__(self) -> tuple[object, ...]:
        state = (self._highest, self._upside_down, self.value)
        return (PreviousExtremes, (self._period,), state)

    def __setstate__(self, state: tuple[SlidingMaximum, SlidingMaximum, Extremes | None]) -> None:
        self._highest, self._upside_down, self.value = state
