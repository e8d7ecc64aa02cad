"""What the minute cron's strategies are about: watched here, so that their candles are stored.

In:  rows of `strategy_configs` whose runner is the cron.
Out: instruments watched; the cron finds their candles and last prices in the database.
Next: `worker/configs/parts.py`; `functions/minute/round.py`, which reads what is stored.

The cron has no feed. Nothing else of those configs is the worker's: it starts no process for them
and carries out none of their commands.
"""

import asyncio
import logging
from typing import Final

from core.errors import StoreError, TradingError
from worker.configs.parts import Parts
from worker.store.supabase import Supabase

LOOK_SECONDS: Final = 5.0
_log: Final = logging.getLogger(__name__)


class CronSymbols:
    """Look for symbols of the minute cron.

    Parameters
    ----------
    parts
        What watches instruments.
    supabase
        Where the rows are read.
    shard
        Whose configs.
    """

    def __init__(self, parts: Parts, supabase: Supabase, shard: str) -> None:
        self._parts: Final = parts
        self._supabase: Final = supabase
        self._shard: Final = shard
        self._told: Final[set[str]] = set()

    async def run(self) -> None:
        """Look from time to time, until cancelled."""
        while True:
            try:
                await self.look()
            except StoreError as error:
                _log.warning("configs of the minute cron cannot be read: %s", error)
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Watch what is not watched yet.

        Raises
        ------
        StoreError
            If the database is away.
        """
        rows = await self._supabase.rows(
            "strategy_configs",
            select="config_json,strategies!inner(archived_at)",
            shard=f"eq.{self._shard}",
            runner="eq.cron",
            status="in.(ACTIVE,PAUSED,ERROR)",
            **{"strategies.archived_at": "is.null"},
        )
        named = {str(each) for row in rows for each in row["config_json"].get("symbols") or ()}
        for rule in sorted(named):
            try:
                self._parts.watch(self._parts.resolve([rule]))
            except TradingError as error:
                if rule not in self._told:  # Once, not at every look.
                    _log.warning("a symbol of the minute cron is not watched: %s", error)
                self._told.add(rule)
