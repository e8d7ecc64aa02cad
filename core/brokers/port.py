"""What the engine asks of a broker, whichever it is.

In:  orders.
Out: executions, by way of the engine's `execution`; a simulated broker is asked for them at each
     packet, a real one reports them when they happen.
Next: `core/brokers/paper.py`, the simulated one.
"""

from decimal import Decimal
from typing import NamedTuple, Protocol

from core.instrument import Instrument
from core.order import Order


class Execution(NamedTuple):
    """A quantity of one order, done at one price.

    Attributes
    ----------
    quantity
        Units.
    price
        Rupees per unit.
    """

    order_id: str
    quantity: int
    price: Decimal


class Broker(Protocol):
    """Where orders go."""

    def submit(self, order: Order, instrument: Instrument, now_ns: int) -> None:
        """Take an order; what becomes of it is reported later."""
        ...

    def cancel(self, order_id: str) -> None:
        """Take back what is not filled; an order that is not there any more is no error."""
        ...
