"""Which option a rule means."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from core.charges import Product
from core.errors import DataError
from core.instrument import Instrument, InstrumentKind, OptionSide, Segment
from core.legs import Chains, Leg, product_or_none
from core.signals import LegKind, LegRule, Side
from tests.core.market import FUTURE, NIFTY, RELIANCE

NEAR, FAR = date(2025, 12, 2), date(2025, 12, 9)


def option(strike: float, side: OptionSide = OptionSide.CALL, expiry: date = NEAR) -> Instrument:
    number = int(strike) * 10 + (side is OptionSide.PUT) + 5 * (expiry == FAR)
    return Instrument(
        Segment.NSE_FNO, number, f"NIFTY-{strike}-{side}", InstrumentKind.OPTIDX, 75,
        Decimal("0.05"), underlying="NIFTY", expiry=expiry, strike=Decimal(str(strike)),
        option_side=side,
    )  # fmt: skip


@pytest.fixture
def chains() -> Chains:
    made = Chains()
    for each in (NIFTY, FUTURE, RELIANCE):
        made.add(each)
    for expiry in (FAR, NEAR):
        for side in OptionSide:
            for strike in (26_100, 25_900, 26_050, 25_950, 26_000):
                made.add(option(strike, side, expiry))
    return made


def a_rule(**changes: object) -> LegRule:
    return LegRule(LegKind.OPTION, Side.BUY, OptionSide.CALL)._replace(**changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("price", "strike"),
    [(26_000.0, 26_000), (26_025.0, 26_000), (26_025.1, 26_050), (25_975.1, 26_000)],
)
def test_at_the_money_is_the_nearest_strike_and_of_two_the_lower(
    chains: Chains, price: float, strike: int
) -> None:
    assert chains.contract(a_rule(), "NIFTY", price, NEAR) == option(strike)


def test_an_offset_counts_strikes_up_or_down(chains: Chains) -> None:
    up = chains.contract(a_rule(strike_offset=2), "NIFTY", 26_001.0, NEAR)
    down = chains.contract(a_rule(strike_offset=-1), "NIFTY", 26_001.0, NEAR)
    assert (up.strike, down.strike) == (Decimal(26_100), Decimal(25_950))


def test_puts_are_puts(chains: Chains) -> None:
    put = chains.contract(a_rule(option=OptionSide.PUT), "NIFTY", 26_000.0, NEAR)
    assert put == option(26_000, OptionSide.PUT)


def test_the_next_expiry_and_the_roll_to_it(chains: Chains) -> None:
    far = option(26_000, expiry=FAR)
    assert chains.contract(a_rule(expiry="next"), "NIFTY", 26_000.0, NEAR) == far
    assert chains.contract(a_rule(), "NIFTY", 26_000.0, date(2025, 12, 3)) == far


@pytest.mark.parametrize(
    ("changes", "underlying", "price", "said"),
    [
        ({"strike_offset": 3}, "NIFTY", 26_000.0, "NIFTY 26150 CE of 2025-12-02 is not watched"),
        ({}, "NIFTY", 30_000.0, "NIFTY 30000 CE"),
        ({}, "BANKNIFTY", 26_000.0, "no call on BANKNIFTY of the nearest expiry"),
        ({"option": OptionSide.PUT}, "RELIANCE", 1_500.0, "no put on RELIANCE"),
    ],
)
def test_what_is_not_watched_is_said(
    chains: Chains, changes: dict[str, object], underlying: str, price: float, said: str
) -> None:
    with pytest.raises(DataError, match=said):
        chains.contract(a_rule(**changes), underlying, price, NEAR)


def test_a_missing_strike_between_others_is_missed_and_not_replaced() -> None:
    chains = Chains()
    for strike in (25_900, 25_950, 26_050):
        chains.add(option(strike))
    with pytest.raises(DataError, match="NIFTY 26000 CE"):
        chains.contract(a_rule(), "NIFTY", 26_000.0, NEAR)


def test_weight_is_delta_times_units_and_one_for_all_but_options() -> None:
    call = Leg(option(26_000), Product.OPTION, Side.BUY, 2, 100.0, None, -0.25)
    assert call.weight == Decimal("37.50")
    assert call._replace(delta=None).weight == 75
    assert Leg(FUTURE, Product.FUTURE, Side.BUY, 1, 100.0, None, 0.3).weight == 75


def test_an_index_has_no_product() -> None:
    assert product_or_none(NIFTY) is None
    assert product_or_none(FUTURE) is Product.FUTURE
    assert product_or_none(replace(RELIANCE)) is Product.INTRADAY
