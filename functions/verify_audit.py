"""The verifier's command line: python -m functions.verify_audit.

In:  the environment of the functions (SUPABASE_URL, SUPABASE_SECRET_KEY, AUDIT_SEAL_KEY ...), over
     PostgREST; a file of heads, when one was kept.
Out: one line per flaw on stdout and a summary; exit status 0, 1 or 2.
Next: `core/audit_check.py`, how a flaw is found.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from core.audit import AuditRow, Seal
from core.audit_check import AuditCheck
from core.audit_flaws import Flaw, FlawKind
from core.errors import EXIT_CONFIGURATION, ConfigError, DataError
from functions.audit_records import ROW_COLUMNS, SEAL_COLUMNS, row_of, seal_of
from functions.database import Database, Supabase
from functions.problems import ApiError
from functions.settings import read_settings

EXIT_WHOLE: Final = 0
EXIT_FLAWED: Final = 1
_PAGE: Final = 1000  # Where PostgREST cuts.
_LOWEST: Final = -(2**63)
_ENDING: Final = {FlawKind.SEAL_ALTERED, FlawKind.SEAL_DELETED, FlawKind.KEY_MISSING}

_DESCRIPTION: Final = """\
Follow the seals of the audit log and name the first row of each account that was altered, deleted,
inserted or moved, and seals that were altered or taken out.

It reads audit_log, audit_subjects and audit_seals over PostgREST with the secret key, and takes its
settings from the environment, as the functions do: SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY,
SUPABASE_SECRET_KEY, CRON_SECRET, and AUDIT_SEAL_KEY with every key that ever sealed.
"""
_EPILOG: Final = """\
exit status: 0 nothing was tampered with, 1 something was (or a seal cannot be checked), 2 the
verifier could not run: settings, a heads file that cannot be read, or no answer of the database.

What it cannot tell: changes of rows that no seal covers yet (housekeeping seals every minute), and,
without a file of heads, whether the last seals were cut off together with their rows.
"""


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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m functions.verify_audit",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--heads",
        type=Path,
        metavar="FILE",
        help="file of heads that housekeeping kept outside the database (default: AUDIT_SEAL_FILE)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object, for a monitor")
    options = parser.parse_args(arguments)
    try:
        return _run(options.heads, as_json=options.json)
    except (ConfigError, DataError, OSError, ApiError) as error:
        sys.stderr.write(f"verify_audit: {error}\n")
        return EXIT_CONFIGURATION


def _run(heads_file: Path | None, *, as_json: bool) -> int:
    settings = read_settings(os.environ)
    if not settings.audit_keys:
        raise ConfigError("AUDIT_SEAL_KEY is not set: without the key no seal can be checked")
    path = heads_file or settings.audit_seal_file
    heads = [] if path is None else read_heads(path)
    supabase = Supabase(settings)
    try:
        verdict = verify(supabase.service(), AuditCheck(settings.audit_keys), heads)
    finally:
        supabase.close()
    sys.stdout.write(_as_json(verdict) if as_json else _as_text(verdict))
    return EXIT_FLAWED if verdict.flaws else EXIT_WHOLE


def _as_json(verdict: Verdict) -> str:
    facts = verdict._asdict() | {"flaws": [flaw._asdict() for flaw in verdict.flaws]}
    return json.dumps(facts) + "\n"


def _as_text(verdict: Verdict) -> str:
    lines = [f"{flaw.kind}: {flaw.sentence}" for flaw in verdict.flaws]
    counts = (
        f"{verdict.seals} seals over {verdict.rows} rows, {verdict.unsealed} rows not sealed yet"
    )
    lines.append(f"{'TAMPERED WITH' if verdict.flaws else 'whole'}: {counts}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
