"""Actions on portfolios, notifications, system and head that the database alone carries out."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.web.served import DEMO_USER, Served, served_dashboard
from tests.web.visitor import Look, Visitor

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def served(browser: Browser) -> Iterator[Served]:
    """Yield a dashboard over a stack without a worker: commands wait."""
    assert browser.is_connected()
    with served_dashboard() as found:
        yield found


@pytest.fixture(scope="module")
def address(served: Served) -> str:
    """Return where it is served."""
    return served.address


def tell(served: Served, title: str) -> None:
    """Tell the demo user something that is kept."""
    served.connection.execute(
        "select private.notify(%s, 'order_rejected', %s, 'no margin', null, null, '{}')",
        (DEMO_USER, title),
    )


def test_a_portfolio_is_made_renamed_and_its_ledger_shown(
    person: Visitor, look: Look, served: Served
) -> None:
    page = person.page
    person.open("/portfolios/", "Portfolios")
    page.get_by_role("button", name="New portfolio").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill(f"Second {look}")
    dialog.get_by_label("Capital in rupees").fill("250000.50")
    dialog.get_by_role("button", name="Create").click()
    card = page.get_by_role("region", name=f"Second {look}", exact=True)
    expect(card.get_by_text("₹2,50,000.50", exact=True)).to_be_visible()
    card.get_by_role("button", name=f"Rename Second {look}").click()
    page.get_by_label("Name", exact=True).fill(f"Renamed {look}")
    page.get_by_role("button", name="Save the name").click()
    renamed = page.get_by_role("region", name=f"Renamed {look}", exact=True)
    renamed.get_by_role("button", name="Show its ledger").click()
    ledger = page.get_by_role("region", name=f"Ledger of Renamed {look}", exact=True)
    expect(ledger.get_by_text("+₹2,50,000.50")).to_be_visible()
    stored = "select initial_capital::text from public.portfolios where name = %(name)s"
    assert served.value(stored, name=f"Renamed {look}") == "250000.50"


def test_a_portfolio_that_is_refused_says_why_where_it_was_asked_for(person: Visitor) -> None:
    person.open("/portfolios/", "Portfolios")
    person.page.get_by_role("button", name="New portfolio").click()
    dialog = person.page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Too small")
    dialog.get_by_label("Capital in rupees").fill("0")
    dialog.get_by_role("button", name="Create").click()
    expect(dialog.get_by_role("alert")).to_be_visible()


def test_a_notification_arrives_is_read_and_dismissed(
    person: Visitor, look: Look, served: Served
) -> None:
    page = person.page
    person.open("/notifications/", "Notifications")
    expect(page.get_by_role("status", name="Live data: live")).to_be_visible()
    tell(served, f"Order refused, {look}")
    item = page.get_by_role("article").filter(has_text=f"Order refused, {look}")
    expect(item).to_be_visible()
    item.get_by_role("button", name="Mark as read").click()
    expect(item.get_by_role("button", name="Mark as read")).to_have_count(0)
    item.get_by_role("button", name="Dismiss").click()
    expect(item).to_have_count(0)
    kept = "select dismissed_at is not null from public.notifications where title = %(title)s"
    assert served.value(kept, title=f"Order refused, {look}") is True


@pytest.mark.full
def test_all_notifications_are_read_at_once(person: Visitor, look: Look, served: Served) -> None:
    for number in range(2):
        tell(served, f"Number {number}, {look}")
    person.open("/notifications/", "Notifications")
    page = person.page
    expect(page.get_by_role("heading", name="2 not read yet")).to_be_visible()
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.get_by_role("button", name="Mark as read", exact=True)).to_have_count(0)
    expect(page.get_by_role("button", name="Mark all as read")).to_be_disabled()
    unread = "select count(*) from public.notifications where read_at is null"
    assert served.value(unread) == 0


def test_preferences_and_quiet_hours_are_kept_and_taken_back(
    person: Visitor, served: Served
) -> None:
    served.connection.execute("delete from public.notification_settings")
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
    assert served.value(chosen) == "silent"
    assert str(served.value("select starts from public.quiet_hours")) == "21:30:00"
    page.get_by_role("button", name="No quiet hours").click()
    expect(page.get_by_text("There are none")).to_be_visible()
    assert served.value("select count(*) from public.quiet_hours") == 0


@pytest.mark.full
def test_the_audit_trail_is_leafed_through(person: Visitor, served: Served) -> None:
    # Fifty entries are a page: each change of a design is one.
    for number in range(60):
        served.connection.execute(
            "update public.strategies set max_positions = %s"
            " where user_id = %s and name = 'Momentum NIFTY'",
            (1 + number % 2, DEMO_USER),
        )
    person.open("/system/", "System")
    trail = person.page.get_by_role("region", name="Audit trail")
    newest = trail.get_by_role("group").first
    first = newest.inner_text()
    trail.get_by_role("button", name="Older").click()
    expect(trail.get_by_role("button", name="Newer")).to_be_enabled()
    expect(newest).not_to_have_text(first)
    newest.click()
    expect(newest.locator("pre")).to_be_visible()
    trail.get_by_role("button", name="Newer").click()
    expect(trail.get_by_role("button", name="Newer")).to_be_disabled()


@pytest.mark.full
def test_light_and_dark_are_switched_and_remembered(person: Visitor, look: Look) -> None:
    page = person.page
    other = "light" if look.scheme == "dark" else "dark"
    shown = "() => getComputedStyle(document.documentElement).colorScheme"
    person.open("/", "Dashboard")
    assert page.evaluate(shown) == look.scheme
    page.get_by_role("button", name="Switch between light and dark").click()
    assert page.evaluate(shown) == other
    person.open("/", "Dashboard")
    assert page.evaluate(shown) == other
