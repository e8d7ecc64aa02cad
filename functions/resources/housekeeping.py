"""Housekeeping, every minute: seals over the audit log, what only the clock notices, old rows.

In:  a call by a scheduler, at any time, however often.
Out: what was done, step by step, in one summary.
Next: `functions/audit_sealing.py`; `supabase/migrations/20261120191000_delete_expired_rows.sql`.

Every step is bounded and looks at what is due now, so a run that died half way, or found too much,
is finished by the next. A step that fails keeps no other from being done.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

from pydantic import Field

from functions.audit_sealing import seal_new_rows
from functions.database import Database
from functions.jobs import Outcome, run_once
from functions.models import Answer
from functions.problems import ApiError
from functions.routing import Call
from functions.settings import Settings

_log = logging.getLogger(__name__)

JOB: Final = "housekeeping"
_BATCH: Final = 2000  # Rows removed in one transaction.
_ROUNDS: Final = 5  # Of one table in one run; what is left waits a minute.
# Each asks the database to do one thing, and says how many it did it to.
_STEPS: Final = {
    "live_approvals_expired": "expire_live_approvals",
    "silent_workers_told": "notify_of_silent_workers",
    "ending_tokens_told": "notify_of_ending_tokens",
    "price_alerts_expired": "expire_price_alerts",
    "job_runs_closed": "close_lost_job_runs",
}
EXPIRING: Final = (
    "user_events",
    "strategy_logs",
    "strategy_metrics",
    "trading_signals",
    "notifications",
    "price_alerts",
    "worker_events",
    "worker_heartbeats",
    "orphaned_events",
    "job_runs",
    "idempotency_keys",
    "rate_limits",
)


class Sealing(Answer):
    """What was sealed; `note` says why nothing could be."""

    seals: int = 0
    rows: int = 0
    missing: int = 0
    note: str | None = None


class StepProblem(Answer):
    """A step that failed; the next run tries it again."""

    step: str
    detail: str


class Housekeeping(Answer):
    """What a run did; `note` says why it did not run.

    `done` counts by step, `deleted` old rows by table; both name only what there was.
    """

    ran: bool
    note: Outcome | None = None
    sealed: Sealing = Sealing()
    done: dict[str, int] = Field(default_factory=dict)
    deleted: dict[str, int] = Field(default_factory=dict)
    candle_leaves: list[str] = Field(default_factory=list)
    problems: list[StepProblem] = Field(default_factory=list)


class _Run:
    """One run, step by step."""

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database: Final = database
        self._settings: Final = settings
        self._sealed = Sealing()
        self._leaves: list[str] = []
        self._done: dict[str, int] = {}
        self._deleted: dict[str, int] = {}
        self._problems: list[StepProblem] = []

    @property
    def is_complete(self) -> bool:
        return not self._problems

    def detail(self) -> Housekeeping:
        return Housekeeping(
            ran=True,
            sealed=self._sealed,
            done=self._done,
            deleted=self._deleted,
            candle_leaves=self._leaves,
            problems=self._problems,
        )

    def go(self) -> "_Run":
        self._attempt("audit_seals", self._seal)
        for step, function in _STEPS.items():
            self._attempt(step, partial(self._do, step, function))
        for table in EXPIRING:
            self._attempt(f"delete {table}", partial(self._delete, table))
        self._attempt("candle_leaves", self._make_leaves)
        return self

    def _attempt(self, step: str, work: Callable[[], None]) -> None:
        try:
            work()
        except (ApiError, OSError) as error:
            _log.exception("housekeeping_step_failed", extra={"facts": {"step": step}})
            self._problems.append(StepProblem(step=step, detail=str(error)))

    def _seal(self) -> None:
        keys = self._settings.audit_keys
        if not keys:
            self._sealed = Sealing(note="AUDIT_SEAL_KEY is not set: the audit log is not sealed")
            return
        sealed = seal_new_rows(self._database, keys, self._settings.audit_seal_file)
        self._sealed = Sealing(**sealed._asdict())

    def _do(self, step: str, function: str) -> None:
        count = self._database.rpc(function)
        if count:
            self._done[step] = count

    def _delete(self, table: str) -> None:
        for _round in range(_ROUNDS):
            arguments = {"p_table": table, "p_limit": _BATCH}
            count = self._database.rpc("delete_expired_rows", arguments)
            if count:
                self._deleted[table] = self._deleted.get(table, 0) + count
            if count < _BATCH:
                return

    def _make_leaves(self) -> None:
        self._leaves = self._database.rpc("create_candle_leaves")


def run_housekeeping(call: Call) -> Housekeeping:
    """Seal the audit log, tell of outages, and remove what was kept long enough.

    Safe to call every minute, late and twice: what one run leaves, the next one does.
    """
    clock = call.database.rpc("health")
    outcome, run = run_once(
        call.database,
        JOB,
        datetime.fromisoformat(clock["database_time"]),
        lambda: _Run(call.database, call.settings).go(),
    )
    return Housekeeping(ran=False, note=outcome) if run is None else run.detail()
