"""Every indicator with how it is fed and the definition it has to equal.

In:  nothing.
Out: `CASES`, which the contract test walks; a new indicator is one more line.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from core.indicators.accumulation import AccumulationDistribution
from core.indicators.adx import Adx, Trend
from core.indicators.atr import Atr
from core.indicators.bollinger import Bands, Bollinger
from core.indicators.divergence import Divergence, ObvDivergence
from core.indicators.ema import Ema
from core.indicators.extremes import Extremes, PreviousExtremes
from core.indicators.indicator import Indicator
from core.indicators.obv import Obv
from core.indicators.pivots import Pivots, Turn
from core.indicators.rsi import Rsi
from core.indicators.sliding_maximum import SlidingMaximum
from core.indicators.sma import Sma
from core.indicators.value_area import profile_of
from core.indicators.volume_profile import VolumeProfile
from core.indicators.vroc import Vroc
from core.indicators.vwap import Vwap
from core.indicators.wilder import Wilder
from tests.core.indicators import definitions as by
from tests.core.indicators.series import Bar

FLAT = 100.0


class Case(NamedTuple):
    """One indicator under the contract.

    Attributes
    ----------
    make
        Makes a new one.
    arguments
        What `update` gets of a bar.
    definition
        Its value at the last of the bars, from all of them.
    flat
        Its value once every bar is FLAT in all prices with a volume of 100.
    tolerance
        Relative difference allowed; what is carried along rounds differently.
    """

    make: Callable[[], Indicator]
    arguments: Callable[[Bar], tuple[Any, ...]]
    definition: Callable[[Sequence[Bar]], Any]
    flat: Any
    tolerance: float = 1e-12


def prices(bar: Bar) -> tuple[Any, ...]:
    return bar.high, bar.low, bar.close


def closes(bar: Bar) -> tuple[Any, ...]:
    return (bar.close,)


def volumes(bar: Bar) -> tuple[Any, ...]:
    return (bar.volume,)


def levels(bar: Bar) -> tuple[Any, ...]:
    return bar.high, bar.low


def sessions(bar: Bar) -> tuple[Any, ...]:
    return bar.session, bar.high, bar.low, bar.close, bar.volume


FLAT_PROFILE = profile_of({100: 300.0}, 1.0)
CASES = {
    "ema9": Case(lambda: Ema(9), closes, lambda bars: by.ema(bars, 9), FLAT),
    "ema1": Case(lambda: Ema(1), closes, lambda bars: by.ema(bars, 1), FLAT),
    "wilder14": Case(lambda: Wilder(14), closes, lambda bars: by.wilder(bars, 14), FLAT),
    "atr14": Case(lambda: Atr(14), prices, lambda bars: by.atr(bars, 14), 0.0),
    "atr1": Case(lambda: Atr(1), prices, lambda bars: by.atr(bars, 1), 0.0),
    "volume sma20": Case(lambda: Sma(20), volumes, lambda bars: by.sma(bars, 20), 100.0),
    "volume sma50": Case(lambda: Sma(50), volumes, lambda bars: by.sma(bars, 50), 100.0),
    "price sma3": Case(lambda: Sma(3), closes, lambda bars: by.price_sma(bars, 3), FLAT),
    "vroc14": Case(lambda: Vroc(14), volumes, lambda bars: by.vroc(bars, 14), 0.0, 1e-9),
    "vroc1": Case(lambda: Vroc(1), volumes, lambda bars: by.vroc(bars, 1), 0.0, 1e-9),
    "obv": Case(Obv, lambda bar: (bar.close, bar.volume), by.obv, 0),
    "accumulation": Case(
        AccumulationDistribution, lambda bar: (*prices(bar), bar.volume), by.accumulation, 0.0, 1e-9
    ),
    "vwap": Case(Vwap, sessions, by.vwap, FLAT),
    "highest5": Case(
        lambda: SlidingMaximum(5), closes, lambda bars: by.sliding_maximum(bars, 5), FLAT
    ),
    "highest1": Case(
        lambda: SlidingMaximum(1), closes, lambda bars: by.sliding_maximum(bars, 1), FLAT
    ),
    "extremes20": Case(
        lambda: PreviousExtremes(20),
        levels,
        lambda bars: by.extremes(bars, 20),
        Extremes(FLAT, FLAT),
    ),
    "pivots5": Case(
        lambda: Pivots(5), levels, lambda bars: by.pivots(bars, 5), Turn(high=False, low=False)
    ),
    "pivots1": Case(
        lambda: Pivots(1), levels, lambda bars: by.pivots(bars, 1), Turn(high=False, low=False)
    ),
    "divergence": Case(
        ObvDivergence,
        lambda bar: (bar.high, bar.low, bar.obv),
        lambda bars: by.divergence(bars, 5, 5, 60),
        Divergence(bullish=False, bearish=False),
    ),
    "near divergence": Case(
        lambda: ObvDivergence(span=2, shortest=3, longest=9),
        lambda bar: (bar.high, bar.low, bar.obv),
        lambda bars: by.divergence(bars, 2, 3, 9),
        Divergence(bullish=False, bearish=False),
    ),
    "profile of 3": Case(
        lambda: VolumeProfile(1.0, sessions=3, fewest=2),
        lambda bar: (bar.number, *prices(bar), bar.volume),
        lambda bars: by.volume_profile(bars, 1.0, 3, 2),
        FLAT_PROFILE,
        1e-9,
    ),
    "rsi14": Case(lambda: Rsi(14), closes, lambda bars: by.rsi(bars, 14), None),
    "rsi2": Case(lambda: Rsi(2), closes, lambda bars: by.rsi(bars, 2), None),
    "bollinger20": Case(
        lambda: Bollinger(20, 2.0),
        closes,
        lambda bars: by.bollinger(bars, 20, 2.0),
        Bands(FLAT, FLAT, FLAT),
    ),
    "adx14": Case(lambda: Adx(14), prices, lambda bars: by.adx(bars, 14), Trend(0.0, 0.0, 0.0)),
    "adx3": Case(lambda: Adx(3), prices, lambda bars: by.adx(bars, 3), Trend(0.0, 0.0, 0.0)),
}
