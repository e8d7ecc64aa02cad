"""What can be wrong with the audit log, and how to tell from a seal's links what was done.

In:  a seal, the head before it, its key; rows that stand where others were sealed.
Out: `Flaw` and its kind.
Next: `core/audit_check.py`.
"""

from collections.abc import Sequence
from enum import StrEnum
from hmac import compare_digest
from typing import Final, NamedTuple

from core.audit import LINK_DIGITS, AuditRow, Seal, link_of, link_of_missing


class FlawKind(StrEnum):
    """What was done."""

    ALTERED = "altered"
    DELETED = "deleted"
    INSERTED = "inserted"
    REORDERED = "reordered"
    CUT = "cut"
    SEAL_ALTERED = "seal_altered"
    SEAL_DELETED = "seal_deleted"
    KEY_MISSING = "key_missing"


class Flaw(NamedTuple):
    """The first thing wrong with a subject, or with the seals.

    Attributes
    ----------
    subject, sequence
        The row; empty and 0 when a seal is what is wrong.
    number
        The seal that shows it; 0 when it is a row that no seal covers yet.
    """

    kind: FlawKind
    subject: str
    sequence: int
    number: int
    sentence: str


class SealedLinks:
    """The links that a seal gives the rows it covers."""

    def __init__(self, key: bytes, seal: Seal, head: str) -> None:
        self._key: Final = key
        self._seal: Final = seal
        self._head: Final = head

    def fits(self, row: AuditRow, sequence: int) -> bool:
        """Return whether a row is what was sealed under a sequence, whatever it says itself."""
        if not self._seal.first_sequence <= sequence <= self._seal.last_sequence:
            return False
        link = link_of(self._key, self._link(sequence - 1), row._replace(sequence=sequence))
        return compare_digest(link, self._link(sequence))

    def was_missing(self, sequence: int) -> bool:
        """Return whether the seal says that there was no such row."""
        before = self._link(sequence - 1)
        link = link_of_missing(self._key, before, self._seal.subject, sequence)
        return compare_digest(link, self._link(sequence))

    def what_happened(self, row: AuditRow, rows: Sequence[AuditRow]) -> tuple[FlawKind, str]:
        """Return how a row comes to stand where another was sealed."""
        sequence = row.sequence
        moved = next((other for other in rows if self.fits(other, sequence)), None)
        belongs = next(
            (
                there
                for there in range(self._seal.first_sequence, self._seal.last_sequence + 1)
                if self.fits(row, there)
            ),
            None,
        )
        if moved is not None and belongs is not None:
            words = f"here stood what is now row {moved.sequence}; this one was row {belongs}"
            return FlawKind.REORDERED, words
        if moved is not None:
            return FlawKind.INSERTED, f"here stood what is now row {moved.sequence}"
        if belongs is not None:
            return FlawKind.DELETED, f"the row is gone; what is here was row {belongs}"
        return FlawKind.ALTERED, "it is not what was sealed"

    def _link(self, sequence: int) -> str:
        if sequence < self._seal.first_sequence:
            return self._head
        start = LINK_DIGITS * (sequence - self._seal.first_sequence)
        return self._seal.links[start : start + LINK_DIGITS]
