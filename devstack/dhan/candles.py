"""Candles in columns: made from the packets of a tape, and longer ones from shorter ones.

In:  rows of a `Tape`; candles of one minute.
Out: `Candles`, stamped with their start in unix seconds, as Dhan's charts carry them.
Next: `devstack/dhan/market_data.py`, which joins the days before the tape with the tape itself.

A candle is half open, belongs to the time of the last trade (not of sending), and its volume is
the difference of the day's cumulative volume, as the product itself defines it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.instrument import PAISE_PER_RUPEE, Instrument, Segment
from core.session import NS_PER_SECOND
from devstack.dhan.pricing import Floats
from devstack.dhan.tape import EventKind, Integers, Tape, TapeSession

_SECONDS_PER_MINUTE: Final = 60


@dataclass(frozen=True, slots=True)
class Candles:
    """One array per field, ordered by start; prices are exact multiples of the tick."""

    start: Integers  # Unix seconds UTC.
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Integers
    open_interest: Integers

    def __len__(self) -> int:
        return len(self.start)

    def between(self, from_second: int, to_second: int) -> "Candles":
        """Return the candles that start in ``[from_second, to_second)``."""
        first, last = np.searchsorted(self.start, (from_second, to_second))
        return Candles(*(getattr(self, field.name)[first:last] for field in fields(self)))

    @classmethod
    def joined(cls, parts: Sequence["Candles"]) -> "Candles":
        """Return the candles of all parts one after the other."""
        if not parts:
            whole, price = np.empty(0, np.int64), np.empty(0, np.float64)
            return cls(whole, price, price, price, price, whole, whole)
        return cls(
            *(np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(cls))
        )


def rounded(prices: Floats | NDArray[np.float32], instrument: Instrument) -> Floats:
    """Return prices on the instrument's tick, as `Instrument.round_price` does one by one."""
    paise = instrument.tick_paise
    ticks = np.rint(np.asarray(prices, dtype=np.float64) * PAISE_PER_RUPEE / paise)
    result: Floats = ticks * paise / PAISE_PER_RUPEE
    return result


def from_tape(
    tape: Tape, instrument: int, session: TapeSession, minutes: int, until_ns: int
) -> Candles:
    """Return the candles of one instrument and session from what was sent until an instant.

    Parameters
    ----------
    minutes
        Length of a candle, counted from the opening of the session.
    until_ns
        Rows sent after this instant are not seen; the last candle may be a partial one.
    """
    columns = tape.columns
    rows = tape.rows_of(instrument)
    first, stop = tape.between(session.open_ns, min(until_ns + 1, _end_of_session(tape, session)))
    rows = rows[slice(*np.searchsorted(rows, (first, stop)))]
    rows = rows[columns.kind[rows] == EventKind.TRADE]
    which = tape.instruments[instrument]
    interest = columns.oi[rows].astype(np.int64)
    prices = rounded(columns.ltp[rows], which)
    opens = session.open_ns // NS_PER_SECOND
    length = minutes * _SECONDS_PER_MINUTE
    slot = (columns.ltt[rows] - opens) // length
    return _grouped(
        opens + slot * length, prices, prices, prices, prices, _traded(tape, rows, which), interest
    )


def longer(candles: Candles, opens_second: int, minutes: int) -> Candles:
    """Return candles of `minutes` made from shorter ones of the same session.

    Parameters
    ----------
    opens_second
        Where the session opened, unix seconds: candles are counted from there.
    """
    length = minutes * _SECONDS_PER_MINUTE
    start = opens_second + (candles.start - opens_second) // length * length
    return _grouped(start, *(getattr(candles, field.name) for field in fields(candles)[1:]))


def _traded(tape: Tape, rows: Integers, instrument: Instrument) -> Integers:
    """Return the units traded by each row: the steps of the cumulative volume."""
    if instrument.segment is Segment.IDX_I:
        return np.zeros(len(rows), np.int64)
    return np.diff(tape.columns.volume[rows].astype(np.int64), prepend=0)


def _end_of_session(tape: Tape, session: TapeSession) -> int:
    """Return where the next session begins: packets may be sent a little after the close."""
    later = [other.open_ns for other in tape.sessions if other.open_ns > session.open_ns]
    return min(later, default=int(np.iinfo(np.int64).max))


def _grouped(  # noqa: PLR0913, PLR0917 - one argument per field of a candle
    start: Integers,
    opens: Floats,
    highs: Floats,
    lows: Floats,
    closes: Floats,
    volume: Integers,
    interest: Integers,
) -> Candles:
    """Return one candle per run of equal starts, which must be in order."""
    if not len(start):
        return Candles.joined(())
    first = np.flatnonzero(np.diff(start, prepend=start[0] - 1))
    last = np.append(first[1:], len(start)) - 1
    return Candles(
        start=start[first],
        open=opens[first],
        high=np.maximum.reduceat(highs, first),
        low=np.minimum.reduceat(lows, first),
        close=closes[last],
        volume=np.add.reduceat(volume, first),
        open_interest=interest[last],
    )
