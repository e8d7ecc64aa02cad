"""`python -m worker journal`: what the database refused or has lost, and how that is settled.

In:  the journal of a worker that may be running; what the operator decides.
Out: what waits and why, on stdout; a decision in the journal, which the worker follows.
Next: `worker/store/outgoing.py`.

A refused event holds back the later events of its config. `retry` sends it again, once its cause is
mended; `skip` goes on without it, and its row will be missing. `accept` lets a config trade again
of which something is in no place any more.
"""

import json
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from core.errors import EXIT_ASKED_TO_STOP, ConfigError
from worker.settings import Settings
from worker.state import JOURNAL
from worker.store.journal_file import saying

RETRY: Final = "retry"
SKIP: Final = "skip"
ACCEPT: Final = "accept"
ACTIONS: Final = (RETRY, SKIP, ACCEPT)
MARKET: Final = "market"
"""Stands for the market's own events, which have no config."""

_LONGEST: Final = 160


def settle(settings: Settings, action: str | None, config_id: str | None) -> int:
    """Do what the operator says, or say what there is to decide; return the exit code.

    Raises
    ------
    ConfigError
        If there is no journal, or nothing to settle for this config.
    JournalError
        If the journal cannot be used.
    """
    with closing(JournalDesk(settings.state_dir / JOURNAL)) as desk:
        if action is None:
            lines = desk.lines() or ["nothing is refused, nothing is missing"]
        elif config_id is None:
            raise ConfigError(f"journal {action} needs a config id, or {MARKET!r}")
        else:
            lines = [desk.decide(action, config_id)]
    for line in lines:
        print(line, file=sys.stdout)  # noqa: T201 - a program for a terminal.
    return EXIT_ASKED_TO_STOP


class JournalDesk:
    """Look into a journal, and decide.

    Parameters
    ----------
    path
        Its file; a worker may be using it.

    Raises
    ------
    ConfigError
        If there is none.
    """

    def __init__(self, path: Path) -> None:
        if not path.exists():
            raise ConfigError(f"there is no journal {path}; check WORKER_STATE_DIR")
        self._path: Final = path
        self._database: Final = sqlite3.connect(path, autocommit=True)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def lines(self) -> list[str]:
        """Return what there is to decide, a line each; none where there is nothing."""
        lines = [_refused_line(*row) for row in self._rows(_REFUSED)]
        return lines + [f"MISSING {sentence}" for (sentence,) in self._rows(_MISSING)]

    def decide(self, action: str, config_id: str) -> str:
        """Note a decision; return what follows from it."""
        with saying(self._path):
            self._database.execute("begin immediate")
            try:
                count = self._act(action, config_id)
            except BaseException:
                self._database.execute("rollback")
                raise
            self._database.execute("commit")
        if not count:
            raise ConfigError(f"there is nothing to {action} for {config_id}; see `journal`")
        return _FOLLOWS[action].format(config_id)

    def _act(self, action: str, config_id: str) -> int:
        run = self._database.execute
        if config_id == MARKET:  # Nothing waits behind these, and what is stale cannot be retried.
            if action != SKIP:
                raise ConfigError(f"events of the market can be skipped only, not {action!r}")
            return run("update refused set skipped = 1 where config_id is null").rowcount
        if action == ACCEPT:
            return run("delete from missing where config_id = ?", (config_id,)).rowcount
        if action == SKIP:
            run(
                "update refused set skipped = 1 where sequence ="
                " (select next from lanes where config_id = ? and not moving)",
                (config_id,),
            )
        return run(
            "update lanes set moving = 1 where config_id = ? and not moving", (config_id,)
        ).rowcount

    def _rows(self, query: str) -> list[Any]:
        with saying(self._path):
            return self._database.execute(query).fetchall()


_MISSING: Final = "select sentence from missing order by config_id"
_REFUSED: Final = """
select refused.sequence, refused_at, refused.config_id, refused.kind, refused.event, code, error,
  (select count(*) from events
   where events.config_id = refused.config_id and events.sequence > refused.sequence)
from refused left join lanes using (config_id)
where not skipped and not coalesce(moving, 0)
order by refused.sequence
"""
_FOLLOWS: Final = {
    RETRY: "the refused event of config {} is sent again, and those behind it",
    SKIP: "config {} goes on without the refused event",
    ACCEPT: "config {} may trade again: RESUME it",
}


def _refused_line(  # noqa: PLR0913, PLR0917 - the columns of a row.
    sequence: int,
    refused_at: int,
    config_id: str | None,
    kind: str,
    event: str,
    code: str,
    error: str,
    behind: int,
) -> str:
    at = datetime.fromtimestamp(refused_at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    row = json.dumps(json.loads(event)["row"])
    row = row if len(row) <= _LONGEST else f"{row[: _LONGEST - 1]}…"
    whose = "of the market" if config_id is None else f"of config {config_id}"
    cure = (
        f"journal skip {MARKET}"
        if config_id is None
        else f"journal retry {config_id} (when its cause is mended) or journal skip {config_id}"
    )
    return (
        f"REFUSED {kind} {sequence} {whose} at {at}: {error} ({code}); {behind} wait behind it.\n"
        f"        {row}\n        cure: python -m worker {cure}"
    )
