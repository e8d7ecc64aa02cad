"""Cash movements of a portfolio: append only, their sum is the change of its balance.

In:  fills.
Out: `LedgerEntry` for what each fill paid or brought, and one for its charges.
Next: `core/risk.py`.

A share or an option is paid for, a future is not: entering one moves no cash but its charges, and
each closing fill brings what it has realised. So the balance, plus the open shares and options at
the last price, plus what the open futures are ahead, is what the portfolio is worth.
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


def entries_of(fill: Fill, cash: Decimal, new_id: Callable[[str], str]) -> tuple[LedgerEntry, ...]:
    """Return the cash movements of a fill; there is no entry for nothing.

    Parameters
    ----------
    cash
        What it paid or brought, charges aside, rupees; see `RunningTrade.cash`.
    new_id
        Makes an id for a kind of row.
    """
    moved = [(LedgerKind.FILL, cash)] if cash else []
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
