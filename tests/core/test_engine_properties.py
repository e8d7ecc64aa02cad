"""What holds for any day at all; see `tests/core/any_day.py` for what may happen on one."""

import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.brokers.paper import PaperSettings
from core.candle import Candle, Interval
from core.effects import Effect
from core.engine import Engine
from core.gap import Gap
from core.money import ZERO, to_money
from core.order import Fill, OrderPurpose
from core.risk_parameters import RiskParameters
from core.rows import EventRows
from core.session import NS_PER_SECOND
from core.signals import Signal, SignalType
from core.tick_columns import TickColumns
from core.trade import ExitReason, Trade, TradeStatus
from tests.core.any_day import CALL, CONFIGS, INSTRUMENTS, PUT, STEPS, AnyDay, Step, drawn_steps
from tests.core.engine_driver import (
    RUN,
    a_config,
    candles,
    decisions,
    entries,
    fills,
    orders,
    trades,
)
from tests.core.market import CALENDAR, FUTURE, RELIANCE, at

RELAXED = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
BY_KEY = {instrument.key: instrument for instrument in INSTRUMENTS}


def newest_trades(effects: Sequence[Effect]) -> list[Trade]:
    return list({trade.id: trade for trade in trades(effects)}.values())


@RELAXED
@given(steps=STEPS)
def test_money_is_conserved(steps: list[Step]) -> None:
    """Cash and position value are what the fills have earned, less charges, at any price."""
    day = AnyDay(steps)
    done, newest = fills(day.effects), newest_trades(day.effects)
    booked = sum((entry.amount for entry in entries(day.effects)), ZERO)
    last = {each.key: to_money(price) for each, price in zip(INSTRUMENTS, day.prices, strict=True)}
    earned = sum(
        (fill.cash - fill.charges + fill.side.sign * fill.quantity * last[fill.instrument])
        for fill in done
    )
    value = sum((_value(trade, done, last[trade.instrument]) for trade in newest), ZERO)
    assert abs(booked + value - earned) <= Decimal("0.005") * len(newest)
    assert booked == booked.quantize(Decimal("0.01"))


def _value(trade: Trade, done: list[Fill], price: Decimal) -> Decimal:
    """Return what a trade's open units are worth: their price, or a future's open profit."""
    sign = trade.side.sign
    if trade.instrument != FUTURE.key:
        return sign * trade.open_quantity * price
    paid = sum(
        (fill.price * fill.quantity for fill in done
         if fill.trade_id == trade.id and fill.side is trade.side), ZERO
    )  # fmt: skip
    return sign * trade.open_quantity * (price - paid / trade.quantity)


@RELAXED
@given(steps=STEPS)
def test_flat_books_hold_the_net_profit_and_nothing_else(steps: list[Step]) -> None:
    day = AnyDay(steps)
    booked: dict[str, Decimal] = defaultdict(Decimal)
    for entry in entries(day.effects):
        booked[entry.trade_id] += entry.amount
    closed = [each for each in newest_trades(day.effects) if each.status is TradeStatus.CLOSED]
    assert all(booked[trade.id] == trade.net_pnl for trade in closed)
    for config in CONFIGS:
        mine = [trade.net_pnl or ZERO for trade in closed if trade.owner.config_id == config.id]
        assert day.engine.account(config.id).realised == sum(mine, ZERO)


@RELAXED
@given(steps=STEPS)
def test_no_position_without_fills_and_no_fill_without_an_order(steps: list[Step]) -> None:
    day = AnyDay(steps)
    newest_order = {order.id: order for order in orders(day.effects)}
    filled: dict[str, int] = defaultdict(int)
    held: dict[str, int] = defaultdict(int)
    for fill in fills(day.effects):
        filled[fill.order_id] += fill.quantity
        held[fill.trade_id] += fill.side.sign * fill.quantity
    assert filled == {
        key: order.filled_quantity for key, order in newest_order.items() if order.filled_quantity
    }
    assert all(order.filled_quantity <= order.quantity for order in newest_order.values())
    for trade in newest_trades(day.effects):
        assert held[trade.id] == trade.side.sign * trade.open_quantity
        assert trade.open_quantity >= 0


@RELAXED
@given(steps=STEPS)
def test_no_order_is_above_the_limits_or_of_a_config_that_may_not_enter(steps: list[Step]) -> None:
    day = AnyDay(steps)
    assert day.witness.objections == []
    for order in orders(day.effects):
        instrument = BY_KEY[order.instrument]
        assert order.quantity % instrument.lot_size == 0
        assert order.quantity <= (instrument.freeze_quantity or order.quantity)


@RELAXED
@given(steps=STEPS)
def test_every_option_is_out_or_settled_when_its_last_session_is_over(steps: list[Step]) -> None:
    for trade in newest_trades(AnyDay(steps).effects):
        if trade.instrument in {CALL.key, PUT.key}:
            assert trade.status is TradeStatus.CLOSED
            assert trade.exit_ns is not None
            if trade.exit_reason is ExitReason.SETTLEMENT:
                assert trade.exit_ns >= at("15:30")


@RELAXED
@given(steps=STEPS)
def test_every_order_and_trade_names_a_signal_a_config_and_a_digest(steps: list[Step]) -> None:
    day = AnyDay(steps)
    signals = {decision.id for decision in decisions(day.effects)}
    configs = {config.id for config in CONFIGS}
    named = [
        *((each.signal_id, each.owner, each.digest) for each in orders(day.effects)),
        *((each.signal_id, each.owner, each.digest) for each in trades(day.effects)),
    ]
    for signal_id, owner, digest in named:
        assert signal_id in signals
        assert owner.config_id in configs
        assert digest == "digest"


@RELAXED
@given(steps=STEPS)
def test_candles_never_overlap_and_never_lose_volume(steps: list[Step]) -> None:
    day = AnyDay(steps)
    done = candles(day.effects)
    for at_, instrument in enumerate(INSTRUMENTS):
        for interval in Interval:
            series = [
                candle
                for candle in done
                if candle.interval is interval and candle.instrument == instrument.key
            ]
            for before, after in pairwise(series):
                assert before.close_ns <= after.open_ns
            total = sum(candle.volume for candle in series)
            builder = day.engine._watched[at_].builder
            assert total + builder.counters.unplaced_volume == max(builder.volume, 0)
            assert all(candle.volume >= 0 for candle in series)
            assert all(candle.low <= candle.open <= candle.high for candle in series)
            assert all(candle.low <= candle.close <= candle.high for candle in series)


@RELAXED
@given(steps=STEPS)
def test_longer_candles_are_the_sums_of_their_minutes(steps: list[Step]) -> None:
    done = candles(AnyDay(steps).effects)
    for candle in done:
        inside = [
            minute
            for minute in done
            if minute.interval is Interval.M1
            and minute.instrument == candle.instrument
            and candle.open_ns <= minute.open_ns < candle.close_ns
        ]
        assert _joined(inside, candle) == candle


def _joined(minutes: list[Candle], like: Candle) -> Candle:
    return Candle(
        like.instrument,
        like.interval,
        like.open_ns,
        like.close_ns,
        minutes[0].open,
        max(minute.high for minute in minutes),
        min(minute.low for minute in minutes),
        minutes[-1].close,
        sum(minute.volume for minute in minutes),
        minutes[-1].open_interest,
    )


@RELAXED
@given(steps=STEPS)
def test_the_same_events_give_the_same_effects_byte_for_byte(steps: list[Step]) -> None:
    assert _bytes(AnyDay(steps)) == _bytes(AnyDay(steps))


def _bytes(day: AnyDay) -> bytes:
    rows = EventRows(RUN, lambda key: BY_KEY[key].symbol)
    return (json.dumps(rows.events(tuple(day.effects))) + repr(day.effects)).encode()


@RELAXED
@given(steps=STEPS)
def test_prices_paid_are_on_the_tick_and_quantities_in_lots(steps: list[Step]) -> None:
    for fill in fills(AnyDay(steps).effects):
        instrument = BY_KEY[fill.instrument]
        assert fill.price == to_money(instrument.round_price(float(fill.price)))
        assert fill.quantity % instrument.lot_size == 0


@RELAXED
@given(steps=STEPS)
def test_at_most_one_open_trade_per_config_instrument_and_direction(steps: list[Step]) -> None:
    held: dict[tuple[object, ...], set[str]] = defaultdict(set)
    for trade in trades(AnyDay(steps).effects):
        place = held[trade.owner.config_id, trade.instrument, trade.direction]
        if trade.status is TradeStatus.OPEN:
            place.add(trade.id)
        else:
            place.discard(trade.id)
        assert len(place) <= 1


def test_such_days_hold_what_the_properties_are_about() -> None:
    """Without partial fills, settlements and refusals in them the properties would say little."""
    seen: set[str] = set()
    for seed in range(120):
        day = AnyDay(drawn_steps(seed))
        seen.update(str(order.status) for order in orders(day.effects))
        seen.update(str(trade.exit_reason) for trade in trades(day.effects))
        legs: dict[str, set[object]] = defaultdict(set)
        for order in orders(day.effects):
            if order.purpose is OrderPurpose.ENTRY:
                legs[str(order.signal_id)].add(order.instrument)
        seen.update("two legs" for traded in legs.values() if len(traded) > 1)
    assert seen >= {
        "PART_TRADED", "CANCELLED", "TRADED", "STOP_LOSS", "TARGET", "TRAILING_STOP", "SIGNAL",
        "MANUAL", "STRATEGY_STOPPED", "EOD", "EXPIRY", "SETTLEMENT", "CIRCUIT_BREAKER", "two legs",
    }, sorted(seen)  # fmt: skip


Moment = tuple[int, list[int], list[int]]
MOMENTS = st.lists(
    st.tuples(
        st.sampled_from([1, 1, 2, 20, 61, 400]),
        st.lists(st.integers(-30, 30), max_size=3),
        st.lists(st.integers(-30, 30), max_size=3),
    ),
    min_size=10,
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(moments=MOMENTS, shuffled=st.randoms(use_true_random=False))
def test_shuffling_independent_instruments_changes_nothing(
    moments: list[Moment], shuffled: random.Random
) -> None:
    """Events of one instant, each instrument's in their own order, in any order among them."""
    in_order = [[0] * len(mine) + [1] * len(other) for _, mine, other in moments]
    mixed = [list(order) for order in in_order]
    for order in mixed:
        shuffled.shuffle(order)
    one, other = (dict(_told_apart(_two_apart(moments, each))) for each in (in_order, mixed))
    assert one == other


def _two_apart(moments: list[Moment], orders_: list[list[int]]) -> list[Effect]:
    """Play ticks, and a signal with every third of them, of two configs on two instruments."""
    pair = (RELIANCE, FUTURE)
    engine = Engine(RUN, CALENDAR, paper=PaperSettings(latency_ms=300))
    risk = RiskParameters(cooldown_minutes=0, min_reward_risk=0.0)
    for number, instrument in enumerate(pair):
        engine.watch(instrument)
        config = a_config(
            config_id=str(number), capital="10000000", risk=risk, instruments=(instrument.key,)
        )
        engine.deploy(config._replace(portfolio_id=str(number)))
    now_ns, prices, volumes = at("09:15"), [1_500.0, 26_000.0], [0, 0]
    effects: list[Effect] = list(engine.advance(now_ns))
    for (seconds, *moves), order in zip(moments, orders_, strict=True):
        now_ns += seconds * NS_PER_SECOND
        left = [iter(moves[0]), iter(moves[1])]
        for which in order:
            ticks = next(left[which])
            prices[which] = pair[which].round_price(prices[which] + ticks / 10)
            volumes[which] += pair[which].lot_size
            effects += engine.tick(which, now_ns, prices[which], volumes[which])
            if ticks % 3 == 0:
                way = 1 if ticks > 0 else -1
                price = prices[which]
                wish = Signal(
                    SignalType.LONG if way > 0 else SignalType.SHORT, pair[which].key, now_ns,
                    price, price - way * 2, price + way * 2, 50, "because", {},
                )  # fmt: skip
                effects += engine.signal(str(which), wish, "digest")
    return [*effects, *engine.advance(now_ns + 3_600 * NS_PER_SECOND)]


def _told_apart(effects: Sequence[Effect]) -> Iterator[tuple[object, list[str]]]:
    """Return what happened to each, ids in the order in which they first appear there."""
    groups: dict[object, list[Effect]] = defaultdict(list)
    for effect in effects:
        if isinstance(effect, Candle | Gap):
            groups[effect.instrument].append(effect)
        else:
            groups[effect.owner.config_id].append(effect)
    for whose, mine in groups.items():
        names: dict[str, str] = {}
        texts = [
            re.sub(
                r"[0-9a-f]{8}-[0-9a-f-]{27}",
                lambda found: names.setdefault(found[0], str(len(names))),  # noqa: B023 - used at once.
                repr(effect),
            )
            for effect in mine
        ]
        yield whose, texts


@settings(max_examples=40, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.integers(0, 1), st.integers(0, 90), st.integers(-20, 20)), max_size=200
    )
)
def test_playing_columns_is_the_same_as_tick_by_tick(steps: list[tuple[int, int, int]]) -> None:
    columns, now_ns, volume = TickColumns(), at("09:15"), 0
    for slot, seconds, ticks in steps:
        now_ns += seconds * NS_PER_SECOND
        volume += 75
        columns.append(slot, now_ns, 1_000.0 + ticks / 10, volume)
    one, other = Engine(RUN, CALENDAR), Engine(RUN, CALENDAR)
    for instrument in (RELIANCE, FUTURE):
        one.watch(instrument)
        other.watch(instrument)
    by_tick: list[Effect] = []
    for each in range(len(columns)):
        by_tick += one.tick(
            columns.slots[each], columns.times_ns[each], columns.prices[each], columns.volumes[each]
        )
    played: list[Effect] = []
    position = 0
    while position < len(columns):
        position, effects = other.play(columns, position)
        played += effects
    assert played == by_tick
