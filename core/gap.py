"""A gap: a stretch of the market that the feed did not bring whole.

In:  found by `core/candle_builder.py` when the feed has been lost and is back.
Out: `Gap`, an effect: first as missing, then as repaired or not; strategies are told of the second.
Next: `core/held_minutes.py`, what is kept of an instrument meanwhile.
"""

from enum import StrEnum
from typing import NamedTuple

from core.candle import InstrumentKey


class GapState(StrEnum):
    """What has become of a gap."""

    MISSING = "missing"
    """It is over; its minutes are to be had from the broker, and candles wait for them."""
    REPAIRED = "repaired"
    """Its candles are whole, as if nothing had happened."""
    UNREPAIRED = "unrepaired"
    """Its minutes could not be had: what the feed brought of them has to do."""


class Gap(NamedTuple):
    """One instrument's gap.

    Attributes
    ----------
    from_ns, to_ns
        Begin of the first minute and end of the last that was missed or half seen, ns UTC.
    volume
        Units traded in it as the feed's day volume tells, None where it does not.
    candles
        How many minutes the broker had of it.
    reason
        Why it was not repaired; empty otherwise.
    """

    instrument: InstrumentKey
    from_ns: int
    to_ns: int
    state: GapState
    volume: int | None = None
    candles: int = 0
    reason: str = ""
