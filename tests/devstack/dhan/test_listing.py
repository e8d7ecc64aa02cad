"""The listing: expiries, lots and ticks by the exchange's dated rules."""

from datetime import date
from decimal import Decimal

import pytest

from core.session import Market
from devstack.dhan.expiries import is_monthly, monthly_expiries, weekly_expiries
from devstack.dhan.listing import (
    BANKNIFTY,
    NIFTY,
    futures_of,
    option_expiries,
    options_of,
)
from tests.devstack.dhan.generated_days import calendar


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 11, 20), date(2026, 11, 23)),  # Tuesday the 24th is a holiday.
        (date(2026, 11, 24), date(2026, 12, 1)),
        (date(2026, 3, 1), date(2026, 3, 2)),
        (date(2026, 10, 19), date(2026, 10, 19)),
        (date(2025, 10, 20), date(2025, 10, 20)),  # The 21st has only the Muhurat hour.
        (date(2025, 8, 22), date(2025, 8, 28)),  # Thursdays until the end of August 2025.
        (date(2025, 9, 1), date(2025, 9, 2)),
    ],
)
def test_weekly_expiries_are_tuesdays_or_the_trading_day_before(day: date, expected: date) -> None:
    assert weekly_expiries(day, calendar(), count=1) == (expected,)


def test_monthly_expiries_are_the_last_of_their_month() -> None:
    found = monthly_expiries(date(2026, 1, 1), calendar(), count=12)
    assert found[2] == date(2026, 3, 30)
    assert found[10] == date(2026, 11, 23)
    assert [expiry.month for expiry in found] == list(range(1, 13))
    for expiry in found:
        assert is_monthly(expiry)
        assert calendar().session(expiry, Market.DERIVATIVES) is not None
    assert not is_monthly(date(2026, 12, 1))


def test_lots_follow_the_date_of_the_contract() -> None:
    old, new = futures_of(NIFTY, date(2025, 12, 29), calendar())
    assert (old.lot_size, new.lot_size) == (75, 65)
    assert futures_of(BANKNIFTY, date(2026, 11, 20), calendar())[0].lot_size == 30


def test_ticks_of_futures_follow_the_level_since_april_2025() -> None:
    before = futures_of(BANKNIFTY, date(2025, 4, 11), calendar())[0]
    after = [futures_of(each, date(2025, 4, 15), calendar())[0] for each in (NIFTY, BANKNIFTY)]
    assert before.tick_size == Decimal("0.05")
    assert [each.tick_size for each in after] == [Decimal("0.10"), Decimal("0.20")]


def test_the_chain_has_two_weeklies_and_a_monthly_for_nifty_and_a_monthly_for_bank_nifty() -> None:
    day = date(2026, 11, 20)
    assert option_expiries(NIFTY, day, calendar()) == (
        date(2026, 11, 23), date(2026, 12, 1), date(2026, 12, 29),
    )  # fmt: skip
    assert option_expiries(BANKNIFTY, day, calendar()) == (date(2026, 11, 23),)


def test_security_ids_are_unique_and_stay_with_a_contract() -> None:
    days = (date(2026, 11, 16), date(2026, 11, 17), date(2026, 11, 20))
    seen: dict[int, tuple[object, ...]] = {}
    for day in days:
        for each in (NIFTY, BANKNIFTY):
            options = options_of(each, day, calendar(), each.level + day.day)
            for option in (*options, *futures_of(each, day, calendar())):
                terms = (option.underlying, option.expiry, option.strike, option.option_side)
                assert seen.setdefault(option.security_id, terms) == terms
    assert len(seen) > 200


def test_a_contract_may_expire_beyond_the_calendar() -> None:
    assert futures_of(NIFTY, date(2026, 12, 30), calendar())[0].expiry == date(2027, 1, 26)
