"""The trading calendar with the operator's own file laid over the shipped one.

In:  a path, or none.
Out: `TradingCalendar`.
Next: `core/session.py`.

A new year, a holiday announced on short notice or the hours of a Muhurat session are added in such
a file, without waiting for a release; the form is that of ``core/nse_calendar.toml``.
"""

from pathlib import Path

from core.errors import ConfigError, DataError
from core.session import TradingCalendar, load_calendar


def read_calendar(own: Path | None) -> TradingCalendar:
    """Return the shipped calendar, with the file `own` laid over it where there is one.

    Raises
    ------
    ConfigError
        If the file cannot be read or used; names it and the reason.
    """
    if own is None:
        return load_calendar()
    try:
        return load_calendar(own.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, DataError) as error:
        raise ConfigError(f"CALENDAR_FILE {own} cannot be used: {error}") from error
