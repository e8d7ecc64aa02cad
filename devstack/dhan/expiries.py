"""When index contracts expire: by weekday, moved off holidays.

In:  a date and the trading calendar.
Out: the next weekly and monthly expiries.
Next: `devstack/dhan/listing.py`, which lists contracts for them.

Tuesdays since September 2025, Thursdays before (reference 8.3). Only the generated market
computes expiries; the product takes them from the instrument master.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from core.session import NS_PER_MINUTE, Market, TradingCalendar

_TUESDAY: Final = 1
_THURSDAY: Final = 3
_SATURDAY: Final = 5
_TUESDAYS_SINCE: Final = date(2025, 9, 1)
_ORDINARY_NS: Final = 6 * 60 * NS_PER_MINUTE  # An ordinary day has 6.25 hours or more.


def weekly_expiries(day: date, calendar: TradingCalendar, *, count: int) -> tuple[date, ...]:
    """Return the next weekly expiries from `day` on, `day` included."""
    return _first(_weeklies(day, calendar), day, count)


def monthly_expiries(day: date, calendar: TradingCalendar, *, count: int) -> tuple[date, ...]:
    """Return the next monthly expiries from `day` on: the last one of each month."""
    return _first(_monthlies(day, calendar), day, count)


def is_monthly(expiry: date) -> bool:
    """Return whether an expiry, possibly moved off a holiday, is the last one of its month."""
    moved_by = (_expiry_weekday(expiry) - expiry.weekday()) % 7
    planned = expiry + timedelta(days=moved_by)
    return (planned + timedelta(days=7)).month != planned.month


def _first(expiries: Iterator[date], day: date, count: int) -> tuple[date, ...]:
    found: list[date] = []
    while len(found) < count:
        expiry = next(expiries)
        if expiry >= day:
            found.append(expiry)
    return tuple(found)


def _weeklies(day: date, calendar: TradingCalendar) -> Iterator[date]:
    monday = day - timedelta(days=day.weekday())
    while True:
        yield _moved(monday + timedelta(days=_expiry_weekday(monday)), calendar)
        monday += timedelta(days=7)


def _monthlies(day: date, calendar: TradingCalendar) -> Iterator[date]:
    first = day.replace(day=1)
    while True:
        following = (first + timedelta(days=31)).replace(day=1)
        last = following - timedelta(days=1)
        back = (last.weekday() - _expiry_weekday(last)) % 7
        yield _moved(last - timedelta(days=back), calendar)
        first = following


def _expiry_weekday(day: date) -> int:
    return _TUESDAY if day >= _TUESDAYS_SINCE else _THURSDAY


def _moved(day: date, calendar: TradingCalendar) -> date:
    """Return `day`, or the previous ordinary trading day where it is a holiday.

    A contract may expire in a year the calendar does not know yet; there the plain weekday
    stands, as no one trades on that date in the simulator.
    """
    while day.year in calendar.years and not _is_ordinary(day, calendar):
        day -= timedelta(days=1)
    return day


def _is_ordinary(day: date, calendar: TradingCalendar) -> bool:
    """Return whether it is a weekday of full length: nothing expires in a Muhurat hour."""
    if day.weekday() >= _SATURDAY or not calendar.is_session_day(day):
        return False
    session = calendar.session(day, Market.DERIVATIVES)
    return session is not None and session.close_ns - session.open_ns >= _ORDINARY_NS
