"""A candle file as a source: every one-minute candle becomes trades that give it back exactly.

In:  csv or csv.gz with columns ts,open,high,low,close[,volume]; ts with an offset, one minute.
Out: a `Tape` of one instrument and as many sessions as the file has, and what was left out.
Next: `devstack/dhan/market_data.py` makes candles of it again.

How a candle becomes trades is told in `devstack/dhan/sources/candle_trades.py`.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from core.errors import DataError
from core.instrument import Instrument, Segment
from core.session import NS_PER_SECOND, TradingCalendar, ist_date
from devstack.dhan.sources.candle_rows import CandleRow, read_rows
from devstack.dhan.sources.candle_trades import book_of, needed_trades, session_columns
from devstack.dhan.sources.roots import session_of
from devstack.dhan.tape import Columns, EmptyBook, Tape, TapeSession


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
    if instrument.segment is not Segment.IDX_I and (row.volume or 0) < len(needed_trades(row)):
        raise DataError(
            f"{path.name} line {row.line}: volume {row.volume} is less than the "
            f"{len(needed_trades(row))} trades that its prices need"
        )


def _tape(
    path: Path,
    by_day: dict[date, list[CandleRow]],
    instrument: Instrument,
    calendar: TradingCalendar,
) -> Tape:
    parts, sessions = [], []
    previous_close, previous_volume = 0.0, 0
    for day, rows in by_day.items():
        part = session_columns(path.name, rows, instrument)
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
    book = EmptyBook() if instrument.segment is Segment.IDX_I else book_of(instrument, columns)
    return Tape([instrument], sessions, columns, book, f"candles of {path.name}")
