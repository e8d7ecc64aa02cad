"""The verifier's command line: python -m functions.verify_audit.

In:  the environment of the functions (SUPABASE_URL, SUPABASE_SECRET_KEY, AUDIT_SEAL_KEY ...), over
     PostgREST; a file of heads, when one was kept.
Out: one line per flaw on stdout and a summary; exit status 0, 1 or 2.
Next: `functions/audit_verification.py`, how the log is read.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from core.audit_check import AuditCheck
from core.errors import EXIT_CONFIGURATION, ConfigError, DataError
from functions.audit_verification import Verdict, read_heads, verify
from functions.database import Supabase
from functions.problems import ApiError
from functions.settings import read_settings

EXIT_WHOLE: Final = 0
EXIT_FLAWED: Final = 1

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
