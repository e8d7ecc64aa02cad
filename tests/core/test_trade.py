"""A round trip from its fills."""

from decimal import Decimal

from core.levels import Levels
from core.order import Fill, OrderPurpose, Owner, Side, side_of
from core.signals import Direction
from core.trade import ExitReason, RunningTrade, TradeStatus
from tests.core.market import RELIANCE

OWNER = Owner("c", "s", "u", "p")


def a_trade(
    direction: Direction = Direction.LONG,
    stop: float | None = 98.0,
    target: float | None = 104.0,
) -> RunningTrade:
    side = side_of(direction, entering=True)
    levels = Levels(RELIANCE, direction, 100.0, stop=stop, target=target)
    return RunningTrade(
        "t", OWNER, "signal", "digest",
        instrument=RELIANCE, direction=direction, side=side, levels=levels,
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


def test_a_trade_that_holds_nothing_and_waits_for_nothing_is_over() -> None:
    trade = a_trade()
    assert (trade.is_over, trade.was_entered) == (True, False)
    trade.apply(a_fill(Side.BUY, 10, "100.00", 1), OrderPurpose.ENTRY)
    assert (trade.is_over, trade.was_entered) == (False, True)
