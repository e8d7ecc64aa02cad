"""What a result of user code asks for, given what is held: a signal, or a hold with a note.

In:  ``buy``, ``sell`` or ``hold`` with an amount and a reason; the open position; the limits.
Out: `Wish`.
Next: `core/risk.py`, which decides whether a wish becomes an order.

Buy enters long, sell ends what is long. With `allow_short` sell enters short while nothing is
held and buy ends what is short. A position is ended as a whole, and what asks for a state that is
there already is a hold. The stop lies `stop_pct` percent from the price: code names none.
"""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from core.instrument import Instrument
from core.risk_parameters import RiskParameters
from core.signals import Direction, Signal, SignalType

STRENGTH = 100
"""Code says yes or no; there is nothing in between."""


class Result(Protocol):
    """What the code decided; `adapters/sandbox/outcome.py` has the value."""

    @property
    def signal(self) -> str:
        """``buy``, ``sell`` or ``hold``."""
        ...

    @property
    def amount(self) -> int | None:
        """Units wanted; None for one lot."""
        ...

    @property
    def reason(self) -> str | None:
        """Its own words."""
        ...

    @property
    def indicators(self) -> Mapping[str, float]:
        """Numbers by name."""
        ...


class Wish(NamedTuple):
    """What is to be done.

    Attributes
    ----------
    signal
        None for a hold.
    note
        Why the result is not followed to the letter; empty where it is.
    """

    signal: Signal | None
    note: str = ""


class Situation(NamedTuple):
    """What a result is held against.

    Attributes
    ----------
    held, quantity
        Which way a position looks, None without one; and its units.
    price
        Now, rupees.
    at_ns
        End of the candle that was decided on, ns UTC.
    """

    instrument: Instrument
    held: Direction | None
    quantity: int
    price: float
    at_ns: int
    risk: RiskParameters


def wish_of(result: Result, situation: Situation) -> Wish:
    """Return what a result means now."""
    if result.signal == "hold":
        return Wish(None)
    wanted = Direction.LONG if result.signal == "buy" else Direction.SHORT
    name = situation.instrument.symbol
    if situation.held is wanted:
        return Wish(None, f"{result.signal} is held back: it holds {name} {wanted} already")
    if situation.held is not None:
        return _leave(result, situation)
    if wanted is Direction.SHORT and not situation.risk.allow_short:
        return Wish(None, f"sell is held back: it holds no {name}, and allow_short is off")
    return Wish(_signal(result, situation, SignalType(wanted.value), _stop(situation, wanted)))


def _leave(result: Result, situation: Situation) -> Wish:
    note = ""
    if result.amount not in {None, situation.quantity}:
        note = f"all {situation.quantity} units are closed, not {result.amount}"
    return Wish(_signal(result, situation, SignalType.EXIT, None), note)


def _signal(result: Result, situation: Situation, kind: SignalType, stop: float | None) -> Signal:
    entering = kind is not SignalType.EXIT
    return Signal(
        type=kind,
        instrument=situation.instrument.key,
        candle_close_ns=situation.at_ns,
        price=situation.price,
        stop=stop,
        target=None,
        strength=STRENGTH,
        reason=result.reason or f"the code says {result.signal}",
        indicators=dict(result.indicators),
        units=(result.amount or situation.instrument.lot_size) if entering else None,
    )


def _stop(situation: Situation, direction: Direction) -> float:
    """Return the stop, on the tick and at least one tick away."""
    instrument, price = situation.instrument, situation.price
    tick = float(instrument.tick_size)
    distance = max(price * situation.risk.stop_pct / 100, tick)
    return max(instrument.round_price(price - direction.sign * distance), tick)
