"""Figures on the screen equal SQL over the same rows, to the paisa; nothing leaves the origin."""

import gzip
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from tests.web.served import DEMO_USER, Served, served_dashboard
from tests.web.visitor import visitor

pytestmark = pytest.mark.timeout(180)
OUT = Path(__file__).resolve().parents[2] / "web" / "out"
LIMIT_BYTES = 350_000
_CLOSE = """
update public.trades
set status = 'CLOSED', open_quantity = 0, exit_time = entry_time, exit_price = 25010,
    exit_reason = 'TARGET', closed_by = 'worker', gross_pnl = %(gross)s, charges = %(charges)s,
    pnl = %(gross)s::numeric - %(charges)s::numeric, version = 2
where id = %(id)s
"""
# Odd paise, large lakhs, losses, a zero: what floating point and grouping get wrong.
CLOSED = [("1234567.89", "0.10"), ("-80.05", "63.90"), ("0.30", "0.10"), ("63.90", "63.90")]


@pytest.fixture(scope="module")
def served(browser: Browser) -> Iterator[Served]:
    """Yield a dashboard whose user has closed trades and open ones."""
    assert browser.is_connected()
    with served_dashboard() as found:
        for number, (gross, charges) in enumerate(CLOSED):
            values = {"id": found.make_trade(number), "gross": gross, "charges": charges}
            found.connection.execute(_CLOSE, values)
        found.make_trade(len(CLOSED))
        yield found


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
    row = served.connection.execute(query.encode(), {"user": DEMO_USER}).fetchone()
    assert row is not None
    return Decimal(row[0])


def test_profit_positions_and_balance_are_those_of_the_database(
    browser: Browser, served: Served
) -> None:
    total = one(served, "select sum(pnl) from public.trades where user_id = %(user)s")
    held = one(
        served,
        "select count(*) from public.trades where user_id = %(user)s and status = 'OPEN'",
    )
    balance = one(served, "select balance from public.portfolios where user_id = %(user)s limit 1")
    with visitor(browser, served.address) as person:
        person.sign_in()
        page = person.page
        figures = page.get_by_role("main")
        expect(figures.get_by_text(rupees(total), exact=True).first).to_be_visible()
        positions = figures.get_by_role("heading", name="Open positions").locator("xpath=../..")
        expect(positions).to_contain_text(str(held))
        person.open("/trades/", "Trades")
        expect(page.get_by_text("Net of these:")).to_contain_text(rupees(total))
        for gross, charges in CLOSED:
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


def test_the_first_page_loads_less_javascript_than_its_limit() -> None:
    page = (OUT / "index.html").read_text()
    # What is for browsers without modules is fetched by none that this app runs in.
    modern = re.sub(r"<script[^>]*noModule[^>]*>", "", page, flags=re.IGNORECASE)
    names = set(re.findall(r'<script[^>]+src="(/[^"]+)"', modern))
    assert names
    sizes = {name: len(gzip.compress((OUT / name.lstrip("/")).read_bytes())) for name in names}
    assert sum(sizes.values()) < LIMIT_BYTES, sizes
    assert not re.search(r"<script(?![^>]*\ssrc=)[^>]*>", page), "an inline script is left"
