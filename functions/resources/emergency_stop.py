"""The emergency stop over HTTP: one's own live trading with one click, everybody's with one curl.

In:  a call, at any time, however often; perhaps a reason.
Out: the stop in force, what it halted, and how flattening the accounts stands.
Next: `supabase/migrations/20261120192700_stop_live_trading.sql`, which halts;
      `functions/flatten.py`, which sees to the broker's side.

The halt is committed before anything else is tried: what follows may fail, live entries cannot.
"""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from adapters.flattening import NoLiveBroker
from functions.database import Database, Row
from functions.elevated import Operation, elevated
from functions.flatten import flatten_all
from functions.models import Answer, Query
from functions.routing import Call


class FlatteningStatus(StrEnum):
    """How closing everything at the broker stands; only `flat` was read back as such."""

    PENDING = "pending"
    RUNNING = "running"
    FLAT = "flat"
    FAILED = "failed"


class StopQuery(Query):
    """Why; for the record."""

    reason: Annotated[str, Field(max_length=500)] = ""

    @property
    def text(self) -> str:
        """The reason as the database can keep it: without null characters."""
        return self.reason.replace("\x00", "")


class Flattening(Answer):
    """One account to be flat: who sees to it, and how it ended."""

    id: UUID
    user_id: UUID
    status: FlatteningStatus
    outcome: str | None
    claimed_by: str | None
    requested_at: AwareDatetime
    finished_at: AwareDatetime | None


class EmergencyStop(Answer):
    """The stop in force; `flattenings` is empty where nobody could have anything at a broker."""

    stop_id: UUID
    outcome: Literal["stopped", "already_stopped"]
    reason: str
    stopped_at: AwareDatetime
    affected_strategies: list[UUID]
    flattenings: list[Flattening]


def stop_own(call: Call, query: StopQuery) -> EmergencyStop:
    """Stop all live trading of the caller at once.

    Halts every live strategy, then has resting orders cancelled, positions closed and the broker
    read back. Safe to repeat. Lifted with the rpc `lift_emergency_stop`.
    """
    said: Row = call.database.rpc("trigger_emergency_stop", {"p_reason": query.text})
    rows = _flattened(elevated(call, Operation.FLATTEN), call, said) if said["flattenings"] else []
    return EmergencyStop.model_validate({**said, "flattenings": rows})


def stop_everybody(call: Call, query: StopQuery) -> EmergencyStop:
    """Stop all live trading of everybody at once.

    As for one user; for the operator, with the cron secret.
    """
    said: Row = call.database.rpc("emergency_stop_everybody", {"p_reason": query.text})
    rows = _flattened(call.database, call, said)
    return EmergencyStop.model_validate({**said, "flattenings": rows})


def _flattened(database: Database, call: Call, said: Row) -> list[Row]:
    return flatten_all(database, said["flattenings"], NoLiveBroker(), f"function {call.request_id}")
