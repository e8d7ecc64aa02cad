"""Recorded ticks as a source: decoded full and open interest packets, one per row.

In:  csv or csv.gz in the layout of a recorder: time, security_id, symbol, type and the fields of
     Dhan's full packet with five levels; type is `full` or `oi`.
Out: a `Tape` that holds every field as it was recorded.
Next: `devstack/dhan/encode.py` makes the packets again.

What such a file does not have is derived: the last trade time is the second in which the volume
last grew; the open interest's range is that of the recording; orders are known for the best
level only and 0 below it.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import numpy as np

from core.errors import DataError
from core.session import TradingCalendar, ist_date
from devstack.dhan.sources.candle_rows import MOST_UNITS, instant, price, table, whole
from devstack.dhan.sources.recorded_rows import RecordedRows, State
from devstack.dhan.sources.symbols import find_instrument
from devstack.dhan.tape import DEPTH_LEVEL, DEPTH_LEVELS, Records, Tape

_IDENTITY: Final = ("time", "security_id", "symbol", "type")
_COUNTS: Final = {
    "ltq": "ltq", "volume": "volume", "oi": "oi",
    "sell_quantity": "total_sell_qty", "buy_quantity": "total_buy_qty",
}  # fmt: skip
_PRICES: Final = {"ltp": "ltp", "atp": "atp", "open": "open", "high": "high", "low": "low"}
_LEVELS: Final = {
    "bid_price": "bid_price_{}", "bid_quantity": "bid_qty_{}", "bid_orders": "bid_orders_{}",
    "ask_price": "ask_price_{}", "ask_quantity": "ask_qty_{}", "ask_orders": "ask_orders_{}",
}  # fmt: skip
_MOST: Final = dict.fromkeys(("ltq", "bid_orders", "ask_orders"), 2**16 - 1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def read_tick_file(path: Path, calendar: TradingCalendar) -> Tape:
    """Return the tape of a recording.

    Raises
    ------
    DataError
        When the file cannot be read, or a row cannot be understood: names file, line and value.
    """
    reader = _Reader(path, calendar)
    for line, fields in table(path, [*_IDENTITY, *_COUNTS.values(), *_PRICES.values()]):
        reader.read(line, fields)
    return reader.rows.tape(calendar, f"recorded ticks of {path.name}")


class _Reader:
    """Turn lines of one file into packets."""

    def __init__(self, path: Path, calendar: TradingCalendar) -> None:
        self._path = path
        self._calendar = calendar
        self._numbers: dict[str, int] = {}
        self._latest_ns = 0
        self.rows = RecordedRows()

    def read(self, line: int, fields: dict[str, str]) -> None:
        """Add the packet of one line."""
        time_ns = self._time(line, fields)
        number_of = self._instrument(line, fields, time_ns)
        if fields["type"] == "full":
            self._full(line, time_ns, number_of, fields)
        elif fields["type"] != "oi":
            self._refuse(line, f"type {fields['type']!r} is neither full nor oi")
        elif self.rows.last(number_of) is None:
            self._refuse(line, "oi before the first full packet of its instrument")
        else:
            oi = whole(self._path, line, "oi", fields["oi"])
            self.rows.add(time_ns, number_of, {"oi": oi}, only_interest=True)

    def _time(self, line: int, fields: dict[str, str]) -> int:
        moment = instant(self._path, line, fields["time"])
        time_ns = (moment - _EPOCH) // _MICROSECOND * 1_000
        if time_ns < self._latest_ns:
            self._refuse(line, f"time {fields['time']} is earlier than that of the line before")
        self._latest_ns = time_ns
        return time_ns

    def _instrument(self, line: int, fields: dict[str, str], time_ns: int) -> int:
        known = self._numbers.get(fields["security_id"])
        if known is not None:
            return known
        try:
            listed = find_instrument(fields["symbol"], ist_date(time_ns), self._calendar)
        except DataError as error:
            raise DataError(f"{self._path.name} line {line}: {error}") from error
        security_id = whole(self._path, line, "security_id", fields["security_id"])
        recorded = replace(listed, security_id=security_id, symbol=fields["symbol"])
        added = self.rows.add_instrument(recorded)
        self._numbers[fields["security_id"]] = added
        return added

    def _full(self, line: int, time_ns: int, number_of: int, fields: dict[str, str]) -> None:
        said: State = {
            name: whole(self._path, line, column, fields[column], _MOST.get(name, MOST_UNITS))
            for name, column in _COUNTS.items()
        }
        said |= {
            name: price(self._path, line, column, fields[column])
            for name, column in _PRICES.items()
        }
        if fields.get("close"):
            close = price(self._path, line, "close", fields["close"])
            self.rows.set_previous(number_of, close, 0)
        self.rows.add(time_ns, number_of, said, levels=self._levels(line, fields))

    def _levels(self, line: int, fields: dict[str, str]) -> Records:
        levels = np.zeros(DEPTH_LEVELS, dtype=DEPTH_LEVEL)
        for at in range(DEPTH_LEVELS):
            for name, pattern in _LEVELS.items():
                column = pattern.format(at + 1)
                text = fields.get(column)
                if text and name.endswith("price"):
                    levels[name][at] = price(self._path, line, column, text)
                elif text:
                    most = _MOST.get(name, MOST_UNITS)
                    levels[name][at] = whole(self._path, line, column, text, most)
        return levels

    def _refuse(self, line: int, why: str) -> None:
        raise DataError(f"{self._path.name} line {line}: {why}")
