"""What was simulated while somebody else had our shard: kept apart from the books.

In:  the journal of a run whose lease another worker has held since.
Out: its events in `orphaned_events`, each once; a journal that begins anew.
Next: `supabase/migrations/*_create_orphaned_events.sql`.

The successor went on from what the database knew. Whatever we had not written by then happened
beside its books, and must not be added to them later. The journal is moved aside by one rename
before anything else is done with it, so a crash at any moment leaves either the old state or the
new one; what could not be stored is stored at the next start.
"""

import asyncio
import logging
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Final

from core.errors import StoreError
from worker.lease.lease import Lease
from worker.store.journal import Journal, Told, open_journal
from worker.store.outgoing import Outgoing
from worker.store.store import MOST_PER_CALL
from worker.store.supabase import Supabase

_MARK: Final = "orphaned"

_log: Final = logging.getLogger(__name__)


class Orphans:
    """Look after what one installation simulated without its shard.

    Parameters
    ----------
    journal
        Where the journal is. Beside it, in `lease`, stands the token of its last run.
    shard, holder
        Whose it is.
    """

    def __init__(self, journal: Path, shard: str, holder: str) -> None:
        self._journal: Final = journal
        self._token_file: Final = journal.with_name("lease")
        self._shard: Final = shard
        self._holder: Final = holder

    @property
    def last_token(self) -> int:
        """The token of the last run, 0 if there was none."""
        try:
            return int(self._token_file.read_text(encoding="ascii"))
        except (FileNotFoundError, ValueError):
            return 0

    def begin(self, lease: Lease) -> None:
        """Begin a run with this lease: what is here of another tenure is moved aside first."""
        if lease.has_moved:
            self.set_aside()
        part = self._token_file.with_suffix(".part")
        part.write_text(str(lease.token), encoding="ascii")
        part.replace(self._token_file)

    def set_aside(self) -> None:
        """Move the journal aside; nobody may have it open."""
        if not self._journal.exists():
            return
        open_journal(self._journal).close()  # Puts what SQLite holds beside the file into it.
        target = self._journal.with_name(f"{_MARK}-{self.last_token}{self._journal.suffix}")
        self._journal.rename(target)
        _log.warning(
            "another worker had the shard: what was not stored is kept apart",
            extra={"facts": {"file": str(target)}},
        )

    async def store(self, supabase: Supabase) -> int:
        """Store what was moved aside and remove the files; return how many events were new.

        What cannot be stored now stays for the next time.
        """
        count = 0
        for path in sorted(self._journal.parent.glob(f"{_MARK}-*{self._journal.suffix}")):
            try:
                count += await self._store(supabase, path)
            except StoreError as error:
                _log.warning("orphaned events stay in %s: %s", path, error)
                continue
            path.unlink()
        if count:
            _log.warning("orphaned events stored", extra={"facts": {"events": count}})
        return count

    async def _store(self, supabase: Supabase, path: Path) -> int:
        """Store one file's, a batch at a time."""
        count, token = 0, int(path.stem.rpartition("-")[2])
        with closing(Journal(path)) as journal:
            after = await asyncio.to_thread(_stored_until, journal)
            while told := await asyncio.to_thread(_batch, journal, after):
                count += await supabase.call(
                    "worker_write_orphans",
                    p_shard=self._shard,
                    p_holder=self._holder,
                    p_token=token,
                    p_events=[each.event for each in told],
                )
                after = told[-1].sequence
        return count


def _stored_until(journal: Journal) -> int:
    """Return up to where the database has everything; what it has besides, it knows itself."""
    drained = Outgoing(journal).drained
    (held,) = journal.database.execute("select min(next) - 1 from lanes").fetchone()
    return drained if held is None else min(held, drained)


def _batch(journal: Journal, after: int) -> list[Told]:
    return list(islice(journal.events(after), MOST_PER_CALL))
