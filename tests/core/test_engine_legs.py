"""Signals on one instrument that trade others: options bought on a view, and two legs."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import pytest

from core.brokers.paper import PaperSettings
from core.effects import Effect
from core.engine import Engine
from core.errors import DataError
from core.instrument import Instrument, InstrumentKind, OptionSide, Segment
from core.levels import Guard
from core.money import to_paise
from core.order import OrderPurpose, OrderStatus, Side
from core.risk import Refused, Rule
from core.signals import Direction, ExitReason, LegKind, LegRule, Signal, SignalType
from core.trade import Trade, TradeStatus
from tests.core.engine_driver import (
    CONFIG_ID,
    RUN,
    a_config,
    decisions,
    depth_of,
    entries,
    fills,
    orders,
    trades,
)
from tests.core.market import CALENDAR, DAY, FUTURE, NIFTY, at

NEXT_WEEK = date(2025, 12, 9)
BUY_CALL = LegRule(LegKind.OPTION, Side.BUY, OptionSide.CALL)
BUY_PUT = LegRule(LegKind.OPTION, Side.BUY, OptionSide.PUT)
FUTURE_SHORT = LegRule(LegKind.SAME, Side.SELL)


def option(strike: int, side: OptionSide, expiry: date = DAY) -> Instrument:
    number = strike * 100 + expiry.day * 2 + (side is OptionSide.PUT)
    return Instrument(
        Segment.NSE_FNO, number, f"NIFTY-{expiry}-{strike}-{side}", InstrumentKind.OPTIDX, 75,
        Decimal("0.05"), underlying="NIFTY", expiry=expiry, strike=Decimal(strike),
        option_side=side, freeze_quantity=1800,
    )  # fmt: skip


CALL, PUT = option(26_000, OptionSide.CALL), option(26_000, OptionSide.PUT)
LATER_CALL = option(26_000, OptionSide.CALL, NEXT_WEEK)
OPTIONS = [
    option(strike, side, expiry)
    for strike in (25_950, 26_000, 26_050)
    for side in OptionSide
    for expiry in (DAY, NEXT_WEEK)
]


class Floor:
    """An engine that watches a future and its options."""

    def __init__(self, start: str = "10:00") -> None:
        self.engine = Engine(RUN, CALENDAR, paper=PaperSettings(latency_ms=0))
        self.engine.advance(at(start))
        self.slots = {each.key: self.engine.watch(each) for each in (FUTURE, *OPTIONS)}
        self.engine.deploy(a_config(capital="5000000"))
        self.volumes = dict.fromkeys(self.slots, 0)
        self.effects: list[Effect] = []
        self.tick(start, FUTURE, 26_010.0)
        for each in (CALL, PUT, LATER_CALL):
            self.tick(start, each, 100.0)

    def tick(
        self, clock: str, instrument: Instrument, price: float, depth: bytes | None = None
    ) -> list[Effect]:
        slot = self.slots[instrument.key]
        self.volumes[instrument.key] += 75
        if depth is not None:
            self.engine.book(slot, depth)
        return self._note(self.engine.tick(slot, at(clock), price, self.volumes[instrument.key]))

    def signal(self, direction: Direction, *legs: LegRule, **changes: object) -> list[Effect]:
        sign = direction.sign
        wish = Signal(
            SignalType(direction.value), FUTURE.key, self.engine.now_ns, 26_010.0,
            26_010.0 - sign * 30, 26_010.0 + sign * 90, 100, "because", {}, legs=legs,
        )._replace(**changes)  # type: ignore[arg-type]  # fmt: skip
        return self._note(self.engine.signal(CONFIG_ID, wish, "digest"))

    def leave(self, reason: ExitReason | None = None) -> list[Effect]:
        wish = Signal(
            SignalType.EXIT, FUTURE.key, self.engine.now_ns, 26_010.0, None, None, 100, "enough",
            {}, exit_reason=reason,
        )  # fmt: skip
        return self._note(self.engine.signal(CONFIG_ID, wish, "digest"))

    def advance(self, clock: str) -> list[Effect]:
        return self._note(self.engine.advance(at(clock)))

    def newest(self) -> list[Trade]:
        return list({trade.id: trade for trade in trades(self.effects)}.values())

    def _note(self, effects: Sequence[Effect]) -> list[Effect]:
        self.effects += effects
        return list(effects)


def refusal(effects: Sequence[Effect]) -> Rule:
    verdict = decisions(effects)[0].verdict
    assert isinstance(verdict, Refused)
    return verdict.rule


def test_a_long_view_buys_the_call_at_the_money_and_its_levels_are_the_futures() -> None:
    floor = Floor()
    sent = orders(floor.signal(Direction.LONG, BUY_CALL))
    assert {(order.instrument, order.side) for order in sent} == {(CALL.key, Side.BUY)}
    # 2 % of 5,000,000 over 30 points x 0.5 x 75 is 88 lots, in slices of at most 1,800 units.
    assert [order.quantity for order in sent] == [1_800, 1_800, 1_800, 1_200]


def test_a_bought_put_is_short_and_earns_when_it_rises() -> None:
    floor = Floor()
    floor.signal(Direction.SHORT, BUY_PUT, tier=0.1)
    entered = trades(floor.tick("10:00:01", PUT, 100.0))[-1]
    assert (entered.instrument, entered.direction, entered.side) == (
        PUT.key, Direction.SHORT, Side.BUY,
    )  # fmt: skip
    assert (entered.stop, entered.target) == (26_040.0, 25_920.0)
    assert orders(floor.tick("10:05", PUT, 10.0)) == []
    (order,) = orders(floor.tick("10:05:01", FUTURE, 25_920.0))
    assert (order.instrument, order.side, order.purpose) == (PUT.key, Side.SELL, OrderPurpose.EXIT)
    left = trades(floor.tick("10:05:02", PUT, 150.0))[-1]
    assert (left.status, left.exit_reason) == (TradeStatus.CLOSED, ExitReason.TARGET)
    assert left.gross_pnl == (Decimal("149.95") - Decimal("100.05")) * left.quantity
    booked = sum((entry.amount for entry in entries(floor.effects)), Decimal(0))
    assert booked == left.net_pnl


def test_the_stop_is_the_futures_too_and_moves_to_the_signals_price() -> None:
    floor = Floor()
    floor.signal(Direction.LONG, BUY_CALL, tier=0.1, breakeven=26_070.0)
    floor.tick("10:00:01", CALL, 100.0)
    (moved,) = trades(floor.tick("10:01", FUTURE, 26_070.0))
    assert (moved.stop, moved.status, moved.version) == (26_010.0, TradeStatus.OPEN, 2)
    (order,) = orders(floor.tick("10:02", FUTURE, 26_010.0))
    assert order.exit_reason is ExitReason.STOP_LOSS


def test_an_exit_signal_of_the_future_ends_the_option_with_its_reason() -> None:
    floor = Floor()
    floor.signal(Direction.LONG, BUY_CALL, tier=0.1)
    floor.tick("10:00:01", CALL, 100.0)
    (order,) = orders(floor.leave(ExitReason.VOLUME_CLIMAX))
    assert (order.instrument, order.exit_reason) == (CALL.key, ExitReason.VOLUME_CLIMAX)
    assert floor.tick("10:00:02", CALL, 101.0)
    assert floor.newest()[0].exit_reason is ExitReason.VOLUME_CLIMAX


def test_a_second_view_the_same_way_waits_for_the_first() -> None:
    floor = Floor()
    floor.signal(Direction.LONG, BUY_CALL, tier=0.1)
    assert refusal(floor.signal(Direction.LONG, BUY_CALL)) is Rule.OPEN_TRADE


def test_an_option_nobody_watches_is_refused_with_a_sentence() -> None:
    floor = Floor()
    far = BUY_CALL._replace(strike_offset=7)
    assert refusal(floor.signal(Direction.LONG, far)) is Rule.NOT_TRADABLE
    assert (
        refusal(floor.signal(Direction.LONG, BUY_CALL._replace(strike_offset=1))) is Rule.NO_PRICE
    )


def test_on_its_last_day_an_option_is_flat_by_half_past_two() -> None:
    floor = Floor()
    floor.signal(Direction.LONG, BUY_CALL, tier=0.1)
    floor.tick("10:00:01", CALL, 100.0)
    assert orders(floor.advance("14:29:59")) == []
    (order,) = orders(floor.advance("14:30"))
    assert order.exit_reason is ExitReason.EXPIRY


def test_from_one_oclock_on_its_last_day_the_next_expiry_is_bought() -> None:
    floor = Floor(start="13:00")
    (order,) = orders(floor.signal(Direction.LONG, BUY_CALL, tier=0.1))
    assert order.instrument == LATER_CALL.key


def test_the_delta_told_decides_the_size() -> None:
    floor = Floor()
    floor.engine.delta(floor.slots[CALL.key], 0.25)
    (order,) = orders(floor.signal(Direction.LONG, BUY_CALL, tier=0.1))
    # 10,000 may be lost; 30 points x 0.25 x 75 is 562.50 a lot.
    assert order.quantity == 17 * 75


def test_an_option_with_a_signal_of_its_own_is_sized_by_its_own_stop() -> None:
    floor = Floor()
    floor.engine.deploy(a_config(capital="5000000", instruments=(CALL.key,)))
    own = floor.signal(
        Direction.LONG, instrument=CALL.key, price=100.0, stop=98.0, target=106.0, tier=0.1
    )
    # 10,000 may be lost; two points x 75 is 150 a lot.
    assert sum(order.quantity for order in orders(own)) == 66 * 75


def test_two_legs_are_entered_and_left_together() -> None:
    floor = Floor()
    sent = orders(floor.signal(Direction.SHORT, FUTURE_SHORT, BUY_CALL))
    assert [(order.instrument, order.side) for order in sent] == [
        (FUTURE.key, Side.SELL), (CALL.key, Side.BUY),
    ]  # fmt: skip
    assert len({order.signal_id for order in sent}) == 1
    floor.tick("10:00:01", FUTURE, 26_010.0)
    floor.tick("10:00:02", CALL, 100.0)
    assert orders(floor.advance("10:00:11")) == []
    left = orders(floor.tick("10:05", FUTURE, 26_040.0))
    assert [(order.instrument, order.side, order.exit_reason) for order in left] == [
        (FUTURE.key, Side.BUY, ExitReason.STOP_LOSS), (CALL.key, Side.SELL, ExitReason.STOP_LOSS),
    ]  # fmt: skip


def test_legs_that_are_not_complete_in_time_are_unwound() -> None:
    floor = Floor()
    floor.signal(Direction.SHORT, FUTURE_SHORT, BUY_CALL)
    floor.tick("10:00:01", FUTURE, 26_010.0)
    # Half of the call is bought, then its book is empty.
    call = floor.newest()[0].quantity
    floor.tick("10:00:02", CALL, 100.0, depth_of(asks=[(75, 100.0)]))
    assert call >= 75
    undone = orders(floor.advance("10:00:10"))
    states = [(order.instrument, order.purpose, order.status) for order in undone]
    assert (FUTURE.key, OrderPurpose.EXIT, OrderStatus.PENDING) in states
    assert all(order.exit_reason is ExitReason.SIGNAL for order in undone
               if order.purpose is OrderPurpose.EXIT)  # fmt: skip
    floor.tick("10:00:11", FUTURE, 26_010.0)
    floor.tick("10:00:12", CALL, 100.0, depth_of(bids=[(7_500, 99.0)]))
    assert all(trade.status is TradeStatus.CLOSED for trade in floor.newest())


def test_a_restored_option_trade_is_watched_on_its_future() -> None:
    floor = Floor()
    floor.signal(Direction.LONG, BUY_CALL, tier=0.1)
    effects = floor.tick("10:00:01", CALL, 100.0)
    (trade,) = trades(effects)
    (fill,) = fills(effects)
    again = Floor(start="10:10")
    guard = Guard(FUTURE.key, 26_010.0, breakeven=26_070.0)
    again.engine.restore(trade, [fill], guard)
    (moved,) = trades(again.tick("10:11", FUTURE, 26_070.0))
    assert moved.stop == 26_010.0
    (order,) = orders(again.tick("10:12", FUTURE, 26_005.0))
    assert (order.instrument, order.quantity) == (CALL.key, trade.quantity)


def test_a_leg_in_another_instrument_must_be_one_of_the_config() -> None:
    floor = Floor()
    rule = LegRule(LegKind.INSTRUMENT, Side.BUY, instrument=FUTURE.key)
    floor.engine.deploy(a_config(instruments=(CALL.key,)))
    assert refusal(floor.signal(Direction.LONG, rule)) is Rule.NOT_TRADABLE


def test_a_trailing_stop_follows_the_future() -> None:
    floor = Floor()
    floor.signal(Direction.LONG, trail=30.0, tier=0.5)
    floor.tick("10:00:01", FUTURE, 26_010.0)
    assert trades(floor.tick("10:01", FUTURE, 26_012.0)) == []
    (moved,) = trades(floor.tick("10:02", FUTURE, 26_050.0))
    assert moved.stop == 26_020.0
    (order,) = orders(floor.tick("10:03", FUTURE, 26_020.0))
    assert order.exit_reason is ExitReason.TRAILING_STOP


@pytest.mark.parametrize(
    ("instrument", "direction", "last", "worth"),
    [
        (CALL, Direction.LONG, 26_031.0, "31.00"),
        (CALL, Direction.LONG, 25_990.0, "0.00"),
        (PUT, Direction.SHORT, 25_990.0, "10.00"),
        (PUT, Direction.SHORT, 26_031.0, "0.00"),
    ],
)
def test_an_option_that_could_not_be_sold_is_settled_at_what_it_is_worth(
    instrument: Instrument, direction: Direction, last: float, worth: str
) -> None:
    floor = Floor()
    rule = BUY_CALL if instrument is CALL else BUY_PUT
    floor.signal(direction, rule, tier=0.1)
    floor.tick("10:00:01", instrument, 100.0)
    floor.tick("14:00", FUTURE, last)
    floor.advance("14:30")  # Nobody trades the option any more: the exit stays unfilled.
    assert trades(floor.advance("15:29:59")) == []
    settled = floor.advance("15:30")
    (trade,) = trades(settled)
    assert (trade.status, trade.exit_reason) == (TradeStatus.CLOSED, ExitReason.SETTLEMENT)
    assert trade.exit_price == Decimal(worth)
    assert next(order.status for order in orders(settled)) is OrderStatus.CANCELLED
    # Tax of 0.125 % (until March 2026) on what it is worth; nobody traded it, so nothing else.
    assert fills(settled)[0].charges == to_paise(Decimal(worth) * trade.quantity / 800)
    booked = sum((entry.amount for entry in entries(floor.effects)), Decimal(0))
    assert booked == trade.net_pnl
    assert floor.tick("15:30:01", instrument, 50.0) is not None
    assert floor.newest() == [trade]


def test_a_restored_option_is_settled_too_also_one_of_an_earlier_day() -> None:
    floor = Floor()
    floor.signal(Direction.LONG, BUY_CALL, tier=0.1)
    bought = floor.tick("10:00:01", CALL, 100.0)
    (trade,), (fill,) = trades(bought), fills(bought)
    earlier = trade._replace(entry_ns=at("10:00", date(2025, 11, 28)))
    for left in (trade, earlier):
        again = Floor(start="10:10")
        again.engine.restore(left, [fill], Guard(FUTURE.key, 26_010.0))
        again.tick("14:00", FUTURE, 26_031.0)
        again.advance("15:29:59")
        assert again.newest() == []
        again.advance("15:30")
        (settled,) = again.newest()
        assert (settled.exit_reason, settled.exit_price) == (ExitReason.SETTLEMENT, Decimal(31))


def test_an_option_whose_underlying_has_no_price_yet_waits_for_one() -> None:
    floor = Floor()
    floor.signal(Direction.LONG, BUY_CALL, tier=0.1)
    bought = floor.tick("10:00:01", CALL, 100.0)
    tomorrow = Engine(RUN, CALENDAR, paper=PaperSettings(latency_ms=0))
    for each in (FUTURE, CALL):
        tomorrow.watch(each)
    tomorrow.deploy(a_config(capital="5000000"))
    tomorrow.restore(trades(bought)[0], fills(bought), Guard(FUTURE.key, 26_010.0))
    day = date(2025, 12, 2)
    assert trades(tomorrow.advance(at("09:16", day))) == []
    tomorrow.tick(0, at("09:17", day), 26_031.0, 75)
    (trade,) = trades(tomorrow.advance(at("09:18:30", day)))
    assert (trade.exit_reason, trade.exit_price) == (ExitReason.SETTLEMENT, Decimal(31))


def test_an_option_is_settled_by_its_index_where_that_is_watched() -> None:
    floor = Floor()
    index = floor.engine.watch(NIFTY)
    floor.signal(Direction.LONG, BUY_CALL, tier=0.1)
    floor.tick("10:00:01", CALL, 100.0)
    floor.engine.tick(index, at("14:00"), 26_005.0, 0)
    floor.advance("15:31")
    assert floor.newest()[0].exit_price == 5


def test_a_bought_option_says_what_it_is_worth_at_the_levels_of_its_future() -> None:
    floor = Floor()
    floor.engine.delta(floor.slots[PUT.key], -0.4)
    floor.signal(Direction.SHORT, BUY_PUT, tier=0.1, breakeven=25_950.0)
    entered = trades(floor.tick("10:00:01", PUT, 100.0))[-1]
    # Bought at 100.05; 30 points against it cost 12 rupees, 90 with it bring 36, on its tick.
    assert entered.delta == -0.4
    assert (entered.stop_premium, entered.target_premium) == (Decimal("88.05"), Decimal("136.05"))
    (moved,) = trades(floor.tick("10:01", FUTURE, 25_950.0))
    assert moved.stop_premium == entered.entry_price, "its stop is where the signal was"


def test_where_no_delta_is_known_the_estimate_takes_a_half_and_never_less_than_nothing() -> None:
    floor = Floor()
    floor.signal(Direction.LONG, BUY_CALL, stop=25_700.0, target=26_710.0)
    entered = trades(floor.tick("10:00:01", CALL, 100.0))[-1]
    assert entered.delta == 0.5
    assert (entered.stop_premium, entered.target_premium) == (Decimal("0.00"), Decimal("450.05"))


def test_the_future_itself_has_no_premium() -> None:
    floor = Floor()
    floor.signal(Direction.SHORT, FUTURE_SHORT, BUY_CALL, tier=0.1)
    floor.tick("10:00:01", CALL, 100.0)
    (leg,) = trades(floor.tick("10:00:01", FUTURE, 26_010.0))
    assert (leg.delta, leg.stop_premium, leg.target_premium) == (None, None, None)


def test_a_restored_option_goes_on_estimating_as_before() -> None:
    first = Floor()
    first.signal(Direction.LONG, BUY_CALL, tier=0.1, breakeven=26_070.0)
    (trade,) = trades(first.tick("10:00:01", CALL, 100.0))
    second = Floor()
    second.engine.restore(
        trade, fills(first.effects), Guard(FUTURE.key, 26_010.0, breakeven=26_070.0)
    )
    for floor in (first, second):
        floor.tick("10:01", FUTURE, 26_070.0)
    assert trades(second.effects)[-1].stop_premium == trade.entry_price
    assert trades(second.effects)[-1] == trades(first.effects)[-1]


def test_an_option_that_nobody_needs_can_be_let_go_of_and_its_slot_used_again() -> None:
    floor = Floor()
    engine, slot = floor.engine, floor.slots[CALL.key]
    assert engine.forget(CALL.key)
    with pytest.raises(DataError, match="is not watched"):
        engine.slot_of(CALL.key)
    other = option(26_500, OptionSide.CALL)
    assert engine.watch(other) == slot
    assert engine.last_price(slot) is None
    engine.tick(slot, at("10:00:02"), 20.0, 75)
    assert engine.last_price(slot) == 20.0
    assert engine.watch(CALL) == len(floor.slots)


def test_what_is_held_guards_or_waits_for_a_fill_is_not_let_go_of() -> None:
    floor = Floor()
    floor.signal(Direction.LONG, BUY_CALL, tier=0.1)
    assert not floor.engine.forget(CALL.key), "an order waits"
    floor.tick("10:00:01", CALL, 100.0)
    assert not floor.engine.forget(CALL.key), "it is held"
    assert not floor.engine.forget(FUTURE.key), "the levels are its"
    floor.leave()
    floor.tick("10:00:02", CALL, 101.0)
    assert floor.engine.forget(CALL.key)
    assert floor.engine.forget(FUTURE.key)
    with pytest.raises(DataError, match="is not watched"):
        floor.engine.forget(CALL.key)
