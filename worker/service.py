"""The tasks of a running worker, begun in order and ended in order.

In:  the parts.
Out: nothing until it is asked to stop; then processes ended, rows flushed, lease given back.
Next: `worker/run.py`, which makes the parts.
"""

import asyncio
import gc
import logging
from collections.abc import Coroutine
from typing import Any, Final

from core.errors import StoreError
from worker.broker.deltas import Deltas
from worker.broker.token_keeper import TokenKeeper
from worker.configs.commands import Commands
from worker.configs.emergency import Emergency
from worker.configs.supervisor import Supervisor
from worker.feed.feed import Feed
from worker.health.beats import Beats
from worker.lease.lease import Lease
from worker.market.backfill import Backfill
from worker.market.cron_symbols import CronSymbols
from worker.market.new_day import NewDay
from worker.market.revision import Revision
from worker.recovery.recovery import Recovery
from worker.settings import Settings
from worker.store.store import Store

FLUSH_SECONDS: Final = 1.5  # What is not stored by then waits on disk for the next start.

_log: Final = logging.getLogger(__name__)


class Service:
    """Run the parts together: the first that fails ends all."""

    def __init__(  # noqa: PLR0913, PLR0917 - one per part.
        self,
        feed: Feed,
        backfill: Backfill,
        revision: Revision,
        store: Store,
        supervisor: Supervisor,
        commands: Commands,
        beats: Beats,
        lease: Lease,
        deltas: Deltas,
        new_day: NewDay,
        cron_symbols: CronSymbols,
        emergency: Emergency,
        tokens: TokenKeeper,
        recovery: Recovery,
    ) -> None:
        self._feed: Final = feed
        self._backfill: Final = backfill
        self._revision: Final = revision
        self._store: Final = store
        self._supervisor: Final = supervisor
        self._commands: Final = commands
        self._beats: Final = beats
        self._lease: Final = lease
        self._deltas: Final = deltas
        self._new_day: Final = new_day
        self._cron_symbols: Final = cron_symbols
        self._emergency: Final = emergency
        self._tokens: Final = tokens
        self._recovery: Final = recovery
        self._tasks: Final[list[asyncio.Task[Any]]] = []
        self._failed: Final[asyncio.Future[None]] = asyncio.get_running_loop().create_future()

    async def run(self, settings: Settings, stop: asyncio.Event) -> None:
        """Run until `stop` is set.

        Raises
        ------
        TradingError
            Whatever part could not go on says why.
        """
        asyncio.get_running_loop().set_exception_handler(self._on_bug)
        writing = asyncio.create_task(self._store.run(), name="store")
        try:
            self._begin("token", self._tokens.run())
            self._begin("feed", self._feed.run())
            self._begin("backfill", self._backfill.run())
            self._begin("revision", self._revision.run())
            self._begin("lease", self._lease.keep())
            self._begin("emergency", self._emergency.run())
            self._begin("clock", self._beats.tick_clock())
            self._begin("prices", self._beats.tell_prices())
            self._begin("beat", self._beats.beat())
            self._begin("days", self._new_day.run())
            self._begin("deltas", self._deltas.run())
            self._begin("configs", self._configs(settings))
            self._begin("cron symbols", self._cron_symbols.run())
            await self._until(stop, writing)
        finally:
            await self._end(writing)

    async def _configs(self, settings: Settings) -> None:
        """Start what is to run, then listen to commands."""
        # Books are read from the database: first it has to have what the last run left here.
        while not await self._store.flush(FLUSH_SECONDS):
            _log.warning("waiting until the database has what the last run left")
        await self._recovery.start()
        gc.collect()
        gc.freeze()  # What is there now stays: the collector need not look at it again.
        _log.info("ready", extra={"facts": {"configs": len(self._supervisor.deployments)}})
        await asyncio.gather(
            self._commands.run(),
            self._commands.listen(settings.supabase_url, settings.supabase_secret_key),
        )

    def _begin(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.append(asyncio.create_task(work, name=name))

    async def _until(self, stop: asyncio.Event, writing: asyncio.Task[None]) -> None:
        """Wait until we are asked to stop or a task ends, which none does by itself."""
        asked = asyncio.create_task(stop.wait(), name="stop")
        watched: list[asyncio.Future[Any]] = [asked, writing, self._failed, *self._tasks]
        try:
            done, _ = await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
        finally:
            asked.cancel()
        for each in done:
            each.result()

    async def _end(self, writing: asyncio.Task[None]) -> None:
        """Stop taking anything in, end the processes, write what is left."""
        _log.info("stopping")
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._supervisor.stop()
        self._beats.tell_market()
        self._beats.heartbeat()
        flushed = not writing.done() and await self._store.flush(FLUSH_SECONDS)
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        try:
            await self._store.save()
        except StoreError as error:
            _log.critical("what was not stored is lost: %s", error)
        facts = {**self._beats.figures(), "flushed": flushed}
        _log.info("stopped", extra={"facts": facts})

    def _on_bug(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """End everything on an error nobody caught: going on with half a state is worse."""
        error = context.get("exception")
        _log.error("%s", context.get("message"), exc_info=error)
        if isinstance(error, Exception) and not self._failed.done():
            self._failed.set_exception(error)
