"""Pivots: highs and lows that stand out from the candles around them.

In:  high and low of each candle.
Out: whether the candle `span` ago was a pivot; the last pivots' prices.
Next: `core/indicators/divergence.py`.
"""

from typing import Final, NamedTuple

from core.errors import ConfigError
from core.indicators.sliding_maximum import SlidingMaximum


class Turn(NamedTuple):
    """Whether the candle `span` ago turns out to be a pivot high, a pivot low, both or neither."""

    high: bool
    low: bool


# Every candle has one of these four, so they are made once.
_TURNS: Final = (
    (Turn(False, False), Turn(False, True)),
    (Turn(True, False), Turn(True, True)),
)
_NO_PEAK: Final = -1


class _Peaks:
    """Finds peaks of one series: at least the `span` before, above the `span` after.

    There is never more than one candidate: a value that reaches those before it has put an end
    to every candidate among them.
    """

    __slots__ = ("_age", "_candidate", "_span", "_window", "level")

    def __init__(self, span: int) -> None:
        self._span: Final = span
        self._window = SlidingMaximum(span)
        self._candidate = 0.0
        self._age = _NO_PEAK  # Values since the candidate.
        self.level: float | None = None  # The last peak.

    def update(self, value: float) -> bool:
        """Take one value; return whether the one `span` ago is a peak."""
        before = self._window.value
        self._window.update(value)
        if before is not None and value >= before:
            self._candidate, self._age = value, 0
            return False
        if self._age == _NO_PEAK:
            return False
        # It is below the candidate, which is the highest of those before it.
        self._age += 1
        if self._age < self._span:
            return False
        self._age = _NO_PEAK
        self.level = self._candidate
        return True

    def __reduce__(self) -> tuple[object, ...]:
        state = (self._window, self._candidate, self._age, self.level)
        return (_Peaks, (self._span,), state)

    def __setstate__(self, state: tuple[SlidingMaximum, float, int, float | None]) -> None:
        self._window, self._candidate, self._age, self.level = state


class Pivots:
    """Pivot highs and lows.

    A low is a pivot if it is at most the `span` lows before it and below the `span` after it; a
    high mirrored. It is known `span` candles later.

    Parameters
    ----------
    span
        Candles on either side, at least 1.

    Raises
    ------
    ConfigError
        If `span` is less than 1.

    Examples
    --------
    >>> pivots = Pivots(1)
    >>> [pivots.update(*candle) for candle in ((12.0, 10.0), (13.0, 9.0), (12.5, 9.5))]
    [None, None, Turn(high=True, low=True)]
    >>> pivots.high_level, pivots.low_level
    (13.0, 9.0)

    References
    ----------
    TradingView ``ta.pivothigh`` and ``ta.pivotlow``.
    """

    __slots__ = ("_highs", "_seen", "_span", "_upside_down", "value", "warm_up")

    def __init__(self, span: int = 5) -> None:
        if span < 1:
            raise ConfigError(f"span {span} of a pivot is below 1")
        self._span: Final = span
        self.warm_up: Final = 2 * span + 1
        self.reset()

    def reset(self) -> None:
        """Forget every candle."""
        self.value: Turn | None = None
        self._highs = _Peaks(self._span)
        self._upside_down = _Peaks(self._span)
        self._seen = 0  # Candles, as far as the warm-up.

    @property
    def high_level(self) -> float | None:
        """Price of the last pivot high known, rupees."""
        return self._highs.level

    @property
    def low_level(self) -> float | None:
        """Price of the last pivot low known, rupees."""
        level = self._upside_down.level
        return None if level is None else -level

    def update(self, high: float, low: float) -> Turn | None:
        """Take one candle; return what the one `span` ago is, or None while warming up."""
        is_high = self._highs.update(high)
        is_low = self._upside_down.update(-low)
        if self._seen < self.warm_up:
            self._seen += 1
        if self._seen == self.warm_up:
            self.value = _TURNS[is_high][is_low]
        return self.value

    def __reduce__(self) -> tuple[object, ...]:
        state = (self.value, self._highs, self._upside_down, self._seen)
        return (Pivots, (self._span,), state)

    def __setstate__(self, state: tuple[Turn | None, _Peaks, _Peaks, int]) -> None:
        self.value, self._highs, self._upside_down, self._seen = state
