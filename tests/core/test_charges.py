"""What an order costs, against figures worked out by hand."""

from datetime import date
from decimal import Decimal

import pytest

from core.charges import ChargesTable, Product, load_charges, product_of
from core.errors import DataError
from core.money import ZERO, to_paise
from core.order import Side
from tests.core.market import FUTURE, NIFTY, RELIANCE

TODAY = date(2026, 11, 20)
ENTRY = """
[[rates]]
product = "option"
from = 2026-04-01
brokerage_flat = "20"
stt_sell = "0.0015"
exchange = "0.0003552"
ipft = "0.0000001"
sebi = "0.000001"
stamp_buy = "0.00003"
gst = "0.18"
"""


def test_one_nifty_option_lot_bought_at_100_and_sold_at_110_costs_63_90() -> None:
    table = load_charges()
    bought = table.of_order(Product.OPTION, Side.BUY, Decimal(6_500), TODAY)
    sold = table.of_order(Product.OPTION, Side.SELL, Decimal(7_150), TODAY)
    total = sum((*bought, *sold), ZERO)
    assert round(total, 1) == Decimal("63.9")
    assert to_paise(total / 65) == Decimal("0.98")
    assert bought.brokerage + sold.brokerage == 40
    assert to_paise(sold.stt) == Decimal("10.73")
    assert to_paise(bought.exchange + sold.exchange) == Decimal("4.85")
    assert to_paise(bought.sebi + sold.sebi) == Decimal("0.01")
    assert to_paise(bought.stamp) == Decimal("0.20")
    assert to_paise(bought.gst + sold.gst) == Decimal("8.08")


def test_tax_is_paid_by_the_seller_and_stamp_duty_by_the_buyer() -> None:
    table = load_charges()
    for product in Product:
        bought = table.of_order(product, Side.BUY, Decimal(100_000), TODAY)
        sold = table.of_order(product, Side.SELL, Decimal(100_000), TODAY)
        assert bought.stt == 0 < sold.stt
        assert sold.stamp == 0 < bought.stamp


@pytest.mark.parametrize(
    ("day", "rate"),
    [
        (date(2024, 9, 30), "0.000625"),
        (date(2024, 10, 1), "0.001"),
        (date(2026, 3, 31), "0.001"),
        (date(2026, 4, 1), "0.0015"),
    ],
)
def test_tax_on_options_changes_on_its_dates(day: date, rate: str) -> None:
    assert load_charges().rates(Product.OPTION, day).stt_sell == Decimal(rate)


def test_exchange_and_protection_fund_together_did_not_change_in_march_2026() -> None:
    table = load_charges()
    before = table.rates(Product.OPTION, date(2026, 2, 28))
    after = table.rates(Product.OPTION, date(2026, 3, 1))
    assert before.exchange + before.ipft == after.exchange + after.ipft == Decimal("0.0003553")


@pytest.mark.parametrize(
    ("day", "tax"),
    [(date(2026, 3, 31), "3.25"), (date(2026, 4, 1), "3.90"), (date(2024, 1, 1), "3.25")],
)
def test_an_exercised_option_pays_its_tax_on_the_intrinsic_value_and_nothing_else(
    day: date, tax: str
) -> None:
    charges = load_charges().of_exercise(Product.OPTION, Decimal(40 * 65), day)
    assert charges.total == charges.stt == Decimal(tax)


def test_an_option_that_expires_worthless_costs_nothing() -> None:
    assert load_charges().of_exercise(Product.OPTION, Decimal(0), TODAY).total == 0


def test_brokerage_of_a_future_is_the_lower_of_flat_and_rate() -> None:
    table = load_charges()
    small = table.of_order(Product.FUTURE, Side.BUY, Decimal(10_000), TODAY)
    large = table.of_order(Product.FUTURE, Side.BUY, Decimal(2_000_000), TODAY)
    assert (small.brokerage, large.brokerage) == (Decimal(3), Decimal(20))


def test_an_order_without_a_fill_costs_nothing() -> None:
    assert load_charges().of_order(Product.OPTION, Side.BUY, Decimal(0), TODAY).total == 0


def test_a_day_before_the_table_is_refused() -> None:
    with pytest.raises(DataError, match="2020-01-01; they begin on 2023-04-01"):
        load_charges().rates(Product.FUTURE, date(2020, 1, 1))


def test_instruments_know_their_product() -> None:
    assert product_of(FUTURE) is Product.FUTURE
    assert product_of(RELIANCE) is Product.INTRADAY
    with pytest.raises(DataError, match="NIFTY"):
        product_of(NIFTY)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rates = [", "cannot be read"),
        ("", "cannot be read"),
        (ENTRY.replace('"0.18"', '"much"'), "entry 1: gst is 'much'"),
        (ENTRY.replace('"0.18"', "0.18"), "entry 1: gst is 0.18, not a number"),
        (ENTRY.replace('sebi = "0.000001"\n', ""), "entry 1: sebi is None"),
        (ENTRY.replace('"option"', '"warrant"'), "entry 1: 'warrant'"),
        (ENTRY.replace("2026-04-01", '"today"'), "entry 1: from is 'today'"),
        (ENTRY.replace('product = "option"\n', ""), "entry 1: 'product'"),
    ],
)
def test_a_malformed_table_is_refused_by_entry_and_key(text: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        ChargesTable(text)
