"""The prices that end a trade, and how its stop follows: levels of the signal's instrument.

In:  a signal's levels; prices of its instrument, whatever was traded on it.
Out: which level was reached; where the stop is now; between which prices nothing happens.
Next: `core/trade.py`, which holds them.
"""

from typing import Any, Final, NamedTuple

from core.candle import InstrumentKey
from core.instrument import Instrument
from core.signals import Direction, ExitReason, Signal

_STEPS: Final = 10
"""A trailing stop moves in tenths of its distance, as at a broker: not with every tick."""
_ANY: Final = float("inf")


class Guard(NamedTuple):
    """Where the levels of a restored trade are watched, and how its stop goes on.

    Attributes
    ----------
    instrument
        The signal's.
    price
        What the stop is moved to when `breakeven` is reached, rupees.
    breakeven, trail
        As in `Signal`.
    """

    instrument: InstrumentKey
    price: float
    breakeven: float | None = None
    trail: float | None = None


class Extremes(NamedTuple):
    """Lowest and highest price of a candle whose prices follow in an order nobody knows."""

    low: float
    high: float


class Levels:
    """Stop and target of one trade.

    Parameters
    ----------
    instrument
        Whose prices they are.
    direction
        Which way the trade looks.
    entry
        What the stop is moved to when `breakeven` is reached, rupees.
    stop, target, breakeven, trail
        As in `Signal`; put on the instrument's tick.
    """

    def __init__(  # noqa: PLR0913 - the levels a signal may have, each by its name.
        self,
        instrument: Instrument,
        direction: Direction,
        entry: float,
        *,
        stop: float | None = None,
        target: float | None = None,
        breakeven: float | None = None,
        trail: float | None = None,
    ) -> None:
        self.instrument: Final = instrument
        self.entry = entry
        self.stop = _on_tick(instrument, stop)
        self.target: Final = _on_tick(instrument, target)
        self._sign: Final = direction.sign
        self._breakeven = _on_tick(instrument, breakeven)
        self._trail: Final = trail
        self._stop_reason = ExitReason.STOP_LOSS
        self._extremes: Extremes | None = None
        self._stop_comes_first = False

    def state(self) -> tuple[Any, ...]:
        """Return where they stand as plain values, for `put_back`."""
        return self.entry, self.stop, self._breakeven, self._stop_reason

    def put_back(self, state: tuple[Any, ...]) -> None:
        """Go on from the state of the levels of the same signal."""
        self.entry, self.stop, self._breakeven, self._stop_reason = state

    @property
    def begin(self) -> tuple[InstrumentKey, float | None, float | None]:
        """Instrument, target and distance of a trailing stop, which stay as they are."""
        return self.instrument.key, self.target, self._trail

    def within(self, extremes: Extremes | None) -> None:
        """Take the candle whose prices follow; None where each price comes when it was traded.

        Where the stop lies among them as the candle begins, it counts and nothing else does:
        whether the target came before it, nobody knows.
        """
        if extremes is self._extremes:
            return
        self._extremes = extremes
        self._stop_comes_first = (
            extremes is not None and self.stop is not None
            and self._sign * ((extremes.low if self._sign > 0 else extremes.high) - self.stop) <= 0
        )  # fmt: skip

    def touched(self, price: float) -> ExitReason | None:
        """Return which level a price has reached; the stop where both have been."""
        sign = self._sign
        if self.stop is not None and sign * (price - self.stop) <= 0:
            return self._stop_reason
        if self._stop_comes_first:
            return None
        if self.target is not None and sign * (price - self.target) >= 0:
            return ExitReason.TARGET
        return None

    def follow(self, price: float) -> bool:
        """Move the stop if a price calls for it, never back; return whether it has moved."""
        if self._stop_comes_first:
            return False
        moved = False
        if self._breakeven is not None and self._sign * (price - self._breakeven) >= 0:
            self._breakeven = None
            moved = self._move(self.entry)
        step = self._next_step()
        if self._trail is not None and step is not None and self._sign * (price - step) >= 0:
            self._stop_reason = ExitReason.TRAILING_STOP
            moved = self._move(price - self._sign * self._trail) or moved
        return moved

    def bounds(self) -> tuple[float, float]:
        """Return two prices between which nothing happens."""
        ahead = [
            self._sign * level
            for level in (self.target, self._breakeven, self._next_step())
            if level is not None and not self._stop_comes_first
        ]
        behind = -_ANY if self.stop is None else self._sign * self.stop
        low, high = behind, min(ahead, default=_ANY)
        return (low, high) if self._sign > 0 else (-high, -low)

    def _next_step(self) -> float | None:
        """Return the price at which a trailing stop moves next."""
        if self._trail is None or self.stop is None:
            return None
        return self.stop + self._sign * self._trail * (1 + 1 / _STEPS)

    def _move(self, to: float) -> bool:
        level = self.instrument.round_price(to)
        if self.stop is not None and self._sign * (level - self.stop) <= 0:
            return False
        self.stop = level
        return True


def levels_of(signal: Signal, instrument: Instrument, direction: Direction) -> Levels:
    """Return the levels a signal asks for.

    Parameters
    ----------
    instrument
        The signal's.
    """
    return Levels(
        instrument,
        direction,
        signal.price,
        stop=signal.stop,
        target=signal.target,
        breakeven=signal.breakeven,
        trail=signal.trail,
    )


def _on_tick(instrument: Instrument, level: float | None) -> float | None:
    return None if level is None else instrument.round_price(level)
