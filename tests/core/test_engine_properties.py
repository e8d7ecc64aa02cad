"""What holds for any day at all: random ticks, quotes, gaps, signals and commands."""

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.brokers.paper import PaperSettings
from core.candle import Candle, Interval
from core.effects import Effect
from core.engine import Engine
from core.money import ZERO, to_money
from core.order import Fill
from core.risk_parameters import RiskParameters
from core.session import NS_PER_SECOND
from core.signals import Signal, SignalType
from core.tick_columns import TickColumns
from core.trade import Trade, TradeStatus
from tests.core.engine_driver import (
    CONFIG_ID,
    RUN,
    a_config,
    candles,
    depth_of,
    entries,
    fills,
    orders,
    trades,
)
from tests.core.market import CALENDAR, FUTURE, RELIANCE, at

INSTRUMENTS = (RELIANCE, FUTURE)
LOTS = (1, 75)


@dataclass(frozen=True)
class Step:
    """One event: what kind, of which instrument, how much later, at what price and volume."""

    kind: str
    which: int
    seconds: int
    ticks: int
    lots: int
    wish: SignalType


KINDS = ["tick"] * 12 + ["late", "quote", "signal", "signal", "clock", "stop"]
STEPS = st.lists(
    st.builds(
        Step,
        kind=st.sampled_from(
            ["tick"] * 12 + ["late", "quote", "signal", "signal", "clock", "stop"]
        ),
        which=st.integers(0, 1),
        seconds=st.sampled_from([0, 0, 1, 1, 2, 7, 20, 61, 400, 4_000]),
        ticks=st.integers(-30, 30),
        lots=st.integers(1, 20),
        wish=st.sampled_from(SignalType),
    ),
    min_size=20,
    max_size=120,
)


class Day:
    """Plays steps and keeps what came of them."""

    def __init__(self, steps: list[Step]) -> None:
        relaxed = RiskParameters(cooldown_minutes=0, min_reward_risk=0.0)
        self.engine = Engine(RUN, CALENDAR, paper=PaperSettings(latency_ms=300))
        self.effects: list[Effect] = list(self.engine.advance(at("09:15")))
        self.slots = [self.engine.watch(each) for each in INSTRUMENTS]
        self.engine.deploy(a_config(capital="100000000", risk=relaxed))
        self.volumes = [0, 0]
        self.prices = [1_500.0, 26_000.0]
        self.now_ns = at("09:15")
        for step in steps:
            self._play(step)
        self.effects += self.engine.advance(max(self.now_ns, at("15:30")) + 600 * NS_PER_SECOND)

    def _play(self, step: Step) -> None:
        # Five minutes past the close at the latest: what is outside the session is part of it.
        self.now_ns = min(self.now_ns + step.seconds * NS_PER_SECOND, at("15:35"))
        if step.kind == "clock":
            self.effects += self.engine.advance(self.now_ns)
        elif step.kind == "stop":
            self.effects += self.engine.stop(CONFIG_ID)
            self.engine.resume(CONFIG_ID)
        elif step.kind == "signal":
            self.effects += self.engine.signal(CONFIG_ID, self._signal(step), "digest")
        else:
            self._tick(step)

    def _tick(self, step: Step) -> None:
        at_ = step.which
        moved = self.prices[at_] + step.ticks * 0.1
        self.prices[at_] = INSTRUMENTS[at_].round_price(moved)
        if step.kind != "quote":
            self.volumes[at_] += step.lots * LOTS[at_]
        if step.lots % 2:
            size, price = step.lots * LOTS[at_], self.prices[at_]
            book = depth_of(bids=[(size, price - 0.1)], asks=[(size, price + 0.1)])
            self.engine.book(self.slots[at_], book)
        time_ns = self.now_ns - (90 * NS_PER_SECOND if step.kind == "late" else 0)
        self.effects += self.engine.tick(
            self.slots[at_], time_ns, self.prices[at_], self.volumes[at_]
        )

    def _signal(self, step: Step) -> Signal:
        price = self.prices[step.which]
        way = {SignalType.LONG: 1, SignalType.SHORT: -1, SignalType.EXIT: 0}[step.wish]
        return Signal(
            step.wish,
            INSTRUMENTS[step.which].key,
            self.engine.now_ns,
            price,
            price - way * 2.0 if way else None,
            price + way * 3.0 if way else None,
            50,
            "because",
            {},
        )


RELAXED = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@RELAXED
@given(steps=STEPS)
def test_money_is_conserved(steps: list[Step]) -> None:
    """Cash and position value are what the fills have earned, less charges, at any price."""
    day = Day(steps)
    done = fills(day.effects)
    newest = {trade.id: trade for trade in trades(day.effects)}
    booked = sum((entry.amount for entry in entries(day.effects)), ZERO)
    last = {each.key: to_money(price) for each, price in zip(INSTRUMENTS, day.prices, strict=True)}
    earned = sum(
        (fill.cash - fill.charges + fill.side.sign * fill.quantity * last[fill.instrument])
        for fill in done
    )
    value = sum((_value(trade, done, last[trade.instrument]) for trade in newest.values()), ZERO)
    assert abs(booked + value - earned) <= Decimal("0.005") * len(newest)
    assert booked == booked.quantize(Decimal("0.01"))


@RELAXED
@given(steps=STEPS)
def test_flat_books_hold_the_net_profit_and_nothing_else(steps: list[Step]) -> None:
    day = Day(steps)
    booked: dict[str, Decimal] = defaultdict(Decimal)
    for entry in entries(day.effects):
        booked[entry.trade_id] += entry.amount
    newest = {trade.id: trade for trade in trades(day.effects)}
    closed = [trade for trade in newest.values() if trade.status is TradeStatus.CLOSED]
    assert all(booked[trade.id] == trade.net_pnl for trade in closed)
    net = sum((trade.net_pnl or ZERO for trade in closed), ZERO)
    assert day.engine.account(CONFIG_ID).realised == net


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
def test_no_position_without_fills_and_no_fill_without_an_order(steps: list[Step]) -> None:
    day = Day(steps)
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
    for trade in {trade.id: trade for trade in trades(day.effects)}.values():
        assert held[trade.id] == trade.direction.sign * trade.open_quantity
        assert trade.open_quantity >= 0


@RELAXED
@given(steps=STEPS)
def test_candles_never_overlap_and_never_lose_volume(steps: list[Step]) -> None:
    day = Day(steps)
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
    done = candles(Day(steps).effects)
    for candle in done:
        inside = [
            minute
            for minute in done
            if minute.interval is Interval.M1
            and minute.instrument == candle.instrument
            and candle.open_ns <= minute.open_ns < candle.close_ns
        ]
        assert _joined(inside, candle) == candle


@RELAXED
@given(steps=STEPS)
def test_the_same_events_give_the_same_effects(steps: list[Step]) -> None:
    assert Day(steps).effects == Day(steps).effects


@RELAXED
@given(steps=STEPS)
def test_prices_paid_are_on_the_tick_and_quantities_in_lots(steps: list[Step]) -> None:
    by_key = {instrument.key: instrument for instrument in INSTRUMENTS}
    for fill in fills(Day(steps).effects):
        instrument = by_key[fill.instrument]
        assert fill.price == to_money(instrument.round_price(float(fill.price)))
        assert fill.quantity % instrument.lot_size == 0


@RELAXED
@given(steps=STEPS)
def test_at_most_one_open_trade_per_instrument_and_direction(steps: list[Step]) -> None:
    held: dict[tuple[object, object], set[str]] = defaultdict(set)
    for trade in trades(Day(steps).effects):
        place = held[trade.instrument, trade.direction]
        if trade.status is TradeStatus.OPEN:
            place.add(trade.id)
        else:
            place.discard(trade.id)
        assert len(place) <= 1


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
    for instrument in INSTRUMENTS:
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
