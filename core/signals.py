"""What a strategy wants, with its reasons: a signal. Not an order.

In:  a strategy's rules, on a completed candle.
Out: `Signal`; whether it becomes an order is decided by `core/risk.py`.
Next: `core/strategy.py`.
"""

from collections.abc import Mapping
from enum import StrEnum
from math import isfinite
from typing import NamedTuple

from core.candle import InstrumentKey
from core.errors import DataError


class SignalType(StrEnum):
    """What the strategy wants."""

    LONG = "LONG"
    SHORT = "SHORT"
    EXIT = "EXIT"


class Direction(StrEnum):
    """Which way a view, and the trade made of it, looks."""

    LONG = "LONG"
    SHORT = "SHORT"

    @property
    def opposite(self) -> "Direction":
        """The other way."""
        return Direction.SHORT if self is Direction.LONG else Direction.LONG

    @property
    def sign(self) -> int:
        """1 for long, -1 for short: profit is sign x (exit - entry)."""
        return 1 if self is Direction.LONG else -1


class Signal(NamedTuple):
    """One wish of a strategy about one instrument.

    Attributes
    ----------
    type
        LONG or SHORT: be in the market that way. EXIT: be out of it.
    instrument
        Key of the instrument whose candle it is about.
    candle_close_ns
        End of the candle it was decided on, ns UTC.
    price
        Close of that candle, rupees.
    stop, target
        Levels of the instrument at which the trade is to end, rupees; None for EXIT.
    strength
        0 to 100; each strategy documents its meaning.
    reason
        One sentence for a person.
    indicators
        The numbers behind it, by name.
    """

    type: SignalType
    instrument: InstrumentKey
    candle_close_ns: int
    price: float
    stop: float | None
    target: float | None
    strength: int
    reason: str
    indicators: Mapping[str, float]

    @property
    def direction(self) -> Direction | None:
        """The way it wants to enter, None for EXIT."""
        return None if self.type is SignalType.EXIT else Direction(self.type.value)


def check_signal(signal: Signal) -> Signal:
    """Return the signal if it makes sense; strategies are other people's code.

    Raises
    ------
    DataError
        If a number is not finite, the strength is outside 0 to 100, or a level is on the wrong
        side of the price.
    """
    numbers = {"price": signal.price, **signal.indicators}
    if signal.stop is not None:
        numbers["stop"] = signal.stop
    if signal.target is not None:
        numbers["target"] = signal.target
    for name, value in numbers.items():
        if not isfinite(value):
            raise DataError(f"signal: {name} is {value}, must be a finite number")
    if not 0 <= signal.strength <= 100:
        raise DataError(f"signal: strength {signal.strength} is not within 0 to 100")
    direction = signal.direction
    if direction is not None:
        _check_side(signal, direction)
    return signal


def _check_side(signal: Signal, direction: Direction) -> None:
    below, above = signal.stop, signal.target
    names = ("stop", "target")
    if direction is Direction.SHORT:
        below, above, names = above, below, ("target", "stop")
    if below is not None and below >= signal.price:
        raise DataError(f"{direction} signal: {names[0]} {below} is not below {signal.price}")
    if above is not None and above <= signal.price:
        raise DataError(f"{direction} signal: {names[1]} {above} is not above {signal.price}")
