"""Which options are wanted: strikes around the money, of the next expiries.

In:  the option legs of a strategy, the prices of what it watches, the listing.
Out: `Window`: what one config wants of one underlying; the contracts in it.
Next: `worker/market/chains.py`, which keeps them subscribed.

A strategy names its options by rule (so many strikes from the money, nearest or next expiry). The
window is wide enough that the price can move on while it is moved after it.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise
from typing import Final, NamedTuple

from core.candle import InstrumentKey
from core.instrument import Instrument
from core.signals import LegKind, LegRule
from worker.market.symbols import Symbols

STRIKES_EACH_SIDE: Final = 6
"""Beyond the strikes that the rules name."""
MOST_DRIFT: Final = 2
"""Strikes by which the price may have left the middle before the window is moved."""


class Window(NamedTuple):
    """What one config wants of one underlying.

    Attributes
    ----------
    middles
        The instruments of the config whose price is at the money, by key.
    lowest, highest
        Strikes from the money that its rules name.
    expiries
        How many of them its rules reach to.
    """

    underlying: str
    middles: tuple[InstrumentKey, ...]
    lowest: int
    highest: int
    expiries: int


def windows_of(instruments: Iterable[Instrument], legs: Sequence[LegRule]) -> tuple[Window, ...]:
    """Return what a config with these instruments wants for a strategy with these legs."""
    rules = [leg for leg in legs if leg.kind is LegKind.OPTION]
    if not rules:
        return ()
    middles: dict[str, list[InstrumentKey]] = {}
    for each in instruments:
        if not each.kind.is_option:
            middles.setdefault(each.underlying or each.symbol, []).append(each.key)
    offsets = [leg.strike_offset for leg in rules]
    expiries = 2 if any(leg.expiry == "next" for leg in rules) else 1
    return tuple(
        Window(name, tuple(keys), min(0, *offsets), max(0, *offsets), expiries)
        for name, keys in middles.items()
    )


def contracts_in(
    window: Window, symbols: Symbols, today: date, middles: Iterable[float]
) -> list[Instrument]:
    """Return the options in a window that stands around some prices.

    On the day of an expiry one more is in it: the nearest is not entered any more that afternoon.
    """
    found: dict[InstrumentKey, Instrument] = {}
    listed = symbols.options(window.underlying, today)
    expiring = bool(listed) and listed[0][0] == today
    for _, options in listed[: window.expiries + expiring]:
        strikes = sorted({float(each.strike) for each in options if each.strike})
        wanted = {
            strike for middle in middles for strike in _strikes_around(strikes, middle, window)
        }
        found |= {
            each.key: each for each in options if each.strike and float(each.strike) in wanted
        }
    return list(found.values())


def drift(symbols: Symbols, window: Window, today: date, moved: tuple[float, float]) -> float:
    """Return by how many strikes a price has moved, 0 where there are none.

    Parameters
    ----------
    moved
        From where to where, rupees.
    """
    listed = symbols.options(window.underlying, today)
    strikes = sorted({float(each.strike) for each in listed[0][1] if each.strike}) if listed else []
    if len(strikes) < 2:
        return 0.0
    step = min(after - before for before, after in pairwise(strikes))
    return abs(moved[1] - moved[0]) / step


def _strikes_around(strikes: Sequence[float], middle: float, window: Window) -> Sequence[float]:
    if not strikes:
        return ()
    at = min(range(len(strikes)), key=lambda each: abs(strikes[each] - middle))
    low = max(0, at + window.lowest - STRIKES_EACH_SIDE)
    return strikes[low : at + window.highest + STRIKES_EACH_SIDE + 1]
