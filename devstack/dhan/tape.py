"""What the simulator plays: every packet of a market day as columns ordered by sending time.

In:  columns made by a source (`devstack/dhan/sources/`): generated, candles, recorded ticks.
Out: slices between two instants for the feed; the last state per instrument for quotes, rewind.
Next: `devstack/dhan/encode.py` makes bytes of slices; `devstack/dhan/market_data.py` answers REST.

A tape knows nothing of sockets, subscriptions or wall time. All times are integer nanoseconds
UTC, except the last trade time, which Dhan knows to the second only (unix seconds here; the
encoder shifts it to Dhan's IST clock).
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from enum import IntEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from core.errors import DataError
from core.instrument import Instrument, Segment
from devstack.dhan.depth import DEPTH_LEVEL, DEPTH_LEVELS, Book, EmptyBook, Records, StoredBook

__all__ = [
    "DEPTH_LEVEL",
    "DEPTH_LEVELS",
    "Book",
    "Columns",
    "EmptyBook",
    "EventKind",
    "FrameTape",
    "Integers",
    "Records",
    "StoredBook",
    "Tape",
    "TapeSession",
]

type Integers = NDArray[np.int64]


class EventKind(IntEnum):
    """Why the packet is sent."""

    TRADE = 0  # A trade, or for an index a new value: price, time and volume may have moved.
    BOOK = 1  # Quotes only: price, trade time and volume are those of the last trade.
    OPEN_INTEREST = 2  # Only `oi` moved: Dhan sends it as a packet of its own to quote mode.


@dataclass(frozen=True, slots=True)
class Columns:
    """One array per field, one row per packet, ordered by `time_ns`.

    Every row carries the whole state of its instrument after the event, so that the last row of
    an instrument is its quote. Prices are rupees as float32 because Dhan sends float32.
    """

    time_ns: NDArray[np.int64]  # When the server sends it.
    instrument: NDArray[np.int32]  # Index into `Tape.instruments`.
    kind: NDArray[np.uint8]  # An `EventKind`.
    ltt: NDArray[np.int64]  # Last trade, unix seconds UTC.
    ltp: NDArray[np.float32]
    ltq: NDArray[np.uint16]
    atp: NDArray[np.float32]
    volume: NDArray[np.uint32]  # Units since the session opened.
    sell_quantity: NDArray[np.uint32]
    buy_quantity: NDArray[np.uint32]
    oi: NDArray[np.uint32]
    oi_high: NDArray[np.uint32]
    oi_low: NDArray[np.uint32]
    open: NDArray[np.float32]
    high: NDArray[np.float32]
    low: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.time_ns)

    def take(self, rows: Integers) -> "Columns":
        """Return the rows at these positions, in this order."""
        return Columns(*(getattr(self, field.name)[rows] for field in fields(self)))

    @classmethod
    def joined(cls, parts: Sequence["Columns"]) -> "Columns":
        """Return all rows of all parts one after the other, not yet ordered by time."""
        return cls(
            *(
                np.concatenate([getattr(part, field.name) for part in parts])
                for field in fields(cls)
            )
        )


@dataclass(frozen=True, slots=True)
class TapeSession:
    """One trading day on the tape and what was known before it began.

    The arrays have one value per instrument of the tape; 0 means that there was none.
    """

    day: date
    windows: tuple[tuple[int, int], ...]  # Half-open, nanoseconds UTC.
    previous_close: NDArray[np.float32]
    previous_oi: NDArray[np.uint32]
    previous_volume: NDArray[np.uint32]

    @property
    def open_ns(self) -> int:
        """First instant of the first window."""
        return self.windows[0][0]

    @property
    def close_ns(self) -> int:
        """End of the last window, itself outside."""
        return self.windows[-1][1]


class Tape:
    """Packets of one or more sessions, ready to be played from any instant.

    Parameters
    ----------
    instruments
        What is traded on it; rows name an instrument by its position here.
    sessions
        In order of time, at least one.
    columns
        The packets; must be ordered by `time_ns`.
    book
        Market depth of the same rows.
    label
        One sentence for logs and pictures: what this is and where it comes from.

    Raises
    ------
    DataError
        When there is no session, or the rows are not in order of time.
    """

    def __init__(
        self,
        instruments: Sequence[Instrument],
        sessions: Sequence[TapeSession],
        columns: Columns,
        book: Book,
        label: str,
    ) -> None:
        if not sessions:
            raise DataError(f"{label}: a tape needs at least one session")
        if np.any(np.diff(columns.time_ns) < 0):
            raise DataError(f"{label}: the packets are not in order of time")
        self.instruments = tuple(instruments)
        self.sessions = tuple(sessions)
        self.columns = columns
        self.label = label
        self._book = book
        self._index = {instrument.key: at for at, instrument in enumerate(self.instruments)}

    def __len__(self) -> int:
        return len(self.columns)

    def index_of(self, segment: Segment, security_id: int) -> int | None:
        """Return the position of an instrument in `instruments`, None when it is not traded."""
        return self._index.get((segment, security_id))

    def between(self, from_ns: int, to_ns: int) -> tuple[int, int]:
        """Return ``start, stop`` of the rows sent in ``[from_ns, to_ns)``."""
        start, stop = np.searchsorted(self.columns.time_ns, (from_ns, to_ns))
        return int(start), int(stop)

    def depth(self, start: int, stop: int) -> Records:
        """Return `DEPTH_LEVEL` records of shape ``(stop - start, 5)`` for these rows."""
        return self._book.levels(start, stop)

    def rows_of(self, instrument: int) -> Integers:
        """Return the positions of all rows of one instrument, in order of time."""
        order, bounds = self._rows_by_instrument
        rows: Integers = order[bounds[instrument] : bounds[instrument + 1]]
        return rows

    def last_rows(self, time_ns: int) -> Integers:
        """Return the row that holds each instrument's state at an instant.

        A row is of the session that `session_at` names, so that nothing of yesterday is shown as
        today's.

        Returns
        -------
        Integers
            One position per instrument; -1 where nothing has been sent yet in that session.
        """
        begin = self.between(self.session_at(time_ns).open_ns, time_ns + 1)[0]
        stop = self.between(0, time_ns + 1)[1]
        found = np.full(len(self.instruments), -1, dtype=np.int64)
        for instrument in range(len(self.instruments)):
            rows = self.rows_of(instrument)
            at = int(np.searchsorted(rows, stop)) - 1
            if at >= 0 and rows[at] >= begin:
                found[instrument] = rows[at]
        return found

    def session_at(self, time_ns: int) -> TapeSession:
        """Return the last session that opened at or before an instant, else the first one."""
        at = int(np.searchsorted(self._opens, time_ns, side="right")) - 1
        return self.sessions[max(at, 0)]

    @cached_property
    def _opens(self) -> Integers:
        return np.array([session.open_ns for session in self.sessions], dtype=np.int64)

    @cached_property
    def _rows_by_instrument(self) -> tuple[Integers, Integers]:
        order = np.argsort(self.columns.instrument, kind="stable").astype(np.int64)
        counts = np.bincount(self.columns.instrument, minlength=len(self.instruments))
        bounds = np.concatenate((np.zeros(1, np.int64), np.cumsum(counts, dtype=np.int64)))
        return order, bounds


@dataclass(frozen=True, slots=True)
class FrameTape:
    """Recorded websocket messages, played verbatim.

    Parameters
    ----------
    time_ns
        When each message was received, in order.
    frames
        The payload of each message.
    state
        The same messages decoded, for REST answers; the feed never encodes from it.
    """

    time_ns: NDArray[np.int64]
    frames: tuple[bytes, ...]
    state: Tape

    def __len__(self) -> int:
        return len(self.frames)

    def between(self, from_ns: int, to_ns: int) -> tuple[int, int]:
        """Return ``start, stop`` of the messages received in ``[from_ns, to_ns)``."""
        start, stop = np.searchsorted(self.time_ns, (from_ns, to_ns))
        return int(start), int(stop)
