"""From the stream's events to what happened to which table, in batches.

In:  decoded events, the moment they arrive.
Out: batches of `Occurrence` for the dispatcher, rows of `realtime.messages` for the channels.
Next: `devstack/supabase/realtime/dispatch.py`.

While one batch is being dispatched the next one gathers, so the busier it is the larger the
batches and the fewer the questions to Postgres. What gathers is bounded: beyond the bound the
stream is not read, and Postgres waits.
"""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import psycopg

from core.errors import TradingError
from devstack.supabase.realtime.database import Database
from devstack.supabase.realtime.messages import MESSAGES_TABLE, StoredBroadcast, stored_broadcast
from devstack.supabase.realtime.pgoutput import Begin, Change, Event, Ignored, Relation
from devstack.supabase.realtime.records import Occurrence, commit_timestamp
from devstack.supabase.realtime.replication import Replication
from devstack.supabase.realtime.rights import await_commits
from devstack.supabase.realtime.slot import Source
from devstack.supabase.realtime.tables import Table, load_table

log = logging.getLogger(__name__)

_LARGEST_BATCH: Final = 1000
_MOST_WAITING: Final = 5000  # Changes gathered before reading stops.


class Feed:
    """Read the stream, look up its tables, hand on what happened.

    Parameters
    ----------
    dispatch
        Takes each batch of changes of published tables.
    broadcast
        Takes each row inserted into `realtime.messages`.
    """

    def __init__(
        self,
        source: Source,
        database: Database,
        dispatch: Callable[[Sequence[Occurrence]], Awaitable[None]],
        broadcast: Callable[[StoredBroadcast], None],
        counters: Counter[str],
    ) -> None:
        self._database = database
        self._dispatch = dispatch
        self._broadcast = broadcast
        self._counters = counters
        self._waiting: deque[Event] = deque()
        self._arrived = asyncio.Event()
        self._relations: dict[int, Relation] = {}
        self._tables: dict[int, Table] = {}
        self._unsaid: list[tuple[int, StoredBroadcast]] = []
        self._transaction, self._committed_at = Begin(0, 0, 0), ""
        self.replication = Replication(source, self._receive, counters)

    async def run(self) -> None:
        """Hand on batches until cancelled."""
        while True:
            await self._arrived.wait()
            count = min(len(self._waiting), _LARGEST_BATCH)
            events = [self._waiting.popleft() for _ in range(count)]
            if not self._waiting:
                self._arrived.clear()
                self.replication.resume()
            await self._handle(events)

    def _receive(self, event: Event) -> None:
        self._waiting.append(event)
        self._arrived.set()
        if len(self._waiting) >= _MOST_WAITING:
            self.replication.pause()

    async def _handle(self, events: Sequence[Event]) -> None:
        try:
            occurrences = [
                occurrence for event in events if (occurrence := await self._take(event))
            ]
            await self._announce()
            await self._dispatch(occurrences)
        except (psycopg.Error, TradingError) as error:
            # Losing a batch beats losing the stream; whoever needs certainty reads again.
            lost = sum(isinstance(event, Change) for event in events)
            self._counters["changes_lost"] += lost
            log.warning("%d changes could not be dispatched: %s", lost, error)

    async def _take(self, event: Event) -> Occurrence | None:
        match event:
            case Change():
                return await self._occurrence(event)
            case Begin():
                self._transaction = event
                self._committed_at = commit_timestamp(event.committed_at_us)
            case Relation():
                self._relations[event.oid] = event
                self._tables.pop(event.oid, None)  # The description is new, so something changed.
            case Ignored(tag="T"):  # As on hosted; who must know of it reads again.
                self._counters["truncates_not_told"] += 1
        return None

    async def _occurrence(self, change: Change) -> Occurrence | None:
        relation = self._relations[change.relation_oid]
        if (relation.schema, relation.table) == MESSAGES_TABLE:
            self._note_broadcast(relation, change)
            return None
        table = self._tables.get(relation.oid) or await self._load(relation)
        if table is None:
            self._counters["changes_of_dropped_tables"] += 1
            return None
        return Occurrence(table, change, self._committed_at, self._transaction.transaction)

    async def _load(self, relation: Relation) -> Table | None:
        await await_commits(self._database, {self._transaction.transaction})
        table = await load_table(self._database, relation)
        if table is not None:
            self._tables[relation.oid] = table
        return table

    def _note_broadcast(self, relation: Relation, change: Change) -> None:
        stored = stored_broadcast(relation, change)
        if stored is None:
            self._counters["messages_without_broadcast"] += 1
        else:
            self._unsaid.append((self._transaction.transaction, stored))

    async def _announce(self) -> None:
        """Broadcast what the batch holds, once whoever hears of it can also read it."""
        unsaid, self._unsaid = self._unsaid, []
        if unsaid:
            await await_commits(self._database, {transaction for transaction, _ in unsaid})
        for _, stored in unsaid:
            self._broadcast(stored)
