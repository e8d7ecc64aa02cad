"""The dashboard cannot miss a trade: cut sockets, lost messages, a sleeping tab, new tokens."""

import json
import random
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect

from tests.web.served import served_dashboard
from tests.web.visitor import visitor

pytestmark = pytest.mark.timeout(300)
EVENTS = 3000
SHOWN = 1000
IN_A_ROW = 60
TOKEN_SECONDS = 45  # Renewed half-way through the test.
IDS = "() => [...document.querySelectorAll('tr[data-id]')].map(row => row.dataset.id)"
# A table draws more rows when its end comes into sight, or is pressed.
ALL_DRAWN = """
() => {
  const more = [...document.querySelectorAll('button')]
    .find(button => button.textContent.startsWith('Show more ('));
  more?.click();
  return more === undefined;
}
"""


class Network:
    """Everything between the page and Realtime; loses broadcasts when it is told to."""

    def __init__(self) -> None:
        self.is_losing = False
        self.lost = 0
        self._sockets: list[WebSocketRoute] = []
        self._chance = random.Random(7)
        self._row = 0

    def carry(self, route: WebSocketRoute) -> None:
        """Stand between a socket of the page and the server."""
        self._sockets.append(route)
        server = route.connect_to_server()
        route.on_message(server.send)

        def pass_on(message: Any) -> None:
            # A broadcast is a binary frame of the protocol, or says so in its text.
            is_broadcast = isinstance(message, bytes) or '"broadcast"' in message
            if self.is_losing and is_broadcast and self._loses():
                self.lost += 1
            else:
                route.send(message)

        server.on_message(pass_on)

    def cut(self) -> None:
        """Close every socket there is."""
        for socket in self._sockets:
            socket.close()
        self._sockets.clear()

    def _loses(self) -> bool:
        """Lose now and then one, now and then many in a row."""
        if self._row > 0:
            self._row -= 1
            return True
        if self._chance.random() < 0.02:
            self._row = IN_A_ROW
        return self._chance.random() < 0.4


@pytest.mark.full
def test_after_3000_events_on_a_bad_network_the_screen_equals_the_database(
    browser: Browser,
) -> None:
    network = Network()
    with (
        served_dashboard(STACK_TOKEN_SECONDS=str(TOKEN_SECONDS)) as served,
        visitor(browser, served.address) as person,
    ):
        page = person.page
        page.route_web_socket("**/realtime/**", network.carry)
        person.sign_in()
        person.open("/trades/", "Trades")
        expect(page.get_by_role("status", name="Live data: live")).to_be_visible()
        network.is_losing = True
        for number in range(EVENTS):
            served.make_trade(number)
            if number == 600:
                network.cut()
            elif number == 1200:
                page.context.set_offline(True)
            elif number == 1500:
                page.context.set_offline(False)
            elif number == 2000:
                _sleep(page, asleep=True)
            elif number == 2500:
                _sleep(page, asleep=False)
            if number % 50 == 0:
                page.evaluate("() => 0")  # Lets what has arrived be carried on.
        wanted = served.trade_ids()[:SHOWN]
        assert len(wanted) == SHOWN
        page.wait_for_function(ALL_DRAWN, timeout=60_000)
        page.wait_for_function(
            f"wanted => JSON.stringify(({IDS})()) === wanted",
            arg=json.dumps(wanted, separators=(",", ":")),
            timeout=60_000,
        )
        assert network.lost > 100


def _sleep(page: Page, *, asleep: bool) -> None:
    """Freeze the tab as the browser does with one that nobody looks at, or wake it."""
    session = page.context.new_cdp_session(page)
    state = "frozen" if asleep else "active"
    session.send("Page.setWebLifecycleState", {"state": state})
    session.detach()
