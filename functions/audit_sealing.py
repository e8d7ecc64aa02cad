"""Seals what the audit log has grown by, and says the new head where the database cannot reach.

In:  the rows no seal covers; the keys of the setting AUDIT_SEAL_KEY.
Out: stored seals; the head as a log line, and as a line of the file AUDIT_SEAL_FILE.
Next: `core/audit.py`, how a seal is made.
"""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from core.audit import Seal, Sealer
from functions.audit_records import microseconds, record_of, unsealed_of
from functions.database import Database

_log = logging.getLogger(__name__)

_PAGE: Final = 1000  # Rows sealed in one transaction.
_PAGES: Final = 20  # In one run; what is left waits a minute.


class Sealed(NamedTuple):
    """What a run sealed."""

    seals: int = 0
    rows: int = 0
    missing: int = 0


def seal_new_rows(database: Database, keys: Mapping[str, bytes], heads: Path | None) -> Sealed:
    """Seal every row there is, up to a bound per run.

    Parameters
    ----------
    keys
        By id; the first one seals.
    heads
        File that the head is appended to.

    Raises
    ------
    ApiError
        If the database cannot be reached, or somebody else sealed meanwhile; nothing is half done.
    OSError
        If the file of heads cannot be written; the seals are stored.
    """
    key_id, key = next(iter(keys.items()))
    total = Sealed()
    for _page in range(_PAGES):
        unsealed = database.rpc("unsealed_audit_rows", {"p_limit": _PAGE})
        parts = [unsealed_of(record) for record in unsealed["parts"]]
        if not parts:
            break
        sealer = Sealer(key_id, key, unsealed["number"], unsealed["chain"] or "")
        now_us = microseconds(datetime.now(UTC).isoformat())
        seals = [sealer.seal(part, now_us) for part in parts]
        database.rpc("store_audit_seals", {"p_seals": [record_of(seal) for seal in seals]})
        _tell(seals[-1], heads)
        rows = sum(len(part.rows) for part in parts)
        wanted = sum(part.last_sequence - part.first_sequence + 1 for part in parts)
        total = Sealed(total.seals + len(seals), total.rows + rows, total.missing + wanted - rows)
    if total.missing:
        _log.error("audit_rows_missing", extra={"facts": {"rows": total.missing}})
    return total


def _tell(newest: Seal, heads: Path | None) -> None:
    head = {"number": newest.number, "chain": newest.chain, "key_id": newest.key_id}
    _log.info("audit_sealed", extra={"facts": head})
    if heads is not None:
        with heads.open("a", encoding="utf-8") as file:
            file.write(json.dumps(head) + "\n")
