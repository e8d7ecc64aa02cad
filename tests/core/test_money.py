"""Prices become money exactly, and sums of money stay exact."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from core.instrument import Instrument, InstrumentKind, Segment
from core.money import average_price, to_money, to_paise


@given(paise=st.integers(1, 20_000_000))
def test_every_price_on_a_paisa_becomes_exactly_that_money(paise: int) -> None:
    assert to_money(paise / 100) == Decimal(paise) / 100


@given(ticks=st.integers(1, 3_000_000))
def test_a_rounded_float32_like_price_becomes_its_tick(ticks: int) -> None:
    share = Instrument(Segment.NSE_EQ, 1, "X", InstrumentKind.EQUITY, 1, Decimal("0.05"))
    assert to_money(share.round_price(ticks * 0.05)) == ticks * Decimal("0.05")


def test_half_a_paisa_goes_up_and_a_loss_down() -> None:
    assert to_paise(Decimal("1.005")) == Decimal("1.01")
    assert to_paise(Decimal("-1.005")) == Decimal("-1.01")


def test_average_has_four_places() -> None:
    assert average_price(Decimal(100), 3) == Decimal("33.3333")
