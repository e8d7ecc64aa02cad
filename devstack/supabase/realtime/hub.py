"""What every connection shares.

In:  made once by `server.py`.
Out: the parts a channel needs to do its work.
Next: `devstack/supabase/realtime/channel.py`.
"""

import asyncio
import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from devstack.supabase.realtime.bindings import Bindings
from devstack.supabase.realtime.database import Database
from devstack.supabase.realtime.tokens import Tokens
from devstack.supabase.realtime.topics import Topics


@dataclass(frozen=True, slots=True)
class Hub:
    """The shared parts.

    Parameters
    ----------
    database
        For questions about rights and tables; not the dispatcher's own connection, so that a
        slow policy on a join delays no change.
    streaming
        Set while changes flow from Postgres.
    counters
        What was dropped, refused or cut off, by name.
    """

    tokens: Tokens
    topics: Topics
    bindings: Bindings
    database: Database
    streaming: asyncio.Event
    counters: Counter[str]
    binding_ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))
