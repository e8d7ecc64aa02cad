"""When PVA leaves at the close of a candle; levels, the day's end and expiry are the core's.

In:  the entry a trade was made of, and the readings since, the newest last.
Out: the first reason in the order of `_RULES`, or None.
Next: `strategies/pva/__init__.py`.

Candles are counted from the one after the entry candle, which is the one that signalled. Its
numbers are measured from its close: profit is that of the signal instrument, whatever was bought.
"""

from collections.abc import Callable, Sequence
from statistics import fmean
from typing import Final, NamedTuple

from core.signals import Direction, ExitReason
from strategies.pva.conditions import Reading
from strategies.pva.parameters import PvaParameters


class Entry(NamedTuple):
    """A signal to enter, as its exits look back at it.

    Attributes
    ----------
    reading
        Of the entry candle.
    number
        Of that candle, counted within its series.
    stop, atr
        Level and average true range there, rupees.
    """

    direction: Direction
    reading: Reading
    number: int
    stop: float
    atr: float


class Held(NamedTuple):
    """An entry, the candles since it, and how many they are."""

    entry: Entry
    since: int
    readings: Sequence[Reading]

    def last(self, count: int) -> Sequence[Reading]:
        """Return the last readings, none where fewer have come since the entry."""
        return list(self.readings)[-count:] if self.since >= count else ()


def exit_reason(held: Held, parameters: PvaParameters) -> ExitReason | None:
    """Return why a trade is to end at this candle's close, None if it is not."""
    if held.since < 1:
        return None
    for reason, rule in _RULES:
        if rule(held, parameters):
            return reason
    return None


def _climax(held: Held, parameters: PvaParameters) -> bool:
    reading, entry = held.readings[-1], held.entry
    if reading.vroc is None or reading.vroc <= parameters.climax_vroc:
        return False
    if parameters.is_literal("climax"):
        return True
    average = reading.average_volume
    profit = entry.direction.sign * (reading.candle.close - entry.reading.candle.close)
    return (
        held.since >= parameters.climax_after
        and average is not None
        and reading.candle.volume > parameters.climax_volume * average
        and profit >= parameters.climax_profit_atr * entry.atr
    )


def _divergence(held: Held, parameters: PvaParameters) -> bool:
    del parameters
    confirmed = held.readings[-1].confirmed
    return confirmed.bearish if held.entry.direction is Direction.LONG else confirmed.bullish


def _fade(held: Held, parameters: PvaParameters) -> bool:
    share, then = parameters.fade_share, held.entry.reading
    if parameters.is_literal("fade"):
        return held.readings[-1].candle.volume < share * then.candle.volume
    last, average = held.last(parameters.fade_candles), then.average_volume
    if not last or average is None:
        return False
    return fmean(each.candle.volume for each in last) < share * average


def _dry_up(held: Held, parameters: PvaParameters) -> bool:
    last = held.last(parameters.dry_candles)
    return bool(last) and all(
        each.average_volume is not None
        and each.candle.volume < parameters.dry_share * each.average_volume
        for each in last
    )


_RULES: Final[tuple[tuple[ExitReason, Callable[[Held, PvaParameters], bool]], ...]] = (
    (ExitReason.VOLUME_CLIMAX, _climax),
    (ExitReason.OBV_DIVERGENCE, _divergence),
    (ExitReason.VOLUME_FADE, _fade),
    (ExitReason.VOLUME_DRY_UP, _dry_up),
)
