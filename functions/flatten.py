"""Flattenings that an emergency stop ordered: left to a living worker for two seconds, then done.

In:  ids of flattenings; the database with the secret key.
Out: how each stands at the end; nothing is taken for done that was not read back.
Next: `adapters/flattening.py`, the broker's side.

One claim row per flattening decides who does it, so it is safe that worker and function both try.
"""

import time
from collections.abc import Sequence
from itertools import batched
from typing import Final

from adapters.flattening import Flattener
from functions.database import Database, Row

WORKER_SECONDS: Final = 2.0
CLAIM_SECONDS: Final = 60  # As long as a function may run.
_LOOK_AGAIN_SECONDS: Final = 0.1
_WORKER_ALIVE_SECONDS: Final = 15.0  # Three of its heartbeats.
_BATCH: Final = 100  # Ids that fit into one address.
_COLUMNS: Final = "id,user_id,status,outcome,claimed_by,requested_at,finished_at"
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
    if not ids:
        return []
    if _worker_is_alive(database):
        _wait(database, ids, patience)
    for row in _rows(database, ids):
        if row["status"] in _UNDER_WAY:
            _flatten(database, row["id"], flattener, holder)
    return _rows(database, ids)


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


def _wait(database: Database, ids: Sequence[str], patience: float) -> None:
    deadline = time.monotonic() + patience
    while any(row["status"] == "pending" for row in _rows(database, ids)):
        if time.monotonic() >= deadline:
            return
        time.sleep(_LOOK_AGAIN_SECONDS)


def _worker_is_alive(database: Database) -> bool:
    age = database.rpc("health")["worker"]["heartbeat_age_seconds"]
    return age is not None and age <= _WORKER_ALIVE_SECONDS


def _rows(database: Database, ids: Sequence[str]) -> list[Row]:
    return [
        row
        for batch in batched(ids, _BATCH)
        for row in database.rows(
            "flattenings", select=_COLUMNS, id=f"in.({','.join(batch)})", order="id"
        )
    ]
