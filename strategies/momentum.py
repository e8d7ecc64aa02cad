"""Momentum: with the trend when a fast average crosses a slow one, a multiple of ATR as stop.

In:  completed candles of any instrument with prices, oldest first.
Out: LONG when the fast average crosses above the slow one, SHORT when below; nothing otherwise.
Next: `core/risk.py`, which decides whether and how much.

The textbook rule, without a claim of an edge; the file to copy for a new strategy. Averages are
exponential on closes. The stop lies `stop_atr` average true ranges from the close, the target
`reward_risk` times as far on the other side. Strength is the distance between the averages in
hundredths of an ATR, at most 100. With `least_trend` above 0 a cross counts only where the
average directional index is at least that: 20 to 25 is usual; 0 lets every cross through.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from core.candle import Candle, InstrumentKey, Interval
from core.errors import ConfigError
from core.indicators.adx import Adx
from core.indicators.atr import Atr
from core.indicators.ema import Ema
from core.indicators.settling import ema_settled, wilder_settled
from core.parameters import parameter
from core.signals import Signal, SignalType


@dataclass(frozen=True)
class MomentumParameters:
    """Periods in candles, with fast < slow.

    Raises
    ------
    ConfigError
        If `fast` is not below `slow`.
    """

    fast: int = parameter(9, "Candles of the fast average", low=1, high=400)
    slow: int = parameter(21, "Candles of the slow average", low=2, high=500)
    atr: int = parameter(14, "Candles of the average true range", low=1, high=200)
    stop_atr: float = parameter(1.5, "Stop, in average true ranges", low=0.1, high=20.0)
    reward_risk: float = parameter(2.0, "Target, in distances to the stop", low=0.5, high=20.0)

    adx: int = parameter(14, "Candles of the directional index", low=1, high=200)
    least_trend: float = parameter(0.0, "Least directional index, 0: any", low=0.0, high=100.0)

    def __post_init__(self) -> None:
        if self.fast >= self.slow:
            raise ConfigError(f"fast ({self.fast}) must be below slow ({self.slow})")


class _Averages:
    """What is remembered of one instrument and interval."""

    def __init__(self, parameters: MomentumParameters) -> None:
        self.fast = Ema(parameters.fast)
        self.slow = Ema(parameters.slow)
        self.atr = Atr(parameters.atr)
        self.adx = Adx(parameters.adx)
        self.above: bool | None = None  # Whether fast was above slow when they last differed.

    def figures(self) -> dict[str, float]:
        named = {"fast": self.fast.value, "slow": self.slow.value, "atr": self.atr.value}
        return {name: value for name, value in named.items() if value is not None}


class Momentum:
    """See the module.

    Parameters
    ----------
    parameters
        Checked already.
    """

    name = "momentum"
    Parameters = MomentumParameters

    def __init__(self, parameters: MomentumParameters) -> None:
        trend = 2 * parameters.adx if parameters.least_trend > 0 else 0
        self.warm_up = max(parameters.slow + 1, parameters.atr + 1, trend)  # + 1 to see a cross.
        self._settled = max(
            ema_settled(parameters.slow),
            wilder_settled(parameters.atr),
            2 * wilder_settled(parameters.adx) if parameters.least_trend > 0 else 0,
        )
        self._parameters = parameters
        self._series: dict[tuple[InstrumentKey, Interval], _Averages] = {}

    def warm_up_of(self, interval: Interval) -> int:  # noqa: ARG002 - the same of each.
        """Return how many candles make its averages independent of where they began."""
        return self._settled

    def indicators(self, instrument: InstrumentKey, interval: Interval) -> Mapping[str, float]:
        """Return the averages after the last candle."""
        averages = self._series.get((instrument, interval))
        return {} if averages is None else averages.figures()

    def on_candle(self, candle: Candle) -> Signal | None:
        """Return a signal if the averages have crossed on this candle."""
        place = (candle.instrument, candle.interval)
        averages = self._series.get(place)
        if averages is None:
            averages = self._series[place] = _Averages(self._parameters)
        fast = averages.fast.update(candle.close)
        slow = averages.slow.update(candle.close)
        atr = averages.atr.update(candle.high, candle.low, candle.close)
        trend = averages.adx.update(candle.high, candle.low, candle.close)
        if fast is None or slow is None or atr is None or fast == slow:
            return None
        was_above, averages.above = averages.above, fast > slow
        if was_above is None or was_above is averages.above or atr == 0:
            return None
        least = self._parameters.least_trend
        if least > 0 and (trend is None or trend.adx < least):
            return None
        return self._signal(candle, fast, slow, atr)

    def _signal(self, candle: Candle, fast: float, slow: float, atr: float) -> Signal:
        way, word = (1, "above") if fast > slow else (-1, "below")
        risk = self._parameters.stop_atr * atr
        return Signal(
            type=SignalType.LONG if way > 0 else SignalType.SHORT,
            instrument=candle.instrument,
            candle_close_ns=candle.close_ns,
            price=candle.close,
            stop=candle.close - way * risk,
            target=candle.close + way * self._parameters.reward_risk * risk,
            strength=min(100, round(100 * abs(fast - slow) / atr)),
            reason=f"fast average {fast:.2f} crossed {word} slow {slow:.2f}",
            indicators={"fast": fast, "slow": slow, "atr": atr},
        )
