"""The journal: one order for events and facts, what survives, what it is when it is damaged."""

import json
import sqlite3
from pathlib import Path

import pytest

from core.errors import EXIT_CONFIGURATION
from worker.store.journal import Event, Journal, Keep, open_journal
from worker.store.journal_file import FORMAT, DamagedError, JournalError


def _event(number: int, kind: str = "log") -> Event:
    return {"id": f"id-{number}", "kind": kind, "config_id": None, "row": {"number": number}}


def _numbers(journal: Journal, after: int = 0, *kinds: str) -> list[int]:
    return [each.event["row"]["number"] for each in journal.events(after, kinds)]


def test_events_and_facts_have_one_order_and_survive_a_new_start(tmp_path: Path) -> None:
    first = Journal(tmp_path / "journal")
    first.append([[_event(1), _event(2)], Keep("round", "a", b"\0one"), [_event(3)]])
    first.close()
    second = Journal(tmp_path / "journal")
    second.append([Keep("round", "b", b"two"), Keep("other", "c", b""), [_event(4)]])
    assert [(each.sequence, each.event["row"]["number"]) for each in second.events()] == [
        (1, 1),
        (2, 2),
        (4, 3),
        (7, 4),
    ]
    assert second.facts("round") == [(3, "a", b"\0one"), (5, "b", b"two")]
    assert second.facts("round", after=3) == [(5, "b", b"two")]
    assert second.last == 7
    assert second.id == first.id
    second.close()


def test_facts_are_forgotten_by_kind_and_their_places_are_not_used_again(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.append([Keep("round", "a", b"1"), Keep("other", "b", b"2"), Keep("round", "c", b"3")])
    journal.forget("round", 4)
    assert journal.facts("round") == []
    assert [each.key for each in journal.facts("other")] == ["b"]
    journal.close()
    again = Journal(tmp_path / "journal")
    again.append([Keep("round", "d", b"4")])
    assert again.facts("round") == [(4, "d", b"4")]
    again.close()


def test_events_can_be_asked_for_by_place_and_kind(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.append([[_event(1, "order"), _event(2), _event(3, "fill")], [_event(4, "order")]])
    assert _numbers(journal, 1) == [2, 3, 4]
    assert _numbers(journal, 0, "order") == [1, 4]
    journal.close()


def test_small_texts_are_kept_by_name(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    assert journal.meta.get("run") is None
    journal.meta["run"] = "first"
    journal.meta["run"] = "second"
    journal.close()
    again = Journal(tmp_path / "journal")
    assert again.meta["run"] == "second"
    with pytest.raises(KeyError):
        again.meta["other"]
    again.close()


def test_a_group_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    with pytest.raises(TypeError):
        journal.append([[_event(1)], [{**_event(2), "row": {1, 2}}]])
    assert _numbers(journal) == []
    journal.append([[_event(3)]])
    assert [each.sequence for each in journal.events()] == [1]
    journal.close()


def test_only_intents_and_fills_ask_for_the_disk_itself(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    assert not journal.append([[_event(1), _event(2, "candle")], Keep("order", "a", b"")])
    assert journal.append([[_event(3), _event(4, "order")]])
    assert journal.append([[_event(5, "fill")], [_event(6)]])
    journal.sync()
    journal.sync()
    journal.close()


def test_a_damaged_file_is_moved_aside_and_a_new_one_begun(tmp_path: Path) -> None:
    place = tmp_path / "journal"
    place.write_bytes(b"this is no database" * 100)
    with pytest.raises(DamagedError, match=r"journal .* is damaged: file is not a database"):
        Journal(place)
    journal = open_journal(place)
    assert journal.moved_aside is not None
    assert journal.moved_aside.read_bytes().startswith(b"this is no database")
    journal.append([[_event(1)]])
    journal.close()
    again = open_journal(place)
    assert again.moved_aside is None
    assert _numbers(again) == [1]
    again.close()


def test_damage_in_the_middle_of_a_file_is_found_at_the_start(tmp_path: Path) -> None:
    place = tmp_path / "journal"
    journal = Journal(place)
    journal.append([[_event(each) for each in range(2000)]])
    journal.close()
    content = bytearray(place.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = bytes(range(256)) * 16
    place.write_bytes(content)
    found = open_journal(place)
    assert found.moved_aside is not None
    assert found.id != journal.id
    found.close()


def test_a_format_of_another_release_is_refused_with_a_sentence(tmp_path: Path) -> None:
    place = tmp_path / "journal"
    Journal(place).close()
    with sqlite3.connect(place) as database:
        database.execute(f"pragma user_version = {FORMAT + 1}")
    database.close()
    with pytest.raises(
        JournalError, match=f"has format {FORMAT + 1}, this worker knows {FORMAT}"
    ) as caught:
        open_journal(place)
    assert caught.value.exit_code == EXIT_CONFIGURATION


def test_a_full_disk_leaves_nothing_half_written_and_says_the_cure(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.append([[_event(1)]])
    (pages,) = journal.database.execute("pragma page_count").fetchone()
    journal.database.execute(f"pragma max_page_count = {pages + 2}")
    large = [{**_event(each), "row": {"number": each, "text": "x" * 1000}} for each in range(100)]
    with pytest.raises(JournalError, match=r"disk is full; make room on its disk") as caught:
        journal.append([[_event(2)], large])
    assert caught.value.exit_code == EXIT_CONFIGURATION
    assert _numbers(journal) == [1]
    journal.close()
    again = Journal(tmp_path / "journal")
    again.append([[_event(3)]])
    assert [json.dumps(each.event["row"]["number"]) for each in again.events()] == ["1", "3"]
    again.close()
