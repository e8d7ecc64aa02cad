"""Broadcasts from the database: rows of `realtime.messages`.

In:  an inserted row as the stream brings it.
Out: what to say on which channel; and the deletion of rows that have been said long ago.
Next: `devstack/supabase/realtime/topics.py`.
"""

import asyncio
import json
import logging
from dataclasses import dataclass
from typing import Final

import psycopg

from core.errors import StoreError
from devstack.supabase.realtime.database import Database
from devstack.supabase.realtime.pgoutput import UNCHANGED, Change, Relation
from devstack.supabase.realtime.phoenix import Broadcast

log = logging.getLogger(__name__)

MESSAGES_TABLE: Final = ("realtime", "messages")
_PURGE_SECONDS: Final = 3600.0
# Hosted keeps three days: its partitions are dropped whole.
_PURGE: Final = """
  delete from realtime.messages
  where inserted_at < localtimestamp - interval '3 days'
"""


@dataclass(frozen=True, slots=True)
class StoredBroadcast:
    """A broadcast and the channel it is for; `private` ones only reach channels joined so."""

    topic: str
    private: bool
    broadcast: Broadcast


def stored_broadcast(relation: Relation, change: Change) -> StoredBroadcast | None:
    """Return what an inserted row says, or None when it is no broadcast."""
    if change.kind != "INSERT" or change.new is None:
        return None
    row = {
        column.name: None if value is UNCHANGED else value
        for column, value in zip(relation.columns, change.new, strict=True)
    }
    topic, event = row.get("topic"), row.get("event")
    if row.get("extension") != "broadcast" or topic is None or event is None:
        return None
    meta = json.dumps({"id": row.get("id")})
    broadcast = Broadcast(event, row.get("payload") or "{}", meta)
    return StoredBroadcast(topic, row.get("private") == "t", broadcast)


async def purge_forever(database: Database) -> None:
    """Delete messages older than three days, every hour."""
    while True:
        try:
            await database.fetch(_PURGE)
        except (psycopg.Error, StoreError) as error:
            log.warning("old realtime messages could not be deleted: %s", error)
        await asyncio.sleep(_PURGE_SECONDS)
