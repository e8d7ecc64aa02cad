"""The fields of Dhan's packets by name, for everything but the hot path.

In:  the tuples of `core/brokers/dhan/wire.py`.
Out: one NamedTuple per kind; it is the same tuple, so the hot path's positions are these fields'.
Next: `core/brokers/dhan/border.py`, which makes a Tick of a ticker, quote or full packet.

Values are as sent: prices float32 in rupees, times in Dhan's clock (`border.trade_time_ns`).
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from core.brokers.dhan.wire import LEVEL, Fields, PacketKind


class Header(NamedTuple):
    """Heartbeat, market status and the index packet, whose content Dhan does not publish."""

    code: int
    length: int
    segment: int
    security_id: int


class Ticker(NamedTuple):
    """Last price and time: subscription mode ticker."""

    code: int
    length: int
    segment: int
    security_id: int
    price: float
    trade_time: int


class Depth(NamedTuple):
    """Last price and five levels: protocol version 1 only."""

    code: int
    length: int
    segment: int
    security_id: int
    price: float
    levels: bytes


class Quote(NamedTuple):
    """Trade data of the day: subscription mode quote.

    `close` is documented as sent after the close; Dhan's support says it is the previous
    session's, all day long. It is not today's close.
    """

    code: int
    length: int
    segment: int
    security_id: int
    price: float
    last_quantity: int
    trade_time: int
    average_price: float
    volume: int
    sell_quantity: int
    buy_quantity: int
    day_open: float
    close: float
    day_high: float
    day_low: float


class OpenInterest(NamedTuple):
    """Open interest of a derivative, sent beside quotes."""

    code: int
    length: int
    segment: int
    security_id: int
    open_interest: int


class PreviousClose(NamedTuple):
    """Close and open interest of the previous session, sent once after subscribing."""

    code: int
    length: int
    segment: int
    security_id: int
    close: float
    open_interest: int


class Full(NamedTuple):
    """Trade data, open interest and five levels: subscription mode full; `close` as in Quote."""

    code: int
    length: int
    segment: int
    security_id: int
    price: float
    last_quantity: int
    trade_time: int
    average_price: float
    volume: int
    sell_quantity: int
    buy_quantity: int
    open_interest: int
    open_interest_high: int
    open_interest_low: int
    day_open: float
    close: float
    day_high: float
    day_low: float
    levels: bytes


class Disconnect(NamedTuple):
    """The server is about to close; `reason` is explained in `disconnect.py`."""

    code: int
    length: int
    segment: int
    security_id: int
    reason: int


class RawLevel(NamedTuple):
    """One of the five levels as sent; nobody on a side is quantity 0 and price 0.0."""

    bid_quantity: int
    ask_quantity: int
    bid_orders: int
    ask_orders: int
    bid_price: float
    ask_price: float


Packet = Header | Ticker | Depth | Quote | OpenInterest | PreviousClose | Full | Disconnect

_VIEWS: Final[dict[int, Callable[[Any], Packet]]] = {
    PacketKind.HEARTBEAT: Header._make,
    PacketKind.INDEX: Header._make,
    PacketKind.TICKER: Ticker._make,
    PacketKind.DEPTH: Depth._make,
    PacketKind.QUOTE: Quote._make,
    PacketKind.OPEN_INTEREST: OpenInterest._make,
    PacketKind.PREVIOUS_CLOSE: PreviousClose._make,
    PacketKind.MARKET_STATUS: Header._make,
    PacketKind.FULL: Full._make,
    PacketKind.DISCONNECT: Disconnect._make,
}


def named(fields: Fields) -> Packet:
    """Return one of `wire.decode`'s tuples with names on its fields."""
    return _VIEWS[fields[0]](fields)


def raw_levels(levels: bytes) -> tuple[RawLevel, ...]:
    """Return the five levels of a depth or full packet, best first, from their 100 bytes."""
    return tuple(RawLevel._make(level) for level in LEVEL.iter_unpack(levels))
