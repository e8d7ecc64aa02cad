"""PVA's signals: levels, size, legs and the sentence that says why.

In:  a reading on which all conditions of a side hold, or the reason that ends a trade.
Out: `Signal`.
Next: `core/risk.py`, which decides whether and how much.
"""

from typing import Final

from core.instrument import OptionSide
from core.signals import Direction, ExitReason, LegKind, LegRule, Side, Signal, SignalType
from strategies.pva.conditions import Reading
from strategies.pva.parameters import PvaParameters

_STRENGTH_PER_CONDITION: Final = 20
_CONDITIONS: Final = 5
_WORDS: Final = {Direction.LONG: ("up", "above"), Direction.SHORT: ("down", "below")}


def entry_signal(
    parameters: PvaParameters, direction: Direction, reading: Reading, atr: float
) -> Signal:
    """Return the wish to enter; levels are multiples of the average true range from the close."""
    candle, literal, step = reading.candle, parameters.is_literal("target"), direction.sign * atr
    reach = parameters.literal_target_atr if literal else parameters.target_atr
    way, side = _WORDS[direction]
    return Signal(
        type=SignalType(direction.value),
        instrument=candle.instrument,
        candle_close_ns=candle.close_ns,
        price=candle.close,
        stop=candle.close - parameters.stop_atr * step,
        target=candle.close + reach * step,
        strength=_STRENGTH_PER_CONDITION * _CONDITIONS,
        reason=(
            f"broke {way} out of 20 candles on volume, VROC {reading.vroc:.0f} %, "
            f"{side} point of control {reading.poc:g} and VWAP {reading.vwap:.2f}"
        ),
        indicators=reading.indicators(),
        tier=_tier(parameters, reading.vroc or 0.0),
        breakeven=None if literal else candle.close + parameters.breakeven_atr * step,
        legs=legs_of(parameters, direction),
    )


def exit_signal(direction: Direction, reason: ExitReason, reading: Reading) -> Signal:
    """Return the wish to be out."""
    candle = reading.candle
    return Signal(
        type=SignalType.EXIT,
        instrument=candle.instrument,
        candle_close_ns=candle.close_ns,
        price=candle.close,
        stop=None,
        target=None,
        strength=100,
        reason=f"{reason.lower().replace('_', ' ')} ends the {direction} view",
        indicators=reading.indicators(),
        exit_reason=reason,
    )


def _tier(parameters: PvaParameters, vroc: float) -> float:
    """Return the share of the full size."""
    if vroc > parameters.full_size_vroc:
        return 1.0
    return 0.5 if vroc < parameters.half_size_vroc else 0.75


def legs_of(parameters: PvaParameters, direction: Direction) -> tuple[LegRule, ...]:
    """Return what is bought on a signal of a direction; nothing said means the instrument."""
    if parameters.trade == "SIGNAL":
        return ()
    option = OptionSide.CALL if direction is Direction.LONG else OptionSide.PUT
    steps = direction.sign * parameters.strike_offset  # Out of the money: calls up, puts down.
    return (LegRule(LegKind.OPTION, Side.BUY, option, steps, parameters.expiry),)
