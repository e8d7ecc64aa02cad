"""Candles, trades and series that the tests of the strategies share."""

import random
from decimal import Decimal

from core.candle import Candle, Interval
from core.instrument import Instrument
from core.order import Owner, side_of
from core.session import NS_PER_MINUTE
from core.signals import Direction, Signal
from core.strategy import Strategy
from core.trade import Trade, TradeStatus
from tests.core.market import RELIANCE, at


def a_candle(number: int, close: float, instrument: Instrument = RELIANCE) -> Candle:
    """Return the candle of minute `number` of the day."""
    start = at("09:15") + number * NS_PER_MINUTE
    return Candle(
        instrument.key, Interval.M1, start, start + NS_PER_MINUTE, close, close + 1.5, close - 1,
        close, 100,
    )  # fmt: skip


def a_series(count: int, seed: int = 3, instrument: Instrument = RELIANCE) -> list[Candle]:
    """Return a random walk."""
    random_numbers = random.Random(seed)
    close, candles = 1_500.0, []
    for number in range(count):
        close = round(close + random_numbers.gauss(0, 3), 1)
        candles.append(a_candle(number, close, instrument))
    return candles


def said(strategy: Strategy, candles: list[Candle]) -> list[Signal | None]:
    """Return what a strategy says to each candle."""
    return [strategy.on_candle(candle) for candle in candles]


def a_trade(signal: Signal, *, closed: bool = False, instrument: Instrument | None = None) -> Trade:
    """Return the trade made of a signal, in its own instrument unless another is given."""
    direction = Direction(signal.type.value)
    return Trade(
        "trade", Owner("c", "s", "u", "p"), "signal", "digest",
        signal.instrument if instrument is None else instrument.key, "SYMBOL", direction,
        side_of(direction, entering=True), 75, 75, signal.candle_close_ns + 1,
        Decimal(str(signal.price)), signal.stop, signal.target, Decimal(20),
        TradeStatus.CLOSED if closed else TradeStatus.OPEN,
    )  # fmt: skip
