"""The tape: slices by time, the last state per instrument, sessions kept apart."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from core.errors import DataError
from core.instrument import Segment
from devstack.dhan.tape import Columns, EmptyBook, Tape, TapeSession
from tests.devstack.dhan.small_tape import FUTURE, INDEX, OPTION

SECOND = 1_000_000_000
OPEN = 1_000 * SECOND
NEXT_OPEN = 5_000 * SECOND
DAY = FUTURE.expiry


def columns(*rows: tuple[int, int]) -> Columns:
    """Return rows of (time in seconds after the first opening, instrument)."""
    numbers = np.arange(len(rows))
    price, count = numbers.astype(np.float32), numbers.astype(np.uint32)
    return Columns(
        time_ns=np.array([OPEN + at * SECOND for at, _ in rows], np.int64),
        instrument=np.array([which for _, which in rows], np.int32),
        kind=np.zeros(len(rows), np.uint8),
        ltt=numbers.astype(np.int64),
        ltp=price,
        ltq=numbers.astype(np.uint16),
        atp=price,
        volume=count,
        sell_quantity=count,
        buy_quantity=count,
        oi=count,
        oi_high=count,
        oi_low=count,
        open=price,
        high=price,
        low=price,
    )


def session(opens: int, day_offset: int) -> TapeSession:
    assert DAY is not None
    nothing = np.zeros(3, np.uint32)
    windows = ((opens, opens + 60 * SECOND),)
    day = DAY + timedelta(days=day_offset)
    return TapeSession(day, windows, nothing.astype(np.float32), nothing, nothing)


@pytest.fixture
def tape() -> Tape:
    rows = columns((0, 0), (1, 1), (1, 0), (2, 1), (4_000, 0), (4_001, 1))
    sessions = [session(OPEN, 0), session(NEXT_OPEN, 1)]
    return Tape([INDEX, FUTURE, OPTION], sessions, rows, EmptyBook(), "by hand")


def test_a_slice_holds_what_is_sent_from_an_instant_to_before_another(tape: Tape) -> None:
    assert tape.between(OPEN, OPEN + SECOND) == (0, 1)
    assert tape.between(OPEN + SECOND, OPEN + 2 * SECOND) == (1, 3)
    assert tape.between(0, 2**62) == (0, 6)


def test_rows_of_an_instrument_are_in_order_of_time(tape: Tape) -> None:
    assert tape.rows_of(0).tolist() == [0, 2, 4]
    assert tape.rows_of(1).tolist() == [1, 3, 5]
    assert tape.rows_of(2).tolist() == []


def test_the_last_row_is_that_of_the_session_the_instant_belongs_to(tape: Tape) -> None:
    assert tape.last_rows(OPEN - 1).tolist() == [-1, -1, -1]
    assert tape.last_rows(OPEN).tolist() == [0, -1, -1]
    assert tape.last_rows(OPEN + 90 * SECOND).tolist() == [2, 3, -1]
    assert tape.last_rows(NEXT_OPEN - 1).tolist() == [2, 3, -1]
    assert tape.last_rows(NEXT_OPEN).tolist() == [4, -1, -1]


def test_an_instrument_is_found_by_segment_and_id_together(tape: Tape) -> None:
    assert tape.index_of(Segment.IDX_I, INDEX.security_id) == 0
    assert tape.index_of(Segment.NSE_EQ, INDEX.security_id) is None


def test_an_empty_book_is_zeros_of_five_levels(tape: Tape) -> None:
    assert tape.depth(0, 2).shape == (2, 5)
    assert not tape.depth(0, 2)["bid_price"].any()


def test_rows_out_of_order_and_a_tape_without_sessions_are_refused(tape: Tape) -> None:
    backwards = replace(tape.columns, time_ns=tape.columns.time_ns[::-1])
    with pytest.raises(DataError, match="not in order of time"):
        Tape(tape.instruments, tape.sessions, backwards, EmptyBook(), "by hand")
    with pytest.raises(DataError, match="at least one session"):
        Tape(tape.instruments, [], tape.columns, EmptyBook(), "by hand")
