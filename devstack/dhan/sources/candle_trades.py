"""Candles to trades: the packets that give a minute's candle back exactly.

In:  candles of one session.
Out: `Columns` of trades, and quotes around them.
Next: `devstack/dhan/sources/candle_file.py` joins the sessions to a tape.

A candle becomes up to twelve trades five seconds apart: open, the extreme against the candle's
direction, the other extreme, close, and prices on the way between them. Its volume is spread
over them, so that the first, highest, lowest and last price and the volume of the minute are
the candle's. A candle of few units becomes only the trades that its four prices need.
"""

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError
from core.instrument import PAISE_PER_RUPEE, Instrument, Segment
from core.session import NS_PER_SECOND
from devstack.dhan.pricing import Floats
from devstack.dhan.sources.candle_rows import MOST_UNITS, CandleRow
from devstack.dhan.sources.quoted_book import QuotedBook
from devstack.dhan.tape import Columns, EventKind, Integers

_TRADES: Final = 12
_SECONDS_APART: Final = 5
_ANCHORS: Final = (0, 4, 8, 11)  # Which of the trades are open, first extreme, second, close.
_DELAY_NS: Final = NS_PER_SECOND // 4  # From the trade to the packet that tells it.
_MOST_TRADED_QUANTITY: Final = 2**16 - 1
_RESTING_UNITS: Final = 500


def _path(row: CandleRow) -> tuple[float, float, float, float]:
    """Return the four prices in the order in which they are traded."""
    if row.close >= row.open:
        return row.open, row.low, row.high, row.close
    return row.open, row.high, row.low, row.close


def needed_trades(row: CandleRow) -> list[int]:
    """Return which of the twelve trades cannot be left out."""
    path = _path(row)
    needed = [_ANCHORS[0]]
    needed += [_ANCHORS[at] for at in range(1, 4) if path[at] != path[at - 1]]
    return needed


def session_columns(file_name: str, rows: list[CandleRow], instrument: Instrument) -> Columns:
    """Return the packets of one session's candles.

    Raises
    ------
    DataError
        When the day's volume does not fit the feed's field.
    """
    traded = instrument.segment is not Segment.IDX_I
    units = _units(rows) if traded else np.ones((len(rows), _TRADES), np.int64)
    starts = np.array([row.start for row in rows], np.int64)
    seconds = (starts[:, None] + np.arange(_TRADES) * _SECONDS_APART).ravel()
    kept = units.ravel() > 0
    sizes = units.ravel()[kept] * int(traded)
    volume: Integers = np.cumsum(sizes)
    if volume[-1] > MOST_UNITS:
        raise DataError(
            f"{file_name}: volume {volume[-1]} of one day, ending at line {rows[-1].line}, "
            f"does not fit the feed's field ({MOST_UNITS})"
        )
    return _columns(seconds[kept], _prices(rows, instrument).ravel()[kept], sizes, volume)


def _columns(seconds: Integers, prices: Floats, sizes: Integers, volume: Integers) -> Columns:
    count = len(seconds)
    value = np.cumsum(prices * sizes)
    nothing = np.zeros(count, np.uint32)
    ltp = prices.astype(np.float32)
    return Columns(
        time_ns=seconds * NS_PER_SECOND + _DELAY_NS,
        instrument=np.zeros(count, np.int32),
        kind=np.full(count, EventKind.TRADE, np.uint8),
        ltt=seconds,
        ltp=ltp,
        ltq=np.minimum(sizes, _MOST_TRADED_QUANTITY).astype(np.uint16),
        atp=(value / np.maximum(volume, 1)).astype(np.float32),
        volume=volume.astype(np.uint32),
        sell_quantity=nothing,
        buy_quantity=nothing,
        oi=nothing,
        oi_high=nothing,
        oi_low=nothing,
        open=np.full(count, ltp[0]),
        high=np.maximum.accumulate(ltp),
        low=np.minimum.accumulate(ltp),
    )


def _prices(rows: list[CandleRow], instrument: Instrument) -> Floats:
    """Return twelve prices per candle, on the tick, through its four prices."""
    ticks = np.array([_path(row) for row in rows]) * PAISE_PER_RUPEE / instrument.tick_paise
    anchors = np.rint(ticks)
    result = np.empty((len(rows), _TRADES))
    for number, (first, last) in enumerate(pairwise(_ANCHORS)):
        share = np.arange(last - first + 1) / (last - first)
        start, end = anchors[:, number, None], anchors[:, number + 1, None]
        result[:, first : last + 1] = np.rint(start + (end - start) * share)
    return result * instrument.tick_paise / PAISE_PER_RUPEE


def _units(rows: list[CandleRow]) -> NDArray[np.int64]:
    """Return how many units each of the twelve trades of each candle has; 0 drops the trade."""
    volume = np.array([row.volume or 0 for row in rows], np.int64)
    reached = volume[:, None] * np.arange(_TRADES + 1) // _TRADES
    units = np.diff(reached, axis=1)
    for at in np.flatnonzero(volume < _TRADES):
        needed = needed_trades(rows[at])
        units[at] = 0
        units[at, needed] = 1
        units[at, needed[-1]] += volume[at] - len(needed)
    return units


def book_of(instrument: Instrument, columns: Columns) -> QuotedBook:
    """Return quotes one tick apart, the trade now at the bid and now at the ask."""
    ticks = np.rint(columns.ltp.astype(np.float64) * PAISE_PER_RUPEE / instrument.tick_paise)
    bid = (ticks - np.arange(len(columns)) % 2).astype(np.int32)
    resting = max(_RESTING_UNITS // instrument.lot_size, 1)
    spread = np.ones(len(columns), np.uint16)
    return QuotedBook([instrument], [resting], columns.instrument, bid, spread)
