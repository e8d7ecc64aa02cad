"""A candle file as a source: every one-minute candle becomes trades that give it back exactly.

In:  csv or csv.gz with columns ts,open,high,low,close[,volume]; ts with an offset, one minute.
Out: a `Tape` of one instrument and as many sessions as the file has, and what was left out.
Next: `devstack/dhan/market_data.py` makes candles of it again.

A candle becomes up to twelve trades five seconds apart: open, the extreme further from the
close, the other extreme, close, and prices on the way between them. Its volume is spread over
them, so that the first, highest, lowest and last price and the volume of the minute are those
of the file. A candle of few units becomes only the trades that its four prices need.
"""

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError
from core.instrument import PAISE_PER_RUPEE, Instrument, Segment
from core.session import NS_PER_SECOND, TradingCalendar, ist_date
from devstack.dhan.pricing import Floats
from devstack.dhan.sources.candle_rows import MOST_UNITS, CandleRow, read_rows
from devstack.dhan.sources.quoted_book import QuotedBook
from devstack.dhan.sources.roots import session_of
from devstack.dhan.tape import Columns, EmptyBook, EventKind, Integers, Tape, TapeSession

_TRADES: Final = 12
_SECONDS_APART: Final = 5
_ANCHORS: Final = (0, 4, 8, 11)  # Which of the trades are open, first extreme, second, close.
_DELAY_NS: Final = NS_PER_SECOND // 4  # From the trade to the packet that tells it.
_MOST_TRADED_QUANTITY: Final = 2**16 - 1
_RESTING_UNITS: Final = 500


@dataclass(frozen=True, slots=True)
class CandleFile:
    """A played candle file.

    Parameters
    ----------
    tape
        What is played.
    outside
        Rows on session days but outside the hours of trading; not played.
    silent
        Rows without volume, that is minutes in which nothing was traded; not played.
    """

    tape: Tape
    outside: int
    silent: int


def read_candle_file(path: Path, instrument: Instrument, calendar: TradingCalendar) -> CandleFile:
    """Return the tape of a candle file.

    Raises
    ------
    DataError
        When the file cannot be read or a row cannot be played: names file, line and value.
    """
    rows = read_rows(path)
    if instrument.segment is not Segment.IDX_I and rows[0].volume is None:
        raise DataError(
            f"{path.name}: no column volume, but {instrument.symbol} is traded; "
            "only the candles of an index may be without"
        )
    kept, outside, silent = _playable(path, rows, instrument, calendar)
    if not kept:
        raise DataError(f"{path.name}: none of its {len(rows)} rows lies inside a session")
    by_day: dict[date, list[CandleRow]] = {}
    for row in kept:
        by_day.setdefault(ist_date(row.start * NS_PER_SECOND), []).append(row)
    tape = _tape(path, by_day, instrument, calendar)
    return CandleFile(tape, outside, silent)


def _playable(
    path: Path, rows: list[CandleRow], instrument: Instrument, calendar: TradingCalendar
) -> tuple[list[CandleRow], int, int]:
    kept: list[CandleRow] = []
    outside = silent = 0
    traded = instrument.segment is not Segment.IDX_I
    for row in rows:
        day = ist_date(row.start * NS_PER_SECOND)
        session = session_of(instrument, day, calendar)
        if session is None:
            raise DataError(f"{path.name} line {row.line}: {day} is not a session day")
        if not session.contains(row.start * NS_PER_SECOND):
            outside += 1
        elif traded and row.volume == 0:
            silent += 1
        else:
            _check_playable(path, row, instrument)
            kept.append(row)
    return kept, outside, silent


def _check_playable(path: Path, row: CandleRow, instrument: Instrument) -> None:
    for price in row.prices:
        if instrument.round_price(price) != price:
            raise DataError(
                f"{path.name} line {row.line}: price {price} is not a multiple of "
                f"{instrument.symbol}'s tick {instrument.tick_size}"
            )
    if instrument.segment is not Segment.IDX_I and (row.volume or 0) < len(_needed(row)):
        raise DataError(
            f"{path.name} line {row.line}: volume {row.volume} is less than the "
            f"{len(_needed(row))} trades that its prices need"
        )


def _path(row: CandleRow) -> tuple[float, float, float, float]:
    """Return the four prices in the order in which they are traded."""
    if row.close >= row.open:
        return row.open, row.low, row.high, row.close
    return row.open, row.high, row.low, row.close


def _needed(row: CandleRow) -> list[int]:
    """Return which of the twelve trades cannot be left out."""
    path = _path(row)
    needed = [_ANCHORS[0]]
    needed += [_ANCHORS[at] for at in range(1, 4) if path[at] != path[at - 1]]
    return needed


def _tape(
    path: Path,
    by_day: dict[date, list[CandleRow]],
    instrument: Instrument,
    calendar: TradingCalendar,
) -> Tape:
    parts, sessions = [], []
    previous_close, previous_volume = 0.0, 0
    for day, rows in by_day.items():
        part = _session_columns(path, rows, instrument)
        session = session_of(instrument, day, calendar)
        windows = session.windows if session is not None else ()
        sessions.append(
            TapeSession(
                day,
                tuple((start, end) for start, end in windows),
                np.array([previous_close], np.float32),
                np.zeros(1, np.uint32),
                np.array([previous_volume], np.uint32),
            )
        )
        parts.append(part)
        previous_close, previous_volume = rows[-1].close, int(part.volume[-1])
    columns = Columns.joined(parts)
    book = EmptyBook() if instrument.segment is Segment.IDX_I else _book(instrument, columns)
    return Tape([instrument], sessions, columns, book, f"candles of {path.name}")


def _session_columns(path: Path, rows: list[CandleRow], instrument: Instrument) -> Columns:
    traded = instrument.segment is not Segment.IDX_I
    units = _units(rows) if traded else np.ones((len(rows), _TRADES), np.int64)
    starts = np.array([row.start for row in rows], np.int64)
    seconds = (starts[:, None] + np.arange(_TRADES) * _SECONDS_APART).ravel()
    kept = units.ravel() > 0
    sizes = units.ravel()[kept] * int(traded)
    volume: Integers = np.cumsum(sizes)
    if volume[-1] > MOST_UNITS:
        raise DataError(
            f"{path.name}: volume {volume[-1]} of one day, ending at line {rows[-1].line}, "
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
        needed = _needed(rows[at])
        units[at] = 0
        units[at, needed] = 1
        units[at, needed[-1]] += volume[at] - len(needed)
    return units


def _book(instrument: Instrument, columns: Columns) -> QuotedBook:
    """Return quotes one tick apart, the trade now at the bid and now at the ask."""
    ticks = np.rint(columns.ltp.astype(np.float64) * PAISE_PER_RUPEE / instrument.tick_paise)
    bid = (ticks - np.arange(len(columns)) % 2).astype(np.int32)
    resting = max(_RESTING_UNITS // instrument.lot_size, 1)
    spread = np.ones(len(columns), np.uint16)
    return QuotedBook([instrument], [resting], columns.instrument, bid, spread)
