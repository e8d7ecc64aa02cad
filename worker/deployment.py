"""One config at work: its process, its candles, its status, its crashes.

In:  a `Design` to run; candles of its instruments; word of its process.
Out: signals by way of the rounds; status, log lines and commands' outcomes as events.
Next: `worker/strategy_process.py`, the other end.

Whatever happens to the process, the positions stay with the engine and its protective exits.
"""

import asyncio
import logging
import time
from collections import deque
from dataclasses import asdict
from typing import Any, Final

from core.candle import Candle
from core.errors import ConfigError, TradingError
from core.instrument import Instrument
from core.order import Owner
from core.rows import iso_time
from core.strategy import ConfigStatus, StrategyConfig
from core.trade import TradeStatus
from worker.books import Left, cancelled
from worker.child import Child
from worker.config_rows import Design
from worker.messages import Answer, Candles, Crash, Load, Loaded, Message, Refused, WarmUp
from worker.parts import Parts

LOAD_SECONDS: Final = 20.0
CRASHES_ALLOWED: Final = 3
CRASH_WINDOW_SECONDS: Final = 600.0
_RESTART_SECONDS: Final = (1.0, 4.0, 16.0)

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
        self.design = design
        self.status = ConfigStatus.STOPPED
        self.instruments: tuple[Instrument, ...] = ()
        self.restarts = 0
        self.lock: Final = asyncio.Lock()
        """Held by whoever changes it: one command at a time."""
        self._child: Child | None = None
        self._loaded: asyncio.Future[Loaded] | None = None
        self._early: list[Candle] | None = None
        self._crashes: Final[deque[float]] = deque()
        self._restart: asyncio.Task[None] | None = None
        self._has_taken_up = False

    @property
    def id(self) -> str:
        """Config id."""
        return self.design.id

    @property
    def pid(self) -> int | None:
        """The process id, None while there is no process."""
        return None if self._child is None else self._child.pid

    @property
    def owner(self) -> Owner:
        """Whose it is."""
        design = self.design
        return Owner(design.id, design.strategy_id, design.user_id, design.portfolio_id)

    # -- commands ----------------------------------------------------------------------------

    async def start(self, *, paused: bool = False) -> None:
        """Start the process, warm it up, and trade.

        Raises
        ------
        TradingError
            If it cannot be started; then nothing of it runs.
        """
        with self._parts.market.starting():
            try:
                await self._begin(self.design)
            except TradingError:
                await self._end_child()
                raise
            if paused:
                self._note_command("PAUSE")
                self._parts.market.engine.pause(self.id)
        self._report(ConfigStatus.PAUSED if paused else ConfigStatus.ACTIVE)

    async def stop(self, *, keep_positions: bool) -> None:
        """End the process; close what is open unless it is to be kept."""
        self._give_up_restart()
        market = self._parts.market
        market.rounds.leave(self)
        if self.is_deployed:
            self._note_command("STOP", keep_positions=keep_positions)
            market.take_effects(market.engine.stop(self.id, keep_positions=keep_positions))
        await self._end_child()
        self._report(ConfigStatus.STOPPED)

    async def restart(self) -> None:
        """Replace the process by a new one, which reads the strategy's file anew.

        Raises
        ------
        TradingError
            As `start`.
        """
        self._give_up_restart()
        paused = self.status is ConfigStatus.PAUSED
        self._parts.market.rounds.leave(self)
        await self._end_child()
        await self.start(paused=paused)

    def pause(self) -> None:
        """Enter nothing more; the process goes on listening, protective exits go on."""
        self._note_command("PAUSE")
        self._parts.market.engine.pause(self.id)
        self._report(ConfigStatus.PAUSED)

    def resume(self) -> None:
        """Enter again."""
        self._note_command("RESUME")
        self._parts.market.engine.resume(self.id)
        self._report(ConfigStatus.ACTIVE)

    async def update(self, design: Design) -> None:
        """Run another design in the same process from the next decision on.

        Raises
        ------
        TradingError
            If it cannot be used; then the old one goes on as if nothing had been asked.
        """
        if self._child is not None:
            with self._parts.market.starting():
                await self._begin(design)
        self.design = design
        self._report(self.status, config_json=design.settings)

    def forget_crashes(self) -> None:
        """Begin counting anew: a person has looked at it."""
        self._give_up_restart()
        self._crashes.clear()

    async def leave(self) -> None:
        """End the process and keep the status: the worker itself stops."""
        self._give_up_restart()
        self._parts.market.rounds.leave(self)
        await self._end_child()

    async def guard(self) -> None:
        """Look after the open trades of an earlier run without entering anything.

        Raises
        ------
        TradingError
            If what was left cannot be read.
        """
        with self._parts.market.starting():
            left = await self._left(time.time_ns())
            keys = tuple({trade.instrument for trade, _ in left.trades})
            self._parts.watch([self._parts.listed(key) for key in keys])
            self._deploy(self.design.on(keys, ConfigStatus.STOPPED), left)

    # -- starting ----------------------------------------------------------------------------

    async def _begin(self, design: Design) -> None:
        """Load a design into the process (a new one if there is none), and deploy it."""
        parts = self._parts
        instruments = parts.resolve(design.symbols)
        child = self._child
        if child is None:
            child = self._child = Child(self.id, self._heard, self._ended)
            await child.start(parts.fork_server)
        loaded = await self._load(child, design)
        parts.watch(instruments)
        keys = tuple(each.key for each in instruments)
        self._early = []
        try:
            until_ns = await self._time_known(child)
            parts.market.rounds.join(self, keys, design.intervals)
            candles = await parts.warm_up(instruments, design.intervals, loaded.warm_up, until_ns)
            left = await self._left(until_ns)
            self._require(child)
            candles = _with_later(candles, self._early)
        except BaseException:
            self._listen_as_before()
            raise
        finally:
            self._early = None
        child.send(WarmUp(tuple(candles)))
        status = self.status if self.status is ConfigStatus.PAUSED else ConfigStatus.ACTIVE
        parts.market.digests[self.id] = loaded.digest
        self._deploy(design.on(keys, status), left)
        self.design, self.instruments = design, instruments
        self._record(keys, loaded, candles)

    def _deploy(self, config: StrategyConfig, left: Left) -> None:
        """Hand a config to the engine and, the first time, what an earlier run left of it."""
        market = self._parts.market
        market.engine.deploy(config)
        if self._has_taken_up:
            return
        self._has_taken_up = True
        for trade, fills in left.trades:
            try:
                self._parts.watch([self._parts.listed(trade.instrument)])
                market.engine.restore(trade, fills)
            except TradingError as error:
                self.log("error", f"trade {trade.id} is not looked after any more: {error}")
        owner = self.owner
        for row in cancelled(left.orders, market.now_ns):
            market.put_own("order", row, owner)
        open_trades = sum(trade.status is TradeStatus.OPEN for trade, _ in left.trades)
        if open_trades:
            self.log("info", f"{open_trades} open trades of an earlier run are taken up")

    async def _left(self, now_ns: int) -> Left:
        return Left() if self._has_taken_up else await self._parts.books.of(self.id, now_ns)

    def _listen_as_before(self) -> None:
        """Take back what was begun: hear again what was heard before, if anything."""
        rounds = self._parts.market.rounds
        rounds.leave(self)
        if self.status in _RUNNING:
            rounds.join(self, [each.key for each in self.instruments], self.design.intervals)

    async def _load(self, child: Child, design: Design) -> Loaded:
        self._loaded = asyncio.get_running_loop().create_future()
        child.send(Load(design.module_path, design.class_name, design.parameters))
        try:
            async with asyncio.timeout(LOAD_SECONDS):
                return await self._loaded
        except TimeoutError:
            raise ConfigError(f"the strategy did not load within {LOAD_SECONDS:g} s") from None
        finally:
            self._loaded = None

    async def _time_known(self, child: Child) -> int:
        """Wait for the market's time, as long as the process lives."""
        until_ns = await self._parts.market.time_known()
        self._require(child)
        return until_ns

    def _require(self, child: Child) -> None:
        if self._child is not child:
            raise ConfigError("the strategy process ended while it was started")

    def _record(self, keys: tuple[Any, ...], loaded: Loaded, candles: list[Candle]) -> None:
        fact = {
            **self.design._asdict(),
            "risk": asdict(self.design.risk),
            "instruments": keys,
            "digest": loaded.digest,
            "warm_up": [candle.as_tuple() for candle in candles],
        }
        self._parts.market.note("configs", fact)

    def _note_command(self, command: str, *, keep_positions: bool = False) -> None:
        fact = {"config_id": self.id, "command": command, "keep_positions": keep_positions}
        self._parts.market.note("commands", fact)

    # -- rounds ------------------------------------------------------------------------------

    def hear(self, number: int, candles: tuple[Candle, ...]) -> bool:
        """Hand candles to the process; while it is warmed up they are kept for it."""
        if self._early is not None:
            self._early += candles
        if self._child is None or (self._early is not None and self.status not in _RUNNING):
            return False
        self._child.send(Candles(number, candles))
        return True

    def is_late(self, number: int) -> None:
        """Kill a process that did not answer in time."""
        if self._child is not None:
            self._child.kill(f"no answer to round {number} in time")

    def _heard(self, child: Child, message: Message) -> None:
        if child is not self._child:
            return  # A last word of one that was replaced.
        if isinstance(message, Answer):
            self._parts.market.rounds.answered(self, message.round, message.signals)
        elif isinstance(message, Crash):
            self.log("error", message.traceback)
            child.kill(_last_line(message.traceback))
        elif self._loaded is not None and not self._loaded.done():
            if isinstance(message, Loaded):
                self._loaded.set_result(message)
            elif isinstance(message, Refused):
                self._loaded.set_exception(ConfigError(message.reason))

    # -- crashes -----------------------------------------------------------------------------

    def _ended(self, child: Child, reason: str) -> None:
        """Learn that a process is gone; unless that was wanted it is a crash."""
        if child is not self._child:
            return
        self._child = None
        self._parts.market.rounds.gone(self)
        if self._loaded is not None and not self._loaded.done():
            self._loaded.set_exception(ConfigError(f"the strategy process ended: {reason}"))
        elif self.status in _RUNNING:
            self._crashed(reason)

    def _crashed(self, reason: str) -> None:
        now = time.monotonic()
        self._crashes.append(now)
        while self._crashes[0] < now - CRASH_WINDOW_SECONDS:
            self._crashes.popleft()
        before = self.status
        often = len(self._crashes)
        last = often >= CRASHES_ALLOWED
        after = "; it stays stopped" if last else f"; restart {often} follows"
        self.log("error", f"strategy process ended: {reason}{after}", {"crashes": often})
        self._report(ConfigStatus.ERROR, error=reason)
        if not last:
            delay = _RESTART_SECONDS[min(often, len(_RESTART_SECONDS)) - 1]
            self._restart = asyncio.create_task(self._restart_later(delay, before))

    async def _restart_later(self, seconds: float, before: ConfigStatus) -> None:
        await asyncio.sleep(seconds)
        async with self.lock:
            if self.status is not ConfigStatus.ERROR:
                return
            self.restarts += 1
            try:
                await self.start(paused=before is ConfigStatus.PAUSED)
            except TradingError as error:
                self.log("error", f"restart failed: {error}")
                self._report(ConfigStatus.ERROR, error=str(error))

    def _give_up_restart(self) -> None:
        if self._restart is not None and self._restart is not asyncio.current_task():
            self._restart.cancel()
        self._restart = None

    async def _end_child(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            self._parts.market.rounds.gone(self)
            await child.stop()

    # -- what others see ---------------------------------------------------------------------

    def log(self, level: str, message: str, data: dict[str, Any] | None = None) -> None:
        """Write a line into the user's log of this strategy."""
        market = self._parts.market
        now = iso_time(market.now_ns or time.time_ns())
        row = {"level": level, "message": message, "logged_at": now, "data": data or {}}
        market.put_own("log", row, self.owner)
        _log.info(
            "%s: %s", self.design.name, _last_line(message), extra={"facts": {"config": self.id}}
        )

    def fail(self, error: str) -> None:
        """Show that it could not be started."""
        self.log("error", error)
        self._report(ConfigStatus.ERROR, error=error)

    def _report(
        self,
        status: ConfigStatus,
        *,
        error: str | None = None,
        config_json: dict[str, Any] | None = None,
    ) -> None:
        """Set the status and tell the database; its version grows over restarts too."""
        before, self.status = self.status, status
        wall = time.time_ns()
        running = status in _RUNNING
        row: dict[str, Any] = {
            "version": wall,
            "status": str(status),
            "pid": self.pid if running else None,
            "error_message": error,
        }
        if running:
            row["code_digest"] = self._parts.market.digests.get(self.id)
            if before not in _RUNNING:
                row |= {"started_at": iso_time(wall), "stopped_at": None}
        elif before in _RUNNING:
            row["stopped_at"] = iso_time(wall)
        if config_json is not None:
            row["config_json"] = config_json
        self._parts.market.put_own("config_status", row, self.owner)

    @property
    def is_deployed(self) -> bool:
        """Whether the engine knows it."""
        return self._has_taken_up


_RUNNING: Final = (ConfigStatus.ACTIVE, ConfigStatus.PAUSED)


def _with_later(past: list[Candle], later: list[Candle]) -> list[Candle]:
    """Return candles of history and, after them, those the engine completed meanwhile."""
    known = {(each.instrument, each.interval, each.open_ns) for each in past}
    new = [each for each in later if (each.instrument, each.interval, each.open_ns) not in known]
    return past + new


def _last_line(text: str) -> str:
    return text.strip().rpartition("\n")[2]
