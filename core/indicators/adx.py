"""Average directional index: how strong a trend is, whichever way it goes.

In:  high, low and close of each candle.
Out: the index and the two directional indicators, or None while warming up.
Next: `core/signals.py`; momentum takes signals only in a trend.
"""

from typing import Final, NamedTuple

from core.indicators.wilder import Wilder


class Trend(NamedTuple):
    """Strength of the trend, and of the movement upwards and downwards, each 0 to 100."""

    adx: float
    plus: float
    minus: float


class Adx:
    """Average directional index.

    Movement upwards is what the high rose by where that is more than the low fell by, and the
    other way round. Both and the true range are averaged by Wilder's smoothing; a directional
    indicator is 100 times movement over range, the index the average of ``100 * abs(plus -
    minus) / (plus + minus)``. Where nothing moves all three are 0.

    Parameters
    ----------
    period
        Candles in each of the two averages, at least 1.

    Raises
    ------
    ConfigError
        If `period` is less than 1.

    Examples
    --------
    >>> adx = Adx(1)
    >>> adx.update(12.0, 10.0, 11.0), adx.update(14.0, 11.0, 12.0)
    (None, Trend(adx=100.0, plus=66.66666666666667, minus=0.0))

    References
    ----------
    J. Welles Wilder, New Concepts in Technical Trading Systems, 1978; TradingView ``ta.dmi``:
    every average is seeded with the mean of its first `period` values. TA-Lib seeds movement
    and range with one value fewer, pandas-ta with the first value; all come together later.
    """

    __slots__ = (
        "_close",
        "_high",
        "_low",
        "_minus",
        "_period",
        "_plus",
        "_range",
        "_strength",
        "value",
        "warm_up",
    )

    def __init__(self, period: int = 14) -> None:
        self._period: Final = period
        self.warm_up: Final = 2 * period
        self.reset()

    def reset(self) -> None:
        """Forget every candle."""
        self.value: Trend | None = None
        self._close: float | None = None
        self._high = 0.0
        self._low = 0.0
        self._range = Wilder(self._period)
        self._plus = Wilder(self._period)
        self._minus = Wilder(self._period)
        self._strength = Wilder(self._period)

    def update(self, high: float, low: float, close: float) -> Trend | None:
        """Take one candle; return the trend, or None while warming up."""
        close_before, high_before, low_before = self._close, self._high, self._low
        self._high, self._low, self._close = high, low, close
        if close_before is None:
            return None
        up, down = high - high_before, low_before - low
        reach = max(high, close_before) - min(low, close_before)
        average = self._range.update(reach)
        plus = self._plus.update(up if up > down and up > 0 else 0.0)
        minus = self._minus.update(down if down > up and down > 0 else 0.0)
        if average is None or plus is None or minus is None:
            return None
        return self._judge(average, plus, minus)

    def _judge(self, average: float, plus: float, minus: float) -> Trend | None:
        both = plus + minus
        index = self._strength.update(100 * abs(plus - minus) / both if both > 0 else 0.0)
        if index is None:
            return None
        if average > 0:
            self.value = Trend(index, 100 * plus / average, 100 * minus / average)
        else:
            self.value = Trend(index, 0.0, 0.0)
        return self.value

    def __reduce__(self) -> tuple[object, ...]:
        averages = (self._range, self._plus, self._minus, self._strength)
        return (Adx, (self._period,), (self.value, self._close, self._high, self._low, averages))

    def __setstate__(
        self,
        state: tuple[
            Trend | None, float | None, float, float, tuple[Wilder, Wilder, Wilder, Wilder]
        ],
    ) -> None:
        self.value, self._close, self._high, self._low, averages = state
        self._range, self._plus, self._minus, self._strength = averages
