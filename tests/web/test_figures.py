"""Figures and trades on the screen equal SQL over the same rows; nothing leaves the origin."""

import csv
import json
import re
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.served import Served, served_dashboard
from tests.web.visitor import Look, Visitor, visitor

pytestmark = pytest.mark.timeout(180)
IDS = "() => [...document.querySelectorAll('tr[data-id]')].map(row => row.dataset.id)"
_CLOSE = """
update public.trades
set status = 'CLOSED', open_quantity = 0, closed_by = 'worker', version = 2,
    exit_time = entry_time + %(minutes)s::integer * interval '1 minute',
    exit_price = 25000 + %(pnl)s::numeric, exit_reason = %(reason)s,
    gross_pnl = %(pnl)s::numeric, charges = %(charges)s::numeric,
    pnl = %(pnl)s::numeric - %(charges)s::numeric
where id = %(id)s
"""
# Odd paise, large lakhs, losses, a zero: what floating point and grouping get wrong. Minutes held,
# profit before charges, charges, reason; equal ones too, which keep the order they had.
CLOSED = [
    (9, "1234567.89", "0.10", "TARGET"),
    (3, "-80.05", "63.90", "STOP_LOSS"),
    (5, "0.30", "0.10", "STOP_LOSS"),
    (3, "63.90", "63.90", "SIGNAL"),
]
# What each column is sorted by; what is not known yet comes last, or first when turned round.
COLUMNS = {
    "Symbol": 'symbol collate "C"',
    "Direction": "trade_type::text",
    "Quantity": "quantity",
    "Entry (IST)": "entry_time",
    "Entry price": "entry_price",
    "Exit (IST)": "exit_time",
    "Exit price": "exit_price",
    "Why closed": "coalesce(exit_reason::text, '')",
    "Net P&L": "pnl",
    "Charges": "charges",
}
_IN_ORDER = """
select id::text from public.trades where user_id = %(user)s
order by by-column, entry_time desc, id desc
"""
_TIMES = ("entry_time", "exit_time")


@pytest.fixture(scope="module")
def served(browser: Browser) -> Iterator[Served]:
    """Yield a dashboard whose user has closed trades and two open ones."""
    assert browser.is_connected()
    with served_dashboard() as found:
        for number, (minutes, gross, charges, reason) in enumerate(CLOSED):
            found.do(
                _CLOSE,
                id=found.make_trade(number),
                minutes=minutes,
                pnl=gross,
                charges=charges,
                reason=reason,
            )
        found.make_trade(len(CLOSED))
        found.make_trade(len(CLOSED) + 1)
        yield found


@pytest.fixture(scope="module")
def address(served: Served) -> str:
    """Return where it is served."""
    return served.address


def rupees(amount: Decimal) -> str:
    """Write an amount as the screen does, by other means: groups of two before the last three."""
    whole, fraction = f"{abs(amount):.2f}".split(".")
    head, tail = whole[:-3], whole[-3:]
    groups = re.findall(r"\d{1,2}", head[::-1])
    grouped = ",".join([*(group[::-1] for group in reversed(groups)), tail])
    sign = "\N{MINUS SIGN}" if amount < 0 else "+" if amount > 0 else ""
    return f"{sign}₹{grouped}.{fraction}"


def one(served: Served, query: str) -> Decimal:
    """Return one figure of the database."""
    return Decimal(str(served.value(query)))


def test_profit_positions_and_balance_are_those_of_the_database(
    person: Visitor, served: Served
) -> None:
    total = one(served, "select sum(pnl) from public.trades where user_id = %(user)s")
    held = one(
        served,
        "select count(*) from public.trades where user_id = %(user)s and status = 'OPEN'",
    )
    balance = one(served, "select balance from public.portfolios where user_id = %(user)s limit 1")
    person.open("/", "Dashboard")
    page = person.page
    figures = page.get_by_role("main")
    expect(figures.get_by_text(rupees(total), exact=True).first).to_be_visible()
    positions = figures.get_by_role("heading", name="Open positions").locator("xpath=../..")
    expect(positions).to_contain_text(str(held))
    person.open("/trades/", "Trades")
    expect(page.get_by_text("Net of these:")).to_contain_text(rupees(total))
    for _, gross, charges, _ in CLOSED:
        net = rupees(Decimal(gross) - Decimal(charges))
        expect(page.get_by_role("cell", name=net, exact=True).first).to_be_visible()
    person.open("/portfolios/", "Portfolios")
    expect(page.get_by_text(rupees(balance).lstrip("+"), exact=True).first).to_be_visible()


def test_no_request_leaves_the_origin_but_supabases_and_the_apis(
    browser: Browser, served: Served
) -> None:
    asked: set[str] = set()
    with visitor(browser, served.address) as person:
        person.page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
        person.page.on("websocket", lambda socket: asked.add(urlsplit(socket.url).netloc))
        person.sign_in()
        for path, heading in {
            "/strategies/": "Strategies",
            "/data/": "Data",
            "/system/": "System",
        }.items():
            person.open(path, heading)
    allowed = {urlsplit(served.address).netloc, urlsplit(served.stack.url).netloc, "127.0.0.1:9"}
    assert asked <= allowed | {""}  # A blob or data address has no host.


def in_order(served: Served, column: str, way: str) -> list[str]:
    """Return the ids of the trades as SQL orders them."""
    unknown = {"ascending": "asc nulls last", "descending": "desc nulls first"}[way]
    query = _IN_ORDER.replace("by-column", f"{COLUMNS[column]} {unknown}")
    return [str(found) for (found,) in served.rows(query)]


def wait_shown(page: Page, ids: list[str]) -> None:
    """Wait until the list shows these trades, in this order."""
    same = f"wanted => JSON.stringify(({IDS})()) === wanted"
    page.wait_for_function(same, arg=json.dumps(ids, separators=(",", ":")))


def test_every_column_sorts_both_ways(person: Visitor, served: Served, look: Look) -> None:
    page = person.page
    person.open("/trades/", "Trades")
    expect(page.locator("tr[data-id]")).to_have_count(len(CLOSED) + 2)
    for column in COLUMNS:
        for way in ("ascending", "descending"):
            if look.size == "phone":
                page.get_by_label("Sort by").select_option(f"{column}, {way}")
            else:
                head = page.get_by_role("columnheader", name=column, exact=True)
                while head.get_attribute("aria-sort") != way:
                    head.get_by_role("button").click()
            wait_shown(page, in_order(served, column, way))


@pytest.mark.full
def test_trades_are_found_by_state_mode_and_symbol(person: Visitor) -> None:
    page = person.page
    person.open("/trades/", "Trades")
    for state, how_many in (("Open", 2), ("Closed", len(CLOSED)), ("Open and closed", 6)):
        page.get_by_label("State").select_option(state)
        expect(page.get_by_role("heading", name=f"{how_many} trades")).to_be_visible()
        expect(page.locator("tr[data-id]")).to_have_count(how_many)
    page.get_by_label("Find a symbol").fill("test-3")
    expect(page.get_by_role("heading", name="1 trade", exact=True)).to_be_visible()
    page.get_by_label("Mode").select_option("Live")
    expect(page.get_by_text("No trades here yet")).to_be_visible()
    expect(page.get_by_role("button", name="Export CSV")).to_be_disabled()


def test_the_export_is_what_the_database_has(
    person: Visitor, served: Served, tmp_path: Path
) -> None:
    page = person.page
    person.open("/trades/", "Trades")
    page.get_by_label("State").select_option("Closed")
    expect(page.locator("tr[data-id]")).to_have_count(len(CLOSED))
    with page.expect_download() as download:
        page.get_by_role("button", name="Export CSV").click()
    assert download.value.suggested_filename.startswith("trades-")
    file = tmp_path / "trades.csv"
    download.value.save_as(file)
    with file.open(newline="", encoding="utf-8-sig") as lines:
        exported = list(csv.DictReader(lines))
    assert len(exported) == len(CLOSED)
    for row in exported:
        stored = served.row(
            "select to_jsonb(trade) || jsonb_build_object("
            " 'entry_price', entry_price::text, 'exit_price', exit_price::text,"
            " 'stop_loss', stop_loss::text, 'target_price', target_price::text,"
            " 'entry_delta', entry_delta::text, 'stop_premium', stop_premium::text,"
            " 'target_premium', target_premium::text,"
            " 'gross_pnl', gross_pnl::text, 'charges', charges::text, 'pnl', pnl::text)"
            " from public.trades as trade where id = %(id)s::uuid",
            id=row["id"],
        )[0]
        assert isinstance(stored, dict)
        for column, text in row.items():
            if column in _TIMES:
                assert datetime.fromisoformat(text) == datetime.fromisoformat(stored[column])
            else:
                known = stored[column]
                assert text == ("" if known is None else str(known)), column


@pytest.mark.full
def test_a_trade_appears_in_its_place_while_one_looks(person: Visitor, served: Served) -> None:
    page = person.page
    person.open("/trades/", "Trades")
    expect(page.get_by_role("status", name="Live data: live")).to_be_visible()
    made = served.make_trade(50)
    wait_shown(page, served.trade_ids())
    served.do("delete from public.trades where id = %(id)s::uuid", id=made)
