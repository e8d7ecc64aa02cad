"""Every action on a strategy that the database alone carries out, read back from its tables."""

from collections.abc import Iterator
from functools import partial

import pytest
from playwright.sync_api import Browser, expect

from tests.web.served import Served, served_dashboard
from tests.web.visitor import Look, Visitor
from tests.worker.running import wait_for

pytestmark = pytest.mark.timeout(180)
_WAITING = """
select command::text, parameters from public.strategy_commands
where user_id = %(user)s and status = 'PENDING'
"""
_LAY_DOWN = """
delete from public.strategy_commands where user_id = %(user)s and status = 'PENDING';
update public.strategy_configs set status = %(status)s where user_id = %(user)s;
"""
_UNLINK = """
update public.strategies set portfolio_id = null where user_id = %(user)s;
update public.strategy_configs set portfolio_id = null where user_id = %(user)s;
"""
_LINK = _UNLINK.replace("= null", "= (select min(id::text)::uuid from public.portfolios)")
# As `validate_live_mode` writes it when every criterion is met.
_PASS = """
insert into public.live_mode_validations (
  user_id, strategy_id, strategy_config_id, validation_status, validation_criteria,
  validation_results, approval_hash, expires_at
)
select user_id, strategy_id, id, 'PASSED', '{"days": "1"}',
  '[{"criterion": "days", "value": "3", "threshold": "1", "passed": true,
     "sentence": "it closed simulated trades on 3 days, must be at least 1"}]',
  private.approval_hash(id), now() + interval '15 minutes'
from public.strategy_configs where user_id = %(user)s
"""


@pytest.fixture(scope="module")
def served(browser: Browser) -> Iterator[Served]:
    """Yield a dashboard over a stack without a worker: commands wait."""
    assert browser.is_connected()
    with served_dashboard() as found:
        yield found


@pytest.fixture(scope="module")
def address(served: Served) -> str:
    """Return where it is served."""
    return served.address


def open_strategy(person: Visitor, name: str, tab: str) -> None:
    """Open one of the parts of a strategy from the list."""
    person.open("/strategies/", "Strategies")
    person.page.get_by_role("link", name=name).first.click()
    person.page.get_by_role("tab", name=tab).click()


def test_the_switch_on_the_dashboard_starts_a_simulation(person: Visitor, served: Served) -> None:
    served.do(_LAY_DOWN, status="STOPPED")
    person.open("/", "Dashboard")
    switch = person.page.get_by_role("switch", name="Simulation of Momentum BANKNIFTY")
    expect(switch).not_to_be_checked()
    switch.click()
    # Nothing is shown before the database says so: the command waits for a worker.
    expect(switch).to_be_disabled()
    expect(switch).not_to_be_checked()
    (command,) = wait_for("the command", lambda: served.rows(_WAITING))
    assert command[0] == "START"


@pytest.mark.full
@pytest.mark.parametrize(
    ("status", "button", "command"),
    [
        ("STOPPED", "Start", "START"),
        ("ACTIVE", "Pause", "PAUSE"),
        ("PAUSED", "Resume", "RESUME"),
        ("ACTIVE", "Restart", "RESTART"),
    ],
)
def test_a_command_is_given_and_shown_on_its_way(
    person: Visitor, served: Served, status: str, button: str, command: str
) -> None:
    served.do(_LAY_DOWN, status=status)
    person.open("/strategies/", "Strategies")
    row = person.page.get_by_role("listitem").filter(has_text="Momentum BANKNIFTY")
    row.get_by_role("button", name=f"{button} Momentum BANKNIFTY").click()
    commands = row.get_by_role("list", name="Recent commands")
    expect(commands.get_by_text("on its way")).to_be_visible()
    assert served.row(_WAITING)[0] == command


@pytest.mark.full
def test_a_stop_may_keep_the_open_positions(person: Visitor, served: Served) -> None:
    served.do(_LAY_DOWN, status="ACTIVE")
    person.open("/strategies/", "Strategies")
    page = person.page
    page.get_by_role("button", name="Stop Momentum BANKNIFTY").click()
    dialog = page.get_by_role("dialog", name="Stop Momentum BANKNIFTY?")
    expect(dialog.get_by_text("open positions are closed at market")).to_be_visible()
    dialog.get_by_role("switch", name="Keep open positions").click()
    expect(dialog.get_by_text("Open positions stay")).to_be_visible()
    dialog.get_by_role("button", name="Stop it").click()
    row = page.get_by_role("listitem").filter(has_text="Momentum BANKNIFTY")
    expect(row.get_by_text("on its way")).to_be_visible()
    assert served.row(_WAITING) == ("STOP", {"keep_positions": True})


@pytest.mark.full
def test_the_list_is_filtered_by_state(person: Visitor, served: Served) -> None:
    served.do(_LAY_DOWN, status="STOPPED")
    served.connection.execute(
        "update public.strategy_configs set status = 'ERROR', error_message = 'it broke'"
        " where strategy_id = (select id from public.strategies where name = 'Momentum NIFTY')"
    )
    person.open("/strategies/", "Strategies")
    page = person.page
    page.get_by_role("button", name="Error", exact=True).click()
    expect(page.get_by_role("link", name="Momentum NIFTY")).to_be_visible()
    expect(page.get_by_text("it broke")).to_be_visible()
    expect(page.get_by_role("link", name="Momentum BANKNIFTY")).to_have_count(0)
    page.get_by_role("button", name="Paused", exact=True).click()
    expect(page.get_by_text("None in this state")).to_be_visible()


def test_a_changed_parameter_and_its_return_to_the_default_are_stored(
    person: Visitor, served: Served
) -> None:
    page = person.page
    stored = (
        "select config ->> 'fast' from public.strategies"
        " where name = 'Momentum BANKNIFTY' and user_id = %(user)s"
    )
    for wanted in ("5", "9"):
        open_strategy(person, "Momentum BANKNIFTY", "Configure")
        page.get_by_label("Candles of the fast average").fill(wanted)
        page.get_by_role("button", name="Save changes").click()
        expect(page.get_by_text("Saved. The next decision uses it.")).to_be_visible()
        # The sentence of the time before may still stand there.
        wait_for(f"{wanted} to be stored", partial(_is, served, stored, wanted))


def _is(served: Served, query: str, wanted: str) -> bool:
    return bool(served.value(query) == wanted)


@pytest.mark.full
def test_a_portfolio_is_linked_where_none_was(person: Visitor, served: Served) -> None:
    served.do(_UNLINK)
    open_strategy(person, "Momentum BANKNIFTY", "Configure")
    page = person.page
    expect(page.get_by_text("No portfolio is linked")).to_be_visible()
    page.get_by_label("Trades with").select_option(index=1)
    expect(page.get_by_text("No portfolio is linked")).to_have_count(0)
    linked = (
        "select portfolio_id is not null from public.strategy_configs where strategy_id ="
        " (select id from public.strategies where name = 'Momentum BANKNIFTY')"
    )
    assert served.value(linked) is True
    served.do(_LINK)


def test_code_is_edited_and_kept(person: Visitor, served: Served) -> None:
    page = person.page
    person.open("/strategies/", "Strategies")
    page.get_by_role("listitem").filter(has_text="Minute cron").get_by_role("link").first.click()
    page.get_by_role("tab", name="Code").click()
    editor = page.get_by_label("Python", exact=True)
    expect(editor).not_to_have_value("")
    changed = f"# Looked at again.\n{editor.input_value()}"
    editor.fill(changed)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved. The next decision uses it.")).to_be_visible()
    code = "select python_code from public.strategies where strategy_type = 'code' limit 1"
    assert served.value(code) == changed


def test_live_mode_is_confirmed_in_sight_of_the_open_positions(
    person: Visitor, served: Served
) -> None:
    served.do("delete from public.trades where user_id = %(user)s")
    served.make_trade(1)
    served.do(_PASS)
    config = served.value(
        "select strategy_config_id::text from public.trades where user_id = %(user)s"
    )
    person.page.goto(f"{person.address}/strategy/?id={config}&tab=live")
    page = person.page
    expect(page.get_by_text("Passed", exact=True)).to_be_visible()
    page.get_by_role("button", name="Trade live…").click()
    dialog = page.get_by_role("dialog", name="Trade with real money?")
    positions = dialog.get_by_role("list", name="Open positions")
    expect(positions.get_by_text("Bought 65 TEST-1 (simulated)")).to_be_visible()
    go = dialog.get_by_role("button", name="Trade live")
    expect(go).to_be_disabled()
    dialog.get_by_role("switch").click()
    go.click()
    # The API is nowhere in this test: the refusal is told in the dialog, and nothing has changed.
    expect(dialog.get_by_role("alert")).to_be_visible()
    dialog.get_by_role("button", name="Close alert").click()
    expect(dialog.get_by_role("alert")).to_have_count(0)
    live = "select count(*) from public.strategy_configs where trade_mode = 'LIVE'"
    assert served.value(live) == 0


def test_a_strategy_is_deployed_again_and_archived(
    person: Visitor, look: Look, served: Served
) -> None:
    page = person.page
    person.open("/strategies/?new=type", "Strategies")
    dialog = page.get_by_role("dialog", name="New strategy")
    dialog.get_by_role("tab", name="From one of mine").click()
    dialog.get_by_label("Strategy", exact=True).select_option(index=0)
    dialog.get_by_label("Name of the deployment").fill(f"Once more {look}")
    dialog.get_by_role("button", name="Create and start the simulation").click()
    expect(dialog).not_to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text=f"Once more {look}").first).to_be_visible()
    made = "select count(*) from public.strategy_configs where name = %(name)s"
    assert served.value(made, name=f"Once more {look}") == 1
    archived = "select name from public.strategies where archived_at is not null"
    page.get_by_role("link", name="Mean reversion NIFTY").first.click()
    page.get_by_role("button", name="Archive").click()
    page.get_by_role("dialog").get_by_role("button", name="Archive").click()
    page.wait_for_url("**/strategies/")
    expect(page.get_by_role("link", name="Momentum NIFTY").first).to_be_visible()
    expect(page.get_by_role("link", name="Mean reversion NIFTY")).to_have_count(0)
    assert str(served.value(archived)).startswith("Mean reversion")
    served.do("update public.strategies set archived_at = null where user_id = %(user)s")
