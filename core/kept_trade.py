"""A running trade as plain values, and running again in another process.

In:  a running trade; or its values, and the instruments under watch.
Out: the values; or the trade, at the point where it was, with the orders it waits for.
Next: `core/desk.py`, which keeps several.
"""

from collections.abc import Callable
from typing import Any

from core.candle import InstrumentKey
from core.instrument import Instrument
from core.levels import Levels
from core.trade import RunningTrade

InstrumentOf = Callable[[InstrumentKey], Instrument]
"""Answers a watched instrument."""


def state_of(running: RunningTrade) -> tuple[Any, ...]:
    """Return a running trade as plain values, for `running_again`."""
    begin = (running.id, running.owner, running.signal_id, running.digest)
    named = {
        "direction": running.direction,
        "side": running.side,
        "outlay": running.outlay,
        "square_off_ns": running.square_off_ns,
        "square_off_reason": running.square_off_reason,
        "complete_by_ns": running.complete_by_ns,
        "settles_ns": running.settles_ns,
        "trade_mode": running.trade_mode,
        "delta": running.delta,
    }
    return begin, running.instrument.key, named, running.levels.begin, running.state()


def running_again(state: tuple[Any, ...], instrument_of: InstrumentOf) -> RunningTrade:
    """Return the running trade of a state."""
    begin, key, named, (guarding, target, trail), since = state
    levels = Levels(instrument_of(guarding), named["direction"], 0.0, target=target, trail=trail)
    running = RunningTrade(*begin, instrument=instrument_of(key), levels=levels, **named)
    running.put_back(since)
    return running
