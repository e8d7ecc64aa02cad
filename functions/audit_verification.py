"""Reads the audit log and its seals over PostgREST and holds one against the other.

In:  the database with the secret key's rights; heads that were kept outside it.
Out: `Verdict`: every flaw, and how much was looked at.
Next: `core/audit_check.py`, how a flaw is found; `functions/verify_audit.py`, the command line.
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from core.audit import AuditRow, Seal
from core.audit_check import AuditCheck
from core.audit_flaws import Flaw, FlawKind
from core.errors import DataError
from functions.audit_records import ROW_COLUMNS, SEAL_COLUMNS, row_of, seal_of
from functions.database import Database

_PAGE: Final = 1000  # Where PostgREST cuts.
_LOWEST: Final = -(2**63)
# After these nothing that follows can be trusted.
_ENDING: Final = {FlawKind.SEAL_ALTERED, FlawKind.SEAL_DELETED, FlawKind.KEY_MISSING}


class Head(NamedTuple):
    """A seal's head as it was kept outside the database."""

    number: int
    chain: str


class _Reader:
    """Rows of the audit log by subject, each read once, a page at a time."""

    def __init__(self, database: Database) -> None:
        self._database: Final = database
        self._rows: Final[dict[str, Iterator[AuditRow]]] = {}
        self._ahead: Final[dict[str, AuditRow | None]] = {}

    def newest_seal(self) -> int:
        """Return the number of the newest seal; 0 when there is none."""
        newest = self._database.rows("audit_seals", select="number", order="number.desc", limit="1")
        return int(newest[0]["number"]) if newest else 0

    def seals(self, newest: int) -> Iterator[Seal]:
        """Yield all seals up to a number, in their order."""
        last = -1
        while page := self._database.rows(
            "audit_seals",
            select=SEAL_COLUMNS,
            number=f"gt.{last}",
            order="number",
            limit=str(_PAGE),
        ):
            for seal in map(seal_of, page):
                if seal.number > newest:
                    return
                yield seal
            last = page[-1]["number"]

    def counters(self) -> Iterator[tuple[str, int]]:
        """Yield every subject with its last number."""
        after: dict[str, str] = {}
        while page := self._database.rows(
            "audit_subjects",
            select="subject,last_sequence",
            order="subject",
            limit=str(_PAGE),
            **after,
        ):
            yield from ((row["subject"], row["last_sequence"]) for row in page)
            after = {"subject": f"gt.{page[-1]['subject']}"}

    def rows_to(self, subject: str, last: int | None) -> list[AuditRow]:
        """Return the next rows of a subject, up to a number; None: all that are left."""
        if subject not in self._rows:
            self._rows[subject] = self._read(subject)
            self._ahead[subject] = next(self._rows[subject], None)
        rows = []
        row = self._ahead[subject]
        while row is not None and (last is None or row.sequence <= last):
            rows.append(row)
            row = next(self._rows[subject], None)
        self._ahead[subject] = row
        return rows

    def _read(self, subject: str) -> Iterator[AuditRow]:
        last, same = _LOWEST, 0
        while page := self._database.rows(
            "audit_log",
            select=ROW_COLUMNS,
            subject=f"eq.{subject}",
            sequence=f"gte.{last}",
            order="sequence",
            limit=str(_PAGE),
            offset=str(same),
        ):
            for row in map(row_of, page):
                # A number that is there twice must be seen twice, at the edge of a page too.
                same = same + 1 if row.sequence == last else 1
                last = row.sequence
                yield row


class Verdict(NamedTuple):
    """What the verifier found."""

    flaws: list[Flaw]
    seals: int
    rows: int
    unsealed: int


def verify(database: Database, check: AuditCheck, heads: Sequence[Head]) -> Verdict:
    """Check every seal and row there is.

    Parameters
    ----------
    check
        New, with the keys.
    heads
        What was kept outside; each must be found again.
    """
    reader = _Reader(database)
    # How far to look is settled first: the log grows while it is read.
    newest_seal, counters = reader.newest_seal(), list(reader.counters())
    expected = {head.number: head.chain for head in heads}
    flaws: list[Flaw] = []
    for seal in reader.seals(newest_seal):
        flaw = check.check(seal, reader.rows_to(seal.subject, seal.last_sequence))
        if flaw is None and expected.get(seal.number, seal.chain) != seal.chain:
            sentence = f"seal {seal.number} is not the one whose head was kept outside"
            flaw = Flaw(FlawKind.SEAL_ALTERED, "", 0, seal.number, sentence)
        if flaw is not None:
            flaws.append(flaw)
            if flaw.kind in _ENDING or check.number < seal.number:
                return Verdict(flaws, check.number, check.rows, 0)
    kept = max(expected, default=0)
    if kept > check.number:
        sentence = (
            f"seals {check.number + 1} to {kept} are missing at the end, with what they covered"
        )
        flaws.append(Flaw(FlawKind.CUT, "", 0, check.number + 1, sentence))
    unsealed = 0
    for subject, last_sequence in counters:
        rows = reader.rows_to(subject, None)
        unsealed += len(rows)
        flaw = check.check_tail(subject, last_sequence, rows)
        flaws += [flaw] if flaw is not None else []
    return Verdict(flaws, check.number, check.rows, unsealed)


def read_heads(path: Path) -> list[Head]:
    """Return the heads in a file that housekeeping wrote.

    Raises
    ------
    DataError
        Names the line that is no head.
    """
    heads = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            values = json.loads(line)
            heads.append(Head(int(values["number"]), str(values["chain"])))
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"line {number} of {path} is no head of a seal") from error
    return heads
