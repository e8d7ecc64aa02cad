"""Every action of the dashboard that the database alone carries out, read back from its tables."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.web.served import DEMO_USER, Served, served_dashboard
from tests.web.visitor import Visitor, visitor

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def served(browser: Browser) -> Iterator[Served]:
    """Yield a dashboard over a stack without a worker: commands wait."""
    assert browser.is_connected()
    with served_dashboard() as found:
        yield found


@pytest.fixture
def person(browser: Browser, served: Served) -> Iterator[Visitor]:
    """Yield somebody who is signed in."""
    with visitor(browser, served.address) as found:
        found.sign_in()
        yield found


def value(served: Served, query: str) -> object:
    """Return one value of the database."""
    row = served.connection.execute(query.encode(), {"user": DEMO_USER}).fetchone()
    assert row is not None, query
    return row[0]


def test_a_portfolio_is_made_and_renamed(person: Visitor, served: Served) -> None:
    page = person.page
    person.open("/portfolios/", "Portfolios")
    page.get_by_role("button", name="New portfolio").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Second")
    dialog.get_by_label("Capital in rupees").fill("250000.50")
    dialog.get_by_role("button", name="Create").click()
    card = page.get_by_role("region", name="Second")
    expect(card.get_by_text("₹2,50,000.50", exact=True)).to_be_visible()
    card.get_by_role("button", name="Rename Second").click()
    page.get_by_label("Name", exact=True).fill("Renamed")
    page.get_by_role("button", name="Save the name").click()
    expect(page.get_by_role("region", name="Renamed")).to_be_visible()
    stored = "select initial_capital::text from public.portfolios where name = 'Renamed'"
    assert value(served, stored) == "250000.50"


def test_a_portfolio_that_is_refused_says_why_where_it_was_asked_for(person: Visitor) -> None:
    person.open("/portfolios/", "Portfolios")
    person.page.get_by_role("button", name="New portfolio").click()
    dialog = person.page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Too small")
    dialog.get_by_label("Capital in rupees").fill("0")
    dialog.get_by_role("button", name="Create").click()
    expect(dialog.get_by_role("alert")).to_be_visible()


def test_a_notification_arrives_is_read_and_dismissed(person: Visitor, served: Served) -> None:
    page = person.page
    person.open("/notifications/", "Notifications")
    expect(page.get_by_role("status", name="Live data: live")).to_be_visible()
    served.connection.execute(
        "select private.notify("
        "%s, 'order_rejected', 'Order refused', 'no margin', null, null, '{}')",
        (DEMO_USER,),
    )
    item = page.get_by_role("article").filter(has_text="Order refused")
    expect(item).to_be_visible()
    item.get_by_role("button", name="Mark as read").click()
    expect(item.get_by_role("button", name="Mark as read")).to_have_count(0)
    item.get_by_role("button", name="Dismiss").click()
    expect(item).to_have_count(0)
    kept = "select count(*) from public.notifications where dismissed_at is not null"
    assert value(served, kept) == 1


def test_preferences_and_quiet_hours_are_kept(person: Visitor, served: Served) -> None:
    page = person.page
    person.open("/notifications/?tab=settings", "Notifications")
    page.get_by_label("Trade opened by E-mail").select_option("silent")
    expect(page.get_by_label("Trade opened by E-mail")).to_have_value("silent")
    page.get_by_label("From", exact=True).fill("21:30")
    page.get_by_label("Until").fill("07:15")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("from 21:30 to 07:15")).to_be_visible()
    chosen = (
        "select preference::text from public.notification_settings"
        " where user_id = %(user)s and kind = 'trade_opened' and channel = 'email'"
    )
    assert value(served, chosen) == "silent"
    assert str(value(served, "select starts from public.quiet_hours")) == "21:30:00"


def test_a_changed_parameter_and_its_return_to_the_default_are_stored(
    person: Visitor, served: Served
) -> None:
    page = person.page
    stored = (
        "select config ->> 'fast' from public.strategies"
        " where name = 'Momentum BANKNIFTY' and user_id = %(user)s"
    )
    for wanted in ("5", "9"):
        person.open("/strategies/", "Strategies")
        page.get_by_role("link", name="Momentum BANKNIFTY").first.click()
        page.get_by_role("tab", name="Configure").click()
        page.get_by_label("Candles of the fast average").fill(wanted)
        page.get_by_role("button", name="Save changes").click()
        expect(page.get_by_text("Saved. The next decision uses it.")).to_be_visible()
        assert value(served, stored) == wanted


def test_code_is_edited_and_kept(person: Visitor, served: Served) -> None:
    page = person.page
    person.open("/strategies/", "Strategies")
    page.get_by_role("listitem").filter(has_text="Minute cron").get_by_role("link").first.click()
    page.get_by_role("tab", name="Code").click()
    editor = page.get_by_label("Python", exact=True)
    expect(editor).not_to_have_value("")
    changed = f"# Looked at again.\n{editor.input_value()}"
    editor.fill(changed)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved. The next decision uses it.")).to_be_visible()
    code = "select python_code from public.strategies where strategy_type = 'code' limit 1"
    assert value(served, code) == changed


def test_a_strategy_is_deployed_again_and_archived(person: Visitor, served: Served) -> None:
    page = person.page
    person.open("/strategies/?new=type", "Strategies")
    dialog = page.get_by_role("dialog", name="New strategy")
    dialog.get_by_role("tab", name="From one of mine").click()
    dialog.get_by_label("Strategy", exact=True).select_option(index=0)
    dialog.get_by_label("Name of the deployment").fill("Once more")
    dialog.get_by_role("button", name="Create and start the simulation").click()
    expect(dialog).not_to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="Once more").first).to_be_visible()
    made = "select count(*) from public.strategy_configs where name = 'Once more'"
    assert value(served, made) == 1
    page.get_by_role("link", name="Mean reversion NIFTY").first.click()
    page.get_by_role("button", name="Archive").click()
    page.get_by_role("dialog").get_by_role("button", name="Archive").click()
    page.wait_for_url("**/strategies/")
    expect(page.get_by_role("link", name="Momentum NIFTY").first).to_be_visible()
    expect(page.get_by_role("link", name="Mean reversion NIFTY")).to_have_count(0)
    gone = (
        "select archived_at is not null from public.strategies where name like 'Mean reversion%%'"
    )
    assert value(served, gone) is True
