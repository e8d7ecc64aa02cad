"""Dhan's instrument master: lines of either layout to instruments, nothing lost without a word.

In:  the lines of `api-scrip-master.csv` or `api-scrip-master-detailed.csv`, one after another.
Out: `Instrument`s as they are read, and a report that accounts for every row.
Next: `core/instrument.py`.

Traps of the file, each handled here:
- The tick is in paise, but index rows have it in rupees.
- What has no expiry carries a placeholder such as 0001-01-01, what has no strike -0.01 or 7.
- Rows of the exchanges' test symbols (NSETEST) stand among the real ones.
- The compact layout does not say what a derivative derives from. Its NSE trading symbols do
  (``NIFTY-Oct2026-25000-CE``); where they do not (BSE, MCX), `underlying` stays None.
"""

import csv
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from core.brokers.dhan.master_columns import Columns, find_columns
from core.brokers.dhan.master_values import (
    expiry_date,
    number,
    option_side,
    tick_size,
    whole,
    whole_id,
)
from core.errors import DataError
from core.instrument import Instrument, InstrumentKind, Segment

LINES_KEPT_PER_REASON: Final = 10

_SEGMENTS: Final[dict[tuple[str, str], Segment]] = {
    ("NSE", "I"): Segment.IDX_I,
    ("BSE", "I"): Segment.IDX_I,
    ("NSE", "E"): Segment.NSE_EQ,
    ("NSE", "D"): Segment.NSE_FNO,
    ("NSE", "C"): Segment.NSE_CURRENCY,
    ("BSE", "E"): Segment.BSE_EQ,
    ("BSE", "D"): Segment.BSE_FNO,
    ("BSE", "C"): Segment.BSE_CURRENCY,
    ("MCX", "M"): Segment.MCX_COMM,
}
_KINDS: Final = {str(kind): kind for kind in InstrumentKind}
_TEST_SYMBOL: Final = "NSETEST"
_SYMBOL_OF_SERIES: Final = re.compile(r"(.+)-[A-Z][a-z]{2}\d{4}-")


@dataclass(slots=True)
class MasterReport:
    """What became of the rows; complete once the reader is exhausted.

    Parameters
    ----------
    rows
        Rows below the header, empty lines not counted.
    instruments
        Rows that became instruments.
    left_out
        Rows that are well but not wanted, by the reason.
    bad
        Rows that cannot be used, by the reason.
    bad_lines
        The first lines of the file for each reason of `bad`, at most `LINES_KEPT_PER_REASON`.
    """

    rows: int = 0
    instruments: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    bad: Counter[str] = field(default_factory=Counter)
    bad_lines: dict[str, list[int]] = field(default_factory=dict)

    def note_bad(self, reason: str, line: int) -> None:
        """Count a row that cannot be used."""
        self.bad[reason] += 1
        lines = self.bad_lines.setdefault(reason, [])
        if len(lines) < LINES_KEPT_PER_REASON:
            lines.append(line)


class MasterReader:
    """Iterate over the instruments of a master file.

    Parameters
    ----------
    lines
        The file's lines, header first; they are read as the iteration proceeds.
    segments
        The segments wanted; None takes all. Other rows are counted in the report's `left_out`.

    Attributes
    ----------
    report
        What became of the rows so far.

    Raises
    ------
    DataError
        At once, if the header is missing, of neither layout, or lacks a column; while iterating,
        if the file is no longer readable as csv (a quote that nothing closes), with the line.
    """

    def __init__(
        self, lines: Iterable[str], *, segments: Collection[Segment] | None = None
    ) -> None:
        self.report = MasterReport()
        self._rows = csv.reader(lines)
        self._columns = find_columns(next(self._readable(), []))
        self._least_columns = self._columns.last + 1
        self._wanted = tuple(Segment if segments is None else segments)

    def __iter__(self) -> Iterator[Instrument]:
        for row in self._readable():
            if not row:
                continue
            self.report.rows += 1
            try:
                instrument = self._read(row)
            except DataError as error:
                # What `Instrument` says begins with its symbol; reasons are counted without.
                self.report.note_bad(str(error).rpartition(": ")[2], self._rows.line_num)
                continue
            if instrument is not None:
                self.report.instruments += 1
                yield instrument

    def _readable(self) -> Iterator[list[str]]:
        try:
            yield from self._rows
        except csv.Error as error:
            raise DataError(f"instrument master line {self._rows.line_num}: {error}") from error

    def _read(self, row: Sequence[str]) -> Instrument | None:
        """Return the row's instrument, None if it was counted as left out."""
        columns = self._columns
        if len(row) < self._least_columns:
            raise DataError(f"{len(row)} columns, must be {self._least_columns} or more")
        segment = _segment(row[columns.exchange], row[columns.segment])
        if segment not in self._wanted:
            self.report.left_out[f"segment {segment}"] += 1
            return None
        if _TEST_SYMBOL in row[columns.symbol]:
            self.report.left_out["test symbol"] += 1
            return None
        return _instrument(row, columns, segment)


def _segment(exchange: str, letter: str) -> Segment:
    segment = _SEGMENTS.get((exchange, letter))
    if segment is None:
        raise DataError(f"segment {letter!r} of exchange {exchange!r} is not on the feed")
    return segment


def _instrument(row: Sequence[str], columns: Columns, segment: Segment) -> Instrument:
    kind = _KINDS.get(row[columns.kind])
    if kind is None:
        raise DataError(f"kind {row[columns.kind]!r} is unknown")
    if (kind is InstrumentKind.INDEX) is not (segment is Segment.IDX_I):
        raise DataError(f"{kind} in segment {segment}")
    derivative, option = kind.is_future or kind.is_option, kind.is_option
    symbol = row[columns.symbol if derivative else columns.listed_symbol]
    return Instrument(
        segment,
        whole_id(row[columns.security_id]),
        symbol,
        kind,
        whole(row[columns.lot_size], "lot size"),
        tick_size(row[columns.tick_size], is_index=kind is InstrumentKind.INDEX),
        underlying=_underlying(row, columns, symbol) if derivative else None,
        display_name=row[columns.display_name],
        expiry=expiry_date(row[columns.expiry]) if derivative else None,
        strike=number(row[columns.strike], "strike") if option else None,
        option_side=option_side(row[columns.option_side]) if option else None,
        freeze_quantity=_freeze_quantity(row, columns),
    )


def _underlying(row: Sequence[str], columns: Columns, symbol: str) -> str | None:
    if columns.underlying is not None:
        return row[columns.underlying] or None
    match = _SYMBOL_OF_SERIES.match(symbol)
    return match[1] if match else None


def _freeze_quantity(row: Sequence[str], columns: Columns) -> int | None:
    if columns.freeze_quantity is None:
        return None
    # Zero where the exchange sets no limit, such as for an index.
    return whole(row[columns.freeze_quantity] or "0", "freeze quantity") or None
