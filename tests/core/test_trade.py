"""A round trip from its fills."""

from decimal import Decimal

import pytest

from core.candle import NEVER_NS
from core.order import Fill, OrderPurpose, Owner, Side
from core.signals import Direction
from core.strategy import TradeMode
from core.trade import ExitReason, RunningTrade, TradeStatus
from tests.core.market import RELIANCE

OWNER = Owner("c", "s", "u", "p")


def a_trade(
    direction: Direction = Direction.LONG,
    stop: float | None = 98.0,
    target: float | None = 104.0,
) -> RunningTrade:
    return RunningTrade(
        "t", OWNER, "signal", "digest", RELIANCE, direction, stop, target, Decimal(0), NEVER_NS,
        TradeMode.VIRTUAL,
    )  # fmt: skip


def a_fill(side: Side, quantity: int, price: str, time_ns: int) -> Fill:
    return Fill(
        "f", "o", "t", OWNER, RELIANCE.key, side, quantity, Decimal(price), Decimal("1.25"), time_ns
    )


def test_entries_and_exits_in_parts_add_up() -> None:
    trade = a_trade()
    trade.exit_reason = ExitReason.TARGET
    entry, leave = OrderPurpose.ENTRY, OrderPurpose.EXIT
    first = trade.apply(a_fill(Side.BUY, 10, "100.00", 1), entry)
    second = trade.apply(a_fill(Side.BUY, 20, "100.10", 2), entry)
    third = trade.apply(a_fill(Side.SELL, 25, "104.00", 3), leave)
    last = trade.apply(a_fill(Side.SELL, 5, "103.90", 4), leave)
    assert [each.version for each in (first, second, third, last)] == [1, 2, 3, 4]
    assert (first.entry_ns, last.entry_ns, last.exit_ns) == (1, 1, 4)
    assert second.entry_price == Decimal("100.0667")
    assert (third.status, third.open_quantity, third.exit_price) == (TradeStatus.OPEN, 5, None)
    assert (last.status, last.open_quantity) == (TradeStatus.CLOSED, 0)
    # Exact, though the averages are rounded: 25 x 104.00 + 5 x 103.90 - 10 x 100 - 20 x 100.10.
    assert last.gross_pnl == Decimal("117.50")
    assert (last.charges, last.net_pnl) == (Decimal("5.00"), Decimal("112.50"))


@pytest.mark.parametrize(
    ("direction", "stop", "target", "price", "reached"),
    [
        (Direction.LONG, 98.0, 104.0, 98.0, ExitReason.STOP_LOSS),
        (Direction.LONG, 98.0, 104.0, 98.1, None),
        (Direction.LONG, 98.0, 104.0, 104.0, ExitReason.TARGET),
        (Direction.SHORT, 102.0, 96.0, 102.0, ExitReason.STOP_LOSS),
        (Direction.SHORT, 102.0, 96.0, 95.9, ExitReason.TARGET),
        (Direction.SHORT, 102.0, 96.0, 101.9, None),
        (Direction.LONG, None, None, 1.0, None),
        (Direction.LONG, 100.0, 100.0, 100.0, ExitReason.STOP_LOSS),
    ],
)
def test_a_level_is_reached_by_a_price_at_it(
    direction: Direction,
    stop: float | None,
    target: float | None,
    price: float,
    reached: ExitReason | None,
) -> None:
    assert a_trade(direction, stop, target).touched(price) is reached


def test_levels_are_below_and_above_whichever_way_the_trade_looks() -> None:
    assert a_trade().levels() == (98.0, 104.0)
    assert a_trade(Direction.SHORT, 102.0, 96.0).levels() == (96.0, 102.0)
    assert a_trade(stop=None, target=None).levels() == (float("-inf"), float("inf"))


def test_a_trade_that_holds_nothing_and_waits_for_nothing_is_over() -> None:
    trade = a_trade()
    assert (trade.is_over, trade.was_entered) == (True, False)
    trade.apply(a_fill(Side.BUY, 10, "100.00", 1), OrderPurpose.ENTRY)
    assert (trade.is_over, trade.was_entered) == (False, True)
