"""The shipped calendar against `pandas-market-calendars`, difference by difference.

The package is the second opinion, not the authority. Every day on which the two differ stands
below with its reason; the test fails when a difference appears and also when one goes away, so
that a correction on either side is noticed.
"""

from datetime import date, timedelta

import pandas_market_calendars

from core.session import IST, Market, load_calendar

FIRST, LAST = date(2024, 1, 1), date(2026, 12, 31)
NO_SESSION = ""

# Day: what the package says, and why it is wrong. The package's calendar is of the cash market.
KNOWN_ERRORS = {
    date(2024, 1, 20): (NO_SESSION, "full Saturday session, in place of 2024-01-22"),
    date(2024, 3, 2): (NO_SESSION, "Saturday, two windows from the disaster recovery site"),
    date(2024, 5, 18): (NO_SESSION, "Saturday, two windows from the disaster recovery site"),
    date(2025, 2, 1): (NO_SESSION, "Union Budget on a Saturday"),
    date(2026, 2, 1): (NO_SESSION, "Union Budget on a Sunday"),
    date(2026, 11, 8): (NO_SESSION, "Muhurat on a Sunday"),
}


def package_sessions() -> dict[date, str]:
    """Return the package's sessions as day to ``09:15-15:30`` in IST."""
    schedule = pandas_market_calendars.get_calendar("NSE").schedule(FIRST, LAST)
    return {
        row.Index.date(): "-".join(
            time.tz_convert(IST).strftime("%H:%M") for time in (row.market_open, row.market_close)
        )
        for row in schedule.itertuples()
    }


def our_sessions() -> dict[date, str]:
    """Return our sessions in the same form; a day without confirmed hours as ``unconfirmed``."""
    calendar = load_calendar()
    ours = dict.fromkeys(calendar.unconfirmed_days, "unconfirmed")
    for session in calendar.sessions(FIRST, LAST, Market.CASH, skip_unconfirmed=True):
        minutes = [
            (session.open_ns // 10**9 + 19_800) // 60 % 1440,
            (session.close_ns // 10**9 + 19_800) // 60 % 1440,
        ]
        ours[session.day] = "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in minutes)
    return ours


def test_calendar_differs_from_the_package_on_exactly_the_days_listed() -> None:
    theirs, ours = package_sessions(), our_sessions()
    days = (FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1))
    different = {
        day: theirs.get(day, NO_SESSION)
        for day in days
        if ours.get(day, NO_SESSION) != theirs.get(day, NO_SESSION)
    }
    assert different == {day: said for day, (said, _) in KNOWN_ERRORS.items()}


def test_package_still_has_the_old_closing_time_for_derivatives() -> None:
    # Its one NSE calendar ends at 15:30 also after 2026-08-03, when derivatives moved to 15:40.
    calendar = load_calendar()
    theirs = package_sessions()
    day = date(2026, 8, 3)
    session = calendar.session(day, Market.DERIVATIVES)
    assert session is not None
    assert theirs[day] == "09:15-15:30"
    assert session.close_ns - session.open_ns == 385 * 60 * 10**9


def test_package_guesses_2027_where_we_refuse() -> None:
    schedule = pandas_market_calendars.get_calendar("NSE").schedule("2027-01-01", "2027-12-31")
    weekdays = sum((date(2027, 1, 1) + timedelta(days=n)).weekday() < 5 for n in range(365))
    assert len(schedule) == weekdays
    assert 2027 not in load_calendar().years
