"""Put packets of several kinds into websocket messages, in order, at numpy's speed.

In:  frames of several layouts and the rows of the tape they come from.
Out: one `Burst`: bytes for a socket, one packet per message or several.
Next: `devstack/dhan/encode.py`.
"""

from dataclasses import dataclass
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


def merged(
    groups: list[tuple[Layout, Records, Integers]], stack: np.random.Generator | None
) -> Burst:
    """Interleave packets of several layouts in the order of the tape, then frame them anew."""
    packets = [layout.packets(frames) for layout, frames, _ in groups]
    place = np.concatenate([rows * len(groups) + at for at, (_, _, rows) in enumerate(groups)])
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
