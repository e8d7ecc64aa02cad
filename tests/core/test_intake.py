"""The intake: bytes in, engine calls out, everything odd counted, nothing dropped."""

from decimal import Decimal
from uuid import UUID

import pytest

from core.brokers.dhan.border import LTT_OFFSET_SECONDS
from core.brokers.dhan.wire import (
    DISCONNECT,
    FULL,
    LEVELS,
    OPEN_INTEREST,
    PREVIOUS_CLOSE,
    TICKER,
    Fields,
)
from core.candle import Candle
from core.effects import Effects
from core.engine import Engine
from core.instrument import Instrument, InstrumentKind, Segment
from core.intake import PAUSE_AT, Intake
from core.session import NS_PER_MINUTE, NS_PER_SECOND, Market, load_calendar
from tests.core.market import DAY

FUTURE_NS = 5 * NS_PER_SECOND
SHARE = Instrument(Segment.NSE_EQ, 2885, "RELIANCE", InstrumentKind.EQUITY, 1, Decimal("0.10"))


class Scene:
    """An intake with one share and a clock that stands at the opening plus an hour."""

    def __init__(self) -> None:
        calendar = load_calendar()
        session = calendar.session(DAY, Market.CASH)
        assert session is not None
        self.open_ns = session.open_ns
        self.now_ns = session.open_ns + 3600 * NS_PER_SECOND
        self.effects: list[Effects] = []
        self.control: list[Fields] = []
        self.paused: list[bool] = []
        self.holding = False
        self.engine = Engine(UUID(int=1), calendar)
        self.intake = Intake(self.engine, self._take, self.control.append, self._latest)
        self.intake.on_pause = self.paused.append
        self.intake.route(SHARE, self.engine.watch(SHARE))

    @property
    def candles(self) -> list[Candle]:
        return [each for part in self.effects for each in part if isinstance(each, Candle)]

    def ltt(self, seconds: int) -> int:
        """Return a trade time as Dhan writes it, so many seconds after the opening."""
        return self.open_ns // NS_PER_SECOND + LTT_OFFSET_SECONDS + seconds

    def full(self, seconds: int, price: float, volume: int, security_id: int = 2885) -> bytes:
        """Return a full packet."""
        levels = LEVELS.pack(*(100, 100, 1, 1, price, price) * 5)
        day = (price, price, price, price)
        trade = (price, 1, self.ltt(seconds), price, volume, 0, 0, 0, 0, 0, *day)
        return FULL.pack(8, 162, 1, security_id, *trade, levels)

    def _take(self, effects: Effects) -> None:
        self.effects.append(effects)
        if self.holding:
            self.intake.hold()

    def _latest(self, _: int) -> int:
        return self.now_ns + FUTURE_NS


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_packets_become_candles_on_the_tick_whatever_their_framing(scene: Scene) -> None:
    stacked = scene.full(0, 1500.04, 10) + scene.full(20, 1501.96, 30)
    scene.intake.take(memoryview(bytearray(stacked)))
    scene.intake.take(scene.full(65, 1502.0, 35))
    (candle,) = [each for each in scene.candles if each.interval == "1m"]
    assert (candle.open, candle.high, candle.low, candle.close) == (1500.0, 1502.0, 1500.0, 1502.0)
    assert candle.volume == 30
    assert scene.intake.ticks == 3


def test_what_is_odd_is_counted_and_left_out(scene: Scene) -> None:
    scene.intake.take(scene.full(0, float("nan"), 1))
    scene.intake.take(scene.full(0, float("inf"), 1))
    scene.intake.take(scene.full(0, 0.0, 1))
    scene.intake.take(scene.full(0, 10.0, 1, security_id=1))
    scene.intake.take(scene.full(3600 + 6, 10.0, 1))
    scene.intake.take(scene.full(0, 10.0, 1)[:100])
    scene.intake.take(b"")
    assert scene.intake.odd == {
        "price_not_finite": 2,
        "price_not_positive": 1,
        "unknown_instrument": 1,
        "time_in_the_future": 1,
    }
    assert scene.intake.wire.malformed == 1
    assert scene.intake.ticks == 0
    assert scene.engine.now_ns == 0


def test_a_trade_time_within_the_tolerance_is_taken(scene: Scene) -> None:
    scene.intake.take(scene.full(3600 + 5, 1500.0, 1))
    assert scene.engine.now_ns == scene.now_ns + FUTURE_NS


def test_open_interest_and_yesterdays_close_are_remembered(scene: Scene) -> None:
    scene.intake.take(OPEN_INTEREST.pack(5, 12, 1, 2885, 4242))
    scene.intake.take(PREVIOUS_CLOSE.pack(6, 16, 1, 2885, 1499.9, 0))
    (route,) = scene.intake.routes
    assert route.open_interest == 4242
    assert route.previous_close == 1499.9


def test_a_disconnect_is_handed_on(scene: Scene) -> None:
    scene.intake.take(DISCONNECT.pack(50, 10, 0, 0, 805))
    assert [fields[4] for fields in scene.control] == [805]


def test_an_index_ticker_has_no_volume(scene: Scene) -> None:
    index = Instrument(Segment.IDX_I, 13, "NIFTY", InstrumentKind.INDEX, 1, Decimal("0.05"))
    slot = scene.engine.watch(index)
    scene.intake.route(index, slot)
    scene.intake.take(TICKER.pack(2, 16, 0, 13, 26000.05, scene.ltt(0)))
    assert scene.engine.last_price(slot) == 26000.05


def test_while_held_messages_queue_untouched_and_come_in_order_afterwards(scene: Scene) -> None:
    buffer = bytearray(scene.full(0, 1500.0, 10))
    scene.intake.hold()
    scene.intake.take(memoryview(buffer))
    buffer[:] = b"\0" * len(buffer)  # The socket's buffer is used again.
    scene.intake.take(scene.full(61, 1501.0, 20))
    assert scene.intake.ticks == 0
    scene.intake.hold()
    scene.intake.release()
    assert scene.intake.ticks == 0
    scene.intake.release()
    assert scene.intake.ticks == 2
    assert [each.close for each in scene.candles] == [1500.0]


def test_the_packets_behind_the_one_that_stopped_the_market_wait_too(scene: Scene) -> None:
    scene.holding = True
    message = b"".join(scene.full(60 * each, 1500.0 + each, 10 + each) for each in range(3))
    scene.intake.take(message)
    assert len(scene.candles) == 1
    assert scene.intake.ticks == 2
    scene.intake.take(scene.full(180, 1503.0, 20))
    scene.intake.release()
    assert len(scene.candles) == 2
    scene.intake.release()
    assert [each.close for each in scene.candles] == [1500.0, 1501.0, 1502.0]
    assert scene.intake.dropped == 0


def test_reading_stops_while_too_much_waits_and_goes_on_afterwards(scene: Scene) -> None:
    scene.intake.hold()
    for each in range(PAUSE_AT + 3):
        scene.intake.take(scene.full(each % 60, 1500.0, 10 + each))
    assert set(scene.paused) == {True}
    assert scene.intake.pauses == 1
    scene.intake.release()
    assert scene.paused[-1] is False
    assert scene.intake.ticks == PAUSE_AT + 3
    assert scene.intake.queued == 0


def test_the_reason_of_a_disconnect_is_heard_even_while_held(scene: Scene) -> None:
    scene.intake.hold()
    scene.intake.take(scene.full(5, 1500.0, 10))
    scene.intake.take(DISCONNECT.pack(50, 10, 1, 0, 806))
    assert [fields[4] for fields in scene.control] == [806]
    assert (scene.intake.queued, scene.intake.ticks) == (1, 0)
    scene.intake.release()
    assert scene.intake.ticks == 1
    assert len(scene.control) == 1


def test_what_is_to_be_done_between_messages_waits_for_those_before_it(scene: Scene) -> None:
    seen: list[int] = []
    scene.intake.hold()
    scene.intake.take(scene.full(5, 1500.0, 10))
    scene.intake.between(lambda: seen.append(scene.intake.ticks))
    scene.intake.take(scene.full(6, 1500.0, 20))
    assert seen == []
    scene.intake.release()
    assert (seen, scene.intake.ticks) == ([1], 2)


def test_of_a_feed_that_plays_again_nothing_older_is_taken(scene: Scene) -> None:
    scene.intake.take(scene.full(0, 1500.0, 10))
    scene.intake.take(scene.full(58, 1502.0, 30))  # Where a checkpoint would be taken.
    scene.intake.hold()
    # From somewhere before the turn of the minute everything comes again, in whatever messages.
    scene.intake.take(scene.full(58, 1501.0, 20) + scene.full(58, 1502.0, 30))
    scene.intake.take(scene.full(59, 1502.0, 30))
    scene.intake.take(scene.full(58, 1501.0, 20) + scene.full(60, 1503.0, 40))
    scene.intake.take(scene.full(59, 1502.5, 45))  # A late one: it comes after the turn.
    times = [each - scene.open_ns for each in scene.intake.waiting_times()]
    assert times == [each * NS_PER_SECOND for each in (58, 58, 59, 58, 60, 59)]
    scene.intake.skip_until(scene.open_ns + NS_PER_MINUTE)
    scene.intake.release()
    assert scene.intake.ticks == 4
    assert scene.engine.last_price(scene.engine.slot_of(SHARE.key)) == 1503.0
    scene.intake.take(scene.full(125, 1504.0, 50))
    assert [each.close for each in scene.candles] == [1502.0, 1503.0]


def test_a_turn_is_told_before_its_first_tick(scene: Scene) -> None:
    turns: list[tuple[int, int]] = []

    def turn(time_ns: int) -> int:
        turns.append((time_ns, scene.intake.ticks))
        return time_ns - time_ns % NS_PER_MINUTE + NS_PER_MINUTE

    scene.intake.on_turn, scene.intake.turn_ns = turn, 0
    for second in (1, 30, 59, 60, 61, 200):
        scene.intake.take(scene.full(second, 1500.0, 10 + second))
    seconds = [((time_ns - scene.open_ns) // NS_PER_SECOND, ticks) for time_ns, ticks in turns]
    assert seconds == [(1, 0), (60, 3), (200, 5)]
