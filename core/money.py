"""The one place where a market price becomes money.

In:  float rupees on an instrument's tick.
Out: `Decimal` rupees; sums and products of them stay exact.
Next: `core/order.py`, where money begins.

Ticks are whole paise, so a price is a whole number of paise. `Decimal(price)` would carry the
binary error of the double along (0.15 is 0.1499999999999999944), and the text of a computed
price can carry it too; rounding to the paisa removes it without changing any price.
"""

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from core.instrument import PAISE_PER_RUPEE

ZERO: Final = Decimal(0)
PAISA: Final = Decimal("0.01")
_FOUR_PLACES: Final = Decimal("0.0001")
_PERCENT: Final = Decimal(100)


def to_money(price: float) -> Decimal:
    """Return a market price as money.

    Examples
    --------
    >>> to_money(25974.9), to_money(3 * 0.05)
    (Decimal('25974.90'), Decimal('0.15'))
    """
    return (Decimal(round(price * PAISE_PER_RUPEE)) / PAISE_PER_RUPEE).quantize(PAISA)


def to_paise(amount: Decimal) -> Decimal:
    """Return an amount rounded to the paisa, half a paisa up (away from zero)."""
    return amount.quantize(PAISA, ROUND_HALF_UP)


def average_price(turnover: Decimal, quantity: int) -> Decimal:
    """Return the price per unit to four places, as it is shown and stored.

    Profit is never computed from it, but from the turnover, which is exact.
    """
    return (turnover / quantity).quantize(_FOUR_PLACES, ROUND_HALF_UP)


def share_of(amount: Decimal, percent: float) -> Decimal:
    """Return so many percent of an amount, exactly.

    Examples
    --------
    >>> share_of(Decimal(1_000_000), 2.5)
    Decimal('25000.0')
    """
    return amount * Decimal(str(percent)) / _PERCENT
