"""Find the instrument that a file is about, by its symbol.

In:  a symbol as a person or a recording writes it, and a day on which it was traded.
Out: the `Instrument`, or an error that names similar symbols.
Next: `devstack/dhan/sources/candle_file.py` and `devstack/dhan/sources/recorded_ticks.py`.

Understood are symbols of the listing (``RELIANCE``, ``NIFTY-Dec2025-FUT``) and the short forms
other vendors use for contracts: ``NIFTY25DECFUT``, ``NIFTY25DEC26000CE``.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from difflib import get_close_matches
from typing import Final

from core.errors import DataError
from core.instrument import Instrument, OptionSide
from core.session import TradingCalendar
from devstack.dhan.expiries import monthly_expiries
from devstack.dhan.listing import (
    INDIA_VIX,
    SHARES,
    UNDERLYINGS,
    Underlying,
    futures_of,
    index_of,
    option_of,
)

_LONG: Final = re.compile(r"(?P<name>[A-Z]+)-(?P<month>[A-Z]{3})(?P<year>\d{4})-(?P<rest>.+)")
_SHORT: Final = re.compile(r"(?P<name>[A-Z]+)(?P<year>\d\d)(?P<month>[A-Z]{3})(?P<rest>.+)")
_OPTION: Final = re.compile(r"([1-9]\d*)-?(CE|PE)")
_SHOWN: Final = 5


def find_instrument(symbol: str, day: date, calendar: TradingCalendar) -> Instrument:
    """Return the instrument of a symbol.

    Parameters
    ----------
    symbol
        Upper and lower case are the same.
    day
        A day on which it was traded: decides tick and lot, and which contracts existed.

    Raises
    ------
    DataError
        When the symbol is unknown; names similar ones.
    """
    wanted = symbol.strip().upper()
    known = {each.symbol.upper(): each for each in _plain(day, calendar)}
    found = known.get(wanted) or _contract(wanted, day, calendar)
    if found is not None:
        return found
    near = get_close_matches(wanted, known, n=_SHOWN, cutoff=0.4) or list(known)[:_SHOWN]
    shown = ", ".join(known[name].symbol for name in near)
    raise DataError(f"symbol {symbol!r} is unknown on {day}; similar ones are {shown}")


def _plain(day: date, calendar: TradingCalendar) -> Iterator[Instrument]:
    """Yield what needs no strike to be named."""
    for underlying in UNDERLYINGS:
        yield index_of(underlying)
        yield from futures_of(underlying, day, calendar)
    yield INDIA_VIX
    for share in SHARES:
        yield share.instrument


def _contract(symbol: str, day: date, calendar: TradingCalendar) -> Instrument | None:
    """Return the monthly contract that a symbol names, None when it names none."""
    match = _LONG.fullmatch(symbol) or _SHORT.fullmatch(symbol)
    if match is None:
        return None
    underlying = next((each for each in UNDERLYINGS if each.symbol == match["name"]), None)
    expiry = _expiry(match["month"] + ("20" + match["year"])[-4:], calendar)
    if underlying is None or expiry is None or expiry < day:
        return None
    if match["rest"] == "FUT":
        return _future(underlying, expiry, day, calendar)
    option = _OPTION.fullmatch(match["rest"])
    if option is None:
        return None
    return option_of(underlying, expiry, int(option[1]), OptionSide(option[2]))


def _expiry(month_and_year: str, calendar: TradingCalendar) -> date | None:
    try:
        first = datetime.strptime(month_and_year, "%b%Y").date()  # noqa: DTZ007 - a month, no time
    except ValueError:
        return None
    return monthly_expiries(first, calendar, count=1)[0]


def _future(
    underlying: Underlying, expiry: date, day: date, calendar: TradingCalendar
) -> Instrument | None:
    listed = futures_of(underlying, day, calendar)
    return next((each for each in listed if each.expiry == expiry), None)
