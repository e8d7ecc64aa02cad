"""Read the rows of a candle file and refuse what cannot be a candle, naming file, line, value.

In:  csv or csv.gz with columns ts,open,high,low,close[,volume]; further columns are ignored.
Out: `CandleRow`s in order of time.
Next: `devstack/dhan/sources/candle_file.py` plays them.
"""

import csv
import gzip
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import Final, TextIO

from core.errors import DataError

MOST_RUPEES: Final = 10_000_000
MOST_UNITS: Final = 2**32 - 1  # The feed's fields for quantities have 32 bits.
_REQUIRED: Final = ("ts", "open", "high", "low", "close")


@dataclass(frozen=True, slots=True)
class CandleRow:
    """One candle of a file.

    Parameters
    ----------
    line
        Where it stands in the file; the header is line 1.
    start
        Unix seconds UTC.
    volume
        Units; None where the file has no such column.
    """

    line: int
    start: int
    open: float
    high: float
    low: float
    close: float
    volume: int | None

    @property
    def prices(self) -> tuple[float, float, float, float]:
        """Open, high, low and close."""
        return self.open, self.high, self.low, self.close


def read_rows(path: Path) -> list[CandleRow]:
    """Return all rows of a candle file.

    Raises
    ------
    DataError
        When the file cannot be read, a column is missing, there are no rows, or a row is not a
        candle that follows the one before it.
    """
    rows: list[CandleRow] = []
    for line, fields in table(path, _REQUIRED):
        row = _row(path, line, fields)
        if rows and row.start <= rows[-1].start:
            what = "repeats" if row.start == rows[-1].start else "is earlier than"
            raise DataError(
                f"{path.name} line {line}: ts {fields['ts']} {what} that of line {rows[-1].line}"
            )
        rows.append(row)
    if not rows:
        raise DataError(f"{path.name}: has a header but no rows")
    return rows


def table(path: Path, required: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield line number and fields by column name of a csv or csv.gz file.

    Raises
    ------
    DataError
        When the file cannot be read, a required column is missing, or a row is too short.
    """
    with _opened(path) as stream:
        reader = csv.DictReader(stream)
        missing = [name for name in required if name not in (reader.fieldnames or ())]
        if missing:
            raise DataError(f"{path.name}: column {', '.join(missing)} is missing")
        for fields in reader:
            short = [name for name in required if fields[name] is None]
            if short:
                raise DataError(f"{path.name} line {reader.line_num}: {short[0]} is missing")
            yield reader.line_num, fields


def instant(path: Path, line: int, text: str) -> datetime:
    """Return a time that says its offset from UTC, such as ``2025-12-29T09:15:00+05:30``."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise DataError(f"{path.name} line {line}: ts {text!r} is not a time") from error
    if moment.tzinfo is None:
        raise DataError(f"{path.name} line {line}: ts {text!r} has no offset such as +05:30")
    return moment


def number(path: Path, line: int, name: str, text: str) -> float:
    """Return a finite number."""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        raise DataError(f"{path.name} line {line}: {name} {text!r} is not a number")
    return value


def price(path: Path, line: int, name: str, text: str) -> float:
    """Return a price in rupees: from 0, and small enough for the arithmetic in ticks."""
    value = number(path, line, name, text)
    if not 0 <= value <= MOST_RUPEES:
        raise DataError(f"{path.name} line {line}: {name} {text} is outside 0 to {MOST_RUPEES}")
    return value


def whole(path: Path, line: int, name: str, text: str, most: int = MOST_UNITS) -> int:
    """Return a whole number from 0 to `most`; ``75.0`` is one."""
    value = number(path, line, name, text)
    if not 0 <= value <= most or value != int(value):
        raise DataError(
            f"{path.name} line {line}: {name} {text!r} is not a whole number from 0 to {most}"
        )
    return int(value)


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8", newline="") as stream:
            yield stream
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: cannot be read ({error})") from error


def _row(path: Path, line: int, fields: dict[str, str]) -> CandleRow:
    start = instant(path, line, fields["ts"])
    if start.second or start.microsecond:
        raise DataError(f"{path.name} line {line}: ts {fields['ts']!r} is not a whole minute")
    opening, high, low, close = (
        price(path, line, name, fields[name]) for name in ("open", "high", "low", "close")
    )
    if high < low:
        raise DataError(f"{path.name} line {line}: high {high} is below low {low}")
    if low == 0:
        raise DataError(f"{path.name} line {line}: low {low} is not above 0")
    for name, value in (("open", opening), ("close", close)):
        if not low <= value <= high:
            raise DataError(f"{path.name} line {line}: {name} {value} is outside {low} to {high}")
    text = fields.get("volume")
    volume = None if text is None else whole(path, line, "volume", text)
    return CandleRow(line, int(start.timestamp()), opening, high, low, close, volume)
