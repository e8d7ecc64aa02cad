"""Play recorded websocket messages verbatim.

In:  a `FrameTape` and the rows that are due.
Out: the same messages, framed for a socket.
Next: `devstack/dhan/feed/player.py`.
"""

import numpy as np
from numpy.typing import NDArray

from devstack.dhan.layouts import frame_prefix
from devstack.dhan.messages import NOTHING, Burst
from devstack.dhan.tape import FrameTape


class FrameEncoder:
    """Play recorded messages as they are, to every socket that holds any subscription.

    Parameters
    ----------
    tape
        The recorded messages.
    """

    def __init__(self, tape: FrameTape) -> None:
        self._tape = tape
        self._packets = np.cumsum([0, *(_packets_in(frame) for frame in tape.frames)])

    @property
    def time_ns(self) -> NDArray[np.int64]:
        """When each message was received, UTC nanoseconds, in order."""
        return self._tape.time_ns

    def burst(
        self,
        start: int,
        stop: int,
        wanted: NDArray[np.uint8],
        stack: np.random.Generator | None = None,  # noqa: ARG002 - verbatim means never regrouped
    ) -> Burst:
        """Return the messages ``[start, stop)``, verbatim."""
        if not wanted.any():
            return NOTHING
        frames = self._tape.frames[start:stop]
        data = b"".join(part for frame in frames for part in (frame_prefix(len(frame)), frame))
        return Burst(data, int(self._packets[stop] - self._packets[start]), len(frames))


def _packets_in(message: bytes) -> int:
    """Return how many packets a message holds; a damaged rest counts as one."""
    count = at = 0
    while at < len(message):
        length = int.from_bytes(message[at + 1 : at + 3], "little")
        at += max(length, 8)
        count += 1
    return count
