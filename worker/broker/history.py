"""The candles a strategy has to see before it may speak, out of Dhan's history.

In:  an instrument, an interval, how many, and until when.
Out: candles as the engine would have made them, oldest first.
Next: `core/brokers/dhan/history.py`, which makes them; `worker/configs/deployment.py`.

Minutes are asked for, and longer candles are their sums, made by the engine's own class, so they
begin and end where the engine's do; Dhan's own need not. Only the candle of a whole day is Dhan's
once there is one: the official close is not the last trade.
"""

import logging
from datetime import date, datetime, timedelta
from typing import Any, Final

from core.brokers.dhan.history import days_of, minutes_of, sums_of
from core.candle import Candle, Interval, Origin
from core.errors import CalendarError
from core.instrument import Instrument
from core.market_sessions import MarketSessions
from core.session import (
    IST,
    NS_PER_SECOND,
    Market,
    Session,
    TradingCalendar,
    ist_date,
)
from worker.broker.dhan import Dhan

_MOST_DAYS: Final = 90
_ONE_DAY: Final = timedelta(days=1)
_log: Final = logging.getLogger(__name__)


class History:
    """Candles of the past.

    Parameters
    ----------
    dhan
        Where from.
    calendar
        Which days to ask for.
    """

    def __init__(self, dhan: Dhan, calendar: TradingCalendar) -> None:
        self._dhan: Final = dhan
        self._calendar: Final = calendar

    async def minutes(
        self, instrument: Instrument, market: Market, from_ns: int, to_ns: int, origin: Origin
    ) -> list[Candle]:
        """Return the minutes that begin in ``[from_ns, to_ns)`` and are over by its end.

        Parameters
        ----------
        origin
            Written into the candles.

        Raises
        ------
        ConfigError, BrokerError, DataError
            As `candles`.
        """
        begin = datetime.fromtimestamp(from_ns // NS_PER_SECOND, IST)
        end = datetime.fromtimestamp(to_ns // NS_PER_SECOND, IST)
        columns = await self._dhan.minutes(instrument, f"{begin:%F %T}", f"{end:%F %T}")
        sessions = MarketSessions(self._calendar, market)
        found = _minutes(instrument, columns, sessions, to_ns, origin)
        return sorted((each for each in found if each.open_ns >= from_ns), key=_begin_of)

    async def candles(
        self, instrument: Instrument, market: Market, interval: Interval, count: int, until_ns: int
    ) -> list[Candle]:
        """Return the last `count` candles that end at or before `until_ns`.

        There may be fewer: a contract that is new, a day without trades.

        Raises
        ------
        ConfigError, BrokerError
            If Dhan refuses or cannot be reached.
        DataError
            If what it sends is not candles.
        """
        if count <= 0:
            return []
        if interval is Interval.D1:
            return (await self._days(instrument, market, count, until_ns))[-count:]
        first = self._first_day(market, interval, count, until_ns)
        begin = datetime.combine(first, datetime.min.time(), IST)
        end = datetime.fromtimestamp(until_ns // NS_PER_SECOND, IST) + timedelta(minutes=1)
        sessions = MarketSessions(self._calendar, market)
        found: list[Candle] = []
        while begin < end:
            stop = min(end, begin + timedelta(days=_MOST_DAYS))
            columns = await self._dhan.minutes(instrument, f"{begin:%F %T}", f"{stop:%F %T}")
            found += _minutes(instrument, columns, sessions, until_ns)
            begin = stop
        if interval is Interval.M1:
            return found[-count:]
        return list(sums_of(found, interval, sessions, until_ns))[-count:]

    def session(self, day: date, market: Market) -> Session | None:
        """Return the session of a day; raises CalendarError as the calendar does."""
        return self._calendar.session(day, market)

    async def day(self, instrument: Instrument, market: Market, session: Session) -> Candle | None:
        """Return the broker's own candle of one session, None while there is none.

        Raises
        ------
        ConfigError, BrokerError, DataError
            As `candles`.
        """
        columns = await self._dhan.days(instrument, session.day, session.day + _ONE_DAY)
        sessions = MarketSessions(self._calendar, market)
        found = days_of(instrument, columns, sessions, session.close_ns).candles
        return found[-1] if found and found[-1].open_ns == session.open_ns else None

    async def _days(
        self, instrument: Instrument, market: Market, count: int, until_ns: int
    ) -> list[Candle]:
        """Return daily candles: the broker's and, of a day that has none yet, our own sum."""
        first = self._first_day(market, Interval.D1, count, until_ns)
        stop = ist_date(until_ns) + _ONE_DAY
        sessions = MarketSessions(self._calendar, market)
        columns = await self._dhan.days(instrument, first, stop)
        found = list(days_of(instrument, columns, sessions, until_ns).candles)
        last = self._last_session(market, until_ns)
        if last is not None and not (found and found[-1].open_ns >= last.open_ns):
            minutes = await self.minutes(
                instrument, market, last.open_ns, last.close_ns, Origin.BACKFILLED
            )
            found += sums_of(minutes, Interval.D1, sessions, until_ns)
        return found

    def _last_session(self, market: Market, until_ns: int) -> Session | None:
        """Return the last session that is over."""
        try:
            return next(
                session
                for session in self._calendar.sessions(
                    ist_date(until_ns), date.min, market, skip_unconfirmed=True
                )
                if session.close_ns <= until_ns
            )
        except CalendarError:
            return None

    def _first_day(self, market: Market, interval: Interval, count: int, until_ns: int) -> date:
        """Return the day from which on there should be enough candles; today's may be few."""
        day = ist_date(until_ns)
        needed = count
        while needed > 0:
            try:
                session = self._calendar.previous_session(day, market, skip_unconfirmed=True)
            except CalendarError:  # Before the first year that the calendar covers.
                break
            day = session.day
            needed -= _per_session(session, interval)
        return day


def _per_session(session: Session, interval: Interval) -> int:
    length = session.close_ns - session.open_ns
    return max(1, length // interval.length_ns)


def _begin_of(candle: Candle) -> int:
    return candle.open_ns


def _minutes(
    instrument: Instrument,
    columns: dict[str, Any],
    sessions: MarketSessions,
    until_ns: int,
    origin: Origin = Origin.LIVE,
) -> list[Candle]:
    """Return Dhan's columns as candles; those outside trading hours are left out and counted."""
    found = minutes_of(instrument, columns, sessions, until_ns, origin)
    if found.outside_hours:
        _log.warning(
            "%d candles of %s lie outside trading hours", found.outside_hours, instrument.symbol
        )
    return list(found.candles)
