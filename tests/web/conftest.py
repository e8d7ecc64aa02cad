"""The dashboard in a real browser, beside the whole system as `make demo` starts it.

In:  Chromium, found or installed by `devstack/browser.py`.
Out: fixtures: a running demo, a signed-in page at any width, light or dark.
Next: `tests/web/visitor.py`.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from devstack.browser import find_browser
from tests.e2e.demo import RunningDemo, running_demo
from tests.web.visitor import PATIENCE_MS

expect.set_options(timeout=PATIENCE_MS)


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
