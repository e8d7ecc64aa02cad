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
from core.instrument import OptionSide


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


class Side(StrEnum):
    """Which way units move."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def sign(self) -> int:
        """1 for a purchase, -1 for a sale."""
        return 1 if self is Side.BUY else -1


class ExitReason(StrEnum):
    """Why a trade ended."""

    TARGET = "TARGET"
    STOP_LOSS = "STOP_LOSS"
    TRAILING_STOP = "TRAILING_STOP"
    EOD = "EOD"
    EXPIRY = "EXPIRY"
    VOLUME_CLIMAX = "VOLUME_CLIMAX"
    OBV_DIVERGENCE = "OBV_DIVERGENCE"
    VOLUME_FADE = "VOLUME_FADE"
    VOLUME_DRY_UP = "VOLUME_DRY_UP"
    SIGNAL = "SIGNAL"
    MANUAL = "MANUAL"
    STRATEGY_STOPPED = "STRATEGY_STOPPED"
    CIRCUIT_BREAKER = "CIRCUIT_BREAKER"
    EMERGENCY_STOP = "EMERGENCY_STOP"
    SETTLEMENT = "SETTLEMENT"


class LegKind(StrEnum):
    """What a leg trades."""

    SAME = "SAME"  # The signal's own instrument.
    OPTION = "OPTION"  # An option on its underlying.
    INSTRUMENT = "INSTRUMENT"  # One named by its key.


class LegRule(NamedTuple):
    """One thing to trade on a signal; which contract that is, is decided when it is acted on.

    Attributes
    ----------
    side
        Which way it is entered.
    option
        Call or put, of an OPTION.
    strike_offset
        Of an OPTION: strikes above the one at the money, negative below.
    expiry
        Of an OPTION: "nearest" or "next".
    instrument
        Key of an INSTRUMENT.
    ratio
        Lots of it to one lot of the trade.
    """

    kind: LegKind
    side: Side
    option: OptionSide | None = None
    strike_offset: int = 0
    expiry: str = "nearest"
    instrument: InstrumentKey | None = None
    ratio: int = 1


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
    exit_reason
        Of EXIT: which of the strategy's rules it was; None counts as SIGNAL.
    tier
        Share of the full size to enter with, above 0 up to 1.
    breakeven
        Level of the instrument at which the stop moves to the entry price, rupees.
    trail
        Distance at which the stop follows the best price, rupees.
    legs
        What to trade; empty means the instrument itself.
    units
        How many units of the first leg are wanted; None leaves that to the risk limits, which an
        amount of the strategy's own has to respect, too.
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
    exit_reason: ExitReason | None = None
    tier: float = 1.0
    breakeven: float | None = None
    trail: float | None = None
    legs: tuple[LegRule, ...] = ()
    units: int | None = None

    @property
    def direction(self) -> Direction | None:
        """The way it wants to enter, None for EXIT."""
        return None if self.type is SignalType.EXIT else Direction(self.type.value)


def check_signal(signal: Signal) -> Signal:
    """Return the signal if it makes sense; strategies are other people's code.

    Raises
    ------
    DataError
        If a number is not finite, the strength is outside 0 to 100, the tier outside 0 to 1, the
        units are below 1, or a level is on the wrong side of the price.
    """
    levels = {
        "stop": signal.stop,
        "target": signal.target,
        "breakeven": signal.breakeven,
        "trail": signal.trail,
    }
    numbers = {"price": signal.price, **signal.indicators}
    numbers |= {name: value for name, value in levels.items() if value is not None}
    for name, value in numbers.items():
        if not isfinite(value):
            raise DataError(f"signal: {name} is {value}, must be a finite number")
    if not 0 <= signal.strength <= 100:
        raise DataError(f"signal: strength {signal.strength} is not within 0 to 100")
    if not 0 < signal.tier <= 1:
        raise DataError(f"signal: tier {signal.tier} is not above 0 and at most 1")
    if signal.trail is not None and signal.trail <= 0:
        raise DataError(f"signal: trailing distance {signal.trail} is not above 0")
    if signal.units is not None and signal.units < 1:
        raise DataError(f"signal: {signal.units} units are wanted, must be at least 1")
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
