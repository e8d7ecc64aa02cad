"""When a market trades, as values: hours of a day in IST, and one session in UTC nanoseconds.

In:  a date (IST), minutes of that day, or an instant (integer ns UTC).
Out: `Market`, `Hours`, `Session`, and the two conversions between IST dates and instants.
Next: `core/calendar_file.py`, which reads hours from a file.

Together with Dhan's border this is the only place that knows IST. Import these names from
`core/session.py`, the front door of everything about sessions.
"""

from dataclasses import dataclass, fields
from datetime import date, timedelta, timezone
from enum import StrEnum
from typing import Final, NamedTuple

from core.errors import CalendarError
from core.instrument import Segment

IST_OFFSET_SECONDS: Final = 19_800  # UTC+05:30; India has no daylight saving.
IST: Final = timezone(timedelta(seconds=IST_OFFSET_SECONDS), "IST")
NS_PER_SECOND: Final = 1_000_000_000
NS_PER_MINUTE: Final = 60 * NS_PER_SECOND
SQUARE_OFF_MINUTE: Final = 15 * 60 + 15
SQUARE_OFF_BEFORE_CLOSE_MINUTES: Final = 5

_SECONDS_PER_DAY: Final = 86_400
_ORDINAL_OF_1970: Final = date(1970, 1, 1).toordinal()


class Market(StrEnum):
    """A set of instruments that trade at the same hours."""

    DERIVATIVES = "derivatives"
    CASH = "cash"
    CASH_WITH_DERIVATIVES = "cash_with_derivatives"


_MARKET_OF_SEGMENT: Final[dict[Segment, Market]] = {
    Segment.IDX_I: Market.CASH,  # An index is computed from the cash market's prices.
    Segment.NSE_EQ: Market.CASH,
    Segment.NSE_FNO: Market.DERIVATIVES,
}


class Hours(NamedTuple):
    """A stretch of trading, in minutes of the day IST; the end is not part of it."""

    start: int
    end: int


def ist_midnight_ns(day: date) -> int:
    """Return the instant at which `day` begins in India, in ns UTC."""
    days = day.toordinal() - _ORDINAL_OF_1970
    return (days * _SECONDS_PER_DAY - IST_OFFSET_SECONDS) * NS_PER_SECOND


def ist_date(instant_ns: int) -> date:
    """Return the date in India at an instant in ns UTC."""
    seconds = instant_ns // NS_PER_SECOND + IST_OFFSET_SECONDS
    return date.fromordinal(seconds // _SECONDS_PER_DAY + _ORDINAL_OF_1970)


def market_of(segment: Segment, *, has_derivatives: bool = False) -> Market:
    """Return the market whose hours an instrument keeps.

    Parameters
    ----------
    has_derivatives
        Of a share: futures or options on it are traded, so that its day ends in an auction.

    Raises
    ------
    CalendarError
        For a segment whose hours the calendar file does not hold (BSE, MCX, currency).
    """
    market = _MARKET_OF_SEGMENT.get(segment)
    if market is None:
        raise CalendarError(
            f"no trading hours for {segment}; the calendar knows {', '.join(_MARKET_OF_SEGMENT)}"
        )
    if segment is Segment.NSE_EQ and has_derivatives:
        return Market.CASH_WITH_DERIVATIVES
    return market


class Window(NamedTuple):
    """A stretch of continuous trading in ns UTC: `start_ns` is part of it, `end_ns` is not."""

    start_ns: int
    end_ns: int


@dataclass(frozen=True, slots=True)
class Session:
    """One day's trading of one market: one window, or several with pauses between."""

    day: date
    market: Market
    windows: tuple[Window, ...]

    @property
    def open_ns(self) -> int:
        """Start of the first window; candles of every interval are anchored here."""
        return self.windows[0].start_ns

    @property
    def close_ns(self) -> int:
        """End of the last window: the first instant after the session."""
        return self.windows[-1].end_ns

    @property
    def square_off_ns(self) -> int:
        """When intraday positions are closed.

        15:15:00 IST, or five minutes before continuous trading ends where that is earlier, or
        where the session has not yet opened at 15:15 (Muhurat in the evening).
        """
        last_call = self.close_ns - SQUARE_OFF_BEFORE_CLOSE_MINUTES * NS_PER_MINUTE
        usual = ist_midnight_ns(self.day) + SQUARE_OFF_MINUTE * NS_PER_MINUTE
        return usual if self.open_ns < usual < last_call else last_call

    def contains(self, instant_ns: int) -> bool:
        """Return whether the market trades at this instant."""
        return any(start <= instant_ns < end for start, end in self.windows)

    def __reduce__(self) -> tuple[object, ...]:
        # Pickled by its arguments: compiled by mypyc, a frozen class cannot be filled by pickle.
        return (Session, tuple(getattr(self, part.name) for part in fields(self)))
