"""Ask Postgres what others may see and do; both questions are answered by `50_realtime.sql`.

In:  an `Identity`; the rows of a batch, or a private channel's name.
Out: the columns and rows it may see, or what it may do on the channel.
Next: `devstack/supabase/realtime/dispatch.py`.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from devstack.supabase.realtime.catalog import Table
from devstack.supabase.realtime.database import Database
from devstack.supabase.realtime.identity import Identity

# One round trip however many subscribers there are.
_VIEWS: Final = """
  select selectable, everything, visible, problem
  from realtime.views(
    %s::bigint[], %s::oid[], %s::text[], %s::text[], %s::text[], %s::text[]
  )
"""
_AWAIT_COMMITS: Final = "select realtime.await_commits(%s::bigint[])"
_CHANNEL: Final = "select realtime.channel_rights(%s, %s, %s)"


@dataclass(frozen=True, slots=True)
class Question:
    """Which rows of one table may this identity see; `keys` holds one list per row."""

    identity: Identity
    table: Table
    keys: Sequence[Sequence[str | None]]


@dataclass(frozen=True, slots=True)
class View:
    """What one identity may see of the rows asked for.

    Parameters
    ----------
    columns
        Names of the columns it may select.
    everything
        No policy applies.
    rows
        Positions in the question's keys, counted from 0.
    problem
        Why the rows could not be looked at; then none is visible.
    """

    columns: frozenset[str]
    everything: bool
    rows: frozenset[int]
    problem: str | None

    def shows(self, place: int) -> bool:
        """Tell whether the row at a position of the question is visible."""
        return self.everything or place in self.rows


@dataclass(frozen=True, slots=True)
class ChannelRights:
    """What one identity may do on one channel."""

    granted: frozenset[str]

    def allows(self, extension: str, action: str) -> bool:
        """Tell whether `broadcast` or `presence` may be read (`read`) or written (`write`)."""
        return f"{extension}:{action}" in self.granted


PUBLIC_RIGHTS: Final = ChannelRights(
    frozenset({"broadcast:read", "broadcast:write", "presence:read", "presence:write"})
)


async def await_commits(database: Database, transactions: Collection[int]) -> None:
    """Return when every session sees what the transactions did."""
    await database.fetch(_AWAIT_COMMITS, [list(transactions)])


async def ask_views(
    database: Database, questions: Sequence[Question], transactions: Collection[int]
) -> list[View]:
    """Answer all questions of one batch, in their order, once its transactions are visible."""
    parameters = [
        list(transactions),
        [question.table.relation.oid for question in questions],
        [question.table.visible_query for question in questions],
        [json.dumps(question.keys) if question.keys else None for question in questions],
        [question.identity.role for question in questions],
        [question.identity.claims for question in questions],
    ]
    rows = await database.fetch(_VIEWS, parameters)
    return [
        View(
            columns=frozenset(selectable or ()),
            everything=bool(everything),
            rows=frozenset(place - 1 for place in visible or ()),
            problem=problem,
        )
        for selectable, everything, visible, problem in rows
    ]


async def ask_channel_rights(database: Database, topic: str, identity: Identity) -> ChannelRights:
    """Return what the policies on `realtime.messages` allow on a private channel."""
    ((granted,),) = await database.fetch(_CHANNEL, [topic, identity.role, identity.claims])
    return ChannelRights(frozenset(granted))
