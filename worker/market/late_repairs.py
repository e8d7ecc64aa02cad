"""Gaps that could not be repaired in time, tried again later the same day.

In:  gaps that were given up; the broker's minutes once it has them; the rows that are stored.
Out: rows of `ohlcv_data` with the origin `revised`; a line in the log of whoever went on without.
Next: `worker/market/revision.py`, which runs this and puts the whole day right after its close.

Strategies have decided without these minutes, and what they decided stays. What is stored is put
right: the minutes of the gap, and the longer candles with a part in it that are over.
"""

import logging
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, NamedTuple, Protocol

from core.candle import Candle, InstrumentKey, Interval, Origin
from core.candle_series import CandleSeries, News
from core.errors import TradingError
from core.gap import Gap
from core.rows import candle_row, iso_time, key_text
from core.session import NS_PER_MINUTE, Session, ist_date
from worker.broker.history import History
from worker.market.market import Market

DELAYS_SECONDS: Final = (60.0, 300.0, 900.0, 1800.0, 3600.0)
"""How long to wait before each try; after the last one the gap is left to the day's revision."""
MOST_WAITING: Final = 1_000
"""Gaps that wait; more are left to the day's revision and counted."""

_log: Final = logging.getLogger(__name__)


class Stored(Protocol):
    """What is stored: `StoredCandles`."""

    async def differing(
        self, instrument: InstrumentKey, session: Session, candles: Iterable[Candle]
    ) -> list[Candle]:
        """Return the candles that are not stored, or not as they are."""
        ...


class _Late(NamedTuple):
    """A gap that waits for its next try."""

    due: float
    tries: int
    gap: Gap


class LateRepairs:
    """Try gaps again.

    Parameters
    ----------
    market, history, stored
        Who is told, what the broker has, what is stored.
    put
        Stores a candle's row.
    delays
        Seconds before each try.
    """

    def __init__(
        self,
        market: Market,
        history: History,
        stored: Stored,
        put: Callable[[dict[str, Any]], None],
        delays: Sequence[float] = DELAYS_SECONDS,
    ) -> None:
        self._market: Final = market
        self._history: Final = history
        self._stored: Final = stored
        self._put: Final = put
        self._delays: Final = delays
        self._waiting: list[_Late] = []

    def take(self, gap: Gap) -> None:
        """Remember a gap that was given up."""
        if len(self._waiting) >= MOST_WAITING:
            self._market.gap_counts["late_left"] += 1
            return
        self._waiting.append(_Late(time.monotonic() + self._delays[0], 0, gap))

    async def look(self) -> None:
        """Try one gap that is due, if there is any: every request has its turn among others."""
        now = time.monotonic()
        due = min(self._waiting, key=lambda each: each.due, default=None)
        if due is None or due.due > now:
            return
        self._waiting.remove(due)
        self._market.gap_counts["late_tries"] += 1
        if await self._repair(due.gap):
            return
        tries = due.tries + 1
        if tries < len(self._delays):
            self._waiting.append(_Late(now + self._delays[tries], tries, due.gap))
        else:
            self._market.gap_counts["late_left"] += 1

    async def _repair(self, gap: Gap) -> bool:
        """Return whether nothing is left to be done."""
        market = self._market
        if not market.is_watched(gap.instrument):
            return True
        instrument = market.engine.instrument(gap.instrument)
        hours = market.hours_of(gap.instrument)
        session = self._history.session(ist_date(gap.from_ns), hours)
        if session is None or ist_date(market.now_ns) != session.day:
            return True
        until_ns = min(market.now_ns, session.close_ns) // NS_PER_MINUTE * NS_PER_MINUTE
        try:
            minutes = await self._history.minutes(
                instrument, hours, session.open_ns, until_ns, Origin.REVISED
            )
            traded = sum(each.volume for each in minutes if _lies_in(each, gap))
            if not any(_lies_in(each, gap) for each in minutes) or traded < (gap.volume or 0):
                return False
            wrong = await self._stored.differing(
                instrument.key, session, _candles_over(minutes, gap, session, until_ns)
            )
        except TradingError as error:
            _log.info("gap of %s still not repaired: %s", instrument.symbol, error)
            return False
        for each in wrong:
            self._put(candle_row(each, instrument.symbol))
        self._tell(gap, instrument.symbol, len(wrong))
        return True

    def _tell(self, gap: Gap, symbol: str, count: int) -> None:
        market = self._market
        market.gap_counts["late_repaired"] += 1
        market.gap_counts["revised"] += count
        begin, end = (iso_time(each) for each in (gap.from_ns, gap.to_ns))
        data = {"instrument": key_text(gap.instrument), "from": begin, "to": end}
        _log.info("gap of %s repaired late", symbol, extra={"facts": {**data, "candles": count}})
        text = f"the gap in {symbol} is filled: {count} stored candles are the broker's now"
        for config_id in market.rounds.hearers(gap.instrument):
            market.on_notice(config_id, "info", text, data)


def _lies_in(candle: Candle, gap: Gap) -> bool:
    return candle.open_ns < gap.to_ns and candle.close_ns > gap.from_ns


def _candles_over(
    minutes: Sequence[Candle], gap: Gap, session: Session, until_ns: int
) -> list[Candle]:
    """Return the candles with a part in a gap that are over."""
    made: News = []
    series = CandleSeries(minutes[0].instrument, tuple(Interval))
    for minute in minutes:
        series.complete(minute.open_ns, made)
        series.add(minute, session, made)
    series.complete(until_ns, made)
    return [
        each
        for each in made
        if isinstance(each, Candle) and each.close_ns <= until_ns and _lies_in(each, gap)
    ]
