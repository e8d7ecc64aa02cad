"""An order and its fills.

In:  an approved signal, or an exit the engine decided itself.
Out: `Order`, a value that is replaced by a newer version at each change; `Fill`.
Next: `core/brokers/paper.py`, which fills it.
"""

from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from core.candle import InstrumentKey
from core.errors import DataError
from core.instrument import Instrument
from core.money import ZERO, average_price
from core.signals import Direction
from core.signals import Side as Side  # noqa: PLC0414 - also found here.
from core.strategy import TradeMode


def side_of(direction: Direction, *, entering: bool) -> Side:
    """Return the side of the order that enters or leaves a trade of this direction."""
    return Side.BUY if (direction is Direction.LONG) is entering else Side.SELL


def other_side(side: Side) -> Side:
    """Return the side of the order that undoes one of this side."""
    return Side.SELL if side is Side.BUY else Side.BUY


class OrderType(StrEnum):
    """At which price it may be filled."""

    MARKET = "MARKET"
    LIMIT = "LIMIT"
    STOP_LOSS = "STOP_LOSS"  # A limit order that wakes at its trigger.
    STOP_LOSS_MARKET = "STOP_LOSS_MARKET"  # A market order that does.


class OrderPurpose(StrEnum):
    """Whether it begins or ends a trade."""

    ENTRY = "ENTRY"
    EXIT = "EXIT"


class OrderStatus(StrEnum):
    """Where it is, in Dhan's words."""

    TRANSIT = "TRANSIT"
    PENDING = "PENDING"
    PART_TRADED = "PART_TRADED"
    TRADED = "TRADED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    UNKNOWN = "UNKNOWN"

    @property
    def is_final(self) -> bool:
        """Whether nothing can happen to it any more."""
        return self in _FINAL


_FINAL = frozenset(
    (OrderStatus.TRADED, OrderStatus.CANCELLED, OrderStatus.REJECTED, OrderStatus.EXPIRED)
)


class Owner(NamedTuple):
    """Whose it is: the four ids every trading row carries, uuid as text."""

    config_id: str
    strategy_id: str
    user_id: str
    portfolio_id: str


class Order(NamedTuple):
    """A quantity we want traded.

    Attributes
    ----------
    quantity, filled_quantity
        Units, not lots.
    limit_price, trigger_price
        Rupees, of the types that have them: the worst price, and the price that wakes it.
    turnover
        Rupees: price x quantity over all its fills.
    exit_reason
        Of an exit order; None of an entry.
    digest
        Names the code and parameters that decided it.
    created_ns, updated_ns
        Market time, ns UTC.
    version
        1 at first, one more at each change.
    """

    id: str
    owner: Owner
    trade_id: str
    signal_id: str | None
    digest: str
    instrument: InstrumentKey
    symbol: str
    side: Side
    quantity: int
    purpose: OrderPurpose
    created_ns: int
    updated_ns: int
    trade_mode: TradeMode = TradeMode.VIRTUAL
    type: OrderType = OrderType.MARKET
    limit_price: Decimal | None = None
    trigger_price: Decimal | None = None
    exit_reason: str | None = None
    status: OrderStatus = OrderStatus.PENDING
    filled_quantity: int = 0
    turnover: Decimal = ZERO
    rejection_reason: str | None = None
    version: int = 1

    @property
    def remaining(self) -> int:
        """Units not filled yet."""
        return self.quantity - self.filled_quantity

    @property
    def average_price(self) -> Decimal | None:
        """Rupees per filled unit, None before the first fill."""
        return average_price(self.turnover, self.filled_quantity) if self.filled_quantity else None

    def filled(self, quantity: int, price: Decimal, time_ns: int) -> "Order":
        """Return the order after one more fill."""
        total = self.filled_quantity + quantity
        status = OrderStatus.TRADED if total == self.quantity else OrderStatus.PART_TRADED
        return self._replace(
            filled_quantity=total,
            turnover=self.turnover + quantity * price,
            status=status,
            updated_ns=time_ns,
            version=self.version + 1,
        )

    def ended(self, status: OrderStatus, time_ns: int, reason: str | None = None) -> "Order":
        """Return the order cancelled, rejected or expired."""
        return self._replace(
            status=status, updated_ns=time_ns, rejection_reason=reason, version=self.version + 1
        )


def slices(instrument: Instrument, quantity: int) -> list[int]:
    """Return a quantity in parts of whole lots that the exchange takes in one order."""
    freeze = instrument.freeze_quantity
    if freeze is None or quantity <= freeze:
        return [quantity]
    largest = max(freeze // instrument.lot_size, 1) * instrument.lot_size
    whole, rest = divmod(quantity, largest)
    return [largest] * whole + ([rest] if rest else [])


def check_order(order: Order, instrument: Instrument) -> None:
    """Hold an order against what the exchange takes: whole lots, the freeze limit, the tick.

    Raises
    ------
    DataError
        If it would be turned away.
    """
    lot, freeze = instrument.lot_size, instrument.freeze_quantity
    if order.quantity < 1 or order.quantity % lot:
        raise DataError(f"{order.symbol}: {order.quantity} units are no whole lots of {lot}")
    if freeze is not None and order.quantity > max(freeze // lot, 1) * lot:
        raise DataError(f"{order.symbol}: {order.quantity} units are above the freeze {freeze}")
    for name, price in ("limit", order.limit_price), ("trigger", order.trigger_price):
        if price is not None and (price <= 0 or price % instrument.tick_size):
            raise DataError(
                f"{order.symbol}: {name} {price} is not on the tick of {instrument.tick_size}"
            )


class Fill(NamedTuple):
    """One execution of an order.

    Attributes
    ----------
    quantity
        Units.
    price
        Rupees per unit.
    charges
        What this execution added to the charges of its order, rupees.
    time_ns
        Market time, ns UTC.
    """

    id: str
    order_id: str
    trade_id: str
    owner: Owner
    instrument: InstrumentKey
    side: Side
    quantity: int
    price: Decimal
    charges: Decimal
    time_ns: int

    @property
    def cash(self) -> Decimal:
        """What it moves, charges aside: negative when bought."""
        return -self.side.sign * self.quantity * self.price
