"""Turn rows of a tape into the bytes a subscriber receives, many at a time.

In:  a slice of the tape and, per instrument, the modes a socket asked for.
Out: complete websocket frames, ready for the socket, in the order of the tape.
Next: `devstack/dhan/feed/player.py`, which decides when.

What is sent for an event (reference 2.5 and 2.9): a trade goes to every mode; a change of the
book to quote and full; a change of open interest as a packet of its own (code 5) to quote and
full, as the recorded day of 2025-12-29 shows it beside full packets. An instrument held in
several modes gets a packet per mode: what Dhan does there is not known.
"""

from dataclasses import dataclass
from enum import IntFlag
from itertools import pairwise
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from core.session import IST_OFFSET_SECONDS
from devstack.dhan.layouts import (
    FULL,
    OPEN_INTEREST,
    QUOTE,
    TICKER,
    Layout,
)
from devstack.dhan.messages import NOTHING, Burst, merged, stacked
from devstack.dhan.tape import Columns, EventKind, Records, Tape

type Bytes = NDArray[np.uint8]


class Mode(IntFlag):
    """How much of an instrument a socket asked for; several may be held at once."""

    NONE = 0
    TICKER = 1
    QUOTE = 2
    FULL = 4


@dataclass(frozen=True, slots=True)
class _Rule:
    """One layout and which modes receive it for each `EventKind`."""

    layout: Layout
    heard: NDArray[np.uint8]


def _rule(layout: Layout, modes: int, *kinds: EventKind) -> _Rule:
    heard = np.zeros(len(EventKind), np.uint8)
    heard[list(kinds)] = modes
    return _Rule(layout, heard)


# In the order on the wire where one event makes several packets.
_RULES: Final = (
    _rule(TICKER, Mode.TICKER, EventKind.TRADE),
    _rule(QUOTE, Mode.QUOTE, EventKind.TRADE, EventKind.BOOK),
    _rule(FULL, Mode.FULL, EventKind.TRADE, EventKind.BOOK),
    _rule(OPEN_INTEREST, Mode.QUOTE | Mode.FULL, EventKind.OPEN_INTEREST),
)
_PLAIN_FIELDS: Final = frozenset(Columns.__dataclass_fields__) - {"time_ns", "instrument", "ltt"}
_BLOCK_ROWS: Final = 2_048
_BLOCKS_KEPT: Final = 8


class Encoder(Protocol):
    """What the player and the server need of something that can be played."""

    @property
    def time_ns(self) -> NDArray[np.int64]:
        """When each row is sent, UTC nanoseconds, in order."""
        ...

    def burst(
        self,
        start: int,
        stop: int,
        wanted: NDArray[np.uint8],
        stack: np.random.Generator | None = None,
    ) -> Burst:
        """Return what a socket gets of some rows."""
        ...


class TapeEncoder:
    """Encode rows of one tape.

    Parameters
    ----------
    tape
        The tape; its columns are read, never changed.
    """

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        instruments = tape.instruments
        self._segment = np.array([i.segment.code for i in instruments], np.uint8)
        self._security_id = np.array([i.security_id for i in instruments], np.uint32)
        self._opens = np.array([session.open_ns for session in tape.sessions], np.int64)
        self._closes = np.stack([session.previous_close for session in tape.sessions])
        self._blocks: dict[tuple[int, int], Records] = {}

    @property
    def time_ns(self) -> NDArray[np.int64]:
        """When each row is sent, UTC nanoseconds, in order."""
        return self._tape.columns.time_ns

    def burst(
        self,
        start: int,
        stop: int,
        wanted: NDArray[np.uint8],
        stack: np.random.Generator | None = None,
    ) -> Burst:
        """Return everything a socket gets of the rows ``[start, stop)``.

        Parameters
        ----------
        wanted
            One `Mode` per instrument of the tape.
        stack
            Where to draw how many packets share a message; None sends one per message.
        """
        borders = range(start - start % _BLOCK_ROWS + _BLOCK_ROWS, stop, _BLOCK_ROWS)
        edges = (start, *borders, stop)
        parts = [self._part(a, b, wanted, stack) for a, b in pairwise(edges)]
        if len(parts) == 1:
            return parts[0]
        return Burst(
            b"".join(part.data for part in parts),
            sum(part.packets for part in parts),
            sum(part.frames for part in parts),
        )

    def frames(self, layout: Layout, start: int, stop: int) -> Records:
        """Return one frame of this layout for each of the rows ``[start, stop)``."""
        columns = self._tape.columns
        rows = slice(start, stop)
        instrument = columns.instrument[rows]
        frames = layout.blank(stop - start)
        frames["segment"] = self._segment[instrument]
        frames["security_id"] = self._security_id[instrument]
        names = layout.packet.names or ()
        for name in _PLAIN_FIELDS.intersection(names):
            frames[name] = getattr(columns, name)[rows]
        if "ltt" in names:
            frames["ltt"] = columns.ltt[rows] + IST_OFFSET_SECONDS
        if "close" in names:
            session = np.searchsorted(self._opens, columns.time_ns[rows], side="right") - 1
            frames["close"] = self._closes[np.maximum(session, 0), instrument]
        if "depth" in names:
            levels = np.ascontiguousarray(self._tape.depth(start, stop))
            frames["depth"] = levels.view(frames.dtype["depth"])[:, 0]
        return frames

    def _part(
        self,
        start: int,
        stop: int,
        wanted: NDArray[np.uint8],
        stack: np.random.Generator | None,
    ) -> Burst:
        """Return the burst of rows that lie in one block."""
        columns = self._tape.columns
        kind = columns.kind[start:stop]
        mine = wanted[columns.instrument[start:stop]]
        groups = []
        for rule in _RULES:
            rows = np.flatnonzero(mine & rule.heard[kind])
            if len(rows):
                frames = self._block_frames(rule.layout, start, stop)[rows]
                groups.append((rule.layout, frames, rows))
        if not groups:
            return NOTHING
        return merged(groups) if stack is None else stacked(groups, stack)

    def _block_frames(self, layout: Layout, start: int, stop: int) -> Records:
        """Return frames of rows in one block, of which a few are kept: sockets share them."""
        number = start // _BLOCK_ROWS
        begin = number * _BLOCK_ROWS
        key = (layout.code, number)
        block = self._blocks.get(key)
        if block is None:
            if len(self._blocks) >= _BLOCKS_KEPT:
                del self._blocks[next(iter(self._blocks))]
            end = min(begin + _BLOCK_ROWS, len(self._tape))
            block = self._blocks[key] = self.frames(layout, begin, end)
        return block[start - begin : stop - begin]
