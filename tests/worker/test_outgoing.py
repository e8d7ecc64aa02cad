"""What is sent next: whole groups, lanes behind refused events, the way back after a restore."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.store.journal import Event, Journal
from worker.store.journal_desk import ACCEPT, MARKET, RETRY, SKIP, JournalDesk
from worker.store.outgoing import Batch, Outgoing

APPLIED = {"outcome": "applied"}
HELD = {"outcome": "held"}
FAILED = {"outcome": "failed", "code": "23514", "error": "price is negative"}


def _event(number: int, config: str | None = None, kind: str = "log") -> Event:
    row = {"number": number}
    return {"id": f"id-{number}", "kind": kind, "config_id": config, "row": row}


def _numbers(batch: Batch) -> list[int]:
    return [each.event["row"]["number"] for each in batch.events]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with closing(Journal(tmp_path / "journal")) as opened:
        yield opened


class Database:
    """Takes batches as the real one does, but for the numbers it is told to refuse."""

    def __init__(self, outgoing: Outgoing) -> None:
        self.outgoing = outgoing
        self.refuses: set[int] = set()
        self.has: list[int] = []

    def take(self, most: int = 500) -> None:
        """Take all there is."""
        while True:
            batch = self.outgoing.batch(most)
            self.outgoing.settle(batch, self._outcomes(batch))
            if not batch.events and batch.lane is None:
                return

    def _outcomes(self, batch: Batch) -> list[dict[str, Any]]:
        held, outcomes = set(), []
        for each, number in zip(batch.events, _numbers(batch), strict=True):
            if each.config_id in held:
                outcomes.append(HELD)
            elif number in self.refuses:
                outcomes.append(FAILED)
                held |= {each.config_id} - {None}
            else:
                outcomes.append(APPLIED)
                self.has.append(number)
        return outcomes


@given(sizes=st.lists(st.integers(1, 7), max_size=12), most=st.integers(1, 9))
def test_a_batch_never_splits_a_group_that_fits(sizes: list[int], most: int) -> None:
    journal = Journal(Path(":memory:"))
    groups = [[_event(100 * at + each) for each in range(size)] for at, size in enumerate(sizes)]
    journal.append(groups)
    outgoing = Outgoing(journal)
    seen: list[int] = []
    while (batch := outgoing.batch(most)).events:
        assert len(batch.events) <= most
        groups_in = sorted({each.group_id for each in batch.events})
        seen += _numbers(batch)
        outgoing.settle(batch, [APPLIED] * len(batch.events))
        left = {each.group_id for each in outgoing.batch(10_000).events}
        if len(groups_in) > 1 or len(batch.events) < most:
            assert not left & set(groups_in)
    assert seen == [event["row"]["number"] for group in groups for event in group]
    assert outgoing.waiting() == 0
    journal.close()


def test_what_was_stored_does_not_come_again_after_a_new_start_and_is_still_there(
    tmp_path: Path,
) -> None:
    with closing(Journal(tmp_path / "journal")) as journal:
        journal.append([[_event(each)] for each in range(5)])
        outgoing = Outgoing(journal)
        batch = outgoing.batch(2)
        outgoing.settle(batch, [APPLIED] * 2)
    with closing(Journal(tmp_path / "journal")) as journal:
        outgoing = Outgoing(journal)
        assert outgoing.waiting() == 3
        assert _numbers(outgoing.batch(500)) == [2, 3, 4]
        assert len(list(journal.events())) == 5


def test_a_refused_event_holds_back_its_config_and_no_other(journal: Journal) -> None:
    database = Database(Outgoing(journal))
    database.refuses = {2}
    journal.append([[_event(1, "a"), _event(2, "a"), _event(3, "b"), _event(4, "a"), _event(5)]])
    database.take()
    journal.append([[_event(6, "a")], [_event(7, "b")], [_event(8)]])
    database.take()
    assert database.has == [1, 3, 5, 7, 8]
    assert (database.outgoing.refused(), database.outgoing.held()) == (1, 3)
    assert database.outgoing.waiting() == 0


@pytest.mark.parametrize("action", [RETRY, SKIP])
@pytest.mark.parametrize("most", [1, 2, 500])
def test_a_settled_config_catches_up_in_order_before_anything_new_of_it(
    journal: Journal, action: str, most: int
) -> None:
    database = Database(Outgoing(journal))
    database.refuses = {2}
    journal.append([[_event(each, "ab"[each % 2])] for each in range(10)])
    database.take()
    assert database.has == [0, 1, 3, 5, 7, 9]
    database.refuses = set()
    with closing(JournalDesk(journal.path)) as desk:
        (line,) = desk.lines()
        assert "of config a" in line
        assert "price is negative (23514); 3 wait behind it" in line
        assert "journal retry a" in line
        assert desk.decide(action, "a")
        assert not desk.lines()
    journal.append([[_event(10, "a")], [_event(11, "b")]])
    database.take(most)
    retried = [2] if action == RETRY else []
    assert database.has[6:] == [*retried, 4, 6, 8, 10, 11]
    assert (database.outgoing.refused(), database.outgoing.held()) == (0, 0)


def test_a_config_that_is_refused_again_waits_again(journal: Journal) -> None:
    database = Database(Outgoing(journal))
    database.refuses = {1, 3}
    journal.append([[_event(each, "a")] for each in range(5)])
    database.take()
    with closing(JournalDesk(journal.path)) as desk:
        desk.decide(SKIP, "a")
        database.take()
        assert database.has == [0, 2]
        (line,) = desk.lines()
        assert "REFUSED log 4 of config a" in line
        desk.decide(SKIP, "a")
    database.take()
    assert database.has == [0, 2, 4]


def test_a_refused_event_of_the_market_holds_nothing_back(journal: Journal) -> None:
    database = Database(Outgoing(journal))
    database.refuses = {1}
    journal.append([[_event(each)] for each in range(3)])
    database.take()
    assert database.has == [0, 2]
    with closing(JournalDesk(journal.path)) as desk:
        (line,) = desk.lines()
        assert f"cure: python -m worker journal skip {MARKET}" in line
        desk.decide(SKIP, MARKET)
        assert not desk.lines()


def test_after_a_restore_everything_since_is_sent_again_but_what_was_skipped(
    journal: Journal,
) -> None:
    database = Database(Outgoing(journal))
    database.refuses = {4}
    journal.append([[_event(each, "a")] for each in range(8)])
    database.take()
    with closing(JournalDesk(journal.path)) as desk:
        desk.decide(SKIP, "a")
    database.take()
    journal.append([[_event(8, "a")]])
    database.take()
    database.has.clear()
    assert database.outgoing.rewind(2) == []
    database.take()
    assert database.has == [2, 3, 5, 6, 7, 8]


def test_a_restore_to_before_a_config_had_caught_up_sends_that_again_too(journal: Journal) -> None:
    database = Database(Outgoing(journal))
    database.refuses = {0}
    journal.append([[_event(0, "a"), _event(1, "a"), _event(2, "b")]])
    database.take()
    database.refuses = set()
    with closing(JournalDesk(journal.path)) as desk:
        desk.decide(RETRY, "a")
    database.take()
    journal.append([[_event(3, "b")]])
    database.take()
    assert database.has == [2, 0, 1, 3]
    database.outgoing.rewind(3)  # It had got as far as the third, a's lane was still waiting.
    database.has.clear()
    database.take()
    assert database.has == [0, 1, 2, 3]


def test_what_is_no_longer_in_the_journal_is_named_when_a_restore_needs_it(
    journal: Journal,
) -> None:
    outgoing = Outgoing(journal)
    journal.append([[_event(5, "a")]])
    with journal.writing() as database:
        database.execute("delete from events")
        database.execute("insert into pruned values ('a', 'trade', 40, 10, 90)")
        database.execute("insert into pruned values ('', 'candle', 9, 1, 100)")
    missing = {each.config_id: each for each in outgoing.rewind(85)}
    assert missing["a"].sentence == (
        "neither the database nor the journal has the events of config a between 86 and 90 "
        "(at most 5 of kind trade); it does not trade until `python -m worker journal accept a`"
    )
    assert missing[None].detail == {"kinds": {"candle": 9}, "first": 86, "last": 100}
    assert list(outgoing.missing()) == ["a"]
    with closing(JournalDesk(journal.path)) as desk:
        (line,) = desk.lines()
        assert line == f"MISSING {missing['a'].sentence}"
        desk.decide(ACCEPT, "a")
    assert outgoing.missing() == {}


def test_waiting_rows_of_a_kind_can_be_asked_for(journal: Journal) -> None:
    database = Database(Outgoing(journal))
    database.refuses = {1}
    journal.append([[_event(0, "a", "command"), _event(1, "a"), _event(2, "a", "command")]])
    database.take()
    journal.append([[_event(3, None, "command"), _event(4)]])
    assert [row["number"] for row in database.outgoing.rows_of("command")] == [2, 3]
