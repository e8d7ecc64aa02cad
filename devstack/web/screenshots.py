"""Take a picture of every page and dialog: ``make screenshots``.

In:  the demo, started for it and moving for a while; Chromium.
Out: PNG files, one per shot, size and scheme; with ``--readme`` the README's pictures alone.
Next: `devstack/web/shots.py`.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, sync_playwright

from core.errors import ConfigError, TradingError
from devstack.browser import find_browser
from devstack.demo.settings import DemoSettings
from devstack.demo.system import System
from devstack.lifetime import exit_when_asked
from devstack.web.shots import SHOTS, SIGNED_OUT, Shot

_LOGIN = ("demo@tradebase.local", "tradebase-demo")
_SIZES = {"desktop": (1440, 900), "phone": (390, 844)}
_MARKET_SECONDS = 60.0
_DRAW_SECONDS = 2.0
_PATIENCE_MS = 60_000
_DOCS = Path(__file__).resolve().parents[2] / "docs"


@dataclass(frozen=True)
class Look:
    """How a page is looked at."""

    size: Literal["desktop", "phone"]
    scheme: Literal["dark", "light"]


LOOKS = tuple(Look(size, scheme) for size in ("desktop", "phone") for scheme in ("dark", "light"))
# What the README shows: the shot, how it is looked at, the file below docs/.
README = {
    ("dashboard", Look("desktop", "dark")): "dashboard.png",
    ("strategy-monitor", Look("desktop", "light")): "dashboard-strategy.png",
    ("strategy-live-mode", Look("phone", "dark")): "dashboard-phone.png",
}


def main(arguments: Sequence[str]) -> int:
    """Take the pictures; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m devstack.web.screenshots", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/screenshots"), help="folder")
    parser.add_argument("--whole", action="store_true", help="pages in full height")
    parser.add_argument("--readme", action="store_true", help="the README's alone, into docs/")
    parser.add_argument("--after", type=float, default=_MARKET_SECONDS, help="seconds of market")
    chosen = parser.parse_args(arguments)
    exit_when_asked()
    wanted = README if chosen.readme else _all()
    out = _DOCS if chosen.readme else chosen.out
    try:
        with _running_demo() as system, _browser() as browser:
            time.sleep(chosen.after)
            for look in LOOKS:
                files = {name: out / file for (name, way), file in wanted.items() if way == look}
                _shoot(browser, system.web_url, look, files, whole=chosen.whole)
    except TradingError as error:
        print(f"screenshots: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _all() -> dict[tuple[str, Look], str]:
    shots = [*SIGNED_OUT, *SHOTS]
    return {
        (shot.name, look): f"{shot.name}-{look.size}-{look.scheme}.png"
        for look in LOOKS
        for shot in shots
    }


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


def _shoot(
    browser: Browser, address: str, look: Look, files: dict[str, Path], *, whole: bool
) -> None:
    """Take the pictures of one size and scheme; `files` says which, and where they go."""
    if not files:
        return
    width, height = _SIZES[look.size]
    page = browser.new_page(
        viewport={"width": width, "height": height},
        color_scheme=look.scheme,
        reduced_motion="reduce",
        locale="en-IN",
        timezone_id="Asia/Kolkata",
    )
    page.set_default_timeout(_PATIENCE_MS)
    for shot in _chosen(SIGNED_OUT, files):
        page.goto(f"{address}{shot.path}")
        page.get_by_label("E-mail").wait_for()
        _take(page, shot, files[shot.name], whole=whole)
    _sign_in(page, address)
    for shot in _chosen(SHOTS, files):
        page.goto(f"{address}{shot.path}")
        page.get_by_role("heading", level=1).wait_for()
        _take(page, shot, files[shot.name], whole=whole)
    page.close()


def _chosen(shots: Sequence[Shot], files: dict[str, Path]) -> list[Shot]:
    return [shot for shot in shots if shot.name in files]


def _sign_in(page: Page, address: str) -> None:
    email, password = _LOGIN
    page.goto(address)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("heading", name="Dashboard", level=1).wait_for()


def _take(page: Page, shot: Shot, file: Path, *, whole: bool) -> None:
    shot.act(page)
    page.wait_for_function("() => !document.querySelector('main [aria-label=Loading]')")
    time.sleep(_DRAW_SECONDS)  # Charts draw after their data are there.
    file.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=file, full_page=whole)
    print(f"  {file}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
