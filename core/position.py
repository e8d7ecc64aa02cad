"""The net quantity of one strategy config in one instrument, made only from fills.

In:  fills.
Out: quantity, average price, realised and unrealised profit before charges.
Next: `core/trade.py`, the same fills told as round trips.
"""

from decimal import Decimal

from core.money import ZERO
from core.order import Fill


class Position:
    """Add fills up.

    Attributes
    ----------
    quantity
        Units, negative when short.
    cost
        What the open units were bought for (negative: sold for), rupees.
    realised
        Profit of the units that are closed, before charges, rupees.

    Examples
    --------
    >>> position = Position()
    >>> position.quantity, position.average_price
    (0, None)
    """

    __slots__ = ("cost", "quantity", "realised")

    def __init__(self) -> None:
        self.quantity = 0
        self.cost = ZERO
        self.realised = ZERO

    def state(self) -> tuple[int, Decimal, Decimal]:
        """Return everything as plain values, for `put_back`."""
        return self.quantity, self.cost, self.realised

    def put_back(self, state: tuple[int, Decimal, Decimal]) -> None:
        """Go on from a state."""
        self.quantity, self.cost, self.realised = state

    @property
    def average_price(self) -> Decimal | None:
        """Rupees per open unit, None when flat."""
        return self.cost / self.quantity if self.quantity else None

    def apply(self, fill: Fill) -> None:
        """Take one fill; what goes through zero closes first and opens with the rest."""
        signed = fill.side.sign * fill.quantity
        closing = 0
        if self.quantity * signed < 0:
            closing = signed if abs(signed) <= abs(self.quantity) else -self.quantity
            # The share of the cost that leaves is exact when all of it leaves.
            leaving = (
                self.cost if closing == -self.quantity else -self.cost * closing / self.quantity
            )
            self.realised -= closing * fill.price + leaving
            self.cost -= leaving
        self.quantity += signed
        self.cost += (signed - closing) * fill.price

    def unrealised(self, price: Decimal) -> Decimal:
        """Return the profit of the open units at a price, before charges, rupees."""
        return self.quantity * price - self.cost
