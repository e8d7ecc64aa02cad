"""Dhan's depth sockets, 20 or 200 levels a side: their own header and their own packets.

In:  one WebSocket message of a depth socket, bytes.
Out: one `DeepSide` per packet, or the `Disconnect` that ends the feed; the rest is counted.
Next: `core/brokers/dhan/disconnect.py`, why such a socket ends.

The header differs from the market feed's: length first, twelve bytes, and a number that is a
sequence (20 levels, to be ignored) or the count of rows (200 levels). Packets carry no time.
"""

from struct import Struct
from typing import Final, NamedTuple

from core.brokers.dhan.wire import Message, WireCounters

DEEP_HEADER: Final = Struct("<HBBII")
DEEP_LEVEL: Final = Struct("<dII")
DEEP_DISCONNECT: Final = Struct("<HBBIIH")
BID_CODE: Final = 41
ASK_CODE: Final = 51
DISCONNECT_CODE: Final = 50
TWENTY: Final = 20

_CODES: Final = frozenset((BID_CODE, ASK_CODE, DISCONNECT_CODE))


class DeepLevel(NamedTuple):
    """One level: rupees as sent (float64), units, number of orders."""

    price: float
    quantity: int
    orders: int


class DeepSide(NamedTuple):
    """One side of one instrument's book, best price first."""

    code: int
    segment: int
    security_id: int
    levels: tuple[DeepLevel, ...]

    @property
    def is_bid(self) -> bool:
        """Whether these are the buyers."""
        return self.code == BID_CODE


class DeepDisconnect(NamedTuple):
    """The server is about to close; `reason` is explained in `disconnect.py`."""

    reason: int


DeepPacket = DeepSide | DeepDisconnect


def decode_deep(
    message: Message, counters: WireCounters, *, rows_counted: bool
) -> list[DeepPacket]:
    """Take one message of a depth socket apart; never raises, whatever the bytes.

    Parameters
    ----------
    message
        All of one WebSocket message.
    counters
        Counts what was found, as `wire.decode` does.
    rows_counted
        True for the 200-level socket, whose header tells how many of the levels are filled;
        False for the 20-level socket, which always sends twenty.
    """
    packets: list[DeepPacket] = []
    size, offset = len(message), 0
    while offset < size:
        length, code = _framing(message, offset)
        if code is not None and code not in _CODES:
            counters.by_code[code] += 1
            counters.unknown_bytes += length
        elif code is not None and (
            packet := _packet(message, offset, length, rows_counted=rows_counted)
        ):
            counters.by_code[code] += 1
            packets.append(packet)
        else:
            counters.malformed += 1
            counters.malformed_bytes += length
        offset += length
    return packets


def _framing(message: Message, offset: int) -> tuple[int, int | None]:
    """Return the packet's length and code; without a believable length the rest and None."""
    left = len(message) - offset
    if left >= DEEP_HEADER.size:
        length, code = DEEP_HEADER.unpack_from(message, offset)[:2]
        if DEEP_HEADER.size <= length <= left:
            return length, code
    return left, None


def _packet(message: Message, offset: int, length: int, *, rows_counted: bool) -> DeepPacket | None:
    """Return the packet at `offset`, None if it is too short for what it says it holds."""
    _, code, segment, security_id, number = DEEP_HEADER.unpack_from(message, offset)
    if code == DISCONNECT_CODE:
        if length < DEEP_DISCONNECT.size:
            return None
        return DeepDisconnect(DEEP_DISCONNECT.unpack_from(message, offset)[-1])
    rows = number if rows_counted else TWENTY
    start = offset + DEEP_HEADER.size
    end = start + rows * DEEP_LEVEL.size
    if end > offset + length:
        return None
    levels = DEEP_LEVEL.iter_unpack(memoryview(message)[start:end])
    return DeepSide(code, segment, security_id, tuple(DeepLevel._make(level) for level in levels))
