"""The session at an instant, remembered by day."""

from datetime import date

from core.market_sessions import MarketSessions
from core.session import Market
from tests.core.market import CALENDAR, DAY, at


def test_it_answers_inside_before_after_and_between_days() -> None:
    sessions = MarketSessions(CALENDAR, Market.CASH)
    inside = sessions.at(at("09:15"))
    assert inside is not None
    assert inside.day == DAY
    assert sessions.at(at("09:15") - 1) is None
    assert sessions.on_day_of(at("08:00")) == inside
    assert sessions.at(at("15:30")) is None
    tomorrow = sessions.at(at("10:00", date(2025, 12, 2)))
    assert tomorrow is not None
    assert sessions.at(at("10:00")) == inside


def test_days_without_a_session_and_years_not_covered_have_none() -> None:
    sessions = MarketSessions(CALENDAR, Market.CASH)
    assert sessions.on_day_of(at("10:00", date(2025, 12, 6))) is None
    assert sessions.on_day_of(0) is None
    assert sessions.on_day_of(at("10:00", date(2042, 1, 1))) is None
