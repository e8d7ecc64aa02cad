"""A person at the dashboard: signs in, looks at pages, notices what is wrong with them.

In:  a browser, an address, a width, light or dark.
Out: a `Visitor` with its page; everything the browser complained about.
Next: `tests/web/test_dashboard.py`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, ConsoleMessage, Page, StorageState

from tests.worker.running import DEMO

AXE = Path(__file__).resolve().parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
PATIENCE_MS = 30_000
SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
Size = Literal["desktop", "phone"]
Scheme = Literal["light", "dark"]
Motion = Literal["reduce", "no-preference"]
_GRAVE = ("serious", "critical")
_FURTHER_LOOKS = 3
_BETWEEN_LOOKS_MS = 1000


@dataclass(frozen=True)
class Look:
    """How somebody looks at the dashboard."""

    size: Size
    scheme: Scheme

    def __str__(self) -> str:
        """Return a name that is fit for what a test makes."""
        return f"{self.size} {self.scheme}"


USUAL = Look("desktop", "dark")


@dataclass
class Visitor:
    """A person with a page."""

    page: Page
    address: str
    look: Look
    complaints: list[str] = field(default_factory=list)

    def sign_in(self, email: str = DEMO[0], password: str = DEMO[1]) -> None:
        """Sign in with the form."""
        self.page.goto(self.address)
        self.page.get_by_label("E-mail").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        self.page.get_by_role("heading", name="Dashboard", level=1).wait_for()

    def open(self, path: str, heading: str) -> None:
        """Open a page by its address and wait until it is drawn and has its data."""
        self.page.goto(f"{self.address}{path}")
        self.page.get_by_role("heading", name=heading, level=1).wait_for()
        self.page.wait_for_function("() => !document.querySelector('main [aria-label=Loading]')")

    def grave_violations(self) -> list[str]:
        """Return what axe finds serious or critical, with where it is, each time it looks.

        What is found only while something on the page changes (a button that was just enabled is
        still drawn pale) stands in the way of nobody.
        """
        self.page.evaluate(AXE.read_text())
        lasting = self._looked_over()
        for _ in range(_FURTHER_LOOKS):
            if not lasting:
                break
            self.page.wait_for_timeout(_BETWEEN_LOOKS_MS)
            found = self._looked_over()
            lasting = [violation for violation in lasting if violation in found]
        return lasting

    def _looked_over(self) -> list[str]:
        found: dict[str, Any] = self.page.evaluate("() => axe.run(document)")
        return [
            f"{violation['id']}: {node['html'][:160]} ({node['failureSummary'][:200]})"
            for violation in found["violations"]
            if violation["impact"] in _GRAVE
            for node in violation["nodes"]
        ]

    def hear(self, message: ConsoleMessage) -> None:
        """Take note of an error or a broken policy the browser reports."""
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")


@contextmanager
def visitor(
    browser: Browser,
    address: str,
    look: Look = USUAL,
    motion: Motion = "reduce",
    kept: StorageState | None = None,
) -> Iterator[Visitor]:
    """Yield a visitor; motion is reduced unless wished, so that what is read is what stays.

    `kept` is what the browser remembers of an earlier visit.
    """
    width, height = SIZES[look.size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=look.scheme,
        reduced_motion=motion,
        accept_downloads=True,
        storage_state=kept,
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    person = Visitor(page, address, look)
    page.on("console", person.hear)
    page.on("pageerror", lambda error: person.complaints.append(str(error)))
    try:
        yield person
    finally:
        context.close()
