"""What a browser receives of a stretch of trading, and what money it reads."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.e2e.stretch import TABLES, Stretch, watched_stretch
from tests.e2e.system import System
from tests.worker.running import PORTFOLIO

pytestmark = pytest.mark.timeout(120)
PAISE = 100

Row = dict[str, Any]


@pytest.fixture(scope="module")
def stretch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stretch]:
    """Return a stretch of trading that is over."""
    with watched_stretch(tmp_path_factory.mktemp("worker")) as watched:
        yield watched


def test_the_private_topic_brings_every_event_in_order_without_a_gap(stretch: Stretch) -> None:
    received = _payloads(stretch)
    stored = stretch.owner.query(
        "user_events",
        ("select", "sequence,kind,entity,id:entity_id,row"),
        ("gt", "sequence", stretch.heard_before),
        ("order", "sequence"),
    )
    count = len(stored)
    assert count > 20
    first = stretch.heard_before + 1
    assert [each["sequence"] for each in received] == list(range(first, first + count))
    assert [{name: each[name] for name in stored[0]} for each in received] == stored


def test_an_event_is_named_by_its_kind(stretch: Stretch) -> None:
    events = stretch.owner.heard_on(f"user:{stretch.owner_id}")
    kinds = {event["event"] for event in events}
    assert all(event["event"] == event["payload"]["kind"] for event in events)
    assert kinds >= {"command_executed", "config_changed", "trade_opened", "trade_closed"}


def test_the_last_event_of_a_trade_equals_its_row(stretch: Stretch) -> None:
    last = {each["id"]: each["row"] for each in _payloads(stretch) if each["entity"] == "trades"}
    money = ("entry_price", "exit_price", "gross_pnl", "charges", "pnl")
    columns = ",".join(("id", "status", "exit_reason", *(f"{name}::text" for name in money)))
    rows = stretch.owner.query("trades", ("select", columns))
    assert len(rows) >= 4
    assert {row["id"] for row in rows} == last.keys()
    for row in rows:
        assert {name: last[row["id"]][name] for name in row} == row


def test_postgres_changes_bring_the_same_versions_of_trades_in_the_same_order(
    stretch: Stretch,
) -> None:
    of_trades = [each for each in _payloads(stretch) if each["entity"] == "trades"]
    expected = [(each["id"], each["row"]["version"]) for each in of_trades]
    changes = stretch.owner.heard_on("trades")
    assert [(each["new"]["id"], each["new"]["version"]) for each in changes] == expected


@pytest.mark.parametrize("table", TABLES)
def test_the_last_change_of_every_row_equals_the_row(stretch: Stretch, table: str) -> None:
    changes = stretch.owner.heard_on(table)
    last = {each["new"]["id"]: each["new"] for each in changes}
    rows = {row["id"]: row for row in stretch.owner.query(table, ("select", "*"))}
    assert last
    assert {each["errors"] for each in changes} == {None}
    for row_id, row in last.items():
        assert rows[row_id] == row


def test_a_second_user_receives_nothing_of_it(stretch: Stretch) -> None:
    stranger = stretch.stranger
    assert stretch.answer_to_stranger["status"] == "CHANNEL_ERROR"
    assert "do not have permissions" in stretch.answer_to_stranger["message"]
    own = [each for each in stranger.heard if each.channel == "portfolios"]
    assert {each.event["new"]["user_id"] for each in own} == {stretch.stranger_id}
    assert stranger.heard == own
    for table in (*TABLES, "user_events", "positions"):
        assert stranger.query(table, ("select", "*")) == [], table
    ledger = stranger.query("ledger_entries", ("select", "user_id,kind"))
    assert ledger == [{"user_id": stretch.stranger_id, "kind": "DEPOSIT"}]


def test_money_that_a_browser_reads_as_text_equals_the_books_to_the_paisa(stretch: Stretch) -> None:
    trades = stretch.owner.query("trades", ("select", "id,charges::text,pnl::text"))
    books = _books(stretch.system)
    assert len(trades) == len(books) >= 4
    for row in trades:
        gross, charges = books[row["id"]]
        assert _paise(row["charges"]) == charges * PAISE
        assert _paise(row["pnl"]) == (gross - charges) * PAISE


def test_the_balance_is_the_sum_of_the_ledger_and_of_all_trades(stretch: Stretch) -> None:
    (portfolio,) = stretch.owner.query(
        "portfolios", ("select", "balance::text,initial_capital::text"), ("eq", "id", PORTFOLIO)
    )
    ledger = stretch.owner.query(
        "ledger_entries", ("select", "amount::text"), ("eq", "portfolio_id", PORTFOLIO)
    )
    trades = stretch.owner.query("trades", ("select", "pnl::text"))
    balance = _paise(portfolio["balance"])
    assert balance == sum(_paise(row["amount"]) for row in ledger)
    assert balance == _paise(portfolio["initial_capital"]) + sum(
        _paise(row["pnl"]) for row in trades
    )
    net = sum(gross - charges for gross, charges in _books(stretch.system).values())
    assert balance == _paise(portfolio["initial_capital"]) + net * PAISE


def _books(system: System) -> dict[str, tuple[Decimal, Decimal]]:
    """Return gross and charges of every trade, made anew from its fills alone."""
    with psycopg.connect(system.stack.database_url, row_factory=dict_row) as connection:
        fills = connection.execute("select * from public.fills").fetchall()
    books: dict[str, tuple[Decimal, Decimal]] = {}
    for fill in fills:
        gross, charges = books.get(str(fill["trade_id"]), (Decimal(0), Decimal(0)))
        cash = fill["price"] * fill["quantity"] * (1 if fill["side"] == "SELL" else -1)
        books[str(fill["trade_id"])] = gross + cash, charges + fill["charges"]
    return books


def _paise(text: str) -> int:
    """Return an amount in paise by moving the point, as a page does with BigInt."""
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
    rupees, _, paise = digits.partition(".")
    assert not paise[2:].strip("0"), f"{text} is not whole paise"
    return sign * int(rupees + paise[:2].ljust(2, "0"))


def _payloads(stretch: Stretch) -> list[Row]:
    """Return what came on the owner's private topic."""
    return [event["payload"] for event in stretch.owner.heard_on(f"user:{stretch.owner_id}")]
