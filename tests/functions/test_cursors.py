"""Cursors: there and back, newest first, and nothing but our own."""

import base64
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.cursors import Cursor, page_of
from functions.problems import ApiError

ID = UUID("00000000-0000-4000-8000-000000000001")
AT = datetime(2026, 11, 20, 4, 30, 0, 123456, tzinfo=UTC)


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(1, 1, 2)), st.uuids())  # noqa: DTZ001
def test_a_cursor_is_read_as_it_was_written(at: datetime, row_id: UUID) -> None:
    cursor = Cursor(at, row_id)
    assert Cursor.read(cursor.text()) == cursor
    assert len(cursor.text()) <= 200


@pytest.mark.parametrize(
    "text",
    [
        "",
        "!",
        "é",
        encoded("{}"),
        encoded("[]"),
        encoded('["2026-11-20T04:30:00Z"]'),
        encoded(f'["2026-11-20T04:30:00","{ID}"]'),
        encoded(f'["2026-11-20T04:30:00Z","{ID},user_id.neq.x"]'),
        encoded(f'["now()","{ID}"]'),
        encoded(f'["2026-11-20T04:30:00Z","{ID}",1]'),
    ],
)
def test_what_is_not_ours_is_refused(text: str) -> None:
    with pytest.raises(ApiError) as caught:
        Cursor.read(text)
    (wrong,) = caught.value.errors
    assert (caught.value.status, wrong.place, wrong.pointer) == (422, "query", "/cursor")


def test_what_comes_after_is_older_or_of_the_same_instant_with_a_smaller_id() -> None:
    at = "2026-11-20T04:30:00.123456+00:00"
    assert Cursor(AT, ID).filters("entry_time") == {
        "entry_time": f"lte.{at}",
        "or": f'(entry_time.lt."{at}",and(entry_time.eq."{at}",id.lt.{ID}))',
    }


def test_a_page_has_a_next_one_when_a_row_more_was_found() -> None:
    rows = [{"id": str(uuid4()), "at": AT.isoformat()} for _ in range(3)]
    assert page_of(rows, 3, "at").next_cursor is None
    page = page_of(rows, 2, "at")
    assert page.rows == rows[:2]
    assert page.next_cursor == Cursor(AT, UUID(rows[1]["id"])).text()
