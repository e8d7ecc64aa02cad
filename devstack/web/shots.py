"""What there is to take pictures of: every page, every part of a strategy, every dialog.

In:  a signed-in page of the running demo.
Out: `SHOTS` and, before the sign-in, `SIGNED_OUT`: a name, and the way there.
Next: `devstack/web/screenshots.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page

STRATEGY = "Momentum NIFTY"
_CODE_STRATEGY = "My average NIFTY"


@dataclass(frozen=True)
class Shot:
    """One picture.

    Parameters
    ----------
    name
        Of the file, without size and scheme.
    path
        The page's address below the dashboard's.
    act
        What is done there before the picture is taken.
    """

    name: str
    path: str
    act: Callable[[Page], None] = lambda _page: None


def _press(*buttons: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        for button in buttons:
            page.get_by_role("button", name=button).first.click()

    return act


def _part(strategy: str, tab: str, *buttons: str) -> Callable[[Page], None]:
    """Open a strategy from the list, one of its parts, and press something there."""

    def act(page: Page) -> None:
        page.get_by_role("link", name=strategy).first.click()
        page.get_by_role("tab", name=tab).click()
        if tab == "Monitor":
            page.get_by_role("figure").first.wait_for()
        _press(*buttons)(page)

    return act


def _report(page: Page) -> None:
    _part(STRATEGY, "Live mode", "Validate now")(page)
    page.get_by_role("list", name="Criteria").wait_for()


def _days(page: Page) -> None:
    _part(STRATEGY, "Performance", "Analyse now")(page)
    page.get_by_role("table", name="Performance by day").wait_for()


def _check(page: Page) -> None:
    _part(_CODE_STRATEGY, "Code", "Check and dry run")(page)
    page.get_by_role("region", name="Report on the code").wait_for()


def _way(tab: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        dialog = page.get_by_role("dialog", name="New strategy")
        dialog.get_by_role("tab", name=tab).click()

    return act


def _download(page: Page) -> None:
    page.get_by_label("First day").fill("2026-11-18")
    page.get_by_label("Last day").fill("2026-11-20")
    page.get_by_role("button", name="Download").click()
    page.get_by_role("list", name="Completeness by day").wait_for()


SIGNED_OUT: tuple[Shot, ...] = (
    Shot("sign-in", "/"),
    Shot("sign-up", "/", _press("Create an account")),
    Shot("password-request", "/", _press("Forgot password?")),
)
SHOTS: tuple[Shot, ...] = (
    Shot("dashboard", "/"),
    Shot("strategies", "/strategies/"),
    Shot("trades", "/trades/"),
    Shot("portfolios", "/portfolios/"),
    Shot("notifications", "/notifications/"),
    Shot("settings", "/notifications/?tab=settings"),
    Shot("data", "/data/", _download),
    Shot("system", "/system/"),
    Shot("strategy-monitor", "/strategies/", _part(STRATEGY, "Monitor")),
    Shot("strategy-configure", "/strategies/", _part(STRATEGY, "Configure")),
    Shot("strategy-performance", "/strategies/", _days),
    Shot("strategy-live-mode", "/strategies/", _report),
    Shot("strategy-code", "/strategies/", _check),
    Shot("new-from-type", "/strategies/?new=type", _way("From a type")),
    Shot("new-from-strategy", "/strategies/?new=type", _way("From one of mine")),
    Shot("new-from-code", "/strategies/?new=type", _way("From code")),
    Shot("stop-dialog", "/strategies/", _press("Stop Momentum")),
    Shot("archive-dialog", "/strategies/", _part(STRATEGY, "Monitor", "Archive")),
    Shot("new-portfolio", "/portfolios/", _press("New portfolio")),
    Shot("emergency-stop", "/", _press("Emergency stop")),
)
