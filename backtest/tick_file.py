"""Recorded ticks of a file, with their depth.

In:  csv or csv.gz of decoded full packets: time, type, ltp, volume, oi, bid_price_1 ... ask_qty_5.
Out: the same packets into an engine, depth first.
Next: `core/replay/driver.py`.

Such files carry the time of arrival; it stands for the time of the trade.
"""

import csv
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from backtest.candle_file import opened
from core.brokers.dhan.wire import LEVELS
from core.candle_builder import UNKNOWN
from core.errors import DataError
from core.instrument import Instrument
from core.replay.driver import Driver

_REQUIRED: Final = ("time", "ltp", "volume")
_NS_PER_MICROSECOND: Final = 1_000


class Packet(NamedTuple):
    """One recorded packet.

    Attributes
    ----------
    price
        None in a packet that carries open interest only.
    depth
        Five levels as the feed sends them, None where the file has none.
    """

    time_ns: int
    price: float | None
    volume: int
    open_interest: int
    depth: bytes | None


def read_packets(path: Path, instrument: Instrument) -> Iterator[Packet]:
    """Yield the packets of a file.

    Raises
    ------
    DataError
        If the file cannot be read or a row is no packet; names file, line and value.
    """
    with opened(path) as file:
        reader = csv.DictReader(file)
        missing = [name for name in _REQUIRED if name not in (reader.fieldnames or ())]
        if missing:
            raise DataError(f"{path.name}: no column {', '.join(missing)}")
        for row in reader:
            try:
                yield _packet(row, instrument)
            except (ValueError, TypeError) as error:
                raise DataError(f"{path.name} line {reader.line_num}: {error}") from error


def play_packets(driver: Driver, slot: int, path: Path, instrument: Instrument) -> None:
    """Play a file; raises as `read_packets`."""
    engine = driver.engine
    for packet in read_packets(path, instrument):
        if packet.price is None:
            engine.open_interest(slot, packet.open_interest)
            continue
        if packet.depth is not None:
            engine.book(slot, packet.depth)
        driver.result.ticks += 1
        effects = engine.tick(
            slot, packet.time_ns, packet.price, packet.volume, packet.open_interest
        )
        if effects:
            driver.take(effects)


def _packet(row: Mapping[str, str], instrument: Instrument) -> Packet:
    time = datetime.fromisoformat(row["time"])
    if time.tzinfo is None:
        raise ValueError(f"time {row['time']} has no offset")
    seconds = int(time.timestamp())
    return Packet(
        (seconds * 1_000_000 + time.microsecond) * _NS_PER_MICROSECOND,
        instrument.round_price(float(row["ltp"])) if row["ltp"] else None,
        int(float(row["volume"] or 0)),
        int(float(row["oi"])) if row.get("oi") else UNKNOWN,
        _depth(row),
    )


def _depth(row: Mapping[str, str]) -> bytes | None:
    if not row.get("bid_price_1"):
        return None
    values: list[float] = []
    for level in range(1, 6):
        bid, ask = (int(float(row[f"{side}_qty_{level}"])) for side in ("bid", "ask"))
        prices = (float(row[f"{side}_price_{level}"]) for side in ("bid", "ask"))
        values += [bid, ask, 0, 0, *prices]
    return LEVELS.pack(*values)
