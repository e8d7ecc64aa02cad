"""Every exception the system raises on purpose.

In:  the offending value and the limit it broke, said in one sentence by whoever raises.
Out: one small tree, caught only where something is decided (retry, HTTP status, exit code).
Next: `core/settings.py`.

TradingError
    ConfigError         settings or parameters that cannot be used
    DataError           a file, row or message that does not hold what it must
    CalendarError       a date or an instant for which no session is known
    FeedError           market data cannot be had
    BrokerError         the order side of a broker cannot be used
    StoreError          the database or the journal cannot be used
"""

from typing import ClassVar, Final

EXIT_ASKED_TO_STOP: Final = 0
EXIT_BUG: Final = 1
EXIT_CONFIGURATION: Final = 2  # Do not restart: nothing will change by itself.
EXIT_OUTSIDE_WORLD: Final = 75  # EX_TEMPFAIL of sysexits.h: restart me.


class TradingError(Exception):
    """Raised when the system meets something it cannot go on with; the text is for a person."""

    exit_code: ClassVar[int] = EXIT_OUTSIDE_WORLD


class ConfigError(TradingError):
    """Raised when settings or parameters are missing, malformed or outside their limits."""

    exit_code: ClassVar[int] = EXIT_CONFIGURATION


class DataError(TradingError):
    """Raised when a file, row or message does not hold what it must; names the place."""

    exit_code: ClassVar[int] = EXIT_CONFIGURATION


class CalendarError(TradingError):
    """Raised when the calendar does not cover a date, or no session is known for it."""

    exit_code: ClassVar[int] = EXIT_CONFIGURATION


class FeedError(TradingError):
    """Raised when market data cannot be had."""


class BrokerError(TradingError):
    """Raised when the order side of a broker cannot be used."""


class StoreError(TradingError):
    """Raised when the database or the journal cannot be used."""
