"""Dhan's market feed: the layout of every packet, and one message taken apart by packet length.

In:  one WebSocket message, bytes; any number of packets behind one another, or garbage.
Out: per packet the plain tuple `struct` makes, in the order sent; everything else is counted.
Next: `core/brokers/dhan/packets.py` names the fields, `core/brokers/dhan/border.py` makes a Tick.

All integers are little-endian and read unsigned: an index option's volume can pass 2^31. Every
packet opens with the same eight bytes: code, length of the whole packet, segment, security id.
The five depth levels of a full packet stay bytes, because most of them are never looked at;
`LEVELS` takes them apart.
"""

from enum import IntEnum
from struct import Struct, error
from typing import Any, Final

Message = bytes | bytearray | memoryview
Fields = tuple[Any, ...]  # Any: one alias for all layouts; `packets.py` has the typed ones.


class PacketKind(IntEnum):
    """The response code in a packet's first byte."""

    HEARTBEAT = 0
    INDEX = 1
    TICKER = 2
    DEPTH = 3
    QUOTE = 4
    OPEN_INTEREST = 5
    PREVIOUS_CLOSE = 6
    MARKET_STATUS = 7
    FULL = 8
    DISCONNECT = 50


HEADER: Final = Struct("<BHBI")
TICKER: Final = Struct("<BHBIfI")
DEPTH: Final = Struct("<BHBIf100s")
QUOTE: Final = Struct("<BHBIfHIfIIIffff")
OPEN_INTEREST: Final = Struct("<BHBII")
PREVIOUS_CLOSE: Final = Struct("<BHBIfI")
FULL: Final = Struct("<BHBIfHIfIIIIIIffff100s")
FULL_TICK: Final = Struct("<xHBIf2xI4xI8xI24x100s")
"""What a tick is made of in a FULL packet: length, segment, security id, price, trade time, volume,
open interest, depth. Half the fields cost half the time."""
DISCONNECT: Final = Struct("<BHBIH")

LEVEL: Final = Struct("<IIHHff")
"""One depth level: bid quantity, ask quantity, bid orders, ask orders, bid price, ask price."""
LEVELS: Final = Struct("<" + "IIHHff" * 5)
"""All five levels, best first: what the 100 bytes at the end of DEPTH and FULL hold."""

LAYOUTS: Final[dict[PacketKind, Struct]] = {
    PacketKind.HEARTBEAT: HEADER,
    PacketKind.INDEX: HEADER,  # Dhan lists the code and publishes no layout.
    PacketKind.TICKER: TICKER,
    PacketKind.DEPTH: DEPTH,
    PacketKind.QUOTE: QUOTE,
    PacketKind.OPEN_INTEREST: OPEN_INTEREST,
    PacketKind.PREVIOUS_CLOSE: PREVIOUS_CLOSE,
    PacketKind.MARKET_STATUS: HEADER,
    PacketKind.FULL: FULL,
    PacketKind.DISCONNECT: DISCONNECT,
}

_CODES: Final = 256
_LONGER_THAN_ANY: Final = 1 << 16  # The length is a u16, so an unknown code never reaches this.


def _decoding_table() -> tuple[tuple[Any, int], ...]:
    """Return for each code what unpacks it, and the least length its packet must declare."""
    table: list[tuple[Any, int]] = [(HEADER.unpack_from, _LONGER_THAN_ANY)] * _CODES
    for kind, layout in LAYOUTS.items():
        table[kind] = (layout.unpack_from, layout.size)
    return tuple(table)


_TABLE: Final = _decoding_table()


class WireCounters:
    """What came over the wire, and what of it could not be used.

    Attributes
    ----------
    by_code
        Whole packets by the code in their first byte, known and unknown codes alike.
    unknown_bytes
        Bytes in whole packets whose code has no layout; they are skipped.
    malformed
        Places where a packet could not be read: cut off, or of an impossible length.
    malformed_bytes
        Bytes skipped at these places.
    """

    __slots__ = ("by_code", "malformed", "malformed_bytes", "unknown_bytes")

    def __init__(self) -> None:
        self.by_code: list[int] = [0] * _CODES
        self.unknown_bytes = 0
        self.malformed = 0
        self.malformed_bytes = 0

    @property
    def packets(self) -> int:
        """Whole packets of known codes: as many as were handed out."""
        return sum(self.by_code[kind] for kind in PacketKind)

    @property
    def unknown(self) -> int:
        """Whole packets of unknown codes."""
        return sum(self.by_code) - self.packets


def decode(message: Message, counters: WireCounters) -> list[Fields]:
    """Take one message apart; never raises, whatever the bytes.

    Parameters
    ----------
    message
        All of one WebSocket message.
    counters
        Counts what was found; sum of all packets' lengths (the second field of each tuple),
        `unknown_bytes` and `malformed_bytes` grow together by exactly ``len(message)``.

    Returns
    -------
    list of tuple
        One per packet, fields as in the layout of its code. A packet longer than its layout is
        accepted and its surplus skipped, so that a field added by Dhan does no harm.

    Notes
    -----
    The hot path: no object per packet but the tuple. A list returned was the fastest of what was
    measured (a list handed in, a generator, a callback); `bench/decoder.py` measures this one. An
    unknown code takes the slow path because no length reaches its least length, which saves a
    test per packet.
    """
    packets: list[Fields] = []
    by_code = counters.by_code
    size = len(message)
    offset = 0
    while offset < size:
        unpack, least = _TABLE[message[offset]]
        try:
            fields: Fields = unpack(message, offset)
            length = fields[1]
        except error:  # Fewer bytes left than the layout needs.
            length = 0
        if least <= length <= size - offset:
            packets.append(fields)
            by_code[fields[0]] += 1
            offset += length
        else:
            offset += _set_aside(message, offset, counters)
    return packets


def _set_aside(message: Message, offset: int, counters: WireCounters) -> int:
    """Count what cannot be handed out; return how many bytes to skip.

    A length of eight or more that fits the message is believed: the next packet follows it.
    Otherwise nothing says where the next one begins, and the rest of the message is lost.
    """
    left = len(message) - offset
    code, length = message[offset], 0
    if left >= HEADER.size:
        length = HEADER.unpack_from(message, offset)[1]
    framed = HEADER.size <= length <= left
    if framed and _TABLE[code][1] == _LONGER_THAN_ANY:
        counters.by_code[code] += 1
        counters.unknown_bytes += length
        return length
    skipped = length if framed else left
    counters.malformed += 1
    counters.malformed_bytes += skipped
    return skipped
