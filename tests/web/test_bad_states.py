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


@pytest.fixture(scope="module")
def address(served: Served) -> str:
    """Return where it is served."""
    return served.address


def test_a_worker_and_a_feed_that_are_off_are_shown_as_such(person: Visitor) -> None:
    person.open("/", "Dashboard")
    expect(person.page.get_by_text("Worker off")).to_be_visible()
    expect(person.page.get_by_text("Feed off")).to_be_visible()


@pytest.mark.parametrize(
    ("beat_seconds", "feed_seconds", "told"),
    [(120, 1, "Worker silent for 2 min"), (0, 240, "Feed silent for 4 min")],
    ids=["worker", "feed"],
)
def test_a_silent_worker_and_a_stale_feed_are_told_with_their_age(
    person: Visitor, served: Served, beat_seconds: int, feed_seconds: int, told: str
) -> None:
    served.do(
        """
        delete from public.worker_heartbeats;
        insert into public.worker_heartbeats
          (shard, process, holder, feed_age_seconds, beat_at)
        values ('main', 'supervisor', 'a test', %(feed)s, now() - %(beat)s * interval '1 second')
        """,
        feed=feed_seconds,
        beat=beat_seconds,
    )
    person.open("/", "Dashboard")
    expect(person.page.get_by_text(told)).to_be_visible()
    served.do("delete from public.worker_heartbeats")


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
    page = person.page
    # Nothing that happens from now on is heard: no socket, no reading of events or of the list.
    page.route_web_socket("**/realtime/**", lambda socket: socket.close())
    page.route("**/rest/v1/user_events*", lambda route: route.abort())
    person.open("/strategies/", "Strategies")
    row = page.get_by_role("listitem").filter(has_text="Momentum BANKNIFTY")
    expect(row.get_by_role("button", name="Start Momentum BANKNIFTY")).to_be_visible()
    served.do("update public.strategy_configs set status = 'PAUSED' where user_id = %(user)s")
    row.get_by_role("button", name="Start Momentum BANKNIFTY").click()
    refused = page.get_by_role("alert").filter(has_text="START")
    expect(refused).to_contain_text("PAUSED")
    served.do("update public.strategy_configs set status = 'STOPPED' where user_id = %(user)s")


def test_a_command_that_failed_says_why_in_the_list(person: Visitor, served: Served) -> None:
    served.do("delete from public.strategy_commands where user_id = %(user)s")
    person.open("/strategies/", "Strategies")
    row = person.page.get_by_role("listitem").filter(has_text="Momentum BANKNIFTY")
    row.get_by_role("button", name="Start Momentum BANKNIFTY").click()
    expect(row.get_by_text("on its way")).to_be_visible()
    served.do(
        "update public.strategy_commands set status = 'FAILED', executed_at = now(),"
        " error_message = 'no instrument is called BANKNIFTY-FUT' where user_id = %(user)s"
    )
    expect(row.get_by_text("failed", exact=True)).to_be_visible()
    expect(row.get_by_text("no instrument is called BANKNIFTY-FUT")).to_be_visible()


def test_an_api_that_does_not_answer_is_told_in_words(person: Visitor) -> None:
    person.open("/system/", "System")
    expect(person.page.get_by_text("does not answer")).to_be_visible()
    person.page.get_by_role("button", name="Emergency stop").click()
    dialog = person.page.get_by_role("dialog", name="Stop all live trading?")
    dialog.get_by_role("button", name="Stop everything live").click()
    failed = person.page.get_by_role("alert").filter(has_text="The emergency stop failed")
    expect(failed.first).to_be_visible()


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
