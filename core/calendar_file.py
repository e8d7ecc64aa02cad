"""The calendar file: text in TOML to checked rules, with the operator's own text laid over ours.

In:  the text of `core/nse_calendar.toml` and of any file of the same form.
Out: `CalendarRules`, in which every date, time and market has been checked.
Next: `core/session.py`, which answers questions from these rules.

The form of the file is described at the head of `core/nse_calendar.toml`. Times are IST here.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from core.errors import DataError
from core.trading_hours import Hours, Market

_WINDOW: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
_ORDINARY: Final = "ordinary"


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A session at a time at which there would be none, or other hours than the ordinary ones.

    Parameters
    ----------
    name
        What the day is, for messages.
    hours
        Stretches of trading; None where the ordinary hours apply, empty where not confirmed.
    """

    name: str
    hours: tuple[Hours, ...] | None


@dataclass(slots=True)
class CalendarRules:
    """What one or several calendar files say; a later file wins date by date."""

    years: set[int] = field(default_factory=set)
    ordinary: dict[Market, dict[date, tuple[Hours, ...]]] = field(default_factory=dict)
    closed: dict[date, str] = field(default_factory=dict)
    special: dict[date, SpecialDay] = field(default_factory=dict)

    def lay_over(self, other: "CalendarRules") -> None:
        """Let every word of `other` replace what was said here about the same thing."""
        self.years |= other.years
        for market, by_date in other.ordinary.items():
            self.ordinary.setdefault(market, {}).update(by_date)
        for day, name in other.closed.items():
            self.special.pop(day, None)
            self.closed[day] = name
        for day, special in other.special.items():
            self.closed.pop(day, None)
            self.special[day] = special


def parse_rules(text: str, source: str) -> CalendarRules:
    """Read one calendar file.

    Parameters
    ----------
    text
        The file's content.
    source
        Its name, for messages.

    Raises
    ------
    DataError
        If the text is not TOML or holds a key or value that cannot be; names both.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DataError(f"{source}: not a TOML file: {error}") from error
    try:
        return _read(content)
    except _MalformedError as error:
        raise DataError(f"{source}: {error}") from error


class _MalformedError(ValueError):
    """Raised inside this module; `parse_rules` adds the name of the file."""


def _read(content: Mapping[str, object]) -> CalendarRules:
    _refuse_unknown(content, "", {"years", "hours", "closed", "special"})
    rules = CalendarRules(years=_years(content.get("years", [])))
    for place, entry in _tables(content, "hours"):
        _refuse_unknown(entry, place, {"market", "from", "windows"})
        first_day = _day(entry.get("from"), f"{place}.from")
        by_date = rules.ordinary.setdefault(_market(entry.get("market"), place), {})
        by_date[first_day] = _windows(entry.get("windows"), f"{place}.windows")
    for text, name in _table(content, "closed").items():
        rules.closed[_day_of_text(text)] = _text(name, f"closed.{text}")
    for place, entry in _tables(content, "special"):
        _refuse_unknown(entry, place, {"date", "name", "windows"})
        day = _day(entry.get("date"), f"{place}.date")
        if day in rules.closed or day in rules.special:
            raise _MalformedError(f"{place}.date is {day}, a date this file has already spoken of")
        name = _text(entry.get("name"), f"{place}.name")
        rules.special[day] = SpecialDay(name, _special_hours(entry, place))
    return rules


def _special_hours(entry: Mapping[str, object], place: str) -> tuple[Hours, ...] | None:
    if entry.get("windows") == _ORDINARY:
        return None
    return _windows(entry["windows"], f"{place}.windows") if "windows" in entry else ()


def _windows(value: object, place: str) -> tuple[Hours, ...]:
    if not isinstance(value, list) or not value:
        raise _MalformedError(f'{place} is {value!r}, must be a list such as ["09:15-15:30"]')
    windows: list[Hours] = []
    for text in value:
        match = _WINDOW.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise _MalformedError(f"{place} holds {text!r}, must be written as 09:15-15:30")
        hour, minute, end_hour, end_minute = (int(part) for part in match.groups())
        window = Hours(hour * 60 + minute, end_hour * 60 + end_minute)
        if window.end <= window.start or (windows and window.start < windows[-1].end):
            raise _MalformedError(
                f"{place} holds {text!r}, must end after it starts and follow in time"
            )
        windows.append(window)
    return tuple(windows)


def _years(value: object) -> set[int]:
    if not isinstance(value, list) or not all(type(year) is int for year in value):
        raise _MalformedError(f"years is {value!r}, must be a list of whole numbers")
    return set(value)


def _market(value: object, place: str) -> Market:
    if value not in list(Market):
        raise _MalformedError(f"{place}.market is {value!r}, must be one of {', '.join(Market)}")
    return Market(str(value))


def _day(value: object, place: str) -> date:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise _MalformedError(f"{place} is {value!r}, must be a date such as 2026-11-08")
    return value


def _day_of_text(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise _MalformedError(f"closed.{text} is not a date such as 2026-11-10") from error


def _text(value: object, place: str) -> str:
    if not isinstance(value, str) or not value:
        raise _MalformedError(f"{place} is {value!r}, must be a text")
    return value


def _table(content: Mapping[str, object], name: str) -> dict[str, object]:
    value = content.get(name, {})
    if not isinstance(value, dict):
        raise _MalformedError(f"{name} is {value!r}, must be a table [{name}]")
    return value


def _tables(content: Mapping[str, object], name: str) -> list[tuple[str, dict[str, object]]]:
    value = content.get(name, [])
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise _MalformedError(f"{name} is {value!r}, must be a list of tables [[{name}]]")
    return [(f"{name}[{number}]", entry) for number, entry in enumerate(value)]


def _refuse_unknown(entry: Mapping[str, object], place: str, known: set[str]) -> None:
    for key, value in entry.items():
        if key not in known:
            where = f"{place}.{key}" if place else key
            raise _MalformedError(
                f"{where} = {value!r} is not a key of this file; known are "
                f"{', '.join(sorted(known))}"
            )
