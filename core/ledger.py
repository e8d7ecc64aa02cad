"""Cash movements of a portfolio: append only, their sum is the change of its balance.

In:  fills.
Out: `LedgerEntry` for what each fill paid or brought, and one for its charges.
Next: `core/risk.py`.

A future is entered like everything else, at price x quantity, so that one rule holds for all:
the balance plus the open units at the last price is what the portfolio is worth.
"""

from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from core.order import Fill, Owner


class LedgerKind(StrEnum):
    """Why cash moved."""

    FILL = "FILL"
    CHARGES = "CHARGES"


class LedgerEntry(NamedTuple):
    """One cash movement.

    Attributes
    ----------
    amount
        Rupees, positive when the balance grows.
    time_ns
        Market time, ns UTC.
    """

    id: str
    owner: Owner
    kind: LedgerKind
    amount: Decimal
    order_id: str
    fill_id: str
    trade_id: str
    time_ns: int


def entries_of(fill: Fill, new_id: Callable[[str], str]) -> tuple[LedgerEntry, ...]:
    """Return the cash movements of a fill; without charges there is no entry for them.

    Parameters
    ----------
    new_id
        Makes an id for a kind of row.
    """
    moved = [(LedgerKind.FILL, fill.cash)]
    if fill.charges:
        moved.append((LedgerKind.CHARGES, -fill.charges))
    return tuple(
        LedgerEntry(
            new_id("ledger"),
            fill.owner,
            kind,
            amount,
            fill.order_id,
            fill.id,
            fill.trade_id,
            fill.time_ns,
        )
        for kind, amount in moved
    )
