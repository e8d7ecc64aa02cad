"""Emergency stops: obeyed within a second, and accounts flattened by whoever claims it first.

In:  what the database orders: which configs are halted, which flattenings wait.
Out: live entries of those configs refused by the engine; flattenings claimed, done, and reported.
Next: `core/entry_rules.py`, the rule; `adapters/flattening.py`, the broker's side.

The database refuses live entries by itself from the moment of the stop; this makes the refusal a
value with a sentence, and does the flattening of a living worker. The functions do it otherwise.
"""

import asyncio
import logging
from collections.abc import Callable, Collection
from typing import Any, Final

from adapters.flattening import Flattener
from core.errors import StoreError
from worker.store.supabase import Supabase

POLL_SECONDS: Final = 1.0
CLAIM_SECONDS: Final = 60

_log: Final = logging.getLogger(__name__)


class Emergency:
    """Obey emergency stops.

    Parameters
    ----------
    supabase
        Where stops are.
    shard, holder
        Whose configs, and who claims.
    halt
        Told the ids of all halted configs.
    flattener
        The broker's side.
    """

    def __init__(
        self,
        supabase: Supabase,
        shard: str,
        holder: str,
        halt: Callable[[Collection[str]], None],
        flattener: Flattener,
    ) -> None:
        self._supabase: Final = supabase
        self._shard: Final = shard
        self._holder: Final = holder
        self._halt: Final = halt
        self._flattener: Final = flattener
        self._halted: frozenset[str] = frozenset()

    async def run(self) -> None:
        """Look every second, until cancelled; while the database is away, what was known holds."""
        away = False
        while True:
            try:
                await self.look()
                away = False
            except StoreError as error:
                if not away:  # Once per outage, not once per second.
                    _log.warning("emergency stops cannot be read: %s", error)
                away = True
            await asyncio.sleep(POLL_SECONDS)

    async def look(self) -> None:
        """Obey what is ordered now.

        Raises
        ------
        StoreError
            If the database is away.
        """
        orders: dict[str, Any] = await self._supabase.call("emergency_orders", p_shard=self._shard)
        halted = frozenset(orders["halted"])
        if halted != self._halted:
            self._halted = halted
            self._halt(halted)
            _log.warning("live trading halted", extra={"facts": {"configs": len(halted)}})
        for flattening_id in orders["flattenings"]:
            await self._flatten(flattening_id)

    async def _flatten(self, flattening_id: str) -> None:
        claim = await self._supabase.call(
            "claim_flattening",
            p_flattening_id=flattening_id,
            p_holder=self._holder,
            p_lease_seconds=CLAIM_SECONDS,
        )
        if claim["outcome"] != "claimed":
            return
        ended = await asyncio.to_thread(self._flattener.flatten, claim["user_id"])
        await self._supabase.call(
            "finish_flattening",
            p_flattening_id=flattening_id,
            p_token=claim["token"],
            p_outcome=str(ended.outcome),
            p_message=ended.message,
            p_verification=ended.verification,
        )
        facts = {"flattening": flattening_id, "outcome": str(ended.outcome)}
        _log.warning("account flattened", extra={"facts": facts})
