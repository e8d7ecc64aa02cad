"""A gap that could not be repaired in time, and what the broker says of it an hour later."""

from collections.abc import Iterable
from typing import Any

import respx

from core.candle import Candle, InstrumentKey
from core.rows import candle_row
from core.session import Session
from tests.worker.test_backfill import API, LOT, Scene, _columns, _lose_a_minute, _scene
from tests.worker.test_market import OPEN_NS
from worker.broker.history import History
from worker.market.late_repairs import LateRepairs
from worker.market.stored_candles import differing


class Stored:
    """Rows in memory."""

    def __init__(self) -> None:
        self.rows: dict[tuple[str, str], dict[str, Any]] = {}

    def put(self, row: dict[str, Any]) -> None:
        self.rows[row["timeframe"], row["timestamp"]] = row

    async def differing(
        self, instrument: InstrumentKey, session: Session, candles: Iterable[Candle]
    ) -> list[Candle]:
        assert session.open_ns == OPEN_NS
        assert all(each.instrument == instrument for each in candles)
        return differing(candles, self.rows.values())


def _late(scene: Scene, history: History, *delays: float) -> tuple[LateRepairs, Stored]:
    stored = Stored()
    late = LateRepairs(scene.market, history, stored, stored.put, delays or (0.0,))
    scene.backfill.on_given_up = late.take
    scene.market.on_candle = lambda each: stored.put(candle_row(each, "RELIANCE"))
    return late, stored


def _minutes(stored: Stored) -> list[tuple[int, str]]:
    rows = [row for (interval, _), row in sorted(stored.rows.items()) if interval == "1m"]
    return [(row["volume"], row["origin"]) for row in rows]


@respx.mock
async def test_what_is_stored_is_put_right_and_its_hearers_read_of_it() -> None:
    route = respx.post(f"{API}/charts/intraday").respond(json={})
    async with _scene(patience=0.3) as scene:
        late, stored = _late(scene, scene.backfill._history)
        _lose_a_minute(scene)
        await scene.settled()
        scene.at(310)
        assert scene.market.gap_counts["unrepaired"] == 1
        assert _minutes(stored)[1:3] == [(LOT, "live"), (0, "live")]
        route.respond(json=_columns(range(5)))
        await late.look()
        assert _minutes(stored)[1:3] == [(LOT, "revised")] * 2
        assert _minutes(stored)[0] == (LOT, "live")  # Outside the gap, and right.
        five = stored.rows["5m", min(time for interval, time in stored.rows if interval == "5m")]
        assert (five["volume"], five["origin"]) == (5 * LOT, "revised")
        assert not {interval for interval, _ in stored.rows} & {"15m", "1h", "4h", "1d"}
        assert scene.market.gap_counts["late_repaired"] == 1
        level, text = scene.notices[-1]
        assert (level, "the gap in RELIANCE is filled" in text) == ("info", True)
        await late.look()
        assert scene.market.gap_counts["late_tries"] == 1


@respx.mock
async def test_it_is_tried_so_often_and_then_left_to_the_revision_of_the_day() -> None:
    respx.post(f"{API}/charts/intraday").respond(json={})
    async with _scene(patience=0.3) as scene:
        late, stored = _late(scene, scene.backfill._history, 0.0, 0.0, 0.0)
        _lose_a_minute(scene)
        await scene.settled()
        scene.at(310)
        before = dict(stored.rows)
        for _ in range(5):
            await late.look()
        assert scene.market.gap_counts["late_tries"] == 3
        assert scene.market.gap_counts["late_left"] == 1
        assert stored.rows == before


@respx.mock
async def test_a_gap_is_not_tried_before_its_time_nor_on_another_day() -> None:
    route = respx.post(f"{API}/charts/intraday").respond(json={})
    async with _scene(patience=0.3) as scene:
        late, _ = _late(scene, scene.backfill._history, 3600.0)
        _lose_a_minute(scene)
        await scene.settled()
        asked = route.call_count
        await late.look()
        assert route.call_count == asked
        late, _ = _late(scene, scene.backfill._history, 0.0)
        scene.trade(400)
        scene.gaps.lost(0.0)
        scene.at(425)
        scene.gaps.back()
        scene.trade(430, 500)
        await scene.settled()
        asked = route.call_count
        scene.at(26 * 60 * 60)
        await late.look()
        assert route.call_count == asked
        assert scene.market.gap_counts["late_tries"] == 1
