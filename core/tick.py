"""One market update of one instrument, as it is shown, stored and compared.

In:  a decoded packet at a broker's border (`core/brokers/dhan/border.py`), or a test.
Out: `Tick`, with prices on the instrument's tick and "not known" as None.
Next: `core/brokers/dhan/wire.py`, where the bytes come from.

The hot path does not make these: it passes the price, volume and time as plain numbers.
"""

from dataclasses import dataclass, fields
from typing import NamedTuple

from core.instrument import Segment


class Level(NamedTuple):
    """One price of one side of the order book.

    Attributes
    ----------
    price
        Rupees, on the instrument's tick.
    quantity
        Units offered or wanted at this price (not lots).
    orders
        Number of orders that make it up.
    """

    price: float
    quantity: int
    orders: int


class Book(NamedTuple):
    """Both sides of the order book, best price first; an empty side is an empty tuple."""

    bids: tuple[Level, ...] = ()
    asks: tuple[Level, ...] = ()

    @property
    def best_bid(self) -> Level | None:
        """The highest price somebody would pay, None if nobody would."""
        return self.bids[0] if self.bids else None

    @property
    def best_ask(self) -> Level | None:
        """The lowest price somebody would take, None if nobody would."""
        return self.asks[0] if self.asks else None


@dataclass(frozen=True, slots=True)
class Tick:
    """The state of one instrument after one update; None is what the update does not tell.

    Parameters
    ----------
    segment, security_id
        The instrument's key.
    received_ns
        When it reached us, ns UTC of our own clock.
    price
        Last traded price in rupees.
    traded_ns
        When that trade was, ns UTC by the exchange, to the second.
    volume
        Units traded since the session began: cumulative, not of this update.
    last_quantity, average_price
        Units of the last trade; rupees, average of the session.
    buy_quantity, sell_quantity
        Units wanted and offered in the whole book.
    open_interest
        Units held in open contracts.
    day_open, day_high, day_low, close
        Rupees; `close` is what the feed calls so (of the previous session, at Dhan).
    book
        The best levels, where the update carries them.
    """

    segment: Segment
    security_id: int
    received_ns: int
    price: float
    traded_ns: int
    volume: int | None = None
    last_quantity: int | None = None
    average_price: float | None = None
    buy_quantity: int | None = None
    sell_quantity: int | None = None
    open_interest: int | None = None
    day_open: float | None = None
    day_high: float | None = None
    day_low: float | None = None
    close: float | None = None
    book: Book | None = None

    def __reduce__(self) -> tuple[object, ...]:
        # Pickled by its arguments: compiled by mypyc, a frozen class cannot be filled by pickle.
        return (Tick, tuple(getattr(self, part.name) for part in fields(self)))
