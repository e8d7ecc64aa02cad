"""An order is a value with versions."""

from decimal import Decimal

import pytest

from core.order import Fill, OrderStatus, Owner, Side, side_of, slices
from core.signals import Direction
from tests.core.brokers.test_paper import an_order
from tests.core.market import FUTURE, RELIANCE


def test_each_fill_makes_the_next_version() -> None:
    order = an_order(quantity=150)
    first = order.filled(75, Decimal("100.10"), 5)
    assert (first.status, first.remaining, first.version) == (OrderStatus.PART_TRADED, 75, 2)
    second = first.filled(75, Decimal("100.20"), 6)
    assert (second.status, second.remaining, second.version) == (OrderStatus.TRADED, 0, 3)
    assert second.average_price == Decimal("100.1500")
    assert (order.status, order.version, order.average_price) == (OrderStatus.PENDING, 1, None)


def test_an_ended_order_keeps_its_fills_and_its_reason() -> None:
    order = an_order().filled(75, Decimal("100.10"), 5).ended(OrderStatus.CANCELLED, 9, "why")
    assert (order.filled_quantity, order.updated_ns, order.version) == (75, 9, 3)
    assert order.rejection_reason == "why"


def test_final_states_are_those_in_which_nothing_can_happen() -> None:
    final = {status for status in OrderStatus if status.is_final}
    assert final == {
        OrderStatus.TRADED,
        OrderStatus.CANCELLED,
        OrderStatus.REJECTED,
        OrderStatus.EXPIRED,
    }


@pytest.mark.parametrize(
    ("direction", "entering", "side"),
    [
        (Direction.LONG, True, Side.BUY),
        (Direction.LONG, False, Side.SELL),
        (Direction.SHORT, True, Side.SELL),
        (Direction.SHORT, False, Side.BUY),
    ],
)
def test_the_side_follows_from_direction_and_purpose(
    direction: Direction,
    entering: bool,  # noqa: FBT001 - pytest passes by name.
    side: Side,
) -> None:
    assert side_of(direction, entering=entering) is side


def test_slices_are_whole_lots_below_the_freeze_quantity_and_add_up() -> None:
    assert slices(FUTURE, 1_800) == [1_800]
    assert slices(FUTURE, 1_875) == [1_800, 75]
    assert slices(FUTURE, 3_600) == [1_800, 1_800]
    assert slices(RELIANCE, 1_000_000) == [1_000_000]


def test_cash_of_a_fill_leaves_for_a_purchase_and_comes_for_a_sale() -> None:
    owner = Owner("c", "s", "u", "p")
    bought = Fill("f", "o", "t", owner, FUTURE.key, Side.BUY, 75, Decimal("100.10"), Decimal(1), 0)
    assert bought.cash == Decimal("-7507.50")
    assert bought._replace(side=Side.SELL).cash == Decimal("7507.50")
