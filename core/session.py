"""When the market trades: sessions by date, by instant and by market, in UTC nanoseconds.

In:  the rules of `core/calendar_file.py`; a date (IST) or an instant (integer ns UTC).
Out: `Session`, one day's trading of one market as half-open windows.
Next: `core/tick.py`, what arrives during one.

Nothing is guessed: a year the rules do not cover and a day whose hours are not confirmed are
errors that say what to add.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Final

from core.calendar_file import CalendarRules, parse_rules
from core.errors import CalendarError
from core.trading_hours import (
    IST,
    IST_OFFSET_SECONDS,
    NS_PER_MINUTE,
    NS_PER_SECOND,
    Hours,
    Market,
    Session,
    Window,
    ist_date,
    ist_midnight_ns,
    market_of,
)

__all__ = [
    "IST",
    "IST_OFFSET_SECONDS",
    "NS_PER_MINUTE",
    "NS_PER_SECOND",
    "Market",
    "Session",
    "TradingCalendar",
    "Window",
    "ist_date",
    "ist_midnight_ns",
    "load_calendar",
    "market_of",
]

_SATURDAY: Final = 5
_ONE_DAY: Final = timedelta(days=1)
_SHIPPED: Final = "nse_calendar.toml"


class TradingCalendar:
    """Answer when a market trades.

    Parameters
    ----------
    rules
        What the calendar files say.

    Examples
    --------
    >>> calendar = load_calendar()
    >>> session = calendar.session(date(2026, 8, 3), Market.DERIVATIVES)
    >>> (session.close_ns - session.open_ns) // NS_PER_MINUTE
    385
    >>> calendar.session(date(2026, 11, 10), Market.DERIVATIVES) is None
    True
    """

    def __init__(self, rules: CalendarRules) -> None:
        self._rules = rules
        self._ordinary = {market: sorted(by.items()) for market, by in rules.ordinary.items()}

    @property
    def years(self) -> tuple[int, ...]:
        """The covered years, in order."""
        return tuple(sorted(self._rules.years))

    @property
    def unconfirmed_days(self) -> tuple[date, ...]:
        """Days on which there is a session whose hours the rules do not hold, in order."""
        special = self._rules.special.items()
        return tuple(sorted(day for day, entry in special if entry.hours == ()))

    def is_session_day(self, day: date) -> bool:
        """Return whether there is trading on `day`, even where the hours are not confirmed.

        Raises
        ------
        CalendarError
            If the year is not covered.
        """
        self._require_covered(day)
        if day in self._rules.special:
            return True
        return day.weekday() < _SATURDAY and day not in self._rules.closed

    def session(self, day: date, market: Market) -> Session | None:
        """Return the session of `day` (IST), None on a day without trading.

        Raises
        ------
        CalendarError
            If the year is not covered, or the day's hours are not confirmed.
        """
        if not self.is_session_day(day):
            return None
        midnight = ist_midnight_ns(day)
        windows = tuple(
            Window(midnight + hours.start * NS_PER_MINUTE, midnight + hours.end * NS_PER_MINUTE)
            for hours in self._hours(day, market)
        )
        return Session(day, market, windows)

    def session_at(self, instant_ns: int, market: Market) -> Session | None:
        """Return the session to which an instant belongs, None while the market does not trade.

        Raises
        ------
        CalendarError
            As `session`.
        """
        session = self.session(ist_date(instant_ns), market)
        return session if session is not None and session.contains(instant_ns) else None

    def sessions(
        self, first: date, last: date, market: Market, *, skip_unconfirmed: bool = False
    ) -> Iterator[Session]:
        """Yield the sessions from `first` to `last`, both included; backwards if `last` is earlier.

        Parameters
        ----------
        skip_unconfirmed
            Leave out days whose hours are not confirmed, where the default is to raise.

        Raises
        ------
        CalendarError
            As `session`.
        """
        step = _ONE_DAY if last >= first else -_ONE_DAY
        unconfirmed = set(self.unconfirmed_days) if skip_unconfirmed else set()
        for number in range(abs((last - first).days) + 1):
            day = first + step * number
            session = None if day in unconfirmed else self.session(day, market)
            if session is not None:
                yield session

    def next_session(self, day: date, market: Market, *, skip_unconfirmed: bool = False) -> Session:
        """Return the first session after `day`; raises as `sessions`."""
        return next(
            self.sessions(day + _ONE_DAY, date.max, market, skip_unconfirmed=skip_unconfirmed)
        )

    def previous_session(
        self, day: date, market: Market, *, skip_unconfirmed: bool = False
    ) -> Session:
        """Return the last session before `day`; raises as `sessions`."""
        return next(
            self.sessions(day - _ONE_DAY, date.min, market, skip_unconfirmed=skip_unconfirmed)
        )

    def _hours(self, day: date, market: Market) -> tuple[Hours, ...]:
        special = self._rules.special.get(day)
        if special is None or special.hours is None:
            return self._ordinary_hours(day, market)
        if not special.hours:
            raise CalendarError(
                f"the hours of {day} ({special.name}) are not confirmed; add a [[special]] entry "
                f'with date = {day} and windows = ["HH:MM-HH:MM"] to your calendar file'
            )
        return special.hours

    def _ordinary_hours(self, day: date, market: Market) -> tuple[Hours, ...]:
        for first_day, hours in reversed(self._ordinary.get(market, [])):
            if first_day <= day:
                return hours
        raise CalendarError(f"no ordinary hours of {market} on {day}; add an [[hours]] entry")

    def _require_covered(self, day: date) -> None:
        if day.year not in self._rules.years:
            covered = ", ".join(str(year) for year in self.years)
            raise CalendarError(
                f"no calendar for {day.year}; covered are {covered} (a calendar file adds years)"
            )


def load_calendar(*own_texts: str) -> TradingCalendar:
    """Return the calendar shipped with the project, with the operator's own texts laid over it.

    Parameters
    ----------
    own_texts
        Contents of files of the same form; a later one wins.

    Raises
    ------
    DataError
        If a text is malformed; names the key and the value.
    """
    rules = parse_rules(_shipped_text(), _SHIPPED)
    for number, text in enumerate(own_texts, start=1):
        rules.lay_over(parse_rules(text, f"calendar file {number}"))
    return TradingCalendar(rules)


@cache
def _shipped_text() -> str:
    return Path(__file__).with_name(_SHIPPED).read_text(encoding="utf-8")
