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
from typing import Final

import numpy as np
from numpy.typing import NDArray

from devstack.dhan.layouts import (
    FULL,
    IST_OFFSET_SECONDS,
    OPEN_INTEREST,
    QUOTE,
    TICKER,
    Layout,
    frame_prefix,
)
from devstack.dhan.tape import Columns, EventKind, Integers, Records, Tape

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
MOST_STACKED: Final = 8
"""Most packets in one message when they are stacked."""


@dataclass(frozen=True, slots=True)
class Burst:
    """What one socket gets of one slice."""

    data: bytes
    packets: int
    frames: int


NOTHING: Final = Burst(b"", 0, 0)


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
        if stack is None and len(groups) == 1:
            frames = groups[0][1]
            return Burst(frames.tobytes(), len(frames), len(frames))
        return _merged(groups, stack)

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


def _merged(
    groups: list[tuple[Layout, Records, Integers]], stack: np.random.Generator | None
) -> Burst:
    """Interleave packets of several layouts in the order of the tape, then frame them anew."""
    packets = [layout.packets(frames) for layout, frames, _ in groups]
    place = np.concatenate([rows * len(_RULES) + at for at, (_, _, rows) in enumerate(groups)])
    order = np.argsort(place)
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    lengths = np.concatenate([np.full(len(matrix), matrix.shape[1]) for matrix in packets])[order]
    first = _message_starts(len(order), stack)
    data, offsets = _framed(lengths, first)
    offsets = offsets[rank]
    done = 0
    for matrix in packets:
        count, size = matrix.shape
        data[offsets[done : done + count, None] + np.arange(size)] = matrix
        done += count
    return Burst(data.tobytes(), len(order), len(first))


def _message_starts(packets: int, stack: np.random.Generator | None) -> Integers:
    """Return which packets begin a message."""
    if stack is None:
        return np.arange(packets)
    ends = np.cumsum(stack.integers(1, MOST_STACKED, packets, endpoint=True))
    return np.concatenate((np.zeros(1, np.int64), ends[ends < packets]))


def _framed(lengths: Integers, first: Integers) -> tuple[Bytes, Integers]:
    """Lay out messages: return bytes that hold the frame headers, and each packet's offset."""
    payloads = np.add.reduceat(lengths, first)
    kinds, which = np.unique(payloads, return_inverse=True)
    prefixes = [np.frombuffer(frame_prefix(int(size)), np.uint8) for size in kinds]
    prefix_bytes = np.array([len(prefix) for prefix in prefixes])[which]
    before = np.zeros(len(lengths), np.int64)
    before[first] = prefix_bytes
    offsets = np.cumsum(lengths + before) - lengths
    data = np.empty(int(lengths.sum() + prefix_bytes.sum()), np.uint8)
    for at, prefix in enumerate(prefixes):
        places = offsets[first[which == at]] - len(prefix)
        data[places[:, None] + np.arange(len(prefix))] = prefix
    return data, offsets
