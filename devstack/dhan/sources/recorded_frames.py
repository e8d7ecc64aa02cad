"""Recorded websocket messages as a source: played verbatim, and decoded so that REST can answer.

In:  a recording (`core/brokers/dhan/recording.py`), plain or gzip.
Out: a `FrameTape`; its `state` is a `Tape` of what the messages said.
Next: `devstack/dhan/frames.py` plays the messages.

A recording names instruments by segment and id only. Ids of the generated listing are
recognised; any other becomes an instrument with a tick of one paisa and a lot of one, which is
enough to give its prices back as they came.
"""

import gzip
import zlib
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Final

import numpy as np

from core.brokers.dhan.border import trade_time_ns
from core.brokers.dhan.packets import Full, OpenInterest, PreviousClose, Quote, Ticker, named
from core.brokers.dhan.recording import Frame, Recording
from core.brokers.dhan.wire import Fields, WireCounters, decode
from core.errors import DataError
from core.instrument import Instrument, InstrumentKind, Segment
from core.session import NS_PER_SECOND, TradingCalendar, ist_date
from devstack.dhan.listing import INDIA_VIX, SHARES, UNDERLYINGS, futures_of, index_of, options_of
from devstack.dhan.sources.recorded_rows import RecordedRows, State
from devstack.dhan.tape import DEPTH_LEVEL, FrameTape, Tape

_LATEST_NS: Final = 2**63 - 1  # What the times on a tape can hold: the year 2262.
_GZIP_MAGIC: Final = b"\x1f\x8b"
_STRIKES_EACH_SIDE: Final = 100
_SEGMENT_CODES: Final = {segment.code: segment for segment in Segment}


@dataclass(frozen=True, slots=True)
class FrameFile:
    """A played recording.

    Parameters
    ----------
    tape
        What is played.
    cut_off_bytes
        Bytes of a last record that was cut off; not played.
    counters
        What the messages held.
    unusable
        Packets that are played but say nothing to REST: not a finite price, unknown segment.
    """

    tape: FrameTape
    cut_off_bytes: int
    counters: WireCounters = field(default_factory=WireCounters)
    unusable: int = 0


def read_frame_file(path: Path, calendar: TradingCalendar) -> FrameFile:
    """Return the tape of a recording of raw messages.

    Raises
    ------
    DataError
        When the file cannot be read, is no recording, is corrupt, or holds nothing to play.
    """
    recording = _recording(path)
    try:
        frames = list(recording)
    except DataError as error:
        raise DataError(f"{path.name}: {error}") from error
    if not frames:
        raise DataError(f"{path.name}: holds no messages")
    latest_ns = max(frame.received_ns for frame in frames)
    if latest_ns > _LATEST_NS:
        raise DataError(f"{path.name}: received at {latest_ns} ns, must be at most {_LATEST_NS}")
    label = f"recorded messages of {path.name}"
    decoder = _Decoder(frames, calendar)
    times = np.maximum.accumulate(np.array([frame.received_ns for frame in frames], np.int64))
    messages = tuple(frame.message for frame in frames)
    tape = FrameTape(times, messages, decoder.tape(label))
    return FrameFile(tape, recording.cut_off_bytes, decoder.counters, decoder.unusable)


def _recording(path: Path) -> Recording:
    try:
        content = path.read_bytes()
        if content.startswith(_GZIP_MAGIC):
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be read ({error})") from error
    try:
        return Recording(content)
    except DataError as error:
        raise DataError(f"{path.name}: {error}") from error


class _Decoder:
    """Follow what a recording says about each instrument."""

    def __init__(self, frames: list[Frame], calendar: TradingCalendar) -> None:
        self._calendar = calendar
        self._known = _listing(ist_date(frames[0].received_ns), calendar)
        self._rows = RecordedRows()
        self._numbers: dict[tuple[int, int], int] = {}
        self.counters = WireCounters()
        self.unusable = 0
        latest = 0
        for frame in frames:
            latest = max(latest, frame.received_ns)  # A clock that was set back does no harm.
            for packet in decode(frame.message, self.counters):
                self._follow(latest, packet)

    def tape(self, label: str) -> Tape:
        """Return what was said."""
        return self._rows.tape(self._calendar, label)

    def _follow(self, time_ns: int, fields: Fields) -> None:
        packet = named(fields)
        if packet.segment not in _SEGMENT_CODES:
            self.unusable += 1
            return
        if isinstance(packet, OpenInterest):
            at = self._number(packet.segment, packet.security_id)
            self._rows.add(time_ns, at, {"oi": packet.open_interest}, only_interest=True)
        elif isinstance(packet, PreviousClose) and not isfinite(packet.close):
            self.unusable += 1
        elif isinstance(packet, PreviousClose):
            at = self._number(packet.segment, packet.security_id)
            self._rows.set_previous(at, packet.close, packet.open_interest)
        elif isinstance(packet, Ticker | Quote | Full):
            self._trade(time_ns, packet)

    def _trade(self, time_ns: int, packet: Ticker | Quote | Full) -> None:
        said = _said(packet)
        if not all(isfinite(value) for value in said.values()):
            self.unusable += 1
            return
        at = self._number(packet.segment, packet.security_id)
        levels = np.frombuffer(packet.levels, DEPTH_LEVEL) if isinstance(packet, Full) else None
        ltt = trade_time_ns(packet.trade_time) // NS_PER_SECOND
        self._rows.add(time_ns, at, said, ltt=ltt, levels=levels)

    def _number(self, segment_code: int, security_id: int) -> int:
        key = (segment_code, security_id)
        if key not in self._numbers:
            segment = _SEGMENT_CODES[segment_code]
            instrument = self._known.get((segment, security_id)) or _unknown(segment, security_id)
            self._numbers[key] = self._rows.add_instrument(instrument)
        return self._numbers[key]


def _said(packet: Ticker | Quote | Full) -> State:
    """Return the packet's fields under the names of the tape's columns."""
    if isinstance(packet, Ticker):
        return {"ltp": packet.price}
    said: State = {
        "ltp": packet.price,
        "ltq": packet.last_quantity,
        "atp": packet.average_price,
        "volume": packet.volume,
        "sell_quantity": packet.sell_quantity,
        "buy_quantity": packet.buy_quantity,
        "open": packet.day_open,
        "high": packet.day_high,
        "low": packet.day_low,
    }
    if isinstance(packet, Full):
        said |= {
            "oi": packet.open_interest,
            "oi_high": packet.open_interest_high,
            "oi_low": packet.open_interest_low,
        }
    return said


def _listing(day: date, calendar: TradingCalendar) -> dict[tuple[Segment, int], Instrument]:
    found = [INDIA_VIX, *(share.instrument for share in SHARES)]
    for each in UNDERLYINGS:
        found += [index_of(each), *futures_of(each, day, calendar)]
        found += options_of(each, day, calendar, each.level, _STRIKES_EACH_SIDE)
    return {instrument.key: instrument for instrument in found}


def _unknown(segment: Segment, security_id: int) -> Instrument:
    kind = InstrumentKind.INDEX if segment is Segment.IDX_I else InstrumentKind.EQUITY
    symbol = f"{segment}-{security_id}"
    return Instrument(segment, security_id, symbol, kind, 1, Decimal("0.01"), display_name=symbol)
