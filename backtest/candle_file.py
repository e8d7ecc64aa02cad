"""Candles of a file, and the ticks that give them back.

In:  csv or csv.gz with columns ts,open,high,low,close[,volume]; ts with an offset.
Out: `Candle`s; or ticks from which the engine builds exactly these candles again.
Next: `core/replay/driver.py`.

A candle becomes its open, the extreme further from its close, the other extreme, and its close,
spread over its length; prices that repeat the one before are left out. Its volume goes to the
first of them but for one unit for each other. That path is the usual assumption and no more: how
the price moved inside the candle is not in the file.
"""

import csv
import gzip
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from math import isfinite
from pathlib import Path
from typing import Final, TextIO
from zlib import error as zlib_error

from core.candle import Candle, Interval
from core.errors import DataError
from core.instrument import Instrument
from core.session import NS_PER_SECOND, ist_date
from core.tick_columns import TickColumns

_COLUMNS: Final = ("ts", "open", "high", "low", "close")
_SIXTIETHS: Final = (0, 15, 40, 59)  # When in the candle its four prices are traded.


def read_candles(
    path: Path, instrument: Instrument, interval: Interval = Interval.M1
) -> list[Candle]:
    """Return the candles of a file in the order of time.

    Raises
    ------
    DataError
        If the file cannot be read or a row is not a candle; names file, line and value.
    """
    candles: list[Candle] = []
    with opened(path) as file:
        reader = csv.DictReader(file)
        missing = [name for name in _COLUMNS if name not in (reader.fieldnames or ())]
        if missing:
            raise DataError(f"{path.name}: no column {', '.join(missing)}")
        for row in reader:
            try:
                after_ns = candles[-1].open_ns if candles else 0
                candles.append(_candle(row, instrument, interval, after_ns))
            except DataError as error:
                raise DataError(f"{path.name} line {reader.line_num}: {error}") from error
    if not candles:
        raise DataError(f"{path.name} holds no candles")
    return candles


def ticks_of(candles: Iterable[Candle], slot: int, *, has_volume: bool) -> TickColumns:
    """Return ticks from which the candles come out again.

    Parameters
    ----------
    slot
        Of their instrument in the engine.
    has_volume
        False for an index. Otherwise a candle without volume is one in which nothing was traded,
        and is left out.

    Raises
    ------
    DataError
        If a candle's volume is less than the number of trades its prices need.
    """
    ticks = TickColumns()
    day: date | None = None
    total = 0
    for candle in candles:
        if has_volume and candle.volume == 0:
            continue
        if ist_date(candle.open_ns) != day:
            day, total = ist_date(candle.open_ns), 0
        path = path_of(candle)
        if has_volume and candle.volume < len(path):
            raise DataError(
                f"candle of {ist_date(candle.open_ns)} with volume {candle.volume} cannot hold "
                f"{len(path)} different prices"
            )
        step = candle.interval.length_ns // 60
        interest = -1 if candle.open_interest is None else candle.open_interest
        for number, (sixtieths, price) in enumerate(path):
            if has_volume:
                total += 1 if number else candle.volume - len(path) + 1
            ticks.append(slot, candle.open_ns + sixtieths * step, price, total, interest)
    return ticks


def path_of(candle: Candle) -> list[tuple[int, float]]:
    """Return when and at what price the candle trades, without repetitions."""
    rising = candle.close >= candle.open
    middle = (candle.low, candle.high) if rising else (candle.high, candle.low)
    path: list[tuple[int, float]] = []
    for sixtieths, price in zip(_SIXTIETHS, (candle.open, *middle, candle.close), strict=True):
        if not path or path[-1][1] != price:
            path.append((sixtieths, price))
    return path


def _candle(
    row: dict[str, str], instrument: Instrument, interval: Interval, after_ns: int
) -> Candle:
    try:
        start = datetime.fromisoformat(row["ts"])
    except (ValueError, TypeError):
        raise DataError(f"ts {row['ts']!r} is not a time") from None
    if start.tzinfo is None:
        raise DataError(f"ts {row['ts']} has no offset")
    first, high, low, last = (_number(row, name) for name in _COLUMNS[1:])
    if not 0 < low <= min(first, last) <= max(first, last) <= high:
        raise DataError(f"open {first}, high {high}, low {low}, close {last} are no candle")
    open_ns = int(start.timestamp()) * NS_PER_SECOND
    if open_ns <= after_ns:
        raise DataError(f"ts {row['ts']} is not later than the row before")
    volume = row.get("volume") or "0"
    if not volume.isdecimal():
        raise DataError(f"volume {volume!r} is not a whole number")
    return Candle(
        instrument.key,
        interval,
        open_ns,
        open_ns + interval.length_ns,
        first,
        high,
        low,
        last,
        int(volume),
    )


def _number(row: dict[str, str], name: str) -> float:
    try:
        value = float(row[name])
    except (ValueError, TypeError):
        value = float("nan")
    if not isfinite(value):
        raise DataError(f"{name} {row[name]!r} is not a number")
    return value


@contextmanager
def opened(path: Path) -> Iterator[TextIO]:
    """Open a text file, compressed or not.

    Raises
    ------
    DataError
        If it cannot be read, also later on while it is.
    """
    try:
        if path.suffix == ".gz":
            with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
                yield file
        else:
            with path.open(encoding="utf-8", newline="") as file:
                yield file
    except (OSError, EOFError, UnicodeDecodeError, zlib_error, csv.Error) as error:
        raise DataError(f"{path} cannot be read: {error}") from error
