"""PVA's five conditions, both sides, on every candle.

In:  completed candles of one instrument and interval, and the session's point of control.
Out: `Reading`: which conditions hold, and the numbers they were read from.
Next: `strategies/pva/exits.py`.

LONG, and SHORT as its exact mirror. Average volume is the SMA20 of the candle before, throughout.

C1  the close breaks the highest high of the 20 candles before, which the close before had not
    broken yet, on more than 150 % of average volume
C2  OBV diverged bullishly within the last 20 candles; its lead, which the resolved preset takes
    as well: OBV is above its own high of the 20 candles before
C3  the close is above the point of control, and of the candles among the last 20 that closed
    above that of their session the rising ones have more volume than the falling ones
C4  VROC(14) is above 200
C5  the close is above the session's VWAP and the volume above that of the candle before
"""

from collections import deque
from typing import Final, NamedTuple

from core.candle import Candle
from core.indicators.atr import Atr
from core.indicators.divergence import Divergence, ObvDivergence
from core.indicators.extremes import Extremes, PreviousExtremes
from core.indicators.obv import Obv
from core.indicators.sma import Sma
from core.indicators.vroc import Vroc
from core.indicators.vwap import Vwap
from core.session import ist_date

WINDOW: Final = 20
"""Candles that C2 and C3 look back, the current one included."""
_LONG_AGO: Final = 10**9
_NO_DIVERGENCE: Final = Divergence(bullish=False, bearish=False)


class Flags(NamedTuple):
    """The conditions of one side; `lead` is the other half of the resolved C2."""

    c1: bool
    c2: bool
    lead: bool
    c3: bool
    c4: bool
    c5: bool


class Reading(NamedTuple):
    """What a candle says.

    Attributes
    ----------
    average_volume
        SMA20 of the candle before, units.
    obv
        On-balance volume, units.
    confirmed
        The divergences confirmed on this very candle.
    """

    candle: Candle
    long: Flags
    short: Flags
    atr: float | None
    vroc: float | None
    vwap: float | None
    poc: float | None
    average_volume: float | None
    obv: int
    confirmed: Divergence

    def indicators(self) -> dict[str, float]:
        """Return the numbers that are known, by name."""
        numbers = {
            "atr": self.atr,
            "vroc": self.vroc,
            "vwap": self.vwap,
            "poc": self.poc,
            "average_volume": self.average_volume,
        }
        return {name: value for name, value in numbers.items() if value is not None}


class Conditions:
    """Follow the candles of one instrument and interval.

    Parameters
    ----------
    breakout_volume
        Of C1, in average volumes.
    entry_vroc
        Of C4, percent.
    """

    def __init__(self, breakout_volume: float, entry_vroc: float) -> None:
        self._breakout_volume: Final = breakout_volume
        self._entry_vroc: Final = entry_vroc
        self._atr = Atr(14)
        self._average = Sma(20)
        self._vroc = Vroc(14)
        self._vwap = Vwap()
        self._obv = Obv()
        self._levels = PreviousExtremes(20)
        self._obv_levels = PreviousExtremes(20)
        self._divergence = ObvDivergence()
        self._bullish_ago = _LONG_AGO
        self._bearish_ago = _LONG_AGO
        self._recent: deque[tuple[int, int]] = deque(maxlen=WINDOW)
        self._before: tuple[Candle, Extremes | None] | None = None

    def update(self, candle: Candle, poc: float | None) -> Reading:
        """Take one candle; return what holds on it.

        Parameters
        ----------
        poc
            Point of control of the sessions before the candle's, None while not known.
        """
        average = self._average.value  # Of the candle before.
        self._average.update(candle.volume)
        obv = self._obv.update(candle.close, candle.volume)
        obv_levels = self._obv_levels.update(obv, obv)
        levels = self._levels.update(candle.high, candle.low)
        confirmed = self._confirm(candle, obv)
        vroc = self._vroc.update(candle.volume)
        vwap = self._vwap.update(
            ist_date(candle.open_ns).toordinal(),
            candle.high,
            candle.low,
            candle.close,
            candle.volume,
        )
        atr = self._atr.update(candle.high, candle.low, candle.close)
        loud = average is not None and candle.volume > self._breakout_volume * average
        up, down = self._breaks(candle, levels)
        c3_long, c3_short = self._pressure(candle, poc)
        c4 = vroc is not None and vroc > self._entry_vroc
        growing = self._before is not None and candle.volume > self._before[0].volume
        above = vwap is not None and candle.close > vwap
        below = vwap is not None and candle.close < vwap
        self._before = (candle, levels)
        return Reading(
            candle,
            Flags(
                up and loud,
                self._bullish_ago < WINDOW,
                obv_levels is not None and obv > obv_levels.high,
                c3_long,
                c4,
                above and growing,
            ),
            Flags(
                down and loud,
                self._bearish_ago < WINDOW,
                obv_levels is not None and obv < obv_levels.low,
                c3_short,
                c4,
                below and growing,
            ),
            atr,
            vroc,
            vwap,
            poc,
            average,
            obv,
            confirmed,
        )

    def _confirm(self, candle: Candle, obv: int) -> Divergence:
        """Return what this candle confirms; count how long ago the last ones were."""
        found = self._divergence.update(candle.high, candle.low, obv) or _NO_DIVERGENCE
        self._bullish_ago = 0 if found.bullish else self._bullish_ago + 1
        self._bearish_ago = 0 if found.bearish else self._bearish_ago + 1
        return found

    def _breaks(self, candle: Candle, levels: Extremes | None) -> tuple[bool, bool]:
        """Return whether the close breaks out upwards, and downwards, for the first time."""
        if self._before is None or levels is None:
            return False, False
        before, levels_before = self._before
        if levels_before is None:
            return False, False
        return (
            candle.close > levels.high and before.close <= levels_before.high,
            candle.close < levels.low and before.close >= levels_before.low,
        )

    def _pressure(self, candle: Candle, poc: float | None) -> tuple[bool, bool]:
        """Return whether volume buys above the point of control, and sells below it."""
        way = (candle.close > candle.open) - (candle.close < candle.open)
        above = poc is not None and candle.close > poc
        below = poc is not None and candle.close < poc
        bought = way * candle.volume
        # Each candle is held against the point of control of its own session.
        self._recent.append((bought if above else 0, bought if below else 0))
        buying = sum(each for each, _ in self._recent)
        selling = sum(each for _, each in self._recent)
        return above and buying > 0, below and selling < 0
