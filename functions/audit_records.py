"""The audit log as PostgREST speaks of it, and as `core/audit.py` does.

In:  records of PostgREST: rows of audit_log (``detail::text``) and of audit_seals.
Out: `AuditRow`, `Seal`; and a seal as a record, to be stored.
Next: `functions/audit_sealing.py`, `functions/audit_verification.py`.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from core.audit import AuditRow, Seal, Unsealed
from functions.database import Row

ROW_COLUMNS: Final = "subject,sequence,actor,action,entity,entity_id,detail::text,occurred_at"
SEAL_COLUMNS: Final = "number,subject,first_sequence,last_sequence,links,key_id,chain,sealed_at"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def row_of(record: Row) -> AuditRow:
    """Return a row of the audit log."""
    return AuditRow(
        subject=record["subject"],
        sequence=record["sequence"],
        actor=record["actor"],
        action=record["action"],
        entity=record["entity"],
        entity_id=record["entity_id"] or "",
        detail=record["detail"],
        occurred_us=microseconds(record["occurred_at"]),
    )


def unsealed_of(record: Row) -> Unsealed:
    """Return the rows of a subject that `unsealed_audit_rows` gave."""
    return Unsealed(
        subject=record["subject"],
        head=record["head"] or "",
        first_sequence=record["sealed"] + 1,
        last_sequence=record["last_sequence"],
        rows=[row_of(row) for row in record["rows"]],
    )


def seal_of(record: Row) -> Seal:
    """Return a stored seal."""
    return Seal(
        number=record["number"],
        subject=record["subject"],
        first_sequence=record["first_sequence"],
        last_sequence=record["last_sequence"],
        links=record["links"],
        key_id=record["key_id"],
        chain=record["chain"],
        sealed_us=microseconds(record["sealed_at"]),
    )


def record_of(seal: Seal) -> dict[str, Any]:
    """Return a seal as it is stored."""
    fields = seal._asdict()
    sealed_at = _EPOCH + fields.pop("sealed_us") * _MICROSECOND
    return fields | {"sealed_at": sealed_at.isoformat()}


def microseconds(text: str) -> int:
    """Return an instant of PostgREST's as microseconds since 1970, whatever its time zone."""
    return (datetime.fromisoformat(text) - _EPOCH) // _MICROSECOND
