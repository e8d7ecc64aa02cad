"""Gaps by the wall clock: what is asked of the broker, what strategies hear, what is counted."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import httpx
import pytest
import respx

from core.candle import Candle, Interval, Origin
from core.gap import Gap, GapState
from core.hearing import Heard
from core.session import NS_PER_MINUTE, NS_PER_SECOND, load_calendar
from tests.worker.test_market import CLOSE_SECONDS, NOBODY, OPEN_NS, SHARE, Wall, _tick
from worker.broker.dhan import Dhan
from worker.broker.history import History
from worker.feed.gaps import FeedGaps
from worker.lease.lease import Lease
from worker.market.backfill import Backfill
from worker.market.market import Market
from worker.store.journal import Journal
from worker.store.store import Store
from worker.store.supabase import Supabase

API = "https://api.example/v2"
LOT = 10
"""Units traded in each true minute."""


class Ear:
    """Somebody who hears the share's candles."""

    id = "config"

    def __init__(self) -> None:
        self.heard: list[Heard] = []

    def hear(self, number: int, heard: tuple[Heard, ...]) -> bool:  # noqa: ARG002 - the shape.
        self.heard += heard
        return False

    def is_late(self, number: int) -> None:
        raise AssertionError(number)

    @property
    def minutes(self) -> list[Candle]:
        return [each for each in self.heard
                if isinstance(each, Candle) and each.interval is Interval.M1]  # fmt: skip

    @property
    def gaps(self) -> list[Gap]:
        return [each for each in self.heard if isinstance(each, Gap)]


class Scene:
    """A market by the wall clock whose feed can be lost."""

    def __init__(self, dhan: Dhan, journal: Journal, patience: float, wall: Wall) -> None:
        calendar = load_calendar()
        supabase = Supabase(NOBODY, "nobody")
        store = Store(supabase, Lease(supabase, "test", "test"), journal)
        self.wall = wall
        self.market = Market(
            UUID(int=7), calendar, store, follows_feed=False, wall_ns=wall, repairs_gaps=True
        )
        self.gaps = FeedGaps(self.market)
        self.backfill = Backfill(self.market, History(dhan, calendar), self.gaps, patience)
        self.notices: list[tuple[str, str]] = []
        self.market.on_notice = self._notice
        self.ear = Ear()
        self.market.watch(SHARE, has_derivatives=False)
        self.market.rounds.join(self.ear, [SHARE.key], [Interval.M1, Interval.D1])

    def _notice(self, config_id: str, level: str, text: str, data: dict[str, str]) -> None:
        assert (config_id, data["instrument"]) == ("config", "NSE_EQ:2885")
        self.notices.append((level, text))

    def at(self, seconds: float) -> None:
        """Let the wall clock say so many seconds after the opening."""
        self.wall.seconds = seconds
        self.market.advance()

    def trade(self, *seconds: int) -> None:
        """Take ticks; each minute has `LOT` units, one tick has them all."""
        for second in seconds:
            self.at(second)
            self.market.intake.take(_tick(second, volume=LOT * (second // 60 + 1)))

    async def settled(self) -> None:
        """Wait until no gap is waited for."""
        async with asyncio.timeout(30):
            await self.backfill.idle.wait()


@asynccontextmanager
async def _scene(patience: float = 20.0, begin: float = -60.0) -> AsyncIterator[Scene]:
    journal = Journal(Path(":memory:"))
    async with Dhan(API, "https://images.example", "1", "token") as dhan:
        scene = Scene(dhan, journal, patience, Wall(begin))
        scene.gaps.back()
        scene.at(begin)
        working = asyncio.create_task(scene.backfill.run())
        try:
            yield scene
        finally:
            working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            journal.close()


def _columns(minutes: Iterable[int]) -> dict[str, list[float]]:
    """Return true minutes as the broker has them: at 1500, but for a high at 1510."""
    numbers = list(minutes)
    return {
        "timestamp": [float(OPEN_NS // NS_PER_SECOND + 60 * each) for each in numbers],
        "open": [1500.0] * len(numbers),
        "high": [1510.0] * len(numbers),
        "low": [1500.0] * len(numbers),
        "close": [1500.0] * len(numbers),
        "volume": [float(LOT)] * len(numbers),
        "open_interest": [0.0] * len(numbers),
    }


def _numbers(candles: Iterable[Candle]) -> list[int]:
    return [(each.open_ns - OPEN_NS) // NS_PER_MINUTE for each in candles]


@respx.mock
async def test_the_brokers_minutes_come_in_their_place_and_ticks_go_on_meanwhile() -> None:
    route = respx.post(f"{API}/charts/intraday").respond(json=_columns(range(9)))
    async with _scene() as scene:
        scene.trade(5, 65, 130)
        scene.gaps.lost(0.0)
        scene.at(245)
        scene.gaps.back()
        scene.trade(250, 305)
        scene.trade(370)
        assert _numbers(scene.ear.minutes) == [0, 1]
        await scene.settled()
        scene.at(425)
    assert _numbers(scene.ear.minutes) == [0, 1, 2, 3, 4, 5, 6]
    assert [each.volume for each in scene.ear.minutes] == [LOT] * 7
    origins = [each.origin for each in scene.ear.minutes]
    assert origins == [*[Origin.LIVE] * 2, *[Origin.BACKFILLED] * 3, *[Origin.LIVE] * 2]
    assert [each.high for each in scene.ear.minutes] == [1500, 1500, *[1510] * 3, 1500, 1500]
    (gap,) = scene.ear.gaps
    assert scene.ear.heard.index(gap) == 2
    assert (gap.state, gap.candles, gap.volume) == (GapState.REPAIRED, 3, 3 * LOT)
    assert scene.notices == [("info", "the feed has a gap in RELIANCE: 3 minutes are the broker's")]
    assert route.call_count == 1


@respx.mock
async def test_an_answer_that_lacks_what_was_traded_is_asked_for_again() -> None:
    answers = [_columns([]), _columns([1]), _columns([1, 2])]
    replies = [httpx.Response(200, json=each) for each in answers]
    route = respx.post(f"{API}/charts/intraday").mock(side_effect=replies)
    async with _scene() as scene:
        _lose_a_minute(scene)
        await scene.settled()
    assert _numbers(scene.ear.minutes) == [0, 1, 2]
    assert route.call_count == 3
    assert scene.market.gap_counts["retries"] == 2


@respx.mock
async def test_a_broker_that_is_busy_is_asked_again_later() -> None:
    busy = httpx.Response(429, json={"errorCode": "DH-904", "errorMessage": "too many"})
    whole = httpx.Response(200, json=_columns([1, 2]))
    respx.post(f"{API}/charts/intraday").mock(side_effect=[busy, busy, busy, whole])
    async with _scene() as scene:
        _lose_a_minute(scene)
        await scene.settled()
    assert _numbers(scene.ear.minutes) == [0, 1, 2]
    assert scene.market.gap_counts["failures"] == 1


@respx.mock
async def test_without_an_answer_strategies_are_told_and_go_on_with_what_there_is() -> None:
    respx.post(f"{API}/charts/intraday").respond(json={})
    async with _scene(patience=0.3) as scene:
        _lose_a_minute(scene)
        await scene.settled()
        scene.at(245)
    (gap,) = scene.ear.gaps
    assert gap.state is GapState.UNREPAIRED
    assert gap.reason == f"the broker has 0 of {2 * LOT} units traded"
    assert _numbers(scene.ear.minutes) == [0, 1, 2, 3]
    assert all(each.origin is Origin.LIVE for each in scene.ear.minutes)
    assert [each.volume for each in scene.ear.minutes] == [LOT, LOT, 0, LOT]
    assert scene.market.engine.counters()["unrepaired_volume"] == LOT
    ((level, text),) = scene.notices
    assert level == "warning"
    assert text.endswith(gap.reason)
    assert scene.market.gap_counts["unrepaired"] == 1


def _lose_a_minute(scene: Scene) -> None:
    """Trade in the first, lose the feed in the second, be back in the third, trade on."""
    scene.trade(5, 64)
    scene.gaps.lost(0.0)
    scene.at(125)
    scene.gaps.back()
    scene.trade(130, 190)


@respx.mock
async def test_a_gap_at_the_close_is_filled_after_it() -> None:
    last = CLOSE_SECONDS // 60 - 1
    respx.post(f"{API}/charts/intraday").respond(json=_columns([last - 1, last]))
    async with _scene(begin=CLOSE_SECONDS - 600) as scene:
        scene.market.rounds.knows(scene.ear, [])
        scene.trade(CLOSE_SECONDS - 300)
        await scene.settled()
        scene.trade(CLOSE_SECONDS - 100)
        scene.gaps.lost(0.0)
        scene.at(CLOSE_SECONDS + 40)
        scene.gaps.back()
        scene.at(CLOSE_SECONDS + 45)
        await scene.settled()
    assert _numbers(scene.ear.minutes)[-2:] == [last - 1, last]
    assert any(isinstance(each, Candle) and each.interval is Interval.D1
               for each in scene.ear.heard)  # fmt: skip


@respx.mock
async def test_a_feed_that_is_back_after_the_opening_has_a_gap_from_the_opening_on() -> None:
    respx.post(f"{API}/charts/intraday").respond(json=_columns(range(4)))
    async with _scene() as scene:
        scene.gaps.lost(0.0)
        scene.at(130)
        scene.gaps.back()
        scene.trade(135, 190, 250)
        await scene.settled()
    assert _numbers(scene.ear.minutes) == [0, 1, 2, 3]
    assert [each.volume for each in scene.ear.minutes] == [LOT] * 4


@respx.mock
@pytest.mark.parametrize("seconds", [61.0, 121.0])
async def test_a_minute_that_ends_in_silence_waits_until_the_feed_is_known_to_live(
    seconds: float,
) -> None:
    route = respx.post(f"{API}/charts/intraday").respond(json=_columns(range(4)))
    async with _scene() as scene:
        scene.trade(5, int(seconds) - 2)
        before = len(scene.ear.minutes)
        scene.gaps.doubt(is_silent=True)
        scene.at(seconds + 3)
        assert len(scene.ear.minutes) == before
        scene.gaps.doubt(is_silent=False)
        scene.at(seconds + 3.25)
        assert len(scene.ear.minutes) == before + 1
    assert not route.called
