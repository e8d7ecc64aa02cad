"""Arbitrage: an index future that is too dear or too cheap for its index.

In:  completed candles of one index and one future on it, the same interval; trades made of its
     signals.
Out: SHORT the future when its basis has risen above its band, LONG when it has fallen below;
     EXIT when it is back at its mean. Every entry has two legs.
Next: `core/risk.py`, which decides whether and how much.

By the cost of carry a future is worth ``index * exp(rate * time)``, so the basis
``ln(future / index)`` falls slowly and evenly towards expiry; what leaves the band of its own
recent mean is not carry. The mean follows the carry, so that neither rate nor expiry has to be
known. An index cannot be bought: the second leg is bought options at the money, puts against a
bought future, calls against a sold one, two lots to one, which at a delta of a half is as many
units. Both legs are entered or neither. The stop is a level of the future, for the case that
one leg does not protect the other. Textbook, without a claim of an edge: costs of two legs, and
the time value of the options, come before any profit. Strength is the distance from the mean
in hundredths of four band widths.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log
from typing import Final

from core.candle import Candle, InstrumentKey, Interval
from core.errors import ConfigError
from core.indicators.atr import Atr
from core.indicators.bollinger import Bands, Bollinger
from core.indicators.settling import wilder_settled
from core.instrument import OptionSide, Segment
from core.parameters import parameter
from core.signals import Direction, LegKind, LegRule, Side, Signal, SignalType
from core.strategy import StrategyConfig
from core.trade import Trade, TradeStatus

_FULL_STRENGTH: Final = 4.0
_BASIS_POINTS: Final = 10_000


@dataclass(frozen=True)
class ArbitrageParameters:
    """Periods in candles; the basis is in basis points of the index."""

    period: int = parameter(60, "Candles of the band", low=5, high=1000)
    width: float = parameter(3.0, "Standard deviations to the band", low=0.5, high=20.0)
    least_gap: float = parameter(3.0, "Least distance from the mean, bp", low=0.0, high=500.0)
    atr: int = parameter(14, "Candles of the average true range", low=1, high=200)
    stop_atr: float = parameter(6.0, "Stop, in average true ranges", low=0.1, high=50.0)
    hedge_ratio: int = parameter(2, "Option lots to one lot of the future", low=1, high=10)


class _Pair:
    """The last closes of both at one interval, and the band of the basis."""

    def __init__(self, parameters: ArbitrageParameters) -> None:
        self.band = Bollinger(parameters.period, parameters.width)
        self.atr = Atr(parameters.atr)
        self.index: Candle | None = None
        self.future: Candle | None = None
        self.figures: dict[str, float] = {}
        """Band, basis and average true range of the last instant at which both closed."""

    def basis(self) -> float | None:
        """Return ln(future / index) in basis points, None until both closed at one instant."""
        index, future = self.index, self.future
        if index is None or future is None or index.close_ns != future.close_ns:
            return None
        return _BASIS_POINTS * log(future.close / index.close)


class Arbitrage:
    """See the module.

    Parameters
    ----------
    parameters
        Checked already.
    """

    name = "arbitrage"
    Parameters = ArbitrageParameters
    compares_instruments = True

    def __init__(self, parameters: ArbitrageParameters) -> None:
        self.warm_up = max(parameters.period, parameters.atr) + 1  # The band is of those before.
        self.option_legs = tuple(
            leg
            for way in Direction
            for leg in legs_of(parameters, way)
            if leg.kind is LegKind.OPTION
        )
        self._settled = max(self.warm_up, wilder_settled(parameters.atr))
        self._parameters = parameters
        self._pairs: dict[Interval, _Pair] = {}
        self._future: InstrumentKey | None = None
        self._held: dict[str, Direction] = {}  # By trade id.

    def on_start(self, config: StrategyConfig) -> None:
        """Refuse a config that is not an index and its future.

        Raises
        ------
        ConfigError
            Saying how many of each there are.
        """
        indexes = sum(segment is Segment.IDX_I for segment, _ in config.instruments)
        futures = len(config.instruments) - indexes
        if (indexes, futures) != (1, 1):
            raise ConfigError(
                f"arbitrage is between one index and one future; the config has {indexes} "
                f"and {futures}"
            )

    on_config = on_start

    def warm_up_of(self, interval: Interval) -> int:  # noqa: ARG002 - the same of each.
        """Return how many candles make its averages independent of where they began."""
        return self._settled

    def indicators(self, instrument: InstrumentKey, interval: Interval) -> Mapping[str, float]:
        """Return band, basis and average true range where both have closed."""
        pair = self._pairs.get(interval)
        if pair is None or pair.future is None or instrument != self._future:
            return {}
        return {} if pair.basis() is None else pair.figures

    def on_trade(self, trade: Trade) -> None:
        """Remember what is held; of the two legs the future is the one that counts."""
        if trade.status is TradeStatus.CLOSED:
            self._held.pop(trade.id, None)
        elif trade.instrument == self._future:
            self._held[trade.id] = trade.direction

    def on_candle(self, candle: Candle) -> Signal | None:
        """Return a signal if the basis has left its band, or is back."""
        pair = self._pairs.get(candle.interval)
        if pair is None:
            pair = self._pairs[candle.interval] = _Pair(self._parameters)
        if candle.instrument[0] is Segment.IDX_I:
            pair.index = candle
        else:
            pair.future, self._future = candle, candle.instrument
            pair.atr.update(candle.high, candle.low, candle.close)
        basis = pair.basis()
        if basis is None or pair.future is None:
            return None
        bands = pair.band.value  # Of the candles before: a jump does not widen its own band.
        pair.band.update(basis)
        if bands is None:
            return None
        atr = pair.atr.value
        pair.figures = {**bands._asdict(), "basis": basis} | ({} if atr is None else {"atr": atr})
        if self._held:
            return self._exit(pair.future, basis, bands)
        return self._entry(pair.future, basis, bands, atr)

    def _entry(
        self, future: Candle, basis: float, bands: Bands, atr: float | None
    ) -> Signal | None:
        parameters, gap = self._parameters, basis - bands.middle
        outside = basis > bands.upper or basis < bands.lower
        if not atr or not outside or abs(gap) < parameters.least_gap:
            return None
        direction = Direction.SHORT if gap > 0 else Direction.LONG
        half = bands.upper - bands.middle
        return Signal(
            type=SignalType(direction.value),
            instrument=future.instrument,
            candle_close_ns=future.close_ns,
            price=future.close,
            stop=future.close - direction.sign * parameters.stop_atr * atr,
            target=None,
            strength=min(100, round(100 * abs(gap) / (_FULL_STRENGTH * half))) if half else 100,
            reason=f"basis {basis:.1f} bp is {gap:+.1f} from its mean, beyond its band",
            indicators={**bands._asdict(), "basis": basis, "atr": atr},
            legs=legs_of(self._parameters, direction),
        )

    def _exit(self, future: Candle, basis: float, bands: Bands) -> Signal | None:
        direction = next(iter(self._held.values()))
        if direction.sign * (basis - bands.middle) < 0:
            return None
        return Signal(
            type=SignalType.EXIT,
            instrument=future.instrument,
            candle_close_ns=future.close_ns,
            price=future.close,
            stop=None,
            target=None,
            strength=100,
            reason=f"basis {basis:.1f} bp is back at its mean, {bands.middle:.1f}",
            indicators={**bands._asdict(), "basis": basis},
        )


def legs_of(parameters: ArbitrageParameters, direction: Direction) -> tuple[LegRule, ...]:
    """Return the future and the options against it."""
    long = direction is Direction.LONG
    return (
        LegRule(LegKind.SAME, Side.BUY if long else Side.SELL),
        LegRule(
            LegKind.OPTION,
            Side.BUY,
            OptionSide.PUT if long else OptionSide.CALL,
            ratio=parameters.hedge_ratio,
        ),
    )
