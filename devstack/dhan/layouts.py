"""The packets of Dhan's market feed as numpy records, alone and inside a websocket frame.

In:  the field tables of reference/dhanhq-v2.md 2.4, 2.5 and 2.11.
Out: one `Layout` per packet kind whose `blank` makes many frames that only need their fields.
Next: `devstack/dhan/encode.py` fills them from a tape, `devstack/dhan/packets.py` one at a time.

A frame record holds the websocket frame header (RFC 6455 5.2: final binary frame, unmasked as
servers send it) in front of the packet, so that an array of records *is* what goes to the socket.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from devstack.dhan.tape import DEPTH_LEVEL, DEPTH_LEVELS, Records

FINAL_BINARY: Final = 0x82
FINAL_TEXT: Final = 0x81
SHORT_PAYLOAD: Final = 125  # Longest payload whose length fits the second byte of the header.

_HEADER: Final = [
    ("code", "u1"),
    ("length", "<u2"),
    ("segment", "u1"),
    ("security_id", "<u4"),
]
_DAY_PRICES: Final = [("open", "<f4"), ("close", "<f4"), ("high", "<f4"), ("low", "<f4")]
_TRADED: Final = [
    ("ltp", "<f4"),
    ("ltq", "<u2"),
    ("ltt", "<u4"),
    ("atp", "<f4"),
    ("volume", "<u4"),
    ("sell_quantity", "<u4"),
    ("buy_quantity", "<u4"),
]


def frame_prefix(payload_bytes: int, opcode_byte: int = FINAL_BINARY) -> bytes:
    """Return the header of an unmasked frame with a payload below 64 KiB."""
    if payload_bytes <= SHORT_PAYLOAD:
        return bytes((opcode_byte, payload_bytes))
    return bytes((opcode_byte, 126)) + payload_bytes.to_bytes(2, "big")


class Layout:
    """One packet kind.

    Parameters
    ----------
    code
        Response code in the first byte of the packet.
    fields
        What follows the eight bytes of header, packed, as numpy names it.
    """

    def __init__(self, code: int, fields: list[tuple[str, str]]) -> None:
        self.code: Final = code
        self.packet: Final = np.dtype([*_HEADER, *fields])
        prefix = frame_prefix(self.packet.itemsize)
        self.prefix_bytes: Final = len(prefix)
        self.frame: Final = np.dtype([("prefix", f"V{len(prefix)}"), *_HEADER, *fields])
        self._blank = np.zeros(1, self.frame)
        self._blank["prefix"] = np.void(prefix)
        self._blank["code"] = code
        self._blank["length"] = self.packet.itemsize

    @property
    def packet_bytes(self) -> int:
        """Length of one packet, its own header included."""
        return self.packet.itemsize

    def blank(self, count: int) -> Records:
        """Return `count` frames whose headers are complete but for segment and security id."""
        return np.repeat(self._blank, count)

    def packets(self, frames: Records) -> NDArray[np.uint8]:
        """Return the packets of `frames` as bytes, one row each, without websocket headers."""
        return as_bytes(frames)[:, self.prefix_bytes :]


def as_bytes(records: Records) -> NDArray[np.uint8]:
    """Return contiguous records as a matrix of bytes, one row per record."""
    return records.view(np.uint8).reshape(len(records), records.dtype.itemsize)


def _depth_fields() -> list[tuple[str, str]]:
    return [("depth", f"V{DEPTH_LEVELS * DEPTH_LEVEL.itemsize}")]


TICKER: Final = Layout(2, [("ltp", "<f4"), ("ltt", "<u4")])
QUOTE: Final = Layout(4, [*_TRADED, *_DAY_PRICES])
OPEN_INTEREST: Final = Layout(5, [("oi", "<u4")])
PREVIOUS_CLOSE: Final = Layout(6, [("previous_close", "<f4"), ("previous_oi", "<u4")])
FULL: Final = Layout(
    8,
    [
        *_TRADED,
        ("oi", "<u4"),
        ("oi_high", "<u4"),
        ("oi_low", "<u4"),
        *_DAY_PRICES,
        *_depth_fields(),
    ],
)
