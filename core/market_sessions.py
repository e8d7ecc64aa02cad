"""The session of one market at an instant, remembered, because ticks ask all day long.

In:  the trading calendar and a market; instants in ns UTC.
Out: the session, or None where there is none: outside hours, holidays, years not covered.
Next: `core/candle_builder.py`.
"""

from typing import Final

from core.errors import CalendarError
from core.session import Market, Session, TradingCalendar, ist_date, ist_midnight_ns

_DAY_NS: Final = 86_400 * 1_000_000_000


class MarketSessions:
    """Answer in which session an instant lies, looking each day up once.

    A tick may carry any time at all (an option that has never traded says 1970), so a day that
    the calendar cannot answer for is a day without a session; the processes refuse to start on
    a day that is not covered.

    Parameters
    ----------
    calendar
        The trading calendar.
    market
        Whose hours.
    """

    __slots__ = ("_calendar", "_day_end_ns", "_day_start_ns", "_market", "_session")

    def __init__(self, calendar: TradingCalendar, market: Market) -> None:
        self._calendar: Final = calendar
        self._market: Final = market
        self._day_start_ns = 0
        self._day_end_ns = 0
        self._session: Session | None = None

    def on_day_of(self, instant_ns: int) -> Session | None:
        """Return the session of the day (IST) in which the instant lies, before and after hours."""
        if not self._day_start_ns <= instant_ns < self._day_end_ns:
            self._look_up(instant_ns)
        return self._session

    def at(self, instant_ns: int) -> Session | None:
        """Return the session in which the instant lies, None outside trading hours."""
        session = self.on_day_of(instant_ns)
        return session if session is not None and session.contains(instant_ns) else None

    def _look_up(self, instant_ns: int) -> None:
        day = ist_date(instant_ns)
        self._day_start_ns = ist_midnight_ns(day)
        self._day_end_ns = self._day_start_ns + _DAY_NS
        try:
            self._session = self._calendar.session(day, self._market)
        except CalendarError:
            self._session = None
