"""Pages by key: where the next page begins, as an opaque text.

In:  the last row of a page, by its time and id; the text a caller sends back.
Out: a cursor's text; PostgREST's filter for what comes after it, newest first.
Next: `functions/resources/strategies.py`.

A page begins after a row, not after a count: rows that are added meanwhile move nothing.
"""

import base64
import binascii
from datetime import datetime
from typing import Annotated, NamedTuple, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from functions.database import Row
from functions.problems import invalid

CursorText = Annotated[
    str,
    Field(max_length=200, description="`next_cursor` of the page before; absent: the first page."),
]


class Cursor(NamedTuple):
    """The row after which a page begins."""

    at: AwareDatetime
    id: UUID

    def text(self) -> str:
        """Return it as callers carry it."""
        return base64.urlsafe_b64encode(_CURSOR.dump_json(self)).decode().rstrip("=")

    @classmethod
    def read(cls, text: str) -> Self:
        """Return the cursor of a text.

        Raises
        ------
        ApiError
            422 if the text is not one of ours.
        """
        try:
            plain = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
            return cls(*_CURSOR.validate_json(plain))
        except (binascii.Error, ValueError, ValidationError) as error:
            detail = "the cursor is not one that a page before has given"
            raise invalid("query", "/cursor", detail, "bad_cursor") from error

    @classmethod
    def of(cls, row: Row, time_column: str, id_column: str = "id") -> Self:
        """Return the cursor of a row that was read."""
        return cls(datetime.fromisoformat(row[time_column]), UUID(row[id_column]))

    def filters(self, time_column: str, id_column: str = "id") -> dict[str, str]:
        """Return PostgREST's parameters for the rows after it."""
        at = f'"{self.at.isoformat()}"'
        after = f"{time_column}.lt.{at},and({time_column}.eq.{at},{id_column}.lt.{self.id})"
        # The first parameter says nothing new; it lets the database begin at the right place.
        return {time_column: f"lte.{self.at.isoformat()}", "or": f"({after})"}


_CURSOR = TypeAdapter(Cursor)


class Page(NamedTuple):
    """Rows of one page, and the cursor's text of the next one, None at the end."""

    rows: list[Row]
    next_cursor: str | None


def newest_first(time_column: str, limit: int, id_column: str = "id") -> dict[str, str]:
    """Return PostGREST's parameters for a page and the row that shows whether there is a next."""
    return {"order": f"{time_column}.desc,{id_column}.desc", "limit": str(limit + 1)}


def page_of(rows: list[Row], limit: int, time_column: str, id_column: str = "id") -> Page:
    """Return what was read with `newest_first` as a page."""
    if len(rows) <= limit:
        return Page(rows, None)
    kept = rows[:limit]
    return Page(kept, Cursor.of(kept[-1], time_column, id_column).text())
