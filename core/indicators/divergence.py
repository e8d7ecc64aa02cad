"""Divergence of on-balance volume: the price makes a new extreme, the volume behind it does not.

In:  high and low of each candle, and on-balance volume at its close.
Out: whether a bullish or a bearish divergence is confirmed on this candle.
Next: `core/indicators/volume_profile.py`.
"""

from typing import Final, NamedTuple

from core.errors import ConfigError
from core.indicators.pivots import Pivots


class Divergence(NamedTuple):
    """Whether a bullish or a bearish divergence has just been confirmed."""

    bullish: bool
    bearish: bool


class _LastPivot:
    """Price and volume at the last pivot of one side, and how long ago it was."""

    __slots__ = ("_distance", "_longest", "_obv", "_price", "_shortest")

    def __init__(self, shortest: int, longest: int) -> None:
        self._shortest: Final = shortest
        self._longest: Final = longest
        self._price = 0.0
        self._obv = 0.0
        # Counted no further than is needed to know that it is too long ago, as at first.
        self._distance = longest + 1

    def grow_older(self) -> None:
        """Take notice of one candle."""
        if self._distance <= self._longest:
            self._distance += 1

    def diverges_from(self, price: float, obv: float) -> bool:
        """Remember a new low; return whether price made a lower and volume a higher one."""
        found = (
            self._shortest <= self._distance <= self._longest
            and price < self._price
            and obv > self._obv
        )
        self._price, self._obv, self._distance = price, obv, 0
        return found

    def __reduce__(self) -> tuple[object, ...]:
        state = (self._price, self._obv, self._distance)
        return (_LastPivot, (self._shortest, self._longest), state)

    def __setstate__(self, state: tuple[float, float, int]) -> None:
        self._price, self._obv, self._distance = state


class ObvDivergence:
    """Regular divergence between price and on-balance volume.

    Bullish: of two successive pivot lows `shortest` to `longest` candles apart the second is
    lower in price and higher in on-balance volume. Bearish is the mirror on pivot highs. Equal
    is no divergence. Confirmed with the second pivot, `span` candles after it.

    Parameters
    ----------
    span
        Candles on either side of a pivot, at least 1.
    shortest, longest
        How far apart the two pivots may be, in candles.

    Raises
    ------
    ConfigError
        If `span` is less than 1, or `shortest` above `longest`.

    Examples
    --------
    >>> divergence = ObvDivergence(span=1, shortest=1)
    >>> lows, volumes = (9.0, 8.0, 9.0, 7.0, 9.0), (0, -5, -3, -4, -3)
    >>> for low, obv in zip(lows, volumes, strict=True):
    ...     found = divergence.update(10.0, low, obv)
    >>> found
    Divergence(bullish=True, bearish=False)

    References
    ----------
    The settled definition of PVA's second condition; TradingView's built-in divergence
    indicators look for the same with the same pivots and distances.
    """

    __slots__ = (
        "_high",
        "_longest",
        "_low",
        "_obvs",
        "_pivots",
        "_place",
        "_shortest",
        "_span",
        "value",
        "warm_up",
    )

    def __init__(self, span: int = 5, shortest: int = 5, longest: int = 60) -> None:
        if shortest > longest:
            raise ConfigError(f"pivots {shortest} to {longest} candles apart: none can be")
        self._span: Final = span
        self._shortest: Final = shortest
        self._longest: Final = longest
        self.warm_up: Final = 2 * span + 1
        self.reset()

    def reset(self) -> None:
        """Forget every candle."""
        self.value: Divergence | None = None
        self._pivots = Pivots(self._span)
        self._low = _LastPivot(self._shortest, self._longest)
        self._high = _LastPivot(self._shortest, self._longest)
        self._obvs: list[float] = [0.0] * (self._span + 1)
        self._place = 0

    def update(self, high: float, low: float, obv: float) -> Divergence | None:
        """Take one candle; return what it confirms, or None while warming up."""
        obv_then = self._delayed(obv)
        turn = self._pivots.update(high, low)
        self._low.grow_older()
        self._high.grow_older()
        if turn is None:
            return None
        bullish = bearish = False
        low_level, high_level = self._pivots.low_level, self._pivots.high_level
        if turn.low and low_level is not None:
            bullish = self._low.diverges_from(low_level, obv_then)
        if turn.high and high_level is not None:
            bearish = self._high.diverges_from(-high_level, -obv_then)
        self.value = Divergence(bullish, bearish)
        return self.value

    def _delayed(self, obv: float) -> float:
        # What it was `span` candles ago, at the pivot if there is one.
        self._obvs[self._place] = obv
        self._place = self._place + 1 if self._place < self._span else 0
        return self._obvs[self._place]

    def __reduce__(self) -> tuple[object, ...]:
        state = (self.value, self._pivots, self._low, self._high, self._obvs, self._place)
        return (ObvDivergence, (self._span, self._shortest, self._longest), state)

    def __setstate__(
        self,
        state: tuple[Divergence | None, Pivots, _LastPivot, _LastPivot, list[float], int],
    ) -> None:
        self.value, self._pivots, self._low, self._high, self._obvs, self._place = state
