"""One config at work: what is asked of it, its status, its crashes, its open trades.

In:  a `Design` to run; commands; word of its process.
Out: the config in the engine; status and log lines as events.
Next: `worker/configs/runner.py`, the process side.

Whatever happens to the process, positions stay with the engine and its protective exits.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from core.errors import ConfigError, TradingError
from core.order import Owner
from core.strategy import ConfigStatus
from worker.configs.config_events import RUNNING, log_row, status_row
from worker.configs.config_rows import Design
from worker.configs.crashes import Restarts
from worker.configs.launch import KeptConfig, Launch
from worker.configs.parts import Parts
from worker.configs.runner import Runner
from worker.processes.messages import Message

_LEAVE_SECONDS: Final = 4.0  # The whole worker has ten seconds to stop.

_log: Final = logging.getLogger(__name__)


class Deployment:
    """One config.

    Parameters
    ----------
    parts
        What all deployments share.
    design
        What is to run.
    """

    def __init__(self, parts: Parts, design: Design) -> None:
        self._parts: Final = parts
        self._runner: Final = Runner(design.id, parts, self._crashed, self._said)
        self._launch: Final = Launch(parts, self._runner, self.log)
        self._restarts: Final = Restarts()
        self._died: tuple[str, str] | None = None
        """How its process has ended while it was started, and its traceback."""
        self.design = design
        self.status = ConfigStatus.STOPPED
        self.lock: Final = asyncio.Lock()
        """Held by whoever changes it: one command at a time."""

    @property
    def id(self) -> str:
        """Config id."""
        return self.design.id

    @property
    def pid(self) -> int | None:
        """The process id, None while there is no process."""
        return self._runner.pid

    @property
    def restarts(self) -> int:
        """How often it was started again after a crash."""
        return self._restarts.done

    @property
    def owner(self) -> Owner:
        """Whose it is."""
        design = self.design
        return Owner(design.id, design.strategy_id, design.user_id, design.portfolio_id)

    @property
    def is_deployed(self) -> bool:
        """Whether the engine knows it."""
        return self._launch.has_taken_up

    # -- commands ----------------------------------------------------------------------------

    async def start(self, *, paused: bool = False) -> None:
        """Start the process, warm it up, and trade.

        Raises
        ------
        TradingError
            If it cannot be started; then nothing of it runs.
        """
        self._require_books()
        self._runner.let_go()  # The market may wait for a successor: this is none.
        self._died = None
        missing = self._parts.market.missing.get(self.id)
        status = ConfigStatus.PAUSED if paused or missing else ConfigStatus.ACTIVE
        with self._parts.market.clock.starting():
            try:
                await self._launch.run(self.design, status)
            except TradingError:
                await self._end()
                raise
        if self._launch.unsettled is not None:
            status, missing = ConfigStatus.PAUSED, self._launch.unsettled
        self._report(status, error=missing)
        self._tell_early_end()

    def kept(self) -> KeptConfig | None:
        """Return what a checkpoint keeps of it, None where the engine does not know it."""
        return self._launch.kept(self.design, self.status)

    async def go_on(self, kept: KeptConfig, told: Sequence[Message]) -> None:
        """Go on where a checkpoint was taken; raises as `start`."""
        await self._launch.go_on(kept, told if kept.status in RUNNING else None)
        self.status = kept.status
        self._report(kept.status)
        if kept.status is ConfigStatus.ACTIVE and self.id in self._parts.market.missing:
            await self.pause()

    async def stop(self, *, keep_positions: bool) -> None:
        """End the process; close what is open unless it is to be kept."""
        self._restarts.give_up()
        self._runner.let_go()
        market = self._parts.market

        def stop() -> None:
            self._note("STOP", keep_positions=keep_positions)
            market.take_effects(market.engine.stop(self.id, keep_positions=keep_positions))

        if self.is_deployed:
            await market.rounds.between(stop)
        await self._end()
        self._report(ConfigStatus.STOPPED)

    async def restart(self) -> None:
        """Replace the process by a new one, which reads the strategy's file anew.

        Raises
        ------
        TradingError
            As `start`; then it is in ERROR.
        """
        self._restarts.give_up()
        self._runner.is_alone = True  # A shared process has read the file already.
        paused = self.status is ConfigStatus.PAUSED
        await self._runner.end()
        try:
            await self.start(paused=paused)
        except TradingError as error:
            self.fail(str(error))
            raise

    async def pause(self) -> None:
        """Enter nothing more; the process goes on listening, protective exits go on."""

        def pause() -> None:
            self._note("PAUSE")
            self._parts.market.engine.pause(self.id)

        await self._parts.market.rounds.between(pause)
        self._report(ConfigStatus.PAUSED, error=self._parts.market.missing.get(self.id))

    async def resume(self) -> None:
        """Enter again.

        Raises
        ------
        ConfigError
            If something of it is lost that nobody has accepted.
        """
        missing = self._parts.market.missing.get(self.id)
        if missing is not None:
            raise ConfigError(missing)

        def resume() -> None:
            self._note("RESUME")
            self._parts.market.engine.resume(self.id)

        await self._parts.market.rounds.between(resume)
        self._report(ConfigStatus.ACTIVE)

    async def update(self, design: Design) -> None:
        """Run another design in the same process from the next decision on.

        Raises
        ------
        TradingError
            If it cannot be used; then the old one goes on as if nothing had been asked.
        """
        if self.pid is not None:
            with self._parts.market.clock.starting():
                await self._launch.run(design, self.status)
        self.design = design
        self._report(self.status, config_json=design.settings)

    async def roll(self) -> None:
        """Go on with the contracts that its symbols mean today, if they are others.

        Raises
        ------
        TradingError
            If that is not possible; then it goes on with those it has.
        """
        if self.pid is None or not self._launch.has_rolled(self.design):
            return
        with self._parts.market.clock.starting():
            await self._launch.run(self.design, self.status)
        self.log("info", f"goes on with {', '.join(self._launch.symbols)}")

    async def guard(self) -> None:
        """Look after the open trades of an earlier run without entering anything.

        Raises
        ------
        TradingError
            If what was left cannot be read.
        """
        self._require_books()
        with self._parts.market.clock.starting():
            await self._launch.guard(self.design, time.time_ns())

    async def leave(self) -> None:
        """End the process and keep the status: the worker itself stops."""
        self._restarts.give_up()
        await self._runner.end(_LEAVE_SECONDS)

    def forget_crashes(self) -> None:
        """Begin anew, in a process as its design says: a person has looked at it."""
        self._restarts.forget()
        self._runner.is_alone = False

    async def own_figures(self) -> dict[str, float | None]:
        """Return the figures that the strategy itself keeps."""
        return await self._runner.figures()

    def check_cpu(self, minute: int) -> None:
        """Bound what its process uses over time, once a market minute."""
        self._runner.check_cpu(minute)

    def pressure(self) -> dict[str, float]:
        """Return how far behind its process is, as figures by name."""
        return self._runner.pressure()

    def _note(self, command: str, *, keep_positions: bool = False) -> None:
        fact = {"config_id": self.id, "command": command, "keep_positions": keep_positions}
        self._parts.market.note("commands", fact)

    def _require_books(self) -> None:
        """Refuse to take up books that are behind what we know; those at work here are not."""
        blocked = self._parts.market.blocked.get(self.id)
        if blocked is not None and not self.is_deployed:
            raise ConfigError(blocked)

    async def _end(self) -> None:
        """End the process and let go of the options that were watched for it."""
        await self._runner.end()
        market, chains = self._parts.market, self._parts.chains

        def let_go() -> None:
            market.pace.leave(self.id)
            market.set_pace()
            chains.leave(self.id)

        await market.rounds.between(let_go)

    # -- crashes -----------------------------------------------------------------------------

    def _crashed(self, reason: str, traceback: str) -> None:
        """Take note that the process has ended by itself."""
        if self.status not in RUNNING:
            self._runner.let_go()
            self._died = reason, traceback
            return  # While it was started: whoever starts it takes note.
        self._runner.is_alone = True  # Who shared its process is not to suffer again.
        then = self._restarts.after_crash(partial(self._start_again, self.status))
        self.log("error", f"strategy process ended: {reason}; {then}", {"traceback": traceback})
        self._report(ConfigStatus.ERROR, error=reason)
        if not self._restarts.follows:
            self._runner.let_go()

    def _tell_early_end(self) -> None:
        """Take note now if the process ended when it was warm, while the market was waited for."""
        if self._died is not None:
            self._crashed(*self._died)

    async def _start_again(self, before: ConfigStatus) -> bool:
        async with self.lock:
            if self.status is not ConfigStatus.ERROR:
                return False
            try:
                if self._runner.is_awaited:
                    await self._launch.tell_again(
                        self.design, await self._parts.told.so_far(self.id)
                    )
                    self._report(before)
                else:
                    await self.start(paused=before is ConfigStatus.PAUSED)
            except TradingError as error:
                self.fail(f"restart failed: {error}")
            self._runner.let_go()
            return True

    def _said(self, sentence: str) -> None:
        self.log("info", sentence)

    # -- what others see ---------------------------------------------------------------------

    def log(self, level: str, message: str, data: dict[str, Any] | None = None) -> None:
        """Write a line into the user's log of this strategy."""
        market = self._parts.market
        row = log_row(level, message, market.now_ns or time.time_ns(), data)
        market.put_own("log", row, self.owner)
        _log.info("%s: %s", self.design.name, message, extra={"facts": {"config": self.id}})

    def fail(self, error: str) -> None:
        """Show that it could not be started."""
        self.log("error", error)
        self._report(ConfigStatus.ERROR, error=error)

    def _report(self, status: ConfigStatus, *, error: str | None = None, **more: Any) -> None:
        """Set the status and tell the database."""
        before, self.status = self.status, status
        digest = self._parts.market.digests.get(self.id)
        row = status_row(status, before, pid=self.pid, digest=digest, error=error)
        self._parts.market.put_own("config_status", {**row, **more}, self.owner)
