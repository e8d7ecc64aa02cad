"""The market's two clocks: the wall, and the feed itself."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from core.brokers.dhan.border import LTT_OFFSET_SECONDS
from core.brokers.dhan.wire import FULL, HEADER, LEVELS
from core.instrument import Instrument, InstrumentKind, Segment
from core.session import NS_PER_SECOND, load_calendar
from core.session import Market as Hours
from core.signals import Signal, SignalType
from tests.core.market import DAY
from worker.configs.rounds import Wanted
from worker.lease.lease import Lease
from worker.market.market import Market
from worker.store.journal import Journal
from worker.store.store import Store
from worker.store.supabase import Supabase

SHARE = Instrument(Segment.NSE_EQ, 2885, "RELIANCE", InstrumentKind.EQUITY, 1, Decimal("0.10"))
NOBODY = "http://127.0.0.1:9"
MARKET_STATUS = HEADER.pack(7, 8, 1, 0)


def _opening() -> int:
    session = load_calendar().session(DAY, Hours.CASH)
    assert session is not None
    return session.open_ns


OPEN_NS = _opening()
CLOSE_SECONDS = 375 * 60


def _tick(seconds: int, price: float = 1500.0, volume: int | None = None) -> bytes:
    ltt = OPEN_NS // NS_PER_SECOND + LTT_OFFSET_SECONDS + seconds
    quantity = max(1, seconds + 1) if volume is None else volume
    trade = (price, 1, ltt, price, quantity, 0, 0, 0, 0, 0, *([price] * 4))
    return FULL.pack(8, 162, 1, 2885, *trade, LEVELS.pack(*(100, 100, 1, 1, price, price) * 5))


@contextmanager
def _market(**options: Any) -> Iterator[Market]:
    """Yield a market whose store is never run: what it stores stays in memory."""
    journal = Journal(Path(":memory:"))
    supabase = Supabase(NOBODY, "nobody")
    store = Store(supabase, Lease(supabase, "test", "test"), journal)
    market = Market(UUID(int=1), load_calendar(), store, **options)
    market.watch(SHARE, has_derivatives=False)
    try:
        yield market
    finally:
        journal.close()


class Wall:
    """A clock on the wall that a test sets, seconds after the opening."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __call__(self) -> int:
        return OPEN_NS + int(self.seconds * NS_PER_SECOND)


def _candles(market: Market) -> Callable[[], int]:
    return lambda: market.counts.get("Candle", 0)


async def test_by_the_wall_a_candle_is_complete_two_seconds_after_its_end() -> None:
    wall = Wall(1)
    with _market(follows_feed=False, wall_ns=wall) as market:
        market.intake.take(_tick(1))
        wall.seconds = 61.9
        market.advance()
        assert _candles(market)() == 0
        wall.seconds = 62.0
        market.advance()
        assert _candles(market)() == 1


async def test_by_the_wall_a_trade_of_the_future_is_left_out() -> None:
    wall = Wall(10)
    with _market(follows_feed=False, wall_ns=wall) as market:
        market.intake.take(_tick(16))
        assert market.intake.odd["time_in_the_future"] == 1
        market.intake.take(_tick(15))
        assert market.intake.ticks == 1


async def test_by_the_wall_time_is_known_at_once_and_nothing_stands_still() -> None:
    with _market(follows_feed=False, wall_ns=Wall(5)) as market:
        with market.clock.starting():
            assert await market.clock.time_known() == OPEN_NS + 5 * NS_PER_SECOND
            assert not market.intake.is_held
        assert market.clock.is_trading()
    with _market(follows_feed=False, wall_ns=Wall(CLOSE_SECONDS)) as market:
        assert not market.clock.is_trading()


async def test_by_the_feed_time_begins_with_the_first_trade_of_a_session() -> None:
    with _market(follows_feed=True) as market:
        market.intake.take(_tick(-86_400 + 8 * 3600))  # Yesterday, after hours.
        assert market.intake.ticks == 1
        assert not market.clock.is_trading()
        market.intake.take(_tick(7))
        assert market.now_ns == OPEN_NS + 7 * NS_PER_SECOND
        assert market.clock.is_trading()


async def test_by_the_feed_the_first_trade_waits_for_what_is_starting() -> None:
    with _market(follows_feed=True) as market:
        with market.clock.starting():
            waiting = asyncio.create_task(market.clock.time_known())
            await asyncio.sleep(0)
            market.intake.take(_tick(7) + _tick(8))
            market.intake.take(_tick(9))
            assert await waiting == OPEN_NS + 7 * NS_PER_SECOND
            assert market.intake.ticks == 0
        assert market.intake.ticks == 3
        assert market.now_ns == OPEN_NS + 9 * NS_PER_SECOND


async def test_by_the_feed_the_market_stands_still_while_something_starts_later() -> None:
    with _market(follows_feed=True) as market:
        market.intake.take(_tick(7))
        with market.clock.starting():
            await market.clock.time_known()
            market.intake.take(_tick(8))
            with market.clock.starting():
                await market.clock.time_known()
            assert market.intake.ticks == 1
        assert market.intake.ticks == 2


async def test_by_the_feed_a_corrupt_time_does_not_move_the_clock() -> None:
    with _market(follows_feed=True) as market:
        market.intake.take(_tick(7))
        market.intake.take(_tick(11 * 86_400))
        assert market.now_ns == OPEN_NS + 7 * NS_PER_SECOND
        assert market.intake.odd["time_in_the_future"] == 1


async def test_by_the_feed_the_last_candles_are_complete_when_the_market_says_it_has_closed() -> (
    None
):
    with _market(follows_feed=True) as market:
        market.intake.take(_tick(7))
        market.intake.take(MARKET_STATUS)
        assert _candles(market)() == 0
        market.intake.take(_tick(CLOSE_SECONDS - 1))
        before = _candles(market)()
        market.intake.take(MARKET_STATUS)
        assert _candles(market)() == before + 6
        assert not market.clock.is_trading()


async def test_a_signal_about_something_nobody_watches_is_told_and_changes_nothing() -> None:
    told: list[tuple[str, str]] = []
    with _market(follows_feed=True) as market:
        market.on_bad_signal = lambda config, error: told.append((config, error))
        signal = Signal(SignalType.LONG, (Segment.NSE_EQ, 1), 0, 1.0, 0.5, 2.0, 1, "", {})
        market._apply([Wanted(0, "nobody", signal)])
    assert told == [("nobody", "instrument NSE_EQ:1 is not watched")]


async def test_whether_we_may_trade_live_is_asked_before_each_signal_is_applied() -> None:
    heard: list[str] = []
    with _market(follows_feed=False) as market:
        market.before_signals = lambda: heard.append("asked")
        market.on_bad_signal = lambda config_id, _: heard.append(config_id)
        signal = Signal(SignalType.EXIT, SHARE.key, 0, 1.0, None, None, 50, "because", {})
        market._apply([Wanted(0, "unknown", signal)])
    assert heard == ["asked", "unknown"]
