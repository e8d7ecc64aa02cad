"""Without a mouse, and without motion: everything is reached, seen and left again."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.served import Served, served_dashboard
from tests.web.visitor import Motion, Visitor, visitor

pytestmark = [pytest.mark.timeout(180), pytest.mark.full]
PAGES = {
    "/": "Dashboard",
    "/strategies/": "Strategies",
    "/trades/": "Trades",
    "/portfolios/": "Portfolios",
    "/notifications/": "Notifications",
    "/notifications/?tab=settings": "Notifications",
    "/data/": "Data",
    "/system/": "System",
}
# What one would press with a mouse; of tabs one is reached, and the arrows lead to the others.
_CONTROLS = """() => {
  const wanted = 'a[href], button, input, select, textarea, summary, [tabindex="0"]';
  const seen = element => element.checkVisibility({ visibilityProperty: true })
    && !element.disabled && element.tabIndex >= 0 && !element.closest('[inert]');
  const all = [...document.querySelectorAll(wanted)].filter(seen);
  all.forEach((element, number) => { element.dataset.number = number; });
  return all.length;
}"""
_FOCUSED = """() => {
  const element = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  const shown = outlineStyle !== 'none' && parseFloat(outlineWidth) > 0;
  return [element.dataset.number ?? null, shown, element.outerHTML.slice(0, 120)];
}"""
_MOVING = """() => document.getAnimations()
  .filter(({ playState, effect }) =>
    playState === 'running' && effect.getComputedTiming().duration > 1)
  .map(({ effect }) => effect.target?.outerHTML.slice(0, 120) ?? '?')"""


@pytest.fixture(scope="module")
def served(browser: Browser) -> Iterator[Served]:
    """Yield a dashboard over a stack without a worker: it stands still."""
    assert browser.is_connected()
    with served_dashboard() as found:
        yield found


@pytest.fixture(scope="module")
def address(served: Served) -> str:
    """Return where it is served."""
    return served.address


def focus_inside(page: Page) -> bool:
    """Return whether the focus is in the open dialog."""
    inside: bool = page.evaluate("() => document.activeElement.closest('dialog[open]') !== null")
    return inside


@pytest.mark.parametrize("path", PAGES)
def test_every_control_is_reached_with_the_tab_key_and_shows_its_focus(
    person: Visitor, path: str
) -> None:
    page = person.page
    person.open(path, PAGES[path])
    wanted = set(map(str, range(page.evaluate(_CONTROLS))))
    reached: set[str] = set()
    for _ in range(2 * len(wanted) + 10):  # A date takes several: day, month, year, calendar.
        if wanted <= reached:
            break
        page.keyboard.press("Tab")
        number, is_shown, element = page.evaluate(_FOCUSED)
        if number is not None:
            assert is_shown, f"the focus is not seen on {element}"
            reached.add(number)
    missed = [
        page.locator(f"[data-number='{number}']").evaluate("node => node.outerHTML.slice(0, 120)")
        for number in sorted(wanted - reached)
    ]
    assert missed == []


def test_a_dialog_keeps_the_focus_and_gives_it_back(person: Visitor) -> None:
    page = person.page
    person.open("/strategies/", "Strategies")
    opener = page.get_by_role("button", name="Emergency stop")
    opener.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Stop all live trading?")
    expect(dialog).to_be_visible()
    behind = page.get_by_role("button", name="New strategy")
    for _ in range(8):  # More often than it has controls: the focus comes round again.
        page.keyboard.press("Tab")
        assert page.evaluate("() => document.activeElement") is not None
        expect(behind).not_to_be_focused()
    assert page.evaluate("() => document.querySelector('dialog[open]') !== null")
    dialog.get_by_role("button", name="Keep trading").focus()
    assert focus_inside(page)
    page.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()
    expect(opener).to_be_focused()


def test_tabs_and_switches_are_worked_with_the_keys_they_are_known_for(person: Visitor) -> None:
    page = person.page
    person.open("/notifications/", "Notifications")
    page.get_by_role("tab", name="Notifications").focus()
    page.keyboard.press("ArrowRight")
    settings = page.get_by_role("tab", name="Settings")
    expect(settings).to_be_focused()
    expect(settings).to_have_attribute("aria-selected", "true")
    expect(page.get_by_label("Trade opened by E-mail")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Notifications")).to_be_focused()
    person.open("/strategies/?new=type", "Strategies")
    dialog = page.get_by_role("dialog", name="New strategy")
    dialog.get_by_text("Risk limits", exact=True).focus()
    page.keyboard.press("Enter")
    switch = dialog.get_by_role("switch").first
    switch.focus()
    page.keyboard.press("Space")
    expect(switch).to_be_checked()


def test_the_content_is_reached_past_the_navigation(person: Visitor) -> None:
    person.open("/trades/", "Trades")
    person.page.keyboard.press("Tab")
    skip = person.page.get_by_role("link", name="Skip to content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    person.page.keyboard.press("Enter")
    expect(person.page.get_by_role("main")).to_be_focused()


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_nothing_moves_where_motion_is_reduced(
    browser: Browser, address: str, motion: Motion
) -> None:
    # The frame of the sign-in shines for ever, where motion is welcome.
    with visitor(browser, address, motion=motion) as person:
        person.page.goto(address)
        expect(person.page.get_by_role("heading", name="Welcome back")).to_be_visible()
        moving = person.page.evaluate(_MOVING)
        assert bool(moving) is (motion == "no-preference"), moving
