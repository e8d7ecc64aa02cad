"""Put packets of several kinds into websocket messages, in order, at numpy's speed.

In:  frames of several layouts and the rows of the tape they come from.
Out: one `Burst`: bytes for a socket, one packet per message or several.
Next: `devstack/dhan/encode.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from devstack.dhan.layouts import Layout, frame_prefix
from devstack.dhan.tape import Integers, Records

type Bytes = NDArray[np.uint8]

MOST_STACKED: Final = 8
"""Most packets in one message when they are stacked."""


@dataclass(frozen=True, slots=True)
class Burst:
    """What one socket gets of one slice."""

    data: bytes
    packets: int
    frames: int


NOTHING: Final = Burst(b"", 0, 0)


type Group = tuple[Layout, Records, Integers]
"""Frames of one layout, and the ascending rows of the tape they come from."""


def merged(groups: Sequence[Group]) -> Burst:
    """Interleave frames of several layouts in the order of the tape, one packet per message.

    Whole runs of one layout are copied at once; most of a day are such runs.
    """
    which = _in_order(groups)
    data = [memoryview(frames.tobytes()) for _, frames, _ in groups]
    sizes = [frames.dtype.itemsize for _, frames, _ in groups]
    taken = [0] * len(groups)
    edges = [0, *(np.flatnonzero(np.diff(which)) + 1).tolist(), len(which)]
    parts = []
    for begin, end in pairwise(edges):
        group = which[begin]
        start = taken[group]
        taken[group] += (end - begin) * sizes[group]
        parts.append(data[group][start : taken[group]])
    return Burst(b"".join(parts), len(which), len(which))


def stacked(groups: Sequence[Group], draw: np.random.Generator) -> Burst:
    """Interleave packets of several layouts and let a random number of them share each message."""
    packets = [layout.packets(frames) for layout, frames, _ in groups]
    which = _in_order(groups)
    lengths = np.array([matrix.shape[1] for matrix in packets])[which]
    first = _message_starts(len(which), draw)
    data, offsets = _framed(lengths, first)
    for group, matrix in enumerate(packets):
        places = offsets[which == group]
        data[places[:, None] + np.arange(matrix.shape[1])] = matrix
    return Burst(data.tobytes(), len(which), len(first))


def _in_order(groups: Sequence[Group]) -> Integers:
    """Return for each packet, in the order of the tape, the group it is in."""
    count = len(groups)
    places = np.concatenate([rows * count + at for at, (_, _, rows) in enumerate(groups)])
    which: Integers = np.sort(places) % count
    return which


def _message_starts(packets: int, draw: np.random.Generator) -> Integers:
    """Return which packets begin a message."""
    ends = np.cumsum(draw.integers(1, MOST_STACKED, packets, endpoint=True))
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
