"""Follows the audit log's chains and names the first row that is not what was sealed.

In:  seals in their order, with the rows of their subject; the keys by id.
Out: `Flaw`, one per subject at most: from its first bad row on nothing of it can be trusted.
Next: `functions/audit_verification.py`, which reads them from the database.
"""

from collections.abc import Mapping, Sequence
from hmac import compare_digest
from typing import Final

from core.audit import LINK_DIGITS, AuditRow, Seal, chain_of
from core.audit_flaws import Flaw, FlawKind, SealedLinks


class AuditCheck:
    """Check seals one after the other, from the first.

    Parameters
    ----------
    keys
        By id; every key that ever sealed.
    """

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._keys: Final = dict(keys)
        self._chain = ""
        self._heads: dict[str, tuple[int, str]] = {}
        self._bad: set[str] = set()
        self.number = 0
        self.rows = 0

    def next_sequence(self, subject: str) -> int:
        """Return the first row of a subject that no checked seal covers."""
        return self._heads.get(subject, (0, ""))[0] + 1

    def check(self, seal: Seal, rows: Sequence[AuditRow]) -> Flaw | None:
        """Return what is wrong with the next seal or its rows.

        A flaw of a kind that begins with ``seal`` or ``key`` ends the check: nothing after it can
        be trusted.

        Parameters
        ----------
        rows
            Of its subject, from the first not covered before to the seal's last, in order.
        """
        if seal.number != self.number + 1:
            sentence = (
                f"seal {self.number + 1} is missing: the next there is has number {seal.number}"
            )
            return Flaw(FlawKind.SEAL_DELETED, "", 0, self.number + 1, sentence)
        key = self._keys.get(seal.key_id)
        if key is None:
            sentence = f"seal {seal.number} was made with key {seal.key_id}, which is not given"
            return Flaw(FlawKind.KEY_MISSING, "", 0, seal.number, sentence)
        flaw = None if seal.subject in self._bad else self._check_rows(key, seal, rows)
        if not self._continues(key, seal):
            # A row that was altered together with its link is the news, not its seal.
            return flaw or Flaw(
                FlawKind.SEAL_ALTERED,
                "",
                0,
                seal.number,
                f"seal {seal.number} (rows {seal.first_sequence} to {seal.last_sequence} of "
                f"{seal.subject}) is not what was sealed",
            )
        self.number = seal.number
        self._chain = seal.chain
        self._heads[seal.subject] = (seal.last_sequence, seal.head)
        self.rows += len(rows)
        return flaw

    def check_tail(self, subject: str, last_sequence: int, rows: Sequence[AuditRow]) -> Flaw | None:
        """Return what is wrong with the rows that no seal covers yet, as far as can be told.

        Parameters
        ----------
        last_sequence
            What the subject's counter says.
        """
        if subject in self._bad:
            return None
        expected = self.next_sequence(subject)
        for row in rows:
            if row.sequence != expected:
                return self._tail_flaw(subject, expected, row.sequence)
            expected += 1
        if expected <= last_sequence:
            return self._flaw(
                FlawKind.CUT,
                subject,
                expected,
                0,
                f"rows {expected} to {last_sequence} are missing at the end",
            )
        return None

    def _tail_flaw(self, subject: str, expected: int, found: int) -> Flaw:
        if found < expected:
            return self._flaw(FlawKind.INSERTED, subject, found, 0, "a row too many is there")
        return self._flaw(FlawKind.DELETED, subject, expected, 0, "the row is missing")

    def _continues(self, key: bytes, seal: Seal) -> bool:
        return (
            seal.first_sequence == self.next_sequence(seal.subject)
            and len(seal.links) == LINK_DIGITS * (seal.last_sequence - seal.first_sequence + 1)
            and compare_digest(seal.chain, chain_of(key, self._chain, seal))
        )

    def _check_rows(self, key: bytes, seal: Seal, rows: Sequence[AuditRow]) -> Flaw | None:
        links = SealedLinks(key, seal, self._heads.get(seal.subject, (0, ""))[1])
        position = 0
        for sequence in range(seal.first_sequence, seal.last_sequence + 1):
            row = rows[position] if position < len(rows) else None
            if row is not None and row.sequence < sequence:
                return self._flaw(
                    FlawKind.INSERTED,
                    seal.subject,
                    row.sequence,
                    seal.number,
                    "a row too many is there",
                )
            if row is None or row.sequence > sequence:
                return self._missing(links, seal, sequence)
            if not links.fits(row, sequence):
                kind, words = links.what_happened(row, rows)
                return self._flaw(kind, seal.subject, sequence, seal.number, words)
            position += 1
        if position < len(rows):
            extra = rows[position].sequence
            return self._flaw(
                FlawKind.INSERTED, seal.subject, extra, seal.number, "a row too many is there"
            )
        return None

    def _missing(self, links: SealedLinks, seal: Seal, sequence: int) -> Flaw:
        was_missing = links.was_missing(sequence)
        words = "the row is missing" + (", and was when its seal was made" if was_missing else "")
        return self._flaw(FlawKind.DELETED, seal.subject, sequence, seal.number, words)

    def _flaw(self, kind: FlawKind, subject: str, sequence: int, number: int, words: str) -> Flaw:
        self._bad.add(subject)
        sealed = f"seal {number}" if number else "not sealed yet"
        return Flaw(
            kind, subject, sequence, number, f"row {sequence} of {subject} ({sealed}): {words}"
        )
