"""`core/calendar_file.py`: what a calendar file may say, and how one is laid over another."""

from datetime import date

import pytest

from core.calendar_file import parse_rules
from core.errors import DataError
from core.session import load_calendar
from core.trading_hours import Hours, Market

GOOD = """
years = [2030]
[[hours]]
market = "cash"
from = 2030-01-01
windows = ["09:15-10:00", "11:30-15:30"]
[closed]
2030-01-26 = "Republic Day"
[[special]]
date = 2030-02-02
name = "Saturday"
windows = ["09:15-10:00"]
"""


def test_every_entry_of_a_file_is_read() -> None:
    rules = parse_rules(GOOD, "own.toml")
    assert rules.years == {2030}
    assert rules.ordinary[Market.CASH] == {date(2030, 1, 1): (Hours(555, 600), Hours(690, 930))}
    assert rules.closed == {date(2030, 1, 26): "Republic Day"}
    assert rules.special[date(2030, 2, 2)].hours == (Hours(555, 600),)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("years = [2030]", "years = 2030", "years is 2030, must be a list"),
        ("years = [2030]", "years = [true]", "years is \\[True\\], must be a list"),
        ("years = [2030]", "yaers = [2030]", "yaers = \\[2030\\] is not a key of this file"),
        ('"cash"', '"equity"', "hours\\[0\\].market is 'equity', must be one of derivatives, cash"),
        ("from = 2030-01-01", "from = 2030", "hours\\[0\\].from is 2030, must be a date"),
        ("from =", "form =", "hours\\[0\\].form = .* is not a key"),
        ("11:30-15:30", "11:30 - 15:30", "holds '11:30 - 15:30', must be written as"),
        ("11:30-15:30", "11:30-24:30", "holds '11:30-24:30', must be written as"),
        ("11:30-15:30", "15:30-11:30", "holds '15:30-11:30', must end after it starts"),
        ("11:30-15:30", "09:45-15:30", "holds '09:45-15:30', must end after it starts and follow"),
        ('["09:15-10:00"]', '"09:15-10:00"', "special\\[0\\].windows is '09:15-10:00', must be"),
        ('["09:15-10:00"]', "[]", "special\\[0\\].windows is \\[\\], must be a list"),
        ("2030-01-26", "26-01-2030", "closed.26-01-2030 is not a date"),
        ('"Republic Day"', "1", "closed.2030-01-26 is 1, must be a text"),
        ("2030-02-02", "2030-01-26", "special\\[0\\].date is 2030-01-26, a date this file has"),
        ('name = "Saturday"', "", "special\\[0\\].name is None, must be a text"),
        ("[closed]", "[[closed]]", "closed is .*, must be a table"),
        ("[[special]]", "[special]", "special is .*, must be a list of tables"),
        ("years = [2030]", "years = [2030", "not a TOML file"),
    ],
)
def test_malformed_file_is_refused_naming_file_key_and_value(
    old: str, new: str, message: str
) -> None:
    with pytest.raises(DataError, match=f"own.toml: .*{message}"):
        parse_rules(GOOD.replace(old, new), "own.toml")


def test_own_file_adds_a_year() -> None:
    calendar = load_calendar(GOOD)
    session = calendar.session(date(2030, 1, 2), Market.CASH)
    assert session is not None
    assert len(session.windows) == 2
    assert calendar.years == (2024, 2025, 2026, 2030)


def test_own_file_closes_a_day_the_shipped_one_trades() -> None:
    own = '[closed]\n2026-11-20 = "Elections"\n2026-11-08 = "Muhurat cancelled"\n'
    calendar = load_calendar(own)
    assert not calendar.is_session_day(date(2026, 11, 20))
    assert not calendar.is_session_day(date(2026, 11, 8))
    assert calendar.unconfirmed_days == ()


def test_own_file_opens_a_day_the_shipped_one_closes() -> None:
    own = '[[special]]\ndate = 2026-11-24\nname = "Holiday moved"\nwindows = "ordinary"\n'
    calendar = load_calendar(own)
    session = calendar.session(date(2026, 11, 24), Market.DERIVATIVES)
    assert session == calendar.session(date(2026, 11, 24), Market.DERIVATIVES)
    assert session is not None
    assert (session.close_ns - session.open_ns) // 60_000_000_000 == 385


def test_own_hours_replace_the_shipped_ones_from_their_date() -> None:
    own = '[[hours]]\nmarket = "cash"\nfrom = 2026-12-01\nwindows = ["09:00-15:30"]\n'
    calendar = load_calendar(own)
    before = calendar.session(date(2026, 11, 30), Market.CASH)
    after = calendar.session(date(2026, 12, 1), Market.CASH)
    assert before is not None
    assert after is not None
    assert (after.close_ns - after.open_ns) - (before.close_ns - before.open_ns) == 900 * 10**9


def test_the_last_of_several_own_files_wins() -> None:
    close = '[closed]\n2026-11-20 = "Elections"\n'
    reopen = '[[special]]\ndate = 2026-11-20\nname = "No elections"\nwindows = "ordinary"\n'
    assert load_calendar(close, reopen).is_session_day(date(2026, 11, 20))
    assert not load_calendar(reopen, close).is_session_day(date(2026, 11, 20))


def test_a_date_is_either_closed_or_special_after_laying_over() -> None:
    day = date(2030, 1, 26)
    rules = parse_rules(GOOD, "first")
    opened = f'[[special]]\ndate = {day}\nname = "Open after all"\nwindows = "ordinary"\n'
    rules.lay_over(parse_rules(opened, "second"))
    assert day in rules.special
    assert day not in rules.closed
    rules.lay_over(parse_rules(f'[closed]\n{day} = "Closed again"\n', "third"))
    assert day not in rules.special
    assert rules.closed[day] == "Closed again"


def test_own_malformed_file_is_named_by_its_number() -> None:
    with pytest.raises(DataError, match="calendar file 2: years is 1"):
        load_calendar("", "years = 1")
