"""A job of the clock, run once per minute however often it is called.

In:  a job's name, the minute, the work.
Out: what the work returned, or that somebody else does or did it.
Next: `functions/resources/eod_exit.py`.

A scheduler calls late, twice, or not at all, and several may be set up side by side. One row per
job and minute in the database decides who works; a run that dies is taken over when its claim
ends. What was missed is not replayed: the work looks at what is due now.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from pydantic import BaseModel

from functions.database import Database
from functions.problems import ApiError

_log = logging.getLogger(__name__)

CLAIM_SECONDS: Final = 90  # Longer than a function may run (60 s on Vercel, see vercel.json).


class Outcome(StrEnum):
    """How the claim of a minute ended."""

    CLAIMED = "claimed"
    BUSY = "busy"
    DONE = "done"


class Report(Protocol):
    """What a job has to tell."""

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left that should have been done."""
        ...

    def detail(self) -> BaseModel:
        """Return what is kept with the run."""
        ...


def run_once[R: Report](
    database: Database, job: str, now: datetime, work: Callable[[], R]
) -> tuple[Outcome, R | None]:
    """Do the work of a minute unless it is or was done elsewhere.

    Parameters
    ----------
    now
        The database's time of day; its minute is the run's.

    Raises
    ------
    ApiError
        Whatever the work raises; the run is noted as failed and may be claimed again.
    """
    slot = now.replace(second=0, microsecond=0).isoformat()
    claim = database.rpc(
        "claim_job", {"p_job": job, "p_slot": slot, "p_lease_seconds": CLAIM_SECONDS}
    )
    outcome = Outcome(claim["outcome"])
    if outcome is not Outcome.CLAIMED:
        return outcome, None
    finish = {"p_job": job, "p_slot": slot, "p_token": claim["token"]}
    try:
        report = work()
    except BaseException as error:
        _give_up(database, finish, error)
        raise
    detail = report.detail().model_dump(mode="json")
    in_time = database.rpc("finish_job", {**finish, "p_ok": report.is_complete, "p_detail": detail})
    if not in_time:
        _log.warning("job_outlived_its_claim", extra={"facts": {"job": job, "slot": slot}})
    return outcome, report


def _give_up(database: Database, finish: Mapping[str, str], error: BaseException) -> None:
    detail = {"error": type(error).__name__}
    try:
        database.rpc("finish_job", {**finish, "p_ok": False, "p_detail": detail})
    except ApiError:  # What ended the work matters more; the claim ends by itself.
        _log.warning("job_not_given_up", extra={"facts": {"job": finish["p_job"]}})
