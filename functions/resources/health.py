"""Is the system alive, and how old are its data: for anybody, and for a monitor.

In:  nothing.
Out: `Health`; 503 when the database does not answer.
Next: `supabase/migrations/20261120183600_create_health.sql`.
"""

from enum import StrEnum
from typing import Any, Final

from pydantic import AwareDatetime

from functions.models import Answer
from functions.routing import Call

_SILENT_SECONDS: Final = 15.0  # Three beats of the worker; also how long its lease lasts.


class HealthStatus(StrEnum):
    """`degraded`: the functions and the database work, but no worker does."""

    OK = "ok"
    DEGRADED = "degraded"


class WorkerHealth(Answer):
    """Ages in seconds; null when there has never been any."""

    heartbeat_age_seconds: float | None
    feed_age_seconds: float | None

    @property
    def is_alive(self) -> bool:
        """Whether a worker has beaten lately."""
        age = self.heartbeat_age_seconds
        return age is not None and age < _SILENT_SECONDS


class Health(Answer):
    """What anybody may know about the system."""

    status: HealthStatus
    schema_version: int
    database_time: AwareDatetime
    market_time: AwareDatetime
    market_source: str
    simulated: bool
    worker: WorkerHealth


def read_health(call: Call) -> Health:
    """Health of database, worker and feed.

    `status` is `degraded` while no worker has given a sign of life for 15 seconds. Market data
    that are simulated are said to be.
    """
    said: dict[str, Any] = call.database.rpc("health")
    worker = WorkerHealth.model_validate(said["worker"])
    status = HealthStatus.OK if worker.is_alive else HealthStatus.DEGRADED
    return Health.model_validate({**said, "worker": worker, "status": status})
