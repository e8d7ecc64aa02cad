"""Where Dhan's numbers become ours: float32 to a price on the tick, its clock to UTC.

In:  a ticker, quote or full packet, its instrument, and the time it was received.
Out: a `Tick`; or, for the hot path, the two conversions by themselves.
Next: `core/tick.py`.

Prices are rounded by `Instrument.round_price` and nowhere else. Rounding to the paisa would not
do: near Rs 135,000 neighbouring float32 lie 0.016 apart, so the tick must choose.
"""

from math import isfinite
from typing import Final

from core.brokers.dhan.packets import Full, Quote, Ticker, raw_levels
from core.errors import DataError
from core.instrument import Instrument
from core.session import IST_OFFSET_SECONDS, NS_PER_MINUTE, NS_PER_SECOND
from core.tick import Book, Level, Tick

LTT_OFFSET_SECONDS: Final = IST_OFFSET_SECONDS
"""What the feed's last-trade time is ahead of Unix time.

The feed writes the Indian wall clock as if it were UTC (Dhan says "EPOCH"): a packet received at
09:49:57 IST carried a number that reads 09:49:57 as UTC. REST candles, in contrast, carry true
Unix time. `trade_time_is_plausible` would notice a change.
"""
LTT_TOLERANCE_SECONDS: Final = 900
FUTURE_TOLERANCE_NS: Final = 5 * NS_PER_SECOND
"""How far a trade time may lie ahead of the time of day: clocks differ a little."""
LONGEST_PAUSE_NS: Final = 10 * 24 * 60 * NS_PER_MINUTE
"""Longest time without a session; when the feed is the clock, no trade jumps further."""


def trade_time_ns(ltt: int) -> int:
    """Return the instant of a feed's last-trade time, in ns UTC; its resolution is one second."""
    return (ltt - LTT_OFFSET_SECONDS) * NS_PER_SECOND


def trade_time_is_plausible(
    ltt: int, now_ns: int, tolerance_seconds: int = LTT_TOLERANCE_SECONDS
) -> bool:
    """Return whether the offset of the feed's clock still holds.

    Ask during a session with the trade time of an instrument that trades all the time, such as
    the near-month index future. Should Dhan ever send true Unix time, the result would lie
    5 h 30 min in the past, far outside any tolerance that makes sense.

    Parameters
    ----------
    ltt
        Last-trade time as sent, in seconds.
    now_ns
        Wall clock, ns UTC.
    tolerance_seconds
        Largest distance allowed, either way.
    """
    return abs(now_ns - trade_time_ns(ltt)) <= tolerance_seconds * NS_PER_SECOND


def to_tick(packet: Ticker | Quote | Full, instrument: Instrument, received_ns: int) -> Tick:
    """Return a packet as a Tick.

    Parameters
    ----------
    packet
        As named by `packets.named`.
    instrument
        The one with the packet's key; its tick rounds the prices.
    received_ns
        When the message arrived, ns UTC.

    Raises
    ------
    DataError
        If one of the packet's prices is not a finite number.
    """
    price = instrument.round_price(packet.price)
    traded_ns = trade_time_ns(packet.trade_time)
    if isinstance(packet, Ticker):
        return Tick(*instrument.key, received_ns, price, traded_ns)
    full = packet if isinstance(packet, Full) else None
    return Tick(
        *instrument.key,
        received_ns,
        price,
        traded_ns,
        volume=packet.volume,
        last_quantity=packet.last_quantity,
        average_price=_average(packet.average_price, instrument),
        buy_quantity=packet.buy_quantity,
        sell_quantity=packet.sell_quantity,
        open_interest=full.open_interest if full else None,
        day_open=_price(packet.day_open, instrument),
        day_high=_price(packet.day_high, instrument),
        day_low=_price(packet.day_low, instrument),
        close=_price(packet.close, instrument),
        book=to_book(full.levels, instrument) if full else None,
    )


def to_book(levels: bytes, instrument: Instrument) -> Book:
    """Return the 100 bytes of five levels as a book; levels without quantity are left out.

    Raises
    ------
    DataError
        If a price is not a finite number.
    """
    raw = raw_levels(levels)
    to_price = instrument.round_price
    return Book(
        bids=tuple(
            Level(to_price(level.bid_price), level.bid_quantity, level.bid_orders)
            for level in raw
            if level.bid_quantity
        ),
        asks=tuple(
            Level(to_price(level.ask_price), level.ask_quantity, level.ask_orders)
            for level in raw
            if level.ask_quantity
        ),
    )


def _price(sent: float, instrument: Instrument) -> float | None:
    # The feed has no way to say "none": it sends 0, at which nothing trades.
    return instrument.round_price(sent) if sent else None


def _average(sent: float, instrument: Instrument) -> float | None:
    # An average lies between the ticks, so it keeps the two decimals the exchange gives it.
    if not isfinite(sent):
        raise DataError(f"average price {sent} of {instrument.symbol} is not a finite number")
    return round(sent, 2) if sent else None
