"""Flattenings that an emergency stop ordered: left to a living worker for two seconds, then done.

In:  ids of flattenings; the database with the secret key.
Out: how each stands at the end; nothing is taken for done that was not read back.
Next: `adapters/flattening.py`, the broker's side.

One claim row per flattening decides who does it, so it is safe that worker and function both try.
"""

import time
from collections.abc import Sequence
from typing import Final

from adapters.flattening import Flattener
from functions.database import Database, Row

WORKER_SECONDS: Final = 2.0
FINISH_SECONDS: Final = 10.0  # As long as a flattening should take, whoever does it.
CLAIM_SECONDS: Final = 60  # As long as a function may run.
_LOOK_AGAIN_SECONDS: Final = 0.1
_UNDER_WAY: Final = {"pending", "running"}


def flatten_all(
    database: Database,
    ids: Sequence[str],
    flattener: Flattener,
    holder: str,
    *,
    patience: float = WORKER_SECONDS,
) -> list[Row]:
    """Have flattenings done, by the worker or here, and return how they stand.

    Parameters
    ----------
    holder
        Who does what is done here.
    patience
        Seconds that a living worker is given.
    """
    for row in _left_by_workers(database, ids, patience):
        if row["status"] in _UNDER_WAY:
            _flatten(database, row["id"], flattener, holder)
    return _states(database, ids)


def _left_by_workers(database: Database, ids: Sequence[str], patience: float) -> list[Row]:
    """Return how all stand when no worker claims one any more and none is at it."""
    begun = time.monotonic()
    while True:
        rows = _states(database, ids)
        seconds = time.monotonic() - begun
        is_expected = seconds < patience and any(
            row["status"] == "pending" and row["worker_alive"] for row in rows
        )
        is_worked_on = seconds < FINISH_SECONDS and any(row["status"] == "running" for row in rows)
        if not (is_expected or is_worked_on):
            return rows
        time.sleep(_LOOK_AGAIN_SECONDS)


def _flatten(database: Database, flattening_id: str, flattener: Flattener, holder: str) -> None:
    claim = database.rpc(
        "claim_flattening",
        {
            "p_flattening_id": flattening_id,
            "p_holder": holder,
            "p_lease_seconds": CLAIM_SECONDS,
        },
    )
    if claim["outcome"] != "claimed":
        return
    ended = flattener.flatten(claim["user_id"])
    database.rpc(
        "finish_flattening",
        {
            "p_flattening_id": flattening_id,
            "p_token": claim["token"],
            "p_outcome": str(ended.outcome),
            "p_message": ended.message,
            "p_verification": ended.verification,
        },
    )


def _states(database: Database, ids: Sequence[str]) -> list[Row]:
    states: list[Row] = database.rpc("flattening_states", {"p_flattening_ids": list(ids)})
    return states
