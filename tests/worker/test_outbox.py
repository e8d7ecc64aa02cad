"""The outbox: order, groups, what survives."""

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import StoreError
from worker.outbox import Event, Outbox


def _event(number: int, kind: str = "log") -> Event:
    return {"id": f"id-{number}", "kind": kind, "config_id": None, "row": {"number": number}}


def _numbers(outbox: Outbox, most: int = 500) -> list[int]:
    return [each.event["row"]["number"] for each in outbox.oldest(most)]


def test_events_come_out_in_order_and_survive_a_new_start(tmp_path: Path) -> None:
    first = Outbox(tmp_path / "outbox")
    first.append([[_event(1), _event(2)], [_event(3)]])
    first.close()
    second = Outbox(tmp_path / "outbox")
    second.append([[_event(4)]])
    assert _numbers(second) == [1, 2, 3, 4]
    assert second.count() == 4
    second.close()


def test_what_was_taken_off_does_not_come_again(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox")
    outbox.append([[_event(each)] for each in range(5)])
    outbox.remove(each.sequence for each in outbox.oldest(2))
    assert _numbers(outbox) == [2, 3, 4]
    outbox.close()


@given(sizes=st.lists(st.integers(1, 7), max_size=12), most=st.integers(1, 9))
def test_a_batch_never_splits_a_group_that_fits(sizes: list[int], most: int) -> None:
    outbox = Outbox(Path(":memory:"))
    groups = [[_event(100 * at + each) for each in range(size)] for at, size in enumerate(sizes)]
    outbox.append(groups)
    seen: list[int] = []
    while batch := outbox.oldest(most):
        assert len(batch) <= most
        whole = {each.group_id for each in batch}
        if len(whole) > 1 or len(batch) < most:
            counts = [sum(each.group_id == group for each in batch) for group in sorted(whole)]
            for group, count in zip(sorted(whole), counts, strict=True):
                rest = sum(each.group_id == group for each in outbox.oldest(10_000))
                assert count == rest
        seen += [each.event["row"]["number"] for each in batch]
        outbox.remove(each.sequence for each in batch)
    assert seen == [event["row"]["number"] for group in groups for event in group]
    outbox.close()


def test_a_group_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox")
    with pytest.raises(TypeError):
        outbox.append([[_event(1)], [{**_event(2), "row": {1, 2}}]])
    assert outbox.count() == 0
    outbox.append([[_event(3)]])
    assert _numbers(outbox) == [3]
    outbox.close()


def test_poison_is_kept_with_its_reason(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox")
    outbox.set_aside(_event(1, "trade"), "23514", "price is negative")
    assert outbox.poisoned() == 1
    with sqlite3.connect(tmp_path / "outbox") as look:
        assert look.execute("select kind, code, error from poison").fetchall() == [
            ("trade", "23514", "price is negative")
        ]
    look.close()
    outbox.close()


def test_waiting_rows_of_a_kind_can_be_asked_for(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "outbox")
    outbox.append([[_event(1, "command"), _event(2), _event(3, "command")]])
    assert [row["number"] for row in outbox.rows_of("command")] == [1, 3]
    outbox.close()


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    place = tmp_path / "outbox"
    place.write_bytes(b"this is no database" * 100)
    with pytest.raises(StoreError, match=r"outbox .* cannot be used: file is not a database"):
        Outbox(place)
