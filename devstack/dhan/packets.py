"""Single packets that are not part of the stream of trades.

In:  plain values.
Out: the bytes of one packet, without a websocket header.
Next: `devstack/dhan/feed/connection.py`, which sends them.

Layouts are those of reference/dhanhq-v2.md 2.4, 2.5, 2.10 and 2.11.
"""

import struct
from collections.abc import Sequence
from typing import Final

from core.instrument import Instrument
from core.session import IST_OFFSET_SECONDS

_HEADER: Final = struct.Struct("<BHBI")
_PRICE_AND_NUMBER: Final = struct.Struct("<fI")
_DEPTH_HEADER: Final = struct.Struct("<HBBiI")
_DEPTH_ROW: Final = struct.Struct("<dII")

_HEARTBEAT: Final = 0
_INDEX: Final = 1
_OPEN_INTEREST: Final = 5
_PREVIOUS_CLOSE: Final = 6
_MARKET_STATUS: Final = 7
_DISCONNECT: Final = 50
_DEPTH_BID: Final = 41
_DEPTH_ASK: Final = 51

_FULL_BYTES: Final = 162

NO_SEGMENT: Final = 0
UNKNOWN_CODE: Final = 77
"""A response code that no document of Dhan's knows."""


def heartbeat() -> bytes:
    """Return code 0, which the documents do not list but the wire carries."""
    return _packet(_HEARTBEAT, NO_SEGMENT, 0)


def index(instrument: Instrument, ltp: float, ltt: int) -> bytes:
    """Return code 1, listed by Dhan without a layout: here the ticker's.

    Parameters
    ----------
    ltt
        Unix seconds of the last value.
    """
    body = _PRICE_AND_NUMBER.pack(ltp, ltt + IST_OFFSET_SECONDS)
    return _packet(_INDEX, instrument.segment.code, instrument.security_id, body)


def previous_close(instrument: Instrument, close: float, oi: int) -> bytes:
    """Return yesterday's close in rupees and open interest in units."""
    body = _PRICE_AND_NUMBER.pack(close, oi)
    return _packet(_PREVIOUS_CLOSE, instrument.segment.code, instrument.security_id, body)


def open_interest(instrument: Instrument, oi: int) -> bytes:
    """Return the open interest in units."""
    body = oi.to_bytes(4, "little")
    return _packet(_OPEN_INTEREST, instrument.segment.code, instrument.security_id, body)


def market_status(segment_code: int) -> bytes:
    """Return code 7, which is a header alone."""
    return _packet(_MARKET_STATUS, segment_code, 0)


def disconnect(reason: int) -> bytes:
    """Return code 50 with Dhan's number for the reason."""
    return _packet(_DISCONNECT, NO_SEGMENT, 0, reason.to_bytes(2, "little"))


def unknown(security_id: int = 0, body_bytes: int = 16) -> bytes:
    """Return a well-formed packet whose code nobody knows."""
    return _packet(UNKNOWN_CODE, NO_SEGMENT, security_id, bytes(body_bytes))


def truncated() -> bytes:
    """Return the first half of a full packet, which says that it is whole."""
    return _HEADER.pack(8, _FULL_BYTES, NO_SEGMENT, 0) + bytes(_FULL_BYTES // 2 - _HEADER.size)


def depth(
    instrument: Instrument,
    rows: Sequence[tuple[float, int, int]],
    *,
    bids: bool,
    number: int,
) -> bytes:
    """Return one side of the 20 or 200 level book.

    Parameters
    ----------
    rows
        Price in rupees, quantity in units and number of orders, best first.
    bids
        Whether it is the buying side.
    number
        Sequence of the 20-level socket, count of rows on the 200-level one.
    """
    code = _DEPTH_BID if bids else _DEPTH_ASK
    length = _DEPTH_HEADER.size + len(rows) * _DEPTH_ROW.size
    head = _DEPTH_HEADER.pack(length, code, instrument.segment.code, instrument.security_id, number)
    return head + b"".join(_DEPTH_ROW.pack(*row) for row in rows)


def _packet(code: int, segment_code: int, security_id: int, body: bytes = b"") -> bytes:
    return _HEADER.pack(code, _HEADER.size + len(body), segment_code, security_id) + body
