"""Net positions from fills."""

import json
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from core.money import ZERO, to_paise
from core.order import Fill, Owner, Side
from core.position import Position
from tests.core.market import RELIANCE
from tests.core.shared_data import shared

OWNER = Owner("c", "s", "u", "p")


def a_fill(side: Side, quantity: int, price: str) -> Fill:
    return Fill("f", "o", "t", OWNER, RELIANCE.key, side, quantity, Decimal(price), ZERO, 0)


def test_a_round_trip_realises_its_profit_and_leaves_nothing() -> None:
    position = Position()
    position.apply(a_fill(Side.BUY, 100, "10.00"))
    assert (position.quantity, position.average_price) == (100, Decimal("10.00"))
    assert position.unrealised(Decimal(11)) == 100
    position.apply(a_fill(Side.SELL, 100, "10.50"))
    assert (position.quantity, position.cost) == (0, ZERO)
    assert position.realised == Decimal("50.00")
    assert position.average_price is None


def test_part_of_a_position_realises_its_share() -> None:
    position = Position()
    position.apply(a_fill(Side.BUY, 100, "10.00"))
    position.apply(a_fill(Side.BUY, 100, "12.00"))
    position.apply(a_fill(Side.SELL, 50, "13.00"))
    assert (position.quantity, position.average_price) == (150, Decimal("11.00"))
    assert position.realised == Decimal("100.00")


def test_a_sale_through_zero_closes_first_and_opens_short_with_the_rest() -> None:
    position = Position()
    position.apply(a_fill(Side.BUY, 100, "10.00"))
    position.apply(a_fill(Side.SELL, 150, "12.00"))
    assert (position.quantity, position.average_price) == (-50, Decimal("12.00"))
    assert position.realised == Decimal("200.00")
    assert position.unrealised(Decimal(11)) == 50


FILLS = st.lists(
    st.builds(
        lambda side, lots, paise: a_fill(side, 25 * lots, str(Decimal(paise) / 100)),
        st.sampled_from(Side),
        st.integers(1, 40),
        st.integers(1, 3_000_000),
    ),
    max_size=30,
)


@given(fills=FILLS, price=st.integers(1, 3_000_000))
def test_money_is_conserved_whatever_the_fills(fills: list[Fill], price: int) -> None:
    position = Position()
    for fill in fills:
        position.apply(fill)
    last = Decimal(price) / 100
    cash = sum((fill.cash for fill in fills), ZERO)
    assert position.quantity == sum(fill.side.sign * fill.quantity for fill in fills)
    worth = cash + position.quantity * last
    assert abs(position.realised + position.unrealised(last) - worth) < Decimal("1e-12")


def test_the_brokers_realised_profit_is_met_to_the_paisa() -> None:
    """Real positions, in parts as the broker has them: carried over and of the day."""
    rows = json.loads(shared("dhan_positions_broker_pnl.json").read_text(encoding="utf-8"))
    assert {row["positionType"] for row in rows} == {"CLOSED", "LONG"}
    for row in rows:
        position = Position()
        for part in ("carryForward", "day"):
            for side in Side:
                name = f"{part}{side.title()}"
                units = row[f"{name}Qty"] * row["multiplier"]
                if units:  # The averages are rounded; what was paid is exact.
                    price = Decimal(str(row[f"{name}Value"])) / units
                    position.apply(a_fill(side, units, str(price)))
        assert to_paise(position.realised) == Decimal(str(row["realizedProfit"])), row
        assert position.quantity == row["netQty"] * row["multiplier"]
