"""Prices on the dashboard move by being told, not by being asked for."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, WebSocketRoute, expect

from tests.supabase import events
from tests.supabase.deployments import Worker
from tests.supabase.people import Person, client_of
from tests.web.served import Served, served_dashboard
from tests.web.visitor import visitor

pytestmark = pytest.mark.timeout(120)
FUTURE, OTHER = "NSE_FNO:9301", "NSE_FNO:9302"


@pytest.fixture(scope="module")
def served(browser: Browser) -> Iterator[Served]:
    assert browser.is_connected()
    with served_dashboard() as running:
        yield running


@pytest.fixture(scope="module")
def worker(served: Served) -> Iterator[Worker]:
    """Yield whoever tells the database prices."""
    with client_of(served.stack, served.stack.secret_key) as http:
        worker = Worker(Person(http))
        worker.acquire()
        yield worker


def tell(worker: Worker, key: str, symbol: str, price: str) -> None:
    worker.must_write(events.last_price(instrument_key=key, symbol=symbol, price=price))


def test_prices_move_without_being_asked_for_and_are_read_again_after_a_cut(
    browser: Browser, served: Served, worker: Worker
) -> None:
    sockets: list[WebSocketRoute] = []
    asked: list[str] = []

    def carry(route: WebSocketRoute) -> None:
        sockets.append(route)
        route.connect_to_server()

    tell(worker, FUTURE, "TEST-FUT", "1234567.05")
    with visitor(browser, served.address) as person:
        page = person.page
        page.on("request", lambda request: asked.append(request.url))
        page.route_web_socket("**/realtime/**", carry)
        with page.expect_response(lambda answer: "/last_prices" in answer.url):
            person.sign_in()
        ticker = page.get_by_role("list", name="Market prices")
        expect(ticker).to_contain_text("12,34,567.05")
        tell(worker, OTHER, "TELL-FUT", "0.05")
        expect(ticker).to_contain_text("TELL-FUT0.05")  # The topic is joined.

        asked.clear()
        for price, shown in (("1234568.10", "12,34,568.10"), ("99.99", "99.99")):
            tell(worker, FUTURE, "TEST-FUT", price)
            expect(ticker).to_contain_text(f"TEST-FUT{shown}")
        assert [url for url in asked if "/last_prices" in url] == []

        served.connection.execute(
            "update public.last_prices set price = 77.70, updated_at = now()"
            " where instrument_key = %s",
            (FUTURE,),
        )  # As told while nobody listened.
        for socket in sockets:
            socket.close()
        expect(ticker).to_contain_text("TEST-FUT77.70")
        assert any("/last_prices" in url for url in asked)
