"""The dashboard as a person uses it, against the whole system: every page, every action."""

import csv
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.web.visitor import Scheme, Size, visitor

pytestmark = pytest.mark.timeout(240)
PAGES = {
    "/": "Dashboard",
    "/strategies/": "Strategies",
    "/trades/": "Trades",
    "/portfolios/": "Portfolios",
    "/notifications/": "Notifications",
    "/notifications/?tab=settings": "Notifications",
    "/data/": "Data",
    "/system/": "System",
}
LOOKS = [
    ("desktop", "dark"),
    ("phone", "light"),
    pytest.param("desktop", "light", marks=pytest.mark.full),
    pytest.param("phone", "dark", marks=pytest.mark.full),
]


@pytest.mark.parametrize(("size", "scheme"), LOOKS)
def test_every_page_is_drawn_without_a_complaint_and_can_be_used_by_everybody(
    browser: Browser, address: str, size: Size, scheme: Scheme
) -> None:
    with visitor(browser, address, size, scheme) as person:
        person.sign_in()
        for path, heading in PAGES.items():
            person.open(path, heading)
            assert person.grave_violations() == [], path
            too_wide = "() => document.documentElement.scrollWidth - innerWidth"
            assert person.page.evaluate(too_wide) <= 0, f"{path} scrolls sideways"
        assert person.complaints == []


def test_trades_arrive_by_themselves_and_are_exported_as_they_are_shown(
    browser: Browser, address: str, tmp_path: Path
) -> None:
    with visitor(browser, address) as person:
        person.sign_in()
        newest = person.page.get_by_role("list", name="Newest trades").get_by_role("listitem")
        expect(newest.first).to_be_visible(timeout=60_000)
        person.open("/trades/", "Trades")
        rows = person.page.get_by_role("table", name="Trades").get_by_role("row")
        expect(rows.nth(1)).to_be_visible()
        person.page.get_by_label("State").select_option("CLOSED")
        expect(person.page.get_by_text(re.compile(r"^\d+ trades$"))).to_be_visible()
        with person.page.expect_download() as download:
            person.page.get_by_role("button", name="Export CSV").click()
        file = tmp_path / "trades.csv"
        download.value.save_as(file)
        with file.open(newline="") as lines:
            exported = list(csv.DictReader(lines))
        assert all(row["status"] == "CLOSED" for row in exported)
        assert len(exported) <= rows.count() - 1
        assert person.complaints == []


def test_a_strategy_is_paused_and_resumed(browser: Browser, address: str) -> None:
    with visitor(browser, address) as person:
        person.sign_in()
        person.open("/strategies/", "Strategies")
        row = person.page.get_by_role("listitem").filter(has_text="Momentum BANKNIFTY")
        row.get_by_role("button", name="Pause Momentum BANKNIFTY").click()
        expect(row.get_by_text("Paused", exact=True)).to_be_visible()
        row.get_by_role("button", name="Resume Momentum BANKNIFTY").click()
        expect(row.get_by_text("Running", exact=True)).to_be_visible()
        commands = row.get_by_role("list", name="Recent commands")
        expect(commands.get_by_text("done")).to_have_count(2)


def test_a_strategy_is_created_from_a_type_and_watched(browser: Browser, address: str) -> None:
    with visitor(browser, address) as person:
        person.sign_in()
        person.open("/strategies/?new=type", "Strategies")
        dialog = person.page.get_by_role("dialog", name="New strategy")
        dialog.get_by_label("Name", exact=True).fill("Made in a test")
        dialog.get_by_text("Parameters", exact=True).click()
        dialog.get_by_label("Candles of the fast average").fill("2")
        dialog.get_by_label("Candles of the slow average").fill("3")
        dialog.get_by_role("button", name="Create and start the simulation").click()
        expect(dialog).not_to_be_visible()
        made = person.page.get_by_role("listitem").filter(has_text="Made in a test")
        expect(made.get_by_text("Running", exact=True)).to_be_visible()
        made.get_by_role("link", name="Made in a test").click()
        expect(person.page.get_by_role("heading", name="Live status")).to_be_visible()
        chart = person.page.get_by_role("figure").filter(has_text="candles")
        expect(chart).to_be_visible(timeout=90_000)
        marks = re.compile(r"[1-9]\d* candles.*[1-9]\d* trade marks", re.DOTALL)
        expect(chart).to_contain_text(marks, timeout=90_000)
        assert person.grave_violations() == []


def test_a_wrong_parameter_is_told_at_its_field(browser: Browser, address: str) -> None:
    with visitor(browser, address) as person:
        person.sign_in()
        person.open("/strategies/?new=type", "Strategies")
        dialog = person.page.get_by_role("dialog", name="New strategy")
        dialog.get_by_label("Name", exact=True).fill("Never made")
        dialog.get_by_label("Symbols, separated by commas").fill("NIFTY-FUT, <script>")
        dialog.get_by_role("button", name="Create and start the simulation").click()
        expect(dialog.get_by_role("alert").first).to_be_visible()
        dialog.get_by_role("button", name="Close").click()
        expect(person.page.get_by_text("Never made")).to_have_count(0)


def test_code_is_checked_explained_and_created(browser: Browser, address: str) -> None:
    with visitor(browser, address) as person:
        person.sign_in()
        person.open("/strategies/?new=type", "Strategies")
        dialog = person.page.get_by_role("dialog", name="New strategy")
        dialog.get_by_role("tab", name="From code").click()
        dialog.get_by_role("button", name="Check and explain").click()
        report = dialog.get_by_role("region", name="Report on the code")
        expect(report.get_by_text("It can run.")).to_be_visible()
        dialog.get_by_label("Name", exact=True).fill("Pasted average")
        dialog.get_by_role("button", name="Create and start the simulation").click()
        made = person.page.get_by_role("listitem").filter(has_text="Pasted average")
        expect(made.get_by_text("Minute cron")).to_be_visible()


def test_the_live_gate_says_why_it_stays_shut(browser: Browser, address: str) -> None:
    with visitor(browser, address) as person:
        person.sign_in()
        person.open("/strategies/", "Strategies")
        person.page.get_by_role("link", name="Momentum NIFTY").click()
        person.page.get_by_role("tab", name="Live mode").click()
        person.page.get_by_role("button", name="Validate now").click()
        expect(person.page.get_by_text("Not yet")).to_be_visible()
        criteria = person.page.get_by_role("list", name="Criteria").get_by_role("listitem")
        assert criteria.count() >= 5
        expect(criteria.filter(has_text="broker").first).to_be_visible()
        expect(person.page.get_by_role("button", name="Trade live…")).to_be_disabled()
        assert person.grave_violations() == []


def test_emergency_stop_is_pressed_recorded_and_lifted(browser: Browser, address: str) -> None:
    with visitor(browser, address) as person:
        person.sign_in()
        person.page.get_by_role("button", name="Emergency stop").click()
        dialog = person.page.get_by_role("dialog", name="Stop all live trading?")
        dialog.get_by_label("Reason (kept in the audit trail)").fill("a drill")
        dialog.get_by_role("button", name="Stop everything live").click()
        expect(dialog).not_to_be_visible()
        person.open("/system/", "System")
        stops = person.page.get_by_role("region", name="Emergency stops")
        stop = stops.get_by_role("listitem").filter(has_text="a drill")
        expect(stop.get_by_text("in force")).to_be_visible()
        stop.get_by_role("button", name="Lift").click()
        expect(stop.get_by_text("lifted", exact=True)).to_be_visible()


def test_a_stranger_signs_up_and_sees_an_empty_account(browser: Browser, address: str) -> None:
    with visitor(browser, address, "phone", "light") as person:
        person.page.goto(address)
        person.page.get_by_role("button", name="Create an account").click()
        person.page.get_by_label("E-mail").fill("stranger@tradebase.local")
        person.page.get_by_label("Password").fill("correct horse battery")
        person.page.get_by_role("button", name="Create account").click()
        person.page.get_by_role("heading", name="Dashboard", level=1).wait_for()
        expect(person.page.get_by_text("No strategy yet")).to_be_visible()
        for path, heading in PAGES.items():
            person.open(path, heading)
        assert person.complaints == []
        person.page.get_by_role("button", name="Sign out").click()
        expect(person.page.get_by_role("heading", name="Welcome back")).to_be_visible()


def test_a_wrong_password_is_refused_in_words(browser: Browser, address: str) -> None:
    with visitor(browser, address) as person:
        person.page.goto(address)
        person.page.get_by_label("E-mail").fill("demo@tradebase.local")
        person.page.get_by_label("Password").fill("not the password")
        person.page.get_by_role("button", name="Sign in", exact=True).click()
        refusal = person.page.get_by_role("alert").filter(has_text="Invalid login credentials")
        expect(refusal).to_be_visible()
