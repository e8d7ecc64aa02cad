"""All configs of the shard: started at boot, changed by commands, stopped at the end.

In:  rows of `strategy_configs` and `strategy_commands`.
Out: deployments; for each command one event, EXECUTED or FAILED with a sentence.
Next: `worker/configs/deployment.py`.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Any, Final

from core.errors import ConfigError, StoreError, TradingError
from core.order import Owner
from core.rows import iso_time
from core.strategy import ConfigStatus
from worker.configs.config_events import RUNNING, log_row, status_row
from worker.configs.config_rows import COLUMNS, Design, merged, read_design
from worker.configs.deployment import Deployment
from worker.configs.launch import KeptConfig
from worker.configs.parts import Parts
from worker.processes.messages import Message
from worker.store.supabase import RefusedError, Supabase

_log: Final = logging.getLogger(__name__)

Row = dict[str, Any]


class Supervisor:
    """Run the configs of one shard.

    Parameters
    ----------
    parts
        What deployments need.
    supabase
        Where the rows are read.
    shard
        Whose configs.
    """

    def __init__(self, parts: Parts, supabase: Supabase, shard: str) -> None:
        self._parts: Final = parts
        self._supabase: Final = supabase
        self._shard: Final = shard
        self._deployments: Final[dict[str, Deployment]] = {}
        self._pausing: Final[dict[str, asyncio.Task[None]]] = {}
        parts.market.on_bad_signal = self._on_bad_signal
        parts.market.on_notice = self._on_notice

    @property
    def deployments(self) -> tuple[Deployment, ...]:
        """All configs this worker has heard of since it started."""
        return tuple(self._deployments.values())

    async def boot(self) -> None:
        """Start what ran when the last worker ended, and what starts by itself.

        What has been taken up already is left as it is.

        A config that cannot be started shows ERROR with the reason; the others go on.

        Raises
        ------
        StoreError
            If the database is away.
        """
        rows = await self.rows()
        wanted = [
            row
            for row in rows
            if row["id"] not in self._deployments
            and not _is_archived(row)
            and (row["status"] in RUNNING or (row["auto_start"] and row["status"] == "STOPPED"))
        ]
        _log.info("booting", extra={"facts": {"configs": len(rows), "to_start": len(wanted)}})
        with self._parts.market.clock.starting():
            await asyncio.gather(*(self._boot_one(row) for row in wanted))
            holding = await self._parts.books.configs_with_open_trades()
            await asyncio.gather(*(self._guard(row) for row in rows if row["id"] in holding))

    async def take_up(self, row: Row, kept: KeptConfig, told: Sequence[Message]) -> None:
        """Go on with a config where a checkpoint was taken; it shows ERROR where it cannot."""
        deployment = self._deployment(row, kept.design)
        async with deployment.lock:
            try:
                await deployment.go_on(kept, told)
            except TradingError as error:
                deployment.fail(str(error))

    async def execute(self, command: Row) -> None:
        """Carry a command out; whatever becomes of it, its row says so.

        Raises
        ------
        StoreError
            If the database is away: then the command waits, and is to be tried again.
        """
        design_id = command["strategy_config_id"]
        outcome: Row = {"id": command["id"], "status": "EXECUTED"}
        try:
            row = await self._row(design_id)
            deployment = self._deployments.get(design_id)
            lock = asyncio.Lock() if deployment is None else deployment.lock
            async with lock:
                note = await self._carry_out(command, row, deployment)
            if note:
                outcome["result"] = {"note": note}
        except TradingError as error:
            if isinstance(error, StoreError) and not isinstance(error, RefusedError):
                raise
            outcome |= {"status": "FAILED", "error_message": str(error)}
        outcome["executed_at"] = iso_time(time.time_ns())
        owner = Owner(design_id, "", command["user_id"], "")
        self._parts.market.put_own("command", outcome, owner)
        _log.info("command", extra={"facts": {"command": command["command"], **outcome}})

    async def roll(self) -> None:
        """Let each config go on with the contracts that its symbols mean today."""
        for deployment in self.deployments:
            async with deployment.lock:
                try:
                    await deployment.roll()
                except TradingError as error:
                    deployment.log("error", f"goes on with yesterday's contracts: {error}")

    async def stop(self) -> None:
        """End all processes; statuses stay as they are, for the next worker."""
        await asyncio.gather(*(each.leave() for each in self.deployments))

    async def _boot_one(self, row: Row) -> None:
        try:
            deployment = self._deployment(row, read_design(row))
        except TradingError as error:
            self._refuse(row, str(error))
            return
        async with deployment.lock:
            try:
                await deployment.start(paused=row["status"] == ConfigStatus.PAUSED)
            except TradingError as error:
                deployment.fail(str(error))

    async def _guard(self, row: Row) -> None:
        """Look after what a config holds that was not started."""
        found = self._deployments.get(row["id"])
        if found is not None and found.is_deployed:
            return
        try:
            await self._deployment(row, read_design(row)).guard()
        except TradingError as error:
            self._refuse(row, f"its open trades are not looked after: {error}")

    async def _carry_out(self, command: Row, row: Row, deployment: Deployment | None) -> str | None:
        """Do what a command says; return what should be known about it."""
        name, given = command["command"], command["parameters"] or {}
        status = ConfigStatus.STOPPED if deployment is None else deployment.status
        if _is_archived(row) and name != "STOP":
            raise ConfigError(f"{name} is not possible: the strategy is archived")
        if name == "START":
            if status in RUNNING:
                return "was running already"
            target = self._deployment(row, read_design(row))
            target.forget_crashes()
            await target.start()
        elif name == "UPDATE_CONFIG":
            await self._update(row, given, deployment)
        elif name == "STOP":
            # A config in ERROR may have no deployment in this worker: there is nothing to end.
            target = deployment or self._deployment(row, read_design(row))
            await target.stop(keep_positions=bool(given.get("keep_positions")))
        elif deployment is None or status not in RUNNING:
            raise ConfigError(f"{name} is not possible: the config is {status}")
        elif name == "RESTART":
            deployment.design = read_design(row)
            deployment.forget_crashes()
            await deployment.restart()
        elif name == "PAUSE":
            await deployment.pause()
        elif name == "RESUME":
            await deployment.resume()
        else:
            raise ConfigError(f"command {name!r} is unknown")
        return None

    async def _update(self, row: Row, patch: Row, deployment: Deployment | None) -> None:
        design = read_design(row, merged(row["config_json"], patch))
        target = deployment or self._deployment(row, design)
        if target.pid is None:
            await self._check(design)
        await target.update(design)

    async def _check(self, design: Design) -> None:
        """Refuse a design that could not be started; nothing of it stays."""
        self._parts.resolve(design.symbols)

    def _deployment(self, row: Row, design: Design) -> Deployment:
        """Return the deployment of a config, with this design if it does not run."""
        found = self._deployments.get(row["id"])
        if found is None:
            found = self._deployments[row["id"]] = Deployment(self._parts, design)
        elif found.status not in RUNNING:
            found.design = design
        return found

    def _refuse(self, row: Row, error: str) -> None:
        """Show a config in ERROR that is not even a design."""
        owner = Owner(row["id"], row["strategy_id"], row["user_id"], "")
        status = status_row(ConfigStatus.ERROR, ConfigStatus(row["status"]), error=error)
        self._parts.market.put_own("config_status", status, owner)
        self._parts.market.put_own("log", log_row("error", error, time.time_ns()), owner)
        _log.error("config %s cannot be started: %s", row["name"], error)

    def lose(self, config_id: str, sentence: str) -> None:
        """Let a config enter nothing more: something of it is in no place any more."""
        deployment = self._deployments.get(config_id)
        if deployment is not None and deployment.status is ConfigStatus.ACTIVE:
            deployment.log("error", sentence)
            self._pausing[config_id] = asyncio.create_task(self._pause(deployment))

    async def _pause(self, deployment: Deployment) -> None:
        async with deployment.lock:
            if deployment.status is ConfigStatus.ACTIVE:
                await deployment.pause()

    def _on_bad_signal(self, config_id: str, error: str) -> None:
        deployment = self._deployments.get(config_id)
        if deployment is not None:
            deployment.log("error", f"signal refused: {error}")

    def _on_notice(self, config_id: str, level: str, text: str, data: dict[str, str]) -> None:
        deployment = self._deployments.get(config_id)
        if deployment is not None:
            deployment.log(level, text, data)

    async def rows(self, **query: str) -> list[Row]:
        """Return the configs of the shard as the database has them; raises as `boot`."""
        return await self._supabase.rows(
            "strategy_configs",
            select=COLUMNS,
            shard=f"eq.{self._shard}",
            runner="eq.worker",
            **query,
        )

    async def _row(self, config_id: str) -> Row:
        rows = await self.rows(id=f"eq.{config_id}")
        if not rows:
            raise ConfigError(f"config {config_id} is not run by this worker")
        return rows[0]


def _is_archived(row: Row) -> bool:
    """Return whether a config may only be stopped; what it holds is looked after until then."""
    return row["strategies"]["archived_at"] is not None
