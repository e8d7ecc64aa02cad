"""The dashboard in a real browser, beside the whole system as `make demo` starts it.

In:  Chromium, found or installed by `devstack/browser.py`.
Out: fixtures: a running demo, a signed-in page at any width, light or dark.
Next: `tests/web/visitor.py`.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, StorageState, expect, sync_playwright

from devstack.browser import find_browser
from tests.e2e.demo import RunningDemo, running_demo
from tests.web.visitor import PATIENCE_MS, USUAL, Look, Visitor, visitor

expect.set_options(timeout=PATIENCE_MS)
# Both widths and both schemes; the pages themselves are looked at in every combination.
LOOKS = (
    pytest.param(USUAL, id="desktop-dark"),
    pytest.param(Look("phone", "light"), id="phone-light", marks=pytest.mark.full),
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Yield a real browser, for one file: while it is there, an event loop runs in this thread."""
    path = find_browser()
    if path is None:
        pytest.skip("there is no Chromium and none could be installed")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def demo(browser: Browser) -> Iterator[RunningDemo]:
    """Yield the whole system, its market moving."""
    assert browser.is_connected()
    with running_demo() as running:
        running.wait_said("curl http")
        yield running


@pytest.fixture(scope="module")
def address(demo: RunningDemo) -> str:
    """Return the dashboard's address, as the demo prints it."""
    (line,) = (line for line in demo.lines if line.strip().startswith("dashboard "))
    return line.split()[-1]


@pytest.fixture(params=LOOKS)
def look(request: pytest.FixtureRequest) -> Look:
    """Return how the dashboard is looked at: every action works at any width, light and dark."""
    found: Look = request.param
    return found


@pytest.fixture(scope="module")
def kept(browser: Browser, address: str) -> StorageState:
    """Return what a browser remembers of somebody who has signed in."""
    with visitor(browser, address) as found:
        found.sign_in()
        return found.page.context.storage_state()


@pytest.fixture
def person(browser: Browser, address: str, look: Look, kept: StorageState) -> Iterator[Visitor]:
    """Yield somebody who has signed in before; a file may have an `address` of its own."""
    with visitor(browser, address, look, kept=kept) as found:
        yield found
