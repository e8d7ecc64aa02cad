"""After the close: what we have of the day held against the broker's history, and put right.

In:  watched instruments whose session is over; the broker's candles; the rows that are stored.
Out: rows of `ohlcv_data` with the origin `revised`; counts.
Next: `worker/broker/history.py`.

The broker revises about a tenth of a day's minutes later, and what a gap has cost or a contract
traded before it was subscribed may be missing. So every minute is read again; those that differ are
replaced, and longer candles are added up anew. The candle of the day becomes the broker's once
there is one, because the official close is not the last trade.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Any, Final

from core.candle import Candle, Interval, Origin
from core.candle_series import CandleSeries, News
from core.errors import TradingError
from core.gap import Gap
from core.instrument import Instrument
from core.rows import candle_row, key_text
from core.session import NS_PER_MINUTE, Market, Session, ist_date
from worker.broker.history import History
from worker.market.late_repairs import LateRepairs
from worker.market.market import Market as OurMarket
from worker.market.stored_candles import StoredCandles
from worker.store.store import Store
from worker.store.supabase import Supabase

AFTER_CLOSE_NS: Final = 20 * NS_PER_MINUTE
"""How long after the close of a session its history is read."""
AGAIN_SECONDS: Final = 3600.0
"""How long to wait for what was not there yet, or could not be had."""
MOST_TRIES: Final = 8
_LOOK_SECONDS: Final = 1.0
_FLUSH_SECONDS: Final = 5.0

_log: Final = logging.getLogger(__name__)


class Revision:
    """Put each day right.

    Parameters
    ----------
    market, history, store, supabase
        What is watched, what the broker has, where rows go, where they are.
    """

    def __init__(
        self,
        market: OurMarket,
        history: History,
        store: Store,
        supabase: Supabase,
    ) -> None:
        self._market: Final = market
        self._history: Final = history
        self._store: Final = store
        self._stored: Final = StoredCandles(store, supabase)
        self._late: Final = LateRepairs(market, history, self._stored, self._put)
        # A feed that is the clock ends with the session: nothing is later than its close.
        self._after_ns: Final = 0 if market.follows_feed else AFTER_CLOSE_NS
        self._done: Final[dict[tuple[str, int], int]] = {}
        """Tries by instrument and session; `MOST_TRIES` when nothing is left to be done."""
        self._next_try: Final[dict[tuple[str, int], float]] = {}

    def try_again(self, gap: Gap) -> None:
        """Try to repair a gap later that was given up."""
        self._late.take(gap)

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            for instrument, hours in self._market.watched():
                session = self._session_over(hours)
                if session is not None and self._is_due(instrument, session):
                    await self._revise(instrument, hours, session)
            await self._late.look()
            await asyncio.sleep(_LOOK_SECONDS)

    def _put(self, row: dict[str, Any]) -> None:
        self._market.put_own("candle", row)

    def _session_over(self, hours: Market) -> Session | None:
        """Return today's session if it has been over for long enough."""
        now_ns = self._market.now_ns
        if not now_ns:
            return None
        session = self._history.session(ist_date(now_ns), hours)
        return session if session and session.close_ns + self._after_ns <= now_ns else None

    def _is_due(self, instrument: Instrument, session: Session) -> bool:
        place = (key_text(instrument.key), session.open_ns)
        if instrument.key in self._market.engine.open_gaps:
            return False  # It will be closed first.
        is_left = self._done.get(place, 0) < MOST_TRIES
        return is_left and self._next_try.get(place, 0.0) <= time.monotonic()

    async def _revise(self, instrument: Instrument, hours: Market, session: Session) -> None:
        """Put one instrument's day right as far as the broker has it."""
        if not await self._store.flush(_FLUSH_SECONDS):
            return  # What is not stored yet cannot be compared; soon it will be.
        place, counts = (key_text(instrument.key), session.open_ns), self._market.gap_counts
        self._done[place] = self._done.get(place, 0) + 1
        self._next_try[place] = time.monotonic() + AGAIN_SECONDS
        counts["revision_requests"] += 1
        try:
            true = await self._history.minutes(
                instrument, hours, session.open_ns, session.close_ns, Origin.REVISED
            )
            official = await self._history.day(instrument, hours, session)
            ought = revised(true, session, official)
            changed = await self._stored.differing(instrument.key, session, ought)
        except TradingError as error:
            counts["revision_failures"] += 1
            _log.warning("%s is not revised yet: %s", instrument.symbol, error)
            return
        for each in changed:
            self._put(candle_row(each, instrument.symbol))
        counts["revised"] += len(changed)
        if changed:
            facts = {"candles": len(changed), "day": str(session.day)}
            _log.info("%s revised", instrument.symbol, extra={"facts": facts})
        if official is not None or not true:
            self._done[place] = MOST_TRIES


def revised(minutes: Sequence[Candle], session: Session, official: Candle | None) -> list[Candle]:
    """Return what a day's candles of all intervals ought to be.

    Parameters
    ----------
    official
        The broker's own candle of the day, None while there is none.
    """
    if not minutes:
        return []
    series = CandleSeries(minutes[0].instrument, tuple(Interval))
    news: News = []
    for minute in minutes:
        series.complete(minute.open_ns, news)
        series.add(minute, session, news)
    series.complete(session.close_ns, news)
    made = [each for each in news if isinstance(each, Candle)]
    if official is None:
        return made
    day = Candle(*official.as_tuple(), Origin.REVISED)
    return [day if each.interval is Interval.D1 else each for each in made]
