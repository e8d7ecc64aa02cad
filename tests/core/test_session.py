"""`core/session.py`: which days trade, at which hours, and what is refused."""

import pickle
from datetime import UTC, date, datetime, timedelta

import pytest

from core.errors import CalendarError
from core.instrument import Segment
from core.session import (
    IST,
    Market,
    Session,
    ist_date,
    ist_midnight_ns,
    load_calendar,
    market_of,
)

CALENDAR = load_calendar()
FRIDAY = date(2026, 11, 20)


def ns(text: str) -> int:
    """Return an IST wall clock time such as ``2026-11-20 09:15`` in ns UTC, by `datetime`."""
    return int(datetime.fromisoformat(text).replace(tzinfo=IST).timestamp()) * 1_000_000_000


def clock(instant_ns: int) -> str:
    """Return the IST wall clock of an instant, by `datetime`."""
    return datetime.fromtimestamp(instant_ns // 10**9, IST).strftime("%H:%M:%S")


def hours(day: date, market: Market = Market.DERIVATIVES) -> list[tuple[str, str]]:
    session = CALENDAR.session(day, market)
    assert session is not None
    return [(clock(start)[:5], clock(end)[:5]) for start, end in session.windows]


def of(day: date, market: Market = Market.DERIVATIVES) -> Session:
    session = CALENDAR.session(day, market)
    assert session is not None
    return session


def test_midnight_and_date_agree_with_datetime() -> None:
    for number in range(0, 1096, 7):
        day = date(2024, 1, 1) + timedelta(days=number)
        midnight = ist_midnight_ns(day)
        assert datetime.fromtimestamp(midnight // 10**9, UTC).astimezone(IST).date() == day
        assert ist_date(midnight) == day
        assert ist_date(midnight - 1) == day - timedelta(days=1)


@pytest.mark.parametrize(
    ("day", "market", "expected"),
    [
        (date(2026, 7, 31), Market.DERIVATIVES, ("09:15", "15:30")),
        (date(2026, 8, 3), Market.DERIVATIVES, ("09:15", "15:40")),
        (date(2026, 7, 31), Market.CASH_WITH_DERIVATIVES, ("09:15", "15:30")),
        (date(2026, 8, 3), Market.CASH_WITH_DERIVATIVES, ("09:15", "15:15")),
        (date(2024, 1, 2), Market.CASH, ("09:15", "15:30")),
        (date(2026, 8, 3), Market.CASH, ("09:15", "15:30")),
    ],
)
def test_hours_change_on_their_effective_date(
    day: date, market: Market, expected: tuple[str, str]
) -> None:
    assert hours(day, market) == [expected]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2024, 1, 20), [("09:15", "15:30")]),
        (date(2024, 3, 2), [("09:15", "10:00"), ("11:30", "12:30")]),
        (date(2024, 5, 18), [("09:15", "10:00"), ("11:45", "12:40")]),
        (date(2024, 11, 1), [("18:00", "19:00")]),
        (date(2025, 2, 1), [("09:15", "15:30")]),
        (date(2025, 10, 21), [("13:45", "14:45")]),
        (date(2026, 2, 1), [("09:15", "15:30")]),
    ],
)
def test_special_sessions_have_their_own_hours(day: date, expected: list[tuple[str, str]]) -> None:
    assert CALENDAR.is_session_day(day)
    for market in Market:
        assert hours(day, market) == expected


def test_muhurat_day_without_confirmed_hours_is_known_but_its_hours_are_refused() -> None:
    muhurat = date(2026, 11, 8)
    assert CALENDAR.is_session_day(muhurat)
    assert CALENDAR.unconfirmed_days == (muhurat,)
    with pytest.raises(CalendarError, match=r"hours of 2026-11-08 .*add a \[\[special\]\] entry"):
        CALENDAR.session(muhurat, Market.DERIVATIVES)


def test_walking_over_an_unconfirmed_day_raises_unless_told_to_skip_it() -> None:
    friday, monday = date(2026, 11, 6), date(2026, 11, 9)
    with pytest.raises(CalendarError, match="2026-11-08"):
        CALENDAR.next_session(friday, Market.DERIVATIVES)
    skipping = CALENDAR.next_session(friday, Market.DERIVATIVES, skip_unconfirmed=True)
    assert skipping.day == monday
    back = CALENDAR.previous_session(monday, Market.DERIVATIVES, skip_unconfirmed=True)
    assert back.day == friday


def test_operator_confirms_the_hours_of_muhurat() -> None:
    own = '[[special]]\ndate = 2026-11-08\nname = "Muhurat"\nwindows = ["18:15-19:15"]\n'
    session = load_calendar(own).session(date(2026, 11, 8), Market.CASH)
    assert session is not None
    assert session.open_ns == ns("2026-11-08 18:15")


@pytest.mark.parametrize("day", [date(2023, 12, 29), date(2027, 1, 4), date(2028, 6, 1)])
def test_year_outside_the_file_is_refused_naming_the_covered_ones(day: date) -> None:
    message = f"no calendar for {day.year}; covered are 2024, 2025, 2026"
    with pytest.raises(CalendarError, match=message):
        CALENDAR.is_session_day(day)
    with pytest.raises(CalendarError, match=message):
        CALENDAR.session_at(ist_midnight_ns(day), Market.CASH)


def test_walking_out_of_the_covered_years_is_refused() -> None:
    with pytest.raises(CalendarError, match="no calendar for 2027"):
        CALENDAR.next_session(date(2026, 12, 31), Market.CASH)
    with pytest.raises(CalendarError, match="no calendar for 2023"):
        CALENDAR.previous_session(date(2024, 1, 1), Market.CASH)


def test_closed_day_has_no_session() -> None:
    assert CALENDAR.session(date(2026, 11, 24), Market.DERIVATIVES) is None  # holiday
    assert CALENDAR.session(date(2026, 11, 21), Market.DERIVATIVES) is None  # Saturday


def test_window_is_half_open() -> None:
    session = of(FRIDAY)
    assert not session.contains(ns("2026-11-20 09:15") - 1)
    assert session.contains(ns("2026-11-20 09:15"))
    assert session.contains(ns("2026-11-20 15:40") - 1)
    assert not session.contains(ns("2026-11-20 15:40"))


def test_pause_between_two_windows_is_outside_the_session() -> None:
    assert CALENDAR.session_at(ns("2024-03-02 09:59"), Market.CASH) is not None
    assert CALENDAR.session_at(ns("2024-03-02 10:00"), Market.CASH) is None
    assert CALENDAR.session_at(ns("2024-03-02 11:30"), Market.CASH) is not None
    assert CALENDAR.session_at(ns("2024-03-02 12:30"), Market.CASH) is None


def test_instant_belongs_to_the_session_of_its_indian_date() -> None:
    assert CALENDAR.session_at(ns("2026-11-20 12:00"), Market.DERIVATIVES) == of(FRIDAY)
    assert CALENDAR.session_at(ns("2026-11-20 03:00"), Market.DERIVATIVES) is None


@pytest.mark.parametrize(
    ("day", "market", "expected"),
    [
        (FRIDAY, Market.DERIVATIVES, "15:15:00"),
        (FRIDAY, Market.CASH, "15:15:00"),
        (FRIDAY, Market.CASH_WITH_DERIVATIVES, "15:10:00"),
        (date(2025, 10, 21), Market.DERIVATIVES, "14:40:00"),
        (date(2024, 11, 1), Market.DERIVATIVES, "18:55:00"),
        (date(2024, 3, 2), Market.DERIVATIVES, "12:25:00"),
    ],
)
def test_square_off_is_at_1515_or_five_minutes_before_the_end(
    day: date, market: Market, expected: str
) -> None:
    assert clock(of(day, market).square_off_ns) == expected


def test_candles_are_anchored_at_the_open_of_the_session() -> None:
    assert of(FRIDAY).open_ns == ns("2026-11-20 09:15")
    assert of(date(2024, 11, 1)).open_ns == ns("2024-11-01 18:00")


def test_next_and_previous_session_jump_over_closed_days() -> None:
    monday, wednesday = date(2026, 11, 23), date(2026, 11, 25)
    assert CALENDAR.next_session(monday, Market.DERIVATIVES).day == wednesday
    assert CALENDAR.previous_session(wednesday, Market.DERIVATIVES).day == monday
    assert CALENDAR.previous_session(monday, Market.DERIVATIVES).day == FRIDAY


def test_sessions_run_in_either_direction_with_both_ends() -> None:
    first, last = date(2026, 1, 30), date(2026, 2, 2)  # Friday, Budget Sunday, Monday
    forward = [s.day for s in CALENDAR.sessions(first, last, Market.CASH)]
    backward = [s.day for s in CALENDAR.sessions(last, first, Market.CASH)]
    assert forward == [first, date(2026, 2, 1), last]
    assert backward == forward[::-1]


@pytest.mark.parametrize(("year", "count"), [(2024, 249), (2025, 249), (2026, 247)])
def test_year_has_its_number_of_sessions(year: int, count: int) -> None:
    # By hand: 262, 261, 261 weekdays, less 16, 13, 16 closures, and 3, 1, 2 weekend sessions.
    days = (date(year, 1, 1) + timedelta(days=number) for number in range(366))
    assert sum(CALENDAR.is_session_day(day) for day in days if day.year == year) == count


def test_session_survives_pickling() -> None:
    session = of(FRIDAY)
    assert pickle.loads(pickle.dumps(session)) == session  # noqa: S301  # our own bytes


def test_market_of_an_instrument() -> None:
    assert market_of(Segment.NSE_FNO) is Market.DERIVATIVES
    assert market_of(Segment.IDX_I) is Market.CASH
    assert market_of(Segment.NSE_EQ) is Market.CASH
    assert market_of(Segment.NSE_EQ, has_derivatives=True) is Market.CASH_WITH_DERIVATIVES
    with pytest.raises(CalendarError, match="no trading hours for MCX_COMM"):
        market_of(Segment.MCX_COMM)
