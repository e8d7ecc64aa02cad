"""Commands: rows that clients insert, each carried out once.

In:  Realtime, which says that there is something; a poll every second, which would find it too.
Out: commands handed to the supervisor, one after another per config.
Next: `worker/configs/supervisor.py`.

Realtime only nudges: the rows are always read from the table, so an event that is lost, doubled
or late changes nothing. A command is PENDING until its outcome has reached the database, which
may be long after it was carried out; until then it is remembered here, and over a restart in the
journal.
"""

import asyncio
import logging
import time
from collections.abc import Iterable
from functools import partial
from typing import Any, Final

from realtime import AsyncRealtimeClient, RealtimePostgresChangesListenEvent

from core.errors import StoreError
from worker.answer_times import AnswerTimes
from worker.configs.supervisor import Supervisor
from worker.store.supabase import Supabase

POLL_SECONDS: Final = 1.0
_PAGE: Final = 200
_LOOK_AGAIN_SECONDS: Final = 5.0

_log: Final = logging.getLogger(__name__)


class Commands:
    """Find commands and have them carried out.

    Parameters
    ----------
    supabase
        Where the rows are.
    supervisor
        Carries them out.
    shard
        Whose commands.
    known
        Ids of commands whose outcome still waits in the journal.
    """

    def __init__(
        self, supabase: Supabase, supervisor: Supervisor, shard: str, known: Iterable[str]
    ) -> None:
        self._supabase: Final = supabase
        self._supervisor: Final = supervisor
        self._shard: Final = shard
        self._seen: Final = set(known)
        self._last_of: Final[dict[str, asyncio.Task[None]]] = {}
        self._nudged: Final = asyncio.Event()
        self.nudges = 0
        self.times: Final = AnswerTimes()
        """From when a command is found until it has been carried out."""

    async def run(self) -> None:
        """Look for commands until cancelled."""
        away = False
        while True:
            try:
                await self._look()
                away = False
            except StoreError as error:
                if not away:  # Once per outage, not once per second.
                    _log.warning("commands cannot be read: %s", error)
                away = True
            try:
                async with asyncio.timeout(POLL_SECONDS):
                    await self._nudged.wait()
            except TimeoutError:
                continue
            finally:
                self._nudged.clear()

    async def listen(self, url: str, secret_key: str) -> None:
        """Let Realtime nudge, until cancelled; while it is away the poll does the work."""
        while True:
            client = AsyncRealtimeClient(f"{url}/realtime/v1", secret_key, auto_reconnect=True)
            try:
                await client.connect()
                channel = client.channel("worker-commands")
                channel.on_postgres_changes(
                    RealtimePostgresChangesListenEvent.Insert,
                    self._nudge,
                    table="strategy_commands",
                    schema="public",
                )
                await channel.subscribe()
                while client.is_connected:  # noqa: ASYNC110 - it has no event. It reconnects by itself for a while, then gives up.
                    await asyncio.sleep(_LOOK_AGAIN_SECONDS)
            except Exception as error:  # noqa: BLE001 - whatever it is, the poll goes on.
                _log.warning("Realtime is away: %s", type(error).__name__)
            finally:
                await client.close()
            await asyncio.sleep(_LOOK_AGAIN_SECONDS)

    def _nudge(self, _: Any) -> None:
        self.nudges += 1
        self._nudged.set()

    async def _look(self) -> None:
        for row in await self._pending():
            if row["id"] not in self._seen:
                self._seen.add(row["id"])
                self._begin(row)

    async def _pending(self) -> list[dict[str, Any]]:
        """Return all that wait, page by page: many may, whose outcome is not stored yet."""
        found: list[dict[str, Any]] = []
        while True:
            page = await self._supabase.rows(
                "strategy_commands",
                select="*,strategy_configs!inner(shard,runner)",
                status="eq.PENDING",
                order="created_at,id",
                limit=str(_PAGE),
                offset=str(len(found)),
                **{"strategy_configs.shard": f"eq.{self._shard}"},
                **{"strategy_configs.runner": "eq.worker"},
            )
            found += page
            if len(page) < _PAGE:
                return found

    def _begin(self, row: dict[str, Any]) -> None:
        """Carry a command out after the one before it of the same config."""
        config_id = row["strategy_config_id"]
        before = self._last_of.get(config_id)
        task = asyncio.create_task(self._after(before, row))
        self._last_of[config_id] = task
        task.add_done_callback(partial(self._ended, config_id))

    async def _after(self, before: asyncio.Task[None] | None, row: dict[str, Any]) -> None:
        found = time.monotonic()
        if before is not None:
            await asyncio.wait([before])
        try:
            await self._supervisor.execute(row)
        except StoreError as error:
            # It is PENDING still: when the database is back, it is found again.
            _log.warning("%s waits for the database: %s", row["command"], error)
            self._seen.discard(row["id"])
        else:
            self.times.add(time.monotonic() - found)

    def _ended(self, config_id: str, task: asyncio.Task[None]) -> None:
        if self._last_of.get(config_id) is task:
            del self._last_of[config_id]
        if not task.cancelled() and task.exception() is not None:
            context = {"message": "a command failed", "exception": task.exception()}
            asyncio.get_running_loop().call_exception_handler(context)
