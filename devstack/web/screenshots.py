"""Take a picture of every page: ``make screenshots``.

In:  the demo, started for it and moving for a while; Chromium.
Out: PNG files, one per page, size and scheme.
Next: `devstack/demo/system.py`.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from core.errors import ConfigError, TradingError
from devstack.browser import find_browser
from devstack.demo.settings import DemoSettings
from devstack.demo.system import System
from devstack.lifetime import exit_when_asked

_LOGIN = ("demo@tradebase.local", "tradebase-demo")
_PAGES = ("", "strategies", "trades", "portfolios", "notifications", "data", "system")
_SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
_SCHEMES = ("dark", "light")
_MARKET_SECONDS = 60.0
_DRAW_SECONDS = 2.0
_PATIENCE_MS = 60_000


def main(arguments: Sequence[str]) -> int:
    """Take the pictures; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m devstack.web.screenshots", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/screenshots"), help="folder")
    chosen = parser.parse_args(arguments)
    exit_when_asked()
    try:
        with _running_demo() as system, _browser() as browser:
            time.sleep(_MARKET_SECONDS)
            for size in _SIZES:
                for scheme in _SCHEMES:
                    _shoot_pages(browser, system.web_url, chosen.out, size, scheme)
    except TradingError as error:
        print(f"screenshots: {error}", file=sys.stderr)
        return error.exit_code
    return 0


@contextmanager
def _running_demo() -> Iterator[System]:
    system = System(DemoSettings.from_env({"DEMO_PORTS": "any"}))
    try:
        system.start()
        yield system
    finally:
        system.stop()


@contextmanager
def _browser() -> Iterator[Browser]:
    path = find_browser()
    if path is None:
        raise ConfigError("there is no Chromium; install one, or set CHROMIUM to its path")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def _shoot_pages(browser: Browser, address: str, out: Path, size: str, scheme: str) -> None:
    width, height = _SIZES[size]
    page = browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    page.set_default_timeout(_PATIENCE_MS)
    _sign_in(page, address)
    for name in _PAGES:
        page.goto(f"{address}/{name}/" if name else address)
        _shoot(page, out / f"{name or 'dashboard'}-{size}-{scheme}.png")
    page.goto(f"{address}/strategies/")
    page.get_by_role("link", name="Momentum NIFTY").first.click()
    page.get_by_role("figure").first.wait_for()
    _shoot(page, out / f"strategy-{size}-{scheme}.png")
    page.close()


def _sign_in(page: Page, address: str) -> None:
    email, password = _LOGIN
    page.goto(address)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("heading", name="Dashboard", level=1).wait_for()


def _shoot(page: Page, file: Path) -> None:
    page.wait_for_function("() => !document.querySelector('main [aria-label=Loading]')")
    time.sleep(_DRAW_SECONDS)  # Charts draw after their data are there.
    file.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=file)
    print(f"  {file}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
