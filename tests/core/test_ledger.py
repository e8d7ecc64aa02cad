"""Cash movements of a fill."""

from decimal import Decimal

from core.ledger import LedgerKind, entries_of
from core.order import Side
from tests.core.test_trade import a_fill


def test_a_fill_moves_its_cash_and_its_charges() -> None:
    paid, charges = entries_of(
        a_fill(Side.BUY, 10, "100.10", 7), Decimal("-1001.00"), lambda kind: kind
    )
    assert (paid.kind, paid.amount) == (LedgerKind.FILL, Decimal("-1001.00"))
    assert (charges.kind, charges.amount) == (LedgerKind.CHARGES, Decimal("-1.25"))
    assert paid.time_ns == charges.time_ns == 7


def test_without_charges_there_is_no_entry_for_them() -> None:
    free = a_fill(Side.SELL, 10, "100.10", 7)._replace(charges=Decimal(0))
    assert [entry.amount for entry in entries_of(free, free.cash, str)] == [Decimal("1001.00")]


def test_a_fill_that_moves_no_cash_has_an_entry_for_its_charges_only() -> None:
    entered = a_fill(Side.BUY, 10, "100.10", 7)
    assert [entry.kind for entry in entries_of(entered, Decimal(0), str)] == [LedgerKind.CHARGES]
