"""The monitor draws what the strategy computes; limits and premiums are the database's."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Response, expect

from tests.e2e.demo import RunningDemo
from tests.supabase import events
from tests.supabase.deployments import Deployment, Worker
from tests.supabase.people import Person, client_of
from tests.web.served import DEMO_USER, Served, served_dashboard
from tests.web.visitor import Visitor, visitor

pytestmark = [pytest.mark.full, pytest.mark.timeout(300)]
LIST = "Indicators at the last candle"


def test_the_figures_beneath_the_chart_are_those_of_the_strategy(
    browser: Browser, demo: RunningDemo, address: str
) -> None:
    assert demo.process.poll() is None
    answers: list[dict[str, Any]] = []

    def hear(response: Response) -> None:
        if re.search(r"/api/strategies/[^/]+/indicators\?", response.url) and response.ok:
            answers.append(response.json())

    with visitor(browser, address) as person:
        page = person.page
        page.on("response", hear)
        person.sign_in()
        person.open("/strategies/", "Strategies")
        page.get_by_role("link", name=re.compile("^Momentum")).first.click()
        figures = page.get_by_label(LIST)
        expect(figures).to_contain_text("slow", timeout=120_000)  # After 21 candles.

        def shown() -> dict[str, str]:
            return dict(zip(
                figures.locator("dt").all_inner_texts(),
                figures.locator("dd").all_inner_texts(),
                strict=True,
            ))  # fmt: skip

        for _ in range(60):
            if any(shown() == _last(answer) for answer in answers[-3:]):
                break
            page.wait_for_timeout(500)
        else:
            pytest.fail(f"{shown()} is on the page, the API said {_last(answers[-1])}")
        assert set(shown()) == {"fast", "slow", "atr"}
        assert person.complaints == []


def _last(answer: dict[str, Any]) -> dict[str, str]:
    return {
        name: _figure(values[-1])
        for name, values in answer["indicators"].items()
        if values and values[-1] is not None
    }


def _figure(value: float) -> str:
    """Return a figure as the page shows one: below a lakh, where the groups are India's too."""
    return f"{value:,.0f}" if value.is_integer() else f"{value:,.{2 if abs(value) >= 100 else 4}f}"


def test_limits_are_changed_or_refused_in_words_and_premiums_are_shown(
    browser: Browser,
) -> None:
    with served_dashboard() as served, visitor(browser, served.address) as person:
        page = person.page
        person.sign_in()
        person.open("/portfolios/", "Portfolios")
        page.get_by_role("button", name="Change limits").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Loss of a day").fill("2.5")
        dialog.get_by_label("Outlay").fill("1001")
        dialog.get_by_label("Open trades").fill("3")
        dialog.get_by_role("button", name="Save").click()
        expect(page.get_by_text("at most 1000 percent, not 1001")).to_be_visible()
        dialog.get_by_label("Outlay").fill("80")
        dialog.get_by_role("button", name="Save").click()
        limits = page.get_by_label("Limits", exact=True)
        expect(limits).to_contain_text("2.5 %")
        row = served.connection.execute(
            "select daily_loss_limit_pct::text, max_outlay_pct::text, max_open_trades"
            " from public.portfolios where user_id = %s",
            (DEMO_USER,),
        ).fetchone()
        assert row == ("2.5", "80", 3)
        _check_premiums(served, person)


def _check_premiums(served: Served, person: Visitor) -> None:
    """Check that a trade of an option comes with premiums, told and read alike."""
    page = person.page
    person.open("/trades/", "Trades")
    expect(page.get_by_role("status", name="Live data: live")).to_be_visible()
    row = served.connection.execute(
        "select config.id::text, config.strategy_id::text, portfolio.id::text"
        " from public.strategy_configs as config"
        " inner join public.portfolios as portfolio using (user_id)"
        " where config.user_id = %s order by config.created_at limit 1",
        (DEMO_USER,),
    ).fetchone()
    assert row is not None
    deployment = Deployment(DEMO_USER, row[2], row[1], row[0])
    with client_of(served.stack, served.stack.secret_key) as http:
        worker = Worker(Person(http))
        worker.acquire()
        worker.must_write(
            events.trade(
                deployment, symbol="NIFTY-OPTION-CE", entry_delta="0.525",
                stop_premium="85.20", target_premium="142.10",
            )
        )  # fmt: skip
    told = page.get_by_text("≈ 85.20 / 142.10, delta 0.53")
    expect(told).to_be_visible()
    page.reload()
    expect(told).to_be_visible()
