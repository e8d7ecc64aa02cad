"""The dashboard as a person uses it, against the whole system: every page, every action."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.demo import RunningDemo
from tests.web.visitor import USUAL, Look, Visitor, visitor

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
PHONE = Look("phone", "light")
PAGE_LOOKS = [
    pytest.param(USUAL, id="desktop-dark"),
    pytest.param(PHONE, id="phone-light", marks=pytest.mark.full),
    pytest.param(Look("desktop", "light"), id="desktop-light", marks=pytest.mark.full),
    pytest.param(Look("phone", "dark"), id="phone-dark", marks=pytest.mark.full),
]


@pytest.mark.parametrize("look", PAGE_LOOKS)
def test_every_page_is_drawn_without_a_complaint_and_can_be_used_by_everybody(
    person: Visitor,
) -> None:
    for path, heading in PAGES.items():
        person.open(path, heading)
        assert person.grave_violations() == [], path
        too_wide = "() => document.documentElement.scrollWidth - innerWidth"
        assert person.page.evaluate(too_wide) <= 0, f"{path} scrolls sideways"
    assert person.complaints == []


@pytest.mark.full
def test_every_part_of_a_strategy_is_drawn_without_a_complaint(person: Visitor) -> None:
    page = person.page
    for name in ("Momentum NIFTY", "My average NIFTY"):
        person.open("/strategies/", "Strategies")
        page.get_by_role("link", name=name).first.click()
        tabs = page.get_by_role("tab")
        expect(tabs.first).to_be_visible()
        for tab in tabs.all():
            tab.click()
            page.wait_for_function("() => !document.querySelector('main [aria-label=Loading]')")
            assert person.grave_violations() == [], f"{name}, {tab.inner_text()}"
            too_wide = "() => document.documentElement.scrollWidth - innerWidth"
            assert page.evaluate(too_wide) <= 0, f"{name}, {tab.inner_text()} scrolls sideways"
    assert person.complaints == []


def test_trades_arrive_by_themselves(person: Visitor) -> None:
    person.open("/", "Dashboard")
    newest = person.page.get_by_role("list", name="Newest trades").get_by_role("listitem")
    expect(newest.first).to_be_visible(timeout=60_000)
    signals = person.page.get_by_role("list", name="Newest signals").get_by_role("listitem")
    expect(signals.first).to_be_visible()
    person.page.get_by_role("button", name="90 days").click()
    expect(person.page.get_by_role("figure")).to_contain_text("Net P&L, 90 days")
    assert person.complaints == []


def test_a_strategy_is_paused_and_resumed(person: Visitor) -> None:
    person.open("/strategies/", "Strategies")
    row = person.page.get_by_role("listitem").filter(has_text="Momentum BANKNIFTY")
    row.get_by_role("button", name="Pause Momentum BANKNIFTY").click()
    expect(row.get_by_text("Paused", exact=True)).to_be_visible()
    row.get_by_role("button", name="Resume Momentum BANKNIFTY").click()
    expect(row.get_by_text("Running", exact=True)).to_be_visible()
    newest = row.get_by_role("list", name="Recent commands").get_by_role("listitem").first
    expect(newest).to_contain_text("Resume")
    expect(newest.get_by_text("done")).to_be_visible()


def test_a_strategy_is_created_from_a_type_and_watched(person: Visitor, look: Look) -> None:
    page = person.page
    name = f"Made on a {look}"
    person.open("/strategies/?new=type", "Strategies")
    dialog = page.get_by_role("dialog", name="New strategy")
    dialog.get_by_label("Name", exact=True).fill(name)
    dialog.get_by_text("Parameters", exact=True).click()
    dialog.get_by_label("Candles of the fast average").fill("2")
    dialog.get_by_label("Candles of the slow average").fill("3")
    dialog.get_by_role("button", name="Create and start the simulation").click()
    expect(dialog).not_to_be_visible()
    made = page.get_by_role("listitem").filter(has_text=name)
    expect(made.get_by_text("Running", exact=True)).to_be_visible()
    made.get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", name="Live status")).to_be_visible()
    chart = page.get_by_role("figure").filter(has_text="candles")
    expect(chart).to_be_visible(timeout=90_000)
    marks = re.compile(r"[1-9]\d* candles.*[1-9]\d* trade marks", re.DOTALL)
    expect(chart).to_contain_text(marks, timeout=90_000)
    signal = page.get_by_role("list", name="Signals, newest first").get_by_role("listitem").first
    signal.get_by_role("group").click()
    expect(signal.get_by_text("fast", exact=True)).to_be_visible()
    assert person.grave_violations() == []


def test_a_wrong_parameter_is_told_at_its_field(person: Visitor) -> None:
    person.open("/strategies/?new=type", "Strategies")
    dialog = person.page.get_by_role("dialog", name="New strategy")
    dialog.get_by_label("Name", exact=True).fill("Never made")
    dialog.get_by_label("Symbols, separated by commas").fill("NIFTY-FUT, <script>")
    dialog.get_by_role("button", name="Create and start the simulation").click()
    expect(dialog.get_by_role("alert").first).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    expect(person.page.get_by_text("Never made")).to_have_count(0)


def test_code_is_checked_explained_and_created(person: Visitor, look: Look) -> None:
    person.open("/strategies/?new=type", "Strategies")
    dialog = person.page.get_by_role("dialog", name="New strategy")
    dialog.get_by_role("tab", name="From code").click()
    dialog.get_by_role("button", name="Check and explain").click()
    report = dialog.get_by_role("region", name="Report on the code")
    expect(report.get_by_text("It can run.")).to_be_visible()
    dialog.get_by_label("Name", exact=True).fill(f"Pasted on a {look}")
    dialog.get_by_role("button", name="Create and start the simulation").click()
    made = person.page.get_by_role("listitem").filter(has_text=f"Pasted on a {look}")
    expect(made.get_by_text("Minute cron")).to_be_visible()


@pytest.mark.full
def test_code_that_is_wrong_is_told_with_its_line_and_code_that_runs_is_tried(
    person: Visitor,
) -> None:
    page = person.page
    person.open("/strategies/", "Strategies")
    page.get_by_role("link", name="My average NIFTY").first.click()
    page.get_by_role("tab", name="Code").click()
    editor = page.get_by_label("Python", exact=True)
    expect(editor).not_to_have_value("")
    good = editor.input_value()
    editor.fill("import os\n" + good)
    page.get_by_role("button", name="Check and dry run").click()
    report = page.get_by_role("region", name="Report on the code")
    expect(report.get_by_text("It cannot run like this.")).to_be_visible()
    expect(report.get_by_text("Line 1:").first).to_be_visible()
    editor.fill(good)
    page.get_by_role("button", name="Check and dry run").click()
    expect(report.get_by_text("It can run.")).to_be_visible()
    expect(report.get_by_role("heading", name=re.compile("Dry run on"))).to_be_visible()


def test_the_live_gate_says_why_it_stays_shut_and_is_remembered(person: Visitor) -> None:
    page = person.page
    person.open("/strategies/", "Strategies")
    page.get_by_role("link", name="Momentum NIFTY").click()
    page.get_by_role("tab", name="Live mode").click()
    page.get_by_role("button", name="Validate now").click()
    expect(page.get_by_text("Not yet")).to_be_visible()
    criteria = page.get_by_role("list", name="Criteria").get_by_role("listitem")
    assert criteria.count() >= 5
    expect(criteria.filter(has_text="broker").first).to_be_visible()
    expect(page.get_by_role("button", name="Trade live…")).to_be_disabled()
    assert person.grave_violations() == []
    page.reload()
    expect(page.get_by_text("Not yet")).to_be_visible()


@pytest.mark.full
def test_days_are_analysed_on_demand(person: Visitor) -> None:
    page = person.page
    person.open("/strategies/", "Strategies")
    page.get_by_role("link", name="Momentum NIFTY").click()
    page.get_by_role("tab", name="Performance").click()
    page.get_by_role("button", name="Analyse now").click()
    expect(page.get_by_text("Analysed up to today.")).to_be_visible()


def test_candles_are_downloaded_and_their_completeness_shown(person: Visitor) -> None:
    page = person.page
    person.open("/data/", "Data")
    page.get_by_label("Symbol").fill("nifty-fut")
    page.get_by_label("First day").fill("2026-11-19")
    page.get_by_label("Last day").fill("2026-11-19")
    page.get_by_role("button", name="Download").click()
    days = page.get_by_role("list", name="Completeness by day").get_by_role("listitem")
    expect(days).to_have_count(1)
    expect(days.first).to_contain_text("19 Nov 2026")
    expect(days.first).to_contain_text(re.compile(r"(\d+) of \1"))
    expect(page.get_by_text("complete", exact=True)).to_be_visible()
    page.get_by_label("Symbol").fill("NOSUCH")
    page.get_by_role("button", name="Download").click()
    expect(page.get_by_role("alert").filter(has_text="NOSUCH")).to_be_visible()


def test_emergency_stop_is_pressed_recorded_and_lifted(person: Visitor, look: Look) -> None:
    page = person.page
    person.open("/", "Dashboard")
    page.get_by_role("button", name="Emergency stop").click()
    dialog = page.get_by_role("dialog", name="Stop all live trading?")
    dialog.get_by_label("Reason (kept in the audit trail)").fill(f"a drill, {look}")
    dialog.get_by_role("button", name="Stop everything live").click()
    expect(dialog).not_to_be_visible()
    person.open("/system/", "System")
    stops = page.get_by_role("region", name="Emergency stops")
    stop = stops.get_by_role("listitem").filter(has_text=f"a drill, {look}")
    expect(stop.get_by_text("in force")).to_be_visible()
    stop.get_by_role("button", name="Lift").click()
    expect(stop.get_by_text("lifted", exact=True)).to_be_visible()


def test_a_stranger_signs_up_and_sees_an_empty_account(
    browser: Browser, address: str, demo: RunningDemo
) -> None:
    assert demo.process.poll() is None
    with visitor(browser, address, PHONE) as person:
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
