"""Ask Postgres what others may see and do; both questions are answered by `50_realtime.sql`.

In:  an `Identity`; the rows of a batch, or a private channel's name.
Out: the rows it sees, or what it may do on the channel.
Next: `devstack/supabase/realtime/dispatch.py`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from devstack.supabase.realtime.database import Database
from devstack.supabase.realtime.identity import Identity
from devstack.supabase.realtime.tables import Key, Table

# One round trip however many subscribers there are.
_VIEWS: Final = """
  select visible, problem
  from realtime.views(%s::bigint[], %s::text[], %s::text[], %s::text[])
"""
_AWAIT_COMMITS: Final = "select realtime.await_commits(%s::bigint[])"
_CHANNEL: Final = "select realtime.channel_rights(%s, %s, %s)"


@dataclass(frozen=True, slots=True)
class Question:
    """Asks which of these rows of one table an identity sees."""

    identity: Identity
    table: Table
    keys: frozenset[Key]


@dataclass(frozen=True, slots=True)
class View:
    """The keys of the rows an identity sees; `problem` says why they could not be looked at."""

    keys: frozenset[Key]
    problem: str | None


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
        _queries(questions),
        [question.identity.role for question in questions],
        [question.identity.claims for question in questions],
    ]
    rows = await database.fetch(_VIEWS, parameters)
    return [View(frozenset(map(tuple, keys or ())), problem) for keys, problem in rows]


def _queries(questions: Sequence[Question]) -> list[str]:
    """Write the questions' queries; many subscribers ask about the same rows."""
    written: dict[tuple[Table, frozenset[Key]], str] = {}
    for question in questions:
        rows = question.table, question.keys
        if rows not in written:
            written[rows] = question.table.visible_query(question.keys)
    return [written[question.table, question.keys] for question in questions]


async def ask_channel_rights(database: Database, topic: str, identity: Identity) -> ChannelRights:
    """Return what the policies on `realtime.messages` allow on a private channel."""
    ((granted,),) = await database.fetch(_CHANNEL, [topic, identity.role, identity.claims])
    return ChannelRights(frozenset(granted))
