"""The chains of the audit log: whatever is done to sealed rows, the first bad one is named."""

from collections.abc import Callable, Sequence

import pytest

from core.audit import LINK_DIGITS, AuditRow, Seal, Sealer, Unsealed, chain_of, link_of
from core.audit_check import AuditCheck
from core.audit_flaws import Flaw, FlawKind

KEYS = {"k1": bytes(32), "k2": bytes(range(32))}
ANNA, BERT = "a" * 8, "b" * 8
LENGTH = 12  # Rows of each subject, sealed by fours, in turns.

Rows = list[AuditRow]


def row(subject: str, sequence: int) -> AuditRow:
    return AuditRow(subject, sequence, "user", "update", "orders", "", f'{{"n": {sequence}}}', 0)


def rows_of(subject: str) -> Rows:
    return [row(subject, sequence) for sequence in range(1, LENGTH + 1)]


def seal_all(rows: Rows, *, key_ids: Sequence[str] = ("k1", "k1", "k1")) -> list[Seal]:
    """Seal Anna's rows and Bert's in turns, each turn with its key."""
    seals: list[Seal] = []
    heads = {ANNA: "", BERT: ""}
    for turn, key_id in enumerate(key_ids):
        for subject in (ANNA, BERT):
            number, chain = (seals[-1].number, seals[-1].chain) if seals else (0, "")
            sealer = Sealer(key_id, KEYS[key_id], number, chain)
            first, last = 4 * turn + 1, 4 * turn + 4
            chosen = [
                each for each in rows if each.subject == subject and first <= each.sequence <= last
            ]
            part = Unsealed(subject, heads[subject], first, last, chosen)
            seals.append(sealer.seal(part, 1_000))
            heads[subject] = seals[-1].head
    return seals


def check_all(seals: Sequence[Seal], rows: Rows) -> list[Flaw]:
    """Check everything, as the command line does."""
    check = AuditCheck(KEYS)
    flaws = []
    for seal in seals:
        first = check.next_sequence(seal.subject)
        part = [
            each
            for each in rows
            if each.subject == seal.subject
            and (first <= each.sequence or first == 1)
            and each.sequence <= seal.last_sequence
        ]
        flaw = check.check(seal, part)
        if flaw is not None:
            flaws.append(flaw)
        if check.number < seal.number:
            break
    return flaws


@pytest.fixture
def rows() -> Rows:
    """Return the rows of two subjects."""
    return rows_of(ANNA) + rows_of(BERT)


def test_what_nobody_touched_is_whole(rows: Rows) -> None:
    assert check_all(seal_all(rows), rows) == []


def test_seals_of_several_keys_are_whole(rows: Rows) -> None:
    assert check_all(seal_all(rows, key_ids=("k1", "k2", "k1")), rows) == []


def test_every_field_of_a_row_is_sealed() -> None:
    original = row(ANNA, 1)
    links = {link_of(KEYS["k1"], "", original), link_of(KEYS["k1"], "0" * LINK_DIGITS, original)}
    for field in original._fields:
        value = getattr(original, field)
        other = value + 1 if isinstance(value, int) else f"{value} "
        changed = AuditRow._make({**original._asdict(), field: other}.values())
        links.add(link_of(KEYS["k1"], "", changed))
    assert len(links) == 2 + len(original._fields)


def test_text_cannot_move_from_one_field_to_the_next() -> None:
    one = row(ANNA, 1)._replace(action="ab", entity="c")
    other = row(ANNA, 1)._replace(action="a", entity="bc")
    assert link_of(KEYS["k1"], "", one) != link_of(KEYS["k1"], "", other)


def alter(rows: Rows, at: int) -> Rows:
    return [*rows[:at], rows[at]._replace(detail="{}"), *rows[at + 1 :]]


def delete(rows: Rows, at: int) -> Rows:
    return rows[:at] + rows[at + 1 :]


def renumber(rows: Rows) -> Rows:
    return [each._replace(sequence=number) for number, each in enumerate(rows, start=1)]


def delete_and_close_the_gap(rows: Rows, at: int) -> Rows:
    return renumber(delete(rows, at))


def insert(rows: Rows, at: int) -> Rows:
    forged = rows[at]._replace(detail='{"forged": true}')
    return renumber([*rows[:at], forged, *rows[at:]])


def double(rows: Rows, at: int) -> Rows:
    return [*rows[: at + 1], *rows[at:]]


def swap_with_the_next(rows: Rows, at: int) -> Rows:
    return renumber([*rows[:at], rows[at + 1], rows[at], *rows[at + 2 :]])


@pytest.mark.parametrize("at", range(LENGTH - 1))
@pytest.mark.parametrize(
    ("manipulate", "kinds"),
    [
        (alter, {FlawKind.ALTERED}),
        (delete, {FlawKind.DELETED}),
        # At the edge of a seal the neighbour that would tell how is covered by another seal.
        (delete_and_close_the_gap, {FlawKind.DELETED, FlawKind.ALTERED}),
        (insert, {FlawKind.INSERTED, FlawKind.ALTERED}),
        (swap_with_the_next, {FlawKind.REORDERED, FlawKind.ALTERED}),
    ],
)
def test_the_first_bad_row_is_named(
    rows: Rows, manipulate: Callable[[Rows, int], Rows], kinds: set[FlawKind], at: int
) -> None:
    seals = seal_all(rows)
    bad = manipulate(rows_of(ANNA), at) + rows_of(BERT)
    (flaw,) = check_all(seals, bad)
    assert (flaw.subject, flaw.sequence) == (ANNA, at + 1)
    assert flaw.kind in kinds
    if at % 4 == 0:  # Its neighbours are covered by the same seal.
        assert flaw.kind is min(kinds, key=lambda kind: kind is FlawKind.ALTERED)


@pytest.mark.parametrize("at", range(LENGTH))
def test_a_number_that_is_there_twice_is_named(rows: Rows, at: int) -> None:
    (flaw,) = check_all(seal_all(rows), double(rows_of(ANNA), at) + rows_of(BERT))
    assert (flaw.kind, flaw.sequence) == (FlawKind.INSERTED, at + 1)


def test_a_row_before_the_first_is_named(rows: Rows) -> None:
    (flaw,) = check_all(seal_all(rows), [row(ANNA, 0), *rows])
    assert (flaw.kind, flaw.sequence) == (FlawKind.INSERTED, 0)


def test_a_cut_tail_is_named(rows: Rows) -> None:
    (flaw,) = check_all(seal_all(rows), rows_of(ANNA)[:9] + rows_of(BERT))
    assert (flaw.subject, flaw.sequence, flaw.kind) == (ANNA, 10, FlawKind.DELETED)


def test_a_row_that_was_missing_when_it_was_sealed_is_said_to_have_been(rows: Rows) -> None:
    rest = delete(rows, 5)
    (flaw,) = check_all(seal_all(rest), rest)
    assert (flaw.sequence, flaw.kind) == (6, FlawKind.DELETED)
    assert "was when its seal was made" in flaw.sentence


def test_a_row_altered_together_with_its_links_is_named(rows: Rows) -> None:
    seals = seal_all(rows)
    bad = alter(rows, 5)
    forged = seal_all(bad)[2].links  # As if the key were known; the chain of seals is not redone.
    (flaw,) = check_all([*seals[:2], seals[2]._replace(links=forged), *seals[3:]], bad)
    assert (flaw.kind, flaw.number) == (FlawKind.SEAL_ALTERED, 3)
    guessed = seals[2].links[:LINK_DIGITS] + "0" * (3 * LINK_DIGITS)
    (flaw,) = check_all([*seals[:2], seals[2]._replace(links=guessed), *seals[3:]], bad)
    assert (flaw.subject, flaw.sequence) == (ANNA, 6)


@pytest.mark.parametrize(
    "change",
    [{"sealed_us": 2_000}, {"chain": "0" * 64}, {"first_sequence": 6}, {"links": "00"}],
)
def test_an_altered_seal_is_named(rows: Rows, change: dict[str, object]) -> None:
    seals = seal_all(rows)
    altered = seals[2]._replace(**change)  # type: ignore[arg-type]
    flaw = check_all([*seals[:2], altered, *seals[3:]], rows)[-1]
    assert flaw.number == 3


def test_a_seal_that_is_missing_is_named(rows: Rows) -> None:
    seals = seal_all(rows)
    (flaw,) = check_all([*seals[:2], *seals[3:]], rows)
    assert (flaw.kind, flaw.number) == (FlawKind.SEAL_DELETED, 3)


def test_a_seal_taken_out_and_the_gap_closed_is_named(rows: Rows) -> None:
    seals = seal_all(rows)
    closed = [*seals[:2], *(seal._replace(number=seal.number - 1) for seal in seals[3:])]
    (flaw,) = check_all(closed, rows)
    assert (flaw.kind, flaw.number) == (FlawKind.SEAL_ALTERED, 3)


def test_who_has_another_key_cannot_recompute(rows: Rows) -> None:
    bad = alter(rows, 0)
    seals = seal_all(bad, key_ids=("k2", "k2", "k2"))
    (flaw,) = check_all([seal._replace(key_id="k1") for seal in seals], bad)
    assert (flaw.subject, flaw.sequence) == (ANNA, 1)


def test_a_key_that_is_not_given_is_named(rows: Rows) -> None:
    (flaw,) = check_all([seal._replace(key_id="k9") for seal in seal_all(rows)], rows)
    assert (flaw.kind, flaw.number) == (FlawKind.KEY_MISSING, 1)
    assert "k9" in flaw.sentence


def test_the_chain_of_a_seal_covers_the_one_before(rows: Rows) -> None:
    seal = seal_all(rows)[1]
    assert chain_of(KEYS["k1"], "", seal) != seal.chain


def test_the_tail_that_is_not_sealed_has_no_gap_and_no_end_cut_off() -> None:
    check = AuditCheck(KEYS)
    tail = rows_of(ANNA)
    assert check.check_tail(ANNA, LENGTH, tail) is None
    assert check.check_tail(ANNA, LENGTH - 2, tail) is None, "the log grows while it is read"
    gap = check.check_tail(ANNA, LENGTH, delete(tail, 4))
    assert gap is not None
    assert (gap.kind, gap.sequence) == (FlawKind.DELETED, 5)
    cut = AuditCheck(KEYS).check_tail(ANNA, LENGTH, tail[:-2])
    assert cut is not None
    assert (cut.kind, cut.sequence) == (FlawKind.CUT, LENGTH - 1)


def test_after_its_first_bad_row_a_subject_is_not_spoken_of_again(rows: Rows) -> None:
    seals = seal_all(rows)
    bad = alter(alter(rows, 1), 9)
    assert [flaw.sequence for flaw in check_all(seals, bad)] == [2]
