"""The start of a worker, which is also its restart: what the last one left is taken up.

In:  the journal, the database, the first ticks.
Out: all configs at work, where they were or as the books say; a line that says which, and why.
Next: `worker/configs/supervisor.py`, which starts what has not been taken up;
      `worker/recovery/checkpoint.py`.

Where the feed plays again from the last checkpoint on, the run goes on as if nothing had happened.
Otherwise a new run begins with the books of the database, which has got everything that the
journal held: open trades are guarded, orders that were on their way are cancelled, and what was
missed is a gap. Nothing is changed before that is decided, so it may end at any moment and be
started again.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Final

from core.errors import DataError, TradingError
from core.rows import iso_time
from core.strategy import ConfigStatus
from worker.configs.config_events import RUNNING
from worker.configs.config_rows import Design, read_design
from worker.configs.launch import KeptConfig
from worker.configs.parts import Parts
from worker.configs.supervisor import Supervisor
from worker.processes.messages import Message
from worker.recovery.checkpoint import KIND, Checkpoint, Checkpoints, checkpoint_in
from worker.recovery.told import KIND as TOLD
from worker.recovery.told import SPOILED, checked, told_in
from worker.store.journal import Journal
from worker.store.store import Store

_LOOK_SECONDS: Final = 0.01
_PATIENCE_SECONDS: Final = 5.0

_log: Final = logging.getLogger(__name__)


class CannotGoOnError(TradingError):
    """Raised when the last run is not continued, with the reason."""


class Recovery:
    """Bring a worker up.

    Parameters
    ----------
    parts, store, journal
        What is taken up, and where it is kept.
    supervisor
        Starts configs.
    checkpoints
        Begin when everything runs.
    """

    def __init__(
        self,
        parts: Parts,
        store: Store,
        journal: Journal,
        supervisor: Supervisor,
        checkpoints: Checkpoints,
    ) -> None:
        self._parts: Final = parts
        self._store: Final = store
        self._journal: Final = journal
        self._supervisor: Final = supervisor
        self._checkpoints: Final = checkpoints

    async def start(self) -> None:
        """Start or restart; the feed stands still from its first tick on until that is done.

        Raises
        ------
        StoreError
            If the journal or the database is away.
        """
        with self._parts.market.clock.starting():
            try:
                await self._go_on()
            except CannotGoOnError as reason:
                _log.info("a new run begins: %s", reason)
                self._parts.told.forget()
            await self._supervisor.boot()
            self._checkpoints.begin()

    async def _go_on(self) -> None:
        """Go on with the last run.

        Raises
        ------
        CannotGoOnError
            If it cannot be done exactly; then nothing has happened.
        """
        market = self._parts.market
        try:
            kept = await self._newest()
            told = await self._told(kept)
            rows = await self._unchanged(kept)
            self._parts.watch([self._parts.listed(key) for key in kept.instruments])
        except DataError as error:
            raise CannotGoOnError(str(error)) from error
        await market.clock.time_known()
        await self._require_replay(kept)
        market.intake.skip_until(kept.minute_ns)  # Those were taken before the checkpoint.
        market.put_back(kept.market)
        market.note("resumed", {"from": iso_time(kept.minute_ns)})
        self._parts.chains.put_back(kept.chains)
        await asyncio.gather(
            *(
                self._supervisor.take_up(rows[each.design.id], each, told.get(each.design.id, []))
                for each in kept.configs
            )
        )
        _log.info("the last run goes on", extra={"facts": {"from": iso_time(kept.minute_ns)}})

    async def _newest(self) -> Checkpoint:
        """Return the last checkpoint, if everything since can be computed again."""
        facts = await self._store.facts(KIND)
        if not facts:
            raise CannotGoOnError("there is no checkpoint")
        for spoiled in await self._store.facts(SPOILED):
            if spoiled.sequence > facts[-1].sequence:
                raise CannotGoOnError(f"{spoiled.key} since the last checkpoint")
        commands = await asyncio.to_thread(
            lambda: list(self._journal.events(facts[-1].sequence, ("command",)))
        )
        if commands:
            raise CannotGoOnError("there were commands since the last checkpoint")
        return checkpoint_in(facts[-1])

    async def _told(self, kept: Checkpoint) -> Mapping[str, list[Message]]:
        facts = await self._store.facts(TOLD)
        self._parts.told.kept_bytes = sum(len(each.body) for each in facts)
        told = await asyncio.to_thread(told_in, facts)
        for each in kept.configs:
            if each.status in RUNNING:
                checked(told.get(each.design.id, []), each.design.id)
        return told

    async def _unchanged(self, kept: Checkpoint) -> Mapping[str, dict[str, Any]]:
        """Return the rows of the kept configs, if they are as they were."""
        rows = {str(row["id"]): row for row in await self._supervisor.rows()}
        known = {each.design.id: each for each in kept.configs}
        for each in kept.configs:
            row = rows.get(each.design.id)
            if row is None or not _is_same(row, each):
                raise CannotGoOnError(f"config {each.design.name} has changed")
        for name, row in rows.items():
            if row["status"] in RUNNING and name not in known:
                raise CannotGoOnError(f"config {row['name']} is new")
        return rows

    async def _require_replay(self, kept: Checkpoint) -> None:
        """Wait for the first trade since the checkpoint; go on if it is the one that was next."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while (time_ns := self._first_time(kept)) is None:  # noqa: ASYNC110 - packets tell nobody.
                    await asyncio.sleep(_LOOK_SECONDS)
        except TimeoutError:
            raise CannotGoOnError("no price tells what time it is") from None
        if time_ns != kept.next_ns:
            raise CannotGoOnError(
                f"the feed is at {iso_time(time_ns)}, the last checkpoint at "
                f"{iso_time(kept.next_ns)}"
            )

    def _first_time(self, kept: Checkpoint) -> int | None:
        """Return the time of the first trade since the checkpoint, None where none waits.

        A quote carries the time of the last trade: one of before the checkpoint tells nothing.
        """
        waiting = self._parts.market.intake.waiting_times()
        return next((time_ns for time_ns in waiting if time_ns >= kept.minute_ns), None)


def _is_same(row: dict[str, Any], kept: KeptConfig) -> bool:
    """Return whether a row still says what it said when a config was kept.

    That its process ended since says nothing: it did so in minutes that are played again.
    """
    try:
        design: Design | None = read_design(row)
    except TradingError:
        design = None
    ended = kept.status in RUNNING and row["status"] == ConfigStatus.ERROR
    return design == kept.design and (ended or row["status"] == kept.status)
