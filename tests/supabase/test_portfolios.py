"""Portfolios and their ledger: the balance is the sum of the entries, to the paisa."""

from decimal import Decimal

import pytest

from tests.supabase import events
from tests.supabase.deployments import Deployment, Worker
from tests.supabase.people import Person, refusal


def money(user: Person) -> tuple[Decimal, Decimal]:
    """Return the balance and the sum of the ledger, read as text."""
    balance = user.row("portfolios?select=balance::text")["balance"]
    amounts = user.rows("ledger_entries?select=amount::text")
    return Decimal(balance), sum((Decimal(row["amount"]) for row in amounts), Decimal(0))


def test_a_portfolio_begins_with_a_deposit(user: Person) -> None:
    made = user.insert("portfolios", {"name": "Paper", "initial_capital": "250000.05"})
    assert (made["mode"], made["user_id"]) == ("paper", user.id)
    assert user.row("ledger_entries")["kind"] == "DEPOSIT"
    assert money(user) == (Decimal("250000.05"), Decimal("250000.05"))


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ({"name": "", "initial_capital": 1}, "23514"),
        ({"name": "x", "initial_capital": 0}, "23514"),
        ({"name": "x", "initial_capital": "NaN"}, "23514"),
        ({"name": "x", "initial_capital": "0.001"}, "23514"),
        ({"name": "x", "initial_capital": 1e11}, "23514"),
        ({"name": "x"}, "23502"),
        ({"name": "x", "initial_capital": 1, "balance": 5}, "42501"),
        ({"name": "x", "initial_capital": 1, "mode": "live"}, "42501"),
    ],
)
def test_an_impossible_portfolio_is_refused(
    user: Person, row: dict[str, object], code: str
) -> None:
    assert refusal(user.call("POST", "portfolios", row))[0] == code


def test_the_balance_is_the_sum_of_the_ledger(
    user: Person, deployment: Deployment, worker: Worker
) -> None:
    worker.must_write(
        *events.opening(deployment),
        *(events.ledger(deployment, amount=f"-{n}.07") for n in range(40)),
    )
    balance, total = money(user)
    assert balance == total
    assert balance == Decimal(1000000) - Decimal("1625096.40") - Decimal("782.80")


def test_a_position_is_valued_at_the_last_price(
    user: Person, deployment: Deployment, worker: Worker
) -> None:
    long, short = "NSE_EQ:501", "NSE_EQ:502"
    worker.must_write(
        events.trade(deployment, instrument_key=long),
        events.trade(deployment, instrument_key=short, trade_type="SHORT", side="SELL"),
        events.last_price(instrument_key=long, price="25100.00"),
        events.last_price(instrument_key=short, price="25100.00"),
        events.trade(deployment, instrument_key="NSE_EQ:503"),
    )
    rows = {
        row["instrument_key"]: (row["quantity"], row["unrealised_pnl"])
        for row in user.rows("positions?select=instrument_key,quantity,unrealised_pnl::text")
    }
    assert rows == {
        long: (65, "6467.50"),
        short: (-65, "-6467.50"),
        "NSE_EQ:503": (65, None),
    }
