"""The values in Dhan's instrument master: one cell's text to a number, date or side.

In:  the text of one cell.
Out: the value, or a `DataError` that says what the cell holds instead.
Next: `core/brokers/dhan/master.py`, which puts a row together.

Few texts are distinct in a file of a quarter million rows, so most parsers remember theirs.
"""

from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Final

from core.errors import DataError
from core.instrument import OptionSide

_SIDES: Final = {str(side): side for side in OptionSide}
_FIRST_REAL_YEAR: Final = 2000  # Before it an expiry is a placeholder.
_LARGEST: Final = 10**12  # Nothing in the file comes near; int() of 1e999999999 would not end.
_DISTINCT: Final = 65_536  # Texts remembered by each parser; strikes are the most, a few thousand.


def option_side(text: str) -> OptionSide:
    """Return the side of an option."""
    side = _SIDES.get(text)
    if side is None:
        raise DataError(f"option side {text!r} is neither CE nor PE")
    return side


@lru_cache(maxsize=_DISTINCT)
def tick_size(text: str, *, is_index: bool) -> Decimal:
    """Return the tick in rupees.

    Index rows have 0.05 where others have 5.0 for the same tick; older files have 1.0 for an
    index, which can only be paise: one rupee would be coarser than the index moves.
    """
    value = number(text, "tick")
    return value if is_index and value < 1 else value / 100


@lru_cache(maxsize=_DISTINCT)
def expiry_date(text: str) -> date:
    """Return the day a derivative ends."""
    try:
        expiry = date.fromisoformat(text[:10])  # Some files add a time of day.
    except ValueError as error:
        raise DataError(f"expiry {text!r} is not a date") from error
    if expiry.year < _FIRST_REAL_YEAR:
        raise DataError(f"expiry {text!r} is a placeholder")
    return expiry


def whole_id(text: str) -> int:
    """Return a security id; all differ, so none is remembered."""
    try:
        return int(text)
    except ValueError as error:
        raise DataError(f"security id {text!r} is not a whole number") from error


@lru_cache(maxsize=_DISTINCT)
def whole(text: str, name: str) -> int:
    """Return a whole number, which the file may write as 65.0; `name` is for the message."""
    value = number(text, name)
    if value != int(value):
        raise DataError(f"{name} {text!r} is not a whole number")
    return int(value)


@lru_cache(maxsize=_DISTINCT)
def number(text: str, name: str) -> Decimal:
    """Return a number; `name` is for the message."""
    try:
        value = Decimal(text)
    except InvalidOperation as error:
        raise DataError(f"{name} {text!r} is not a number") from error
    if not value.is_finite():
        raise DataError(f"{name} {text!r} is not a number")
    if not -_LARGEST <= value <= _LARGEST:
        raise DataError(f"{name} {text!r} is beyond {_LARGEST}")
    return value
