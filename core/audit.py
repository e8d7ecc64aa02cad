"""The audit log's two chains: one HMAC per row, each over the one before, and one per seal.

In:  rows of the audit log in their order, the newest seal, a key that is not in the database.
Out: `Seal`, to be stored beside the rows; its `chain` is the head that is kept elsewhere too.
Next: `core/audit_check.py`, which follows the chains and names what was tampered with.

A row's link is HMAC-SHA256(key, link before + row). Whoever has no key can make no link, so a row
cannot be altered, inserted, removed or moved without breaking it at that row. A seal covers the
next rows of one subject and the seal before it, so that no seal can be taken out either. What
happens to rows after the last seal, or to the last seals together with their rows, shows only
where their head was kept outside the database.
"""

import hmac
import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final, NamedTuple

LINK_DIGITS: Final = 64
_NO_CHAIN: Final = ""


class AuditRow(NamedTuple):
    """One row of the audit log.

    Attributes
    ----------
    subject
        Pseudonym of the account it concerns.
    entity_id
        Empty when it concerns no row.
    detail
        JSON as the database writes it.
    occurred_us
        Microseconds since 1970, UTC.
    """

    subject: str
    sequence: int
    actor: str
    action: str
    entity: str
    entity_id: str
    detail: str
    occurred_us: int


class Unsealed(NamedTuple):
    """The next rows of one subject that no seal covers.

    Attributes
    ----------
    head
        Link of the row before the first; empty at the beginning.
    rows
        Those there are of first to last.
    """

    subject: str
    head: str
    first_sequence: int
    last_sequence: int
    rows: Sequence[AuditRow]


class Seal(NamedTuple):
    """A seal over the next rows of one subject.

    Attributes
    ----------
    number
        1, 2, 3 ... over all subjects.
    links
        One link per row, `LINK_DIGITS` hex digits each.
    chain
        Over this seal and the chain of the one before.
    sealed_us
        Microseconds since 1970, UTC.
    """

    number: int
    subject: str
    first_sequence: int
    last_sequence: int
    links: str
    key_id: str
    chain: str
    sealed_us: int

    @property
    def head(self) -> str:
        """The link of its last row: what the subject's next seal continues."""
        return self.links[-LINK_DIGITS:]


def link_of(key: bytes, before: str, row: AuditRow) -> str:
    """Return the link of a row; `before` is the link of the row before, empty for the first."""
    return _mac(key, [before, *row])


def link_of_missing(key: bytes, before: str, subject: str, sequence: int) -> str:
    """Return the link that says that a row was missing already when its seal was made."""
    return _mac(key, [before, subject, sequence, None])


def chain_of(key: bytes, before: str, seal: Seal) -> str:
    """Return the chain of a seal whose other fields are right."""
    return _mac(key, [before, *seal._replace(chain=_NO_CHAIN)])


class Sealer:
    """Make seals, each continuing the one before.

    Parameters
    ----------
    key_id, key
        What seals now; older seals may have been made with older keys.
    number, chain
        Of the newest seal; 0 and empty when there is none.
    """

    def __init__(self, key_id: str, key: bytes, number: int, chain: str) -> None:
        self._key_id: Final = key_id
        self._key: Final = key
        self._number = number
        self._chain = chain

    def seal(self, part: Unsealed, sealed_us: int) -> Seal:
        """Return the next seal, over these rows; one that is missing is sealed as missing."""
        found: Mapping[int, AuditRow] = {row.sequence: row for row in part.rows}
        head = part.head
        links: list[str] = []
        for sequence in range(part.first_sequence, part.last_sequence + 1):
            row = found.get(sequence)
            if row is None:
                head = link_of_missing(self._key, head, part.subject, sequence)
            else:
                head = link_of(self._key, head, row)
            links.append(head)
        seal = Seal(
            number=self._number + 1,
            subject=part.subject,
            first_sequence=part.first_sequence,
            last_sequence=part.last_sequence,
            links="".join(links),
            key_id=self._key_id,
            chain=_NO_CHAIN,
            sealed_us=sealed_us,
        )
        self._number = seal.number
        self._chain = chain_of(self._key, self._chain, seal)
        return seal._replace(chain=self._chain)


def _mac(key: bytes, fields: list[str | int | None]) -> str:
    # JSON keeps the fields apart whatever they hold.
    text = json.dumps(fields, ensure_ascii=True, separators=(",", ":"))
    return hmac.new(key, text.encode(), sha256).hexdigest()
