"""What the doctor asks the database: schema, key, clock, lease, room for the configs, gaps.

In:  the settings, the database, the name of this installation.
Out: checks by name, each a sentence or an error with its cure.
Next: `worker/health/doctor.py`, which makes them.
"""

import resource
import time
from datetime import datetime
from typing import Any, Final

from psutil import virtual_memory

from worker.health.doctor_machine import Check, MachineChecks
from worker.health.doctor_rules import clock_of, lease_of, room_for_processes
from worker.settings import Settings
from worker.store.schema import require_schema
from worker.store.supabase import Supabase


class DatabaseChecks:
    """Ask the database.

    Parameters
    ----------
    machine
        Knows what this installation is called.
    """

    def __init__(self, settings: Settings, supabase: Supabase, machine: MachineChecks) -> None:
        self._settings: Final = settings
        self._supabase: Final = supabase
        self._machine: Final = machine

    def checks(self) -> dict[str, Check]:
        """Return the checks in their order."""
        return {
            "database": self._database,
            "key": self._key,
            "clock": self._clock,
            "lease": self._lease,
            "processes": self._processes,
            "gaps": self._gaps,
        }

    async def _database(self) -> str:
        schema = await require_schema(self._supabase)
        return f"{self._supabase.url}, schema version {schema.version}"

    async def _key(self) -> str:
        leases = await self._supabase.rows("worker_leases", select="shard,holder,expires_at")
        held = [row["shard"] for row in leases if row["holder"]]
        return f"the secret key is accepted; shards held: {', '.join(held) or 'none'}"

    async def _clock(self) -> str:
        asked, began = time.time(), time.monotonic()
        told = (await self._supabase.call("health"))["database_time"]
        halfway = asked + (time.monotonic() - began) / 2
        return clock_of(halfway - datetime.fromisoformat(told).timestamp())

    async def _lease(self) -> str:
        shard = f"eq.{self._settings.shard}"
        rows = await self._supabase.rows("worker_leases", shard=shard)
        row = rows[0] if rows else None
        return lease_of(row, self._machine.holder, standby=self._settings.standby)

    async def _processes(self) -> str:
        configs = await self._supabase.rows(
            "strategy_configs",
            select="id",
            runner="eq.worker",
            status="in.(ACTIVE,PAUSED)",
            shard=f"eq.{self._settings.shard}",
        )
        files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        return room_for_processes(len(configs), virtual_memory().available, files)

    async def _gaps(self) -> str:
        beats = await self._supabase.rows(
            "worker_heartbeats", select="shard,figures", process="eq.supervisor"
        )
        told = [f"shard {each['shard']}: {_gaps_of(each['figures'])}" for each in beats]
        return "; ".join(told) or "no worker has run yet"


def _gaps_of(figures: dict[str, Any]) -> str:
    """Return in words what became of the gaps of a run."""
    gaps = figures.get("gaps") or {}
    names = ("found", "empty", "repaired", "unrepaired", "failures", "revised")
    return ", ".join(f"{gaps.get(name, 0)} {name}" for name in names)
