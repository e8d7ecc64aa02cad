"""What models of requests and answers have in common: strictness, money as text.

In:  JSON and query strings of a caller; rows of PostgREST.
Out: base classes and field types whose JSON Schema says exactly what is accepted.
Next: `functions/resources/strategies.py`, which uses most of them.
"""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

_DATE_AND_TIME: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Body(BaseModel):
    """Base of request bodies: no unknown fields, no text where a number is meant."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Query(BaseModel):
    """Base of query strings: no unknown names; values are read from text."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Answer(BaseModel):
    """Base of what is sent: a row may hold more than is said here, never less."""

    model_config = ConfigDict(extra="ignore", frozen=True)


def whole(value: Any) -> Any:
    """Return 3 for 3.0: JSON Schema calls both an integer."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _written_out(value: Any) -> Any:
    if isinstance(value, str) and not _DATE_AND_TIME.match(value):
        raise PydanticCustomError(
            "date_and_time", "must be a date and time, such as 2026-11-20T09:15:00+05:30"
        )
    return value


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)  # Postgres takes no offset of sixteen hours or more.
    except OverflowError as error:
        raise PydanticCustomError(
            "date_and_time", "is before the first or after the last year"
        ) from error


Instant = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_in_utc)]
"""A time with its offset, written out: not the seconds since 1970 that a date is read from, too."""


def _day_written_out(value: Any) -> Any:
    if isinstance(value, str) and not _DATE.fullmatch(value):
        raise PydanticCustomError("date", "must be a date, such as 2026-11-20")
    return value


Day = Annotated[date, BeforeValidator(_day_written_out)]
"""A date in India, written out."""

Money = Annotated[str, Field(pattern=r"^-?[0-9]+(\.[0-9]+)?$", examples=["6337.30"])]
"""Rupees as text, so that no reader turns them into a binary fraction."""

# 0.01 to 9999999999.99, as the database's check of capital_allocated.
Capital = Annotated[
    str,
    Field(
        pattern=r"^([1-9][0-9]{0,9}(\.[0-9]{1,2})?|0\.(0[1-9]|[1-9][0-9]?))$",
        description="Rupees as text, at most two decimals.",
        examples=["100000"],
    ),
]

# Without control characters, and without space at its ends: the database refuses both.
Name = Annotated[
    str,
    Field(
        min_length=1,
        max_length=100,
        pattern=r"^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?$",
        examples=["Morning momentum"],
    ),
]

LIMIT_DEFAULT: Final = 10
LIMIT_MAX: Final = 100
Limit = Annotated[int, Field(ge=1, le=LIMIT_MAX, description="Rows of one page.")]
