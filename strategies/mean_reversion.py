"""Mean reversion: against a move that went too far, back to the middle.

In:  completed candles of any instrument with prices, oldest first; trades made of its signals.
Out: LONG when the close touches the lower Bollinger band and RSI(2) says oversold, SHORT at the
     upper one and overbought; EXIT when a close has come back to the middle band.
Next: `core/risk.py`, which decides whether and how much.

The textbook rule, without a claim of an edge. There is no target, the middle band moves: the
reward:risk rule does not apply. The stop lies `stop_atr` average true ranges from the close.
With several intervals each may enter, and the first whose middle is reached leaves. Strength is
how far RSI is beyond its threshold, in percent of how far it can be.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from core.candle import Candle, InstrumentKey, Interval
from core.errors import ConfigError
from core.indicators.atr import Atr
from core.indicators.bollinger import Bands, Bollinger
from core.indicators.rsi import Rsi
from core.indicators.settling import wilder_settled
from core.parameters import parameter
from core.signals import Direction, Signal, SignalType
from core.trade import Trade, TradeStatus


@dataclass(frozen=True)
class MeanReversionParameters:
    """Periods in candles.

    Raises
    ------
    ConfigError
        If `oversold` is not below `overbought`.
    """

    period: int = parameter(20, "Candles of the bands", low=2, high=400)
    width: float = parameter(2.0, "Standard deviations to a band", low=0.1, high=10.0)
    rsi: int = parameter(2, "Candles of the RSI", low=1, high=100)
    oversold: float = parameter(10.0, "RSI below which to buy", low=0.5, high=99.0)
    overbought: float = parameter(90.0, "RSI above which to sell", low=1.0, high=99.5)
    atr: int = parameter(14, "Candles of the average true range", low=1, high=200)
    stop_atr: float = parameter(2.0, "Stop, in average true ranges", low=0.1, high=20.0)

    def __post_init__(self) -> None:
        if self.oversold >= self.overbought:
            raise ConfigError(
                f"oversold ({self.oversold:g}) must be below overbought ({self.overbought:g})"
            )


class _Series:
    """What is remembered of one instrument and interval."""

    def __init__(self, parameters: MeanReversionParameters) -> None:
        self.bands = Bollinger(parameters.period, parameters.width)
        self.rsi = Rsi(parameters.rsi)
        self.atr = Atr(parameters.atr)

    def figures(self) -> dict[str, float]:
        bands = self.bands.value
        named = {"rsi": self.rsi.value, "atr": self.atr.value}
        known = {name: value for name, value in named.items() if value is not None}
        return known if bands is None else {**bands._asdict(), **known}


class MeanReversion:
    """See the module.

    Parameters
    ----------
    parameters
        Checked already.
    """

    name = "mean_reversion"
    Parameters = MeanReversionParameters

    def __init__(self, parameters: MeanReversionParameters) -> None:
        self.warm_up = max(parameters.period, parameters.rsi + 1, parameters.atr)
        self._settled = max(
            self.warm_up, wilder_settled(parameters.rsi), wilder_settled(parameters.atr)
        )
        self._parameters = parameters
        self._series: dict[tuple[InstrumentKey, Interval], _Series] = {}
        self._held: dict[str, tuple[InstrumentKey, Direction]] = {}  # By trade id.

    def warm_up_of(self, interval: Interval) -> int:  # noqa: ARG002 - the same of each.
        """Return how many candles make its averages independent of where they began."""
        return self._settled

    def indicators(self, instrument: InstrumentKey, interval: Interval) -> Mapping[str, float]:
        """Return bands, RSI and average true range after the last candle."""
        series = self._series.get((instrument, interval))
        return {} if series is None else series.figures()

    def on_trade(self, trade: Trade) -> None:
        """Remember what is held, so as to know when it has come back to the middle."""
        if trade.status is TradeStatus.CLOSED:
            self._held.pop(trade.id, None)
        else:
            self._held[trade.id] = (trade.instrument, trade.direction)

    def on_candle(self, candle: Candle) -> Signal | None:
        """Return a signal if the price has gone too far, or has come back."""
        place = (candle.instrument, candle.interval)
        series = self._series.get(place)
        if series is None:
            series = self._series[place] = _Series(self._parameters)
        bands = series.bands.update(candle.close)
        rsi = series.rsi.update(candle.close)
        atr = series.atr.update(candle.high, candle.low, candle.close)
        if bands is None or rsi is None or not atr:
            return None
        for instrument, direction in self._held.values():
            if instrument == candle.instrument:
                return _exit(candle, direction, bands)
        return self._entry(candle, bands, rsi, atr)

    def _entry(self, candle: Candle, bands: Bands, rsi: float, atr: float) -> Signal | None:
        parameters = self._parameters
        if candle.close <= bands.lower and rsi < parameters.oversold:
            direction, beyond = Direction.LONG, 1 - rsi / parameters.oversold
        elif candle.close >= bands.upper and rsi > parameters.overbought:
            direction = Direction.SHORT
            beyond = (rsi - parameters.overbought) / (100 - parameters.overbought)
        else:
            return None
        band = bands.lower if direction is Direction.LONG else bands.upper
        return Signal(
            type=SignalType(direction.value),
            instrument=candle.instrument,
            candle_close_ns=candle.close_ns,
            price=candle.close,
            stop=candle.close - direction.sign * parameters.stop_atr * atr,
            target=None,
            strength=round(100 * beyond),
            reason=f"close {candle.close:.2f} touched the band at {band:.2f}, RSI {rsi:.0f}",
            indicators={**bands._asdict(), "rsi": rsi, "atr": atr},
        )


def _exit(candle: Candle, direction: Direction, bands: Bands) -> Signal | None:
    if direction.sign * (candle.close - bands.middle) < 0:
        return None
    return Signal(
        type=SignalType.EXIT,
        instrument=candle.instrument,
        candle_close_ns=candle.close_ns,
        price=candle.close,
        stop=None,
        target=None,
        strength=100,
        reason=f"close {candle.close:.2f} is back at the middle band, {bands.middle:.2f}",
        indicators=bands._asdict(),
    )
