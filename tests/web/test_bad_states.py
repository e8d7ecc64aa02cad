"""What the dashboard says when something is not as it should be."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.web.served import DEMO_USER, Served, served_dashboard
from tests.web.visitor import Visitor, visitor

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def served(browser: Browser) -> Iterator[Served]:
    """Yield a dashboard over a stack without a worker."""
    assert browser.is_connected()
    with served_dashboard() as found:
        yield found


@pytest.fixture
def person(browser: Browser, served: Served) -> Iterator[Visitor]:
    """Yield somebody who is signed in."""
    with visitor(browser, served.address) as found:
        found.sign_in()
        yield found


def test_a_worker_and_a_feed_that_are_off_are_shown_as_such(person: Visitor) -> None:
    expect(person.page.get_by_text("Worker off")).to_be_visible()
    expect(person.page.get_by_text("Feed off")).to_be_visible()


def test_a_silent_worker_and_a_stale_feed_are_told_with_their_age(
    person: Visitor, served: Served
) -> None:
    served.connection.execute(
        "insert into public.worker_heartbeats"
        " (shard, process, holder, feed_age_seconds, beat_at)"
        " values ('main', 'supervisor', 'a test', 30, now() - interval '2 minutes')"
    )
    expect(person.page.get_by_text("Worker silent for 2 min")).to_be_visible()
    served.connection.execute("delete from public.worker_heartbeats")


def test_a_database_out_of_reach_is_told_and_what_was_read_stays(person: Visitor) -> None:
    person.open("/strategies/", "Strategies")
    expect(person.page.get_by_text("Momentum BANKNIFTY").first).to_be_visible()

    def refuse(route: Route) -> None:
        route.abort()

    person.page.route("**/rest/v1/**", refuse)
    expect(person.page.get_by_text("Database unreachable")).to_be_visible()
    expect(person.page.get_by_text("Momentum BANKNIFTY").first).to_be_visible()
    person.page.unroute("**/rest/v1/**", refuse)
    expect(person.page.get_by_text("Database unreachable")).not_to_be_visible()


def test_a_refused_command_says_why_where_it_was_given(person: Visitor, served: Served) -> None:
    person.open("/strategies/", "Strategies")
    row = person.page.get_by_role("listitem").filter(has_text="Momentum BANKNIFTY")
    start = row.get_by_role("button", name="Start Momentum BANKNIFTY")
    expect(start).to_be_visible()
    # Somebody else has started it meanwhile, and this page has not heard of it.
    person.page.context.set_offline(True)
    served.connection.execute(
        "update public.strategy_configs set status = 'PAUSED' where user_id = %s", (DEMO_USER,)
    )
    person.page.context.set_offline(False)
    start.click()
    refused = person.page.get_by_role("alert").filter(has_text="START")
    resumed = row.get_by_role("button", name="Resume Momentum BANKNIFTY")
    expect(refused.or_(resumed).first).to_be_visible()
    expect(resumed).to_be_visible()


def test_an_api_that_does_not_answer_is_told_in_words(person: Visitor) -> None:
    person.open("/system/", "System")
    expect(person.page.get_by_text("does not answer")).to_be_visible()
    person.page.get_by_role("button", name="Emergency stop").click()
    dialog = person.page.get_by_role("dialog", name="Stop all live trading?")
    dialog.get_by_role("button", name="Stop everything live").click()
    failed = person.page.get_by_role("alert").filter(has_text="The emergency stop failed")
    expect(failed.first).to_be_visible()


def test_a_session_that_was_ended_elsewhere_leads_back_to_the_sign_in(
    browser: Browser, served: Served
) -> None:
    with visitor(browser, served.address) as person:
        person.sign_in()
        key = person.page.evaluate("() => Object.keys(localStorage).find(k => k.includes('auth'))")
        person.page.evaluate("key => localStorage.removeItem(key)", key)
        person.page.reload()
        expect(person.page.get_by_role("heading", name="Welcome back")).to_be_visible()


def test_a_deployment_that_does_not_exist_is_told(person: Visitor) -> None:
    person.page.goto(f"{person.address}/strategy/?id={DEMO_USER}")
    expect(person.page.get_by_role("alert").filter(has_text="does not exist")).to_be_visible()


def test_settings_that_cannot_be_read_are_told_instead_of_a_blank_page(
    browser: Browser, served: Served
) -> None:
    with visitor(browser, served.address) as person:
        person.page.route("**/settings.json", lambda route: route.fulfill(status=500, body=""))
        person.page.goto(person.address)
        told = person.page.get_by_role("alert").filter(has_text="settings.json cannot be read")
        expect(told).to_be_visible()
