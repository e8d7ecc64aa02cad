"""Sessions: begun, forgotten, ended elsewhere, refused; each time the page says what happened."""

import itertools
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.web.served import Served, served_dashboard
from tests.web.visitor import Visitor, visitor

pytestmark = pytest.mark.timeout(180)
PASSWORD = "correct horse battery"  # Of users who live as long as a test.
# As if the browser had been closed for longer than a token is good for.
_EXPIRE = """() => {
  const key = Object.keys(localStorage).find(name => name.endsWith("-auth-token"));
  const session = JSON.parse(localStorage.getItem(key));
  localStorage.setItem(key, JSON.stringify({ ...session, expires_at: 1 }));
}"""
ENDED = "Your session has ended. Sign in again to go on."
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def served(browser: Browser) -> Iterator[Served]:
    """Yield a dashboard over a stack without a worker."""
    assert browser.is_connected()
    with served_dashboard() as found:
        yield found


@pytest.fixture
def somebody(browser: Browser, served: Served) -> Iterator[tuple[Visitor, str]]:
    """Yield a new user who has just signed up, and the address of theirs."""
    email = f"user{next(_numbers)}@example.com"
    with visitor(browser, served.address) as person:
        page = person.page
        page.goto(served.address)
        page.get_by_role("button", name="Create an account").click()
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Create account").click()
        page.get_by_role("heading", name="Dashboard", level=1).wait_for()
        yield person, email


def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    """Fill the form in and send it."""
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_whoever_signs_out_is_not_told_that_the_session_has_ended(
    somebody: tuple[Visitor, str],
) -> None:
    page = somebody[0].page
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Welcome back")).to_be_visible()
    expect(page.get_by_text(ENDED)).to_have_count(0)


def test_a_wrong_password_is_refused_in_words(browser: Browser, served: Served) -> None:
    with visitor(browser, served.address) as person:
        person.page.goto(served.address)
        sign_in(person.page, "demo@tradebase.local", "not the password")
        refusal = person.page.get_by_role("alert").filter(has_text="Invalid login credentials")
        expect(refusal).to_be_visible()


def test_a_session_that_was_ended_elsewhere_is_told_at_the_sign_in(
    somebody: tuple[Visitor, str], served: Served
) -> None:
    person, email = somebody
    served.connection.execute(
        "delete from auth.sessions where user_id = (select id from auth.users where email = %s)",
        (email,),
    )
    person.page.evaluate(_EXPIRE)
    person.page.goto(f"{served.address}/trades/")
    expect(person.page.get_by_role("alert").filter(has_text=ENDED)).to_be_visible()
    sign_in(person.page, email)
    expect(person.page.get_by_role("heading", name="Trades", level=1)).to_be_visible()


@pytest.mark.full
def test_a_page_that_is_woken_notices_that_its_session_has_ended(
    somebody: tuple[Visitor, str], served: Served
) -> None:
    person, email = somebody
    served.connection.execute(
        "delete from auth.sessions where user_id = (select id from auth.users where email = %s)",
        (email,),
    )
    person.page.evaluate(_EXPIRE)
    person.page.evaluate(
        "() => document.dispatchEvent(new Event('visibilitychange', { bubbles: true }))"
    )
    ended = person.page.get_by_role("alert").filter(has_text=ENDED)
    expect(ended).to_be_visible(timeout=60_000)


def test_a_user_who_was_banned_is_signed_out_and_told_why(
    somebody: tuple[Visitor, str], served: Served
) -> None:
    person, email = somebody
    served.connection.execute(
        "update auth.users set banned_until = now() + interval '1 day' where email = %s", (email,)
    )
    person.page.evaluate(_EXPIRE)
    person.page.reload()
    expect(person.page.get_by_role("alert").filter(has_text=ENDED)).to_be_visible()
    sign_in(person.page, email)
    refusal = person.page.get_by_role("alert").filter(has_text="User is banned")
    expect(refusal).to_be_visible()


def test_a_forgotten_password_is_asked_for_and_chosen_anew(
    somebody: tuple[Visitor, str], served: Served
) -> None:
    person, email = somebody
    page = person.page
    page.get_by_role("button", name="Sign out").click()
    page.get_by_role("button", name="Forgot password?").click()
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_role("status").filter(has_text="a link is on its way")).to_be_visible()
    page.goto(link_of_the_mail(served, email))
    page.get_by_label("New password", exact=True).fill("another horse entirely")
    page.get_by_role("button", name="Save and go on").click()
    expect(page.get_by_role("heading", name="Dashboard", level=1)).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    sign_in(page, email, "another horse entirely")
    expect(page.get_by_role("heading", name="Dashboard", level=1)).to_be_visible()


@pytest.mark.full
def test_a_link_of_a_mail_that_is_no_longer_good_says_so(browser: Browser, served: Served) -> None:
    with visitor(browser, served.address) as person:
        person.page.goto(f"{served.address}/new-password/?error=access_denied")
        told = person.page.get_by_role("alert").filter(has_text="no longer good")
        expect(told).to_be_visible()


def link_of_the_mail(served: Served, email: str) -> str:
    """Return the link that hosted Supabase would send."""
    (token,) = served.row(
        "select recovery_token from auth.users where email = %(email)s", email=email
    )
    back = f"{served.address}/new-password/"
    query = urlencode({"token": str(token), "type": "recovery", "redirect_to": back})
    return f"{served.stack.url}/auth/v1/verify?{query}"
