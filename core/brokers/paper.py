"""The simulated broker: fills orders from the book that was really there.

In:  orders; at each packet of their instrument the last price and the five levels of depth.
Out: executions.
Next: `core/charges.py`, what an execution costs.

A market order waits for its latency and is then filled by the next packet: at the opposite side
of the book, level by level; what the book cannot fill waits for the next one, so does all of it
while nobody is on the other side. Only where the feed has no depth it is filled at the last
price, worse by the configured slippage. A limit order
is filled by the levels at its price or better, or in full when a trade passes through its price.
A stop order sleeps until a trade is at its trigger or beyond; from then on it is one of these.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

from core.brokers.port import Execution
from core.candle import InstrumentKey
from core.errors import ConfigError
from core.instrument import Instrument
from core.money import to_money
from core.order import Order, Side, check_order
from core.tick import Book, Level

_NS_PER_MS: Final = 1_000_000


class PaperSettings(NamedTuple):
    """How slow and how expensive the simulated market is.

    Attributes
    ----------
    latency_ms
        From the decision until the order is at the exchange, milliseconds of market time.
    slippage_ticks
        By how many ticks a market order is worse than the last price where there is no depth.
    """

    latency_ms: int = 250
    slippage_ticks: int = 1

    def checked(self) -> "PaperSettings":
        """Return these settings.

        Raises
        ------
        ConfigError
            If one of them is outside its limits.
        """
        if not 0 <= self.latency_ms <= 60_000:
            raise ConfigError(f"latency {self.latency_ms} ms is not within 0 to 60000")
        if not 0 <= self.slippage_ticks <= 1_000:
            raise ConfigError(f"slippage {self.slippage_ticks} ticks is not within 0 to 1000")
        return self


class _Resting:
    """An order at the simulated exchange."""

    __slots__ = ("active_ns", "instrument", "limit", "order_id", "remaining", "side", "trigger")

    def __init__(self, order: Order, instrument: Instrument, active_ns: int) -> None:
        self.order_id: Final = order.id
        self.instrument: Final = instrument
        self.side: Final = order.side
        self.limit: Final = order.limit_price
        self.active_ns: Final = active_ns
        self.trigger = order.trigger_price
        self.remaining = order.remaining

    def is_awake(self, price: Decimal) -> bool:
        """Whether it may be filled at all, now that the last trade was at this price."""
        if self.trigger is not None and self.side.sign * (price - self.trigger) >= 0:
            self.trigger = None
        return self.trigger is None

    def accepts(self, price: Decimal) -> bool:
        """Whether it may be filled at this price."""
        if self.limit is None:
            return True
        return price <= self.limit if self.side is Side.BUY else price >= self.limit

    def is_passed_by(self, price: Decimal) -> bool:
        """Whether a trade at this price went through its limit, not merely to it."""
        if self.limit is None:
            return False
        return price < self.limit if self.side is Side.BUY else price > self.limit


class _Offer:
    """What is left of one level while one packet fills several orders."""

    __slots__ = ("left", "price")

    def __init__(self, price: Decimal, quantity: int) -> None:
        self.price: Final = price
        self.left = quantity


class PaperBroker:
    """Hold simulated orders and fill them from packets.

    Parameters
    ----------
    settings
        Latency and slippage.
    """

    def __init__(self, settings: PaperSettings) -> None:
        self._settings: Final = settings.checked()
        self._resting: dict[InstrumentKey, list[_Resting]] = {}

    def submit(self, order: Order, instrument: Instrument, now_ns: int) -> None:
        """Take an order; it is at the exchange after the latency.

        Raises
        ------
        DataError
            If the exchange would not take it, see `core.order.check_order`.
        """
        check_order(order, instrument)
        active_ns = now_ns + self._settings.latency_ms * _NS_PER_MS
        resting = self._resting.setdefault(instrument.key, [])
        resting.append(_Resting(order, instrument, active_ns))

    def cancel(self, order_id: str) -> None:
        """Take back what is not filled."""
        for key, resting in list(self._resting.items()):
            self._keep(key, [each for each in resting if each.order_id != order_id])

    def has_orders(self, key: InstrumentKey) -> bool:
        """Return whether any order of this instrument waits."""
        return key in self._resting

    def executions(
        self, key: InstrumentKey, now_ns: int, price: float, book: Book | None
    ) -> list[Execution]:
        """Fill what one packet can fill, in the order in which the orders came.

        Parameters
        ----------
        key
            The packet's instrument.
        now_ns
            Market time.
        price
            Last traded price, rupees.
        book
            The packet's depth; None or both sides empty where the feed has none. Two orders do
            not share a level.
        """
        done: list[Execution] = []
        last = to_money(price)
        offers: dict[Side, list[_Offer]] | None = None
        if book is not None and (book.bids or book.asks):
            offers = {Side.BUY: _offers(book.asks), Side.SELL: _offers(book.bids)}
        for each in self._resting.get(key, []):
            if each.active_ns <= now_ns and each.is_awake(last):
                fills = self._fills(each, last, None if offers is None else offers[each.side])
                each.remaining -= sum(quantity for quantity, _ in fills)
                done += [Execution(each.order_id, quantity, at) for quantity, at in fills]
        if done:
            self._keep(key, [each for each in self._resting[key] if each.remaining])
        return done

    def state(self) -> tuple[Any, ...]:
        """Return the orders that wait as plain values, for `put_back`."""
        return tuple(
            [
                (each.order_id, each.instrument.key, each.active_ns, each.trigger)
                for resting in self._resting.values()
                for each in resting
            ]
        )

    def put_back(
        self,
        state: tuple[Any, ...],
        orders: Mapping[str, Order],
        instrument_of: Callable[[InstrumentKey], Instrument],
    ) -> None:
        """Go on from a state; the orders are as they were then."""
        self._resting = {}
        for order_id, key, active_ns, trigger in state:
            each = _Resting(orders[order_id], instrument_of(key), active_ns)
            each.trigger = trigger
            self._resting.setdefault(key, []).append(each)

    def _fills(
        self, each: _Resting, last: Decimal, offers: list[_Offer] | None
    ) -> list[tuple[int, Decimal]]:
        if each.is_passed_by(last) and each.limit is not None:
            return [(each.remaining, each.limit)]
        if offers is not None:
            return _walk(each, offers)
        if each.limit is not None:
            return []
        slippage = each.side.sign * self._settings.slippage_ticks * each.instrument.tick_size
        worst = each.instrument.tick_size  # A sale fetches at least one tick.
        return [(each.remaining, max(last + slippage, worst).quantize(last))]

    def _keep(self, key: InstrumentKey, resting: list[_Resting]) -> None:
        if resting:
            self._resting[key] = resting
        else:
            self._resting.pop(key, None)


def _offers(levels: Sequence[Level]) -> list[_Offer]:
    """Return what an order meets, best first."""
    return [_Offer(to_money(level.price), level.quantity) for level in levels]


def _walk(each: _Resting, offers: list[_Offer]) -> list[tuple[int, Decimal]]:
    """Take whole lots from the offers until the order is filled or its limit reached."""
    fills: list[tuple[int, Decimal]] = []
    remaining, lot = each.remaining, each.instrument.lot_size
    for offer in offers:
        if not remaining or not each.accepts(offer.price):
            break
        quantity = min(remaining, offer.left // lot * lot)
        if quantity:
            fills.append((quantity, offer.price))
            offer.left -= quantity
            remaining -= quantity
    return fills
