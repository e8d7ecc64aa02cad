"""From a batch of changes to messages: bindings, filters, rights, payloads.

In:  occurrences in commit order.
Out: one push per subscriber that may see the row, with the ids of all its bindings that match.
Next: `devstack/supabase/realtime/channel.py`.

A batch asks Postgres at most twice, however many rows and subscribers it concerns: once for
comparisons that Python cannot make, once for the rights of every identity concerned.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from devstack.supabase.realtime.bindings import Binding, Bindings, Subscriber
from devstack.supabase.realtime.database import Database
from devstack.supabase.realtime.filter_binding import compare
from devstack.supabase.realtime.filters import Filter
from devstack.supabase.realtime.identity import Identity
from devstack.supabase.realtime.pgoutput import UNCHANGED
from devstack.supabase.realtime.records import Occurrence, key_of, write_data
from devstack.supabase.realtime.rights import Question, View, ask_views
from devstack.supabase.realtime.tables import Access, Key, Table, access_of

log = logging.getLogger(__name__)

type _Asker = tuple[Identity, Table]
# A comparison left to Postgres: the condition and the row's value.
type _Comparison = tuple[Filter, str | None]


@dataclass(slots=True)
class _Match:
    """One subscriber concerned by one occurrence; `key` is to be asked about, unless None."""

    occurrence: Occurrence
    subscriber: Subscriber
    identity: Identity
    access: Access
    key: Key | None
    bindings: list[Binding] = field(default_factory=list)

    @property
    def asker(self) -> _Asker:
        return self.identity, self.occurrence.table


class Dispatcher:
    """Tell subscribers of changes.

    Parameters
    ----------
    counters
        What could not be delivered is counted here.
    """

    def __init__(self, database: Database, bindings: Bindings, counters: Counter[str]) -> None:
        self._database = database
        self._bindings = bindings
        self._counters = counters

    async def dispatch(self, batch: Sequence[Occurrence]) -> None:
        """Push every change of a batch to whoever may see it."""
        matches = await self._match(batch)
        if not matches:
            return
        views = await self._ask(matches)
        written: dict[tuple[int, frozenset[str]], str] = {}
        for match in matches:
            if match.key is None or match.key in views[match.asker].keys:
                _push(match, written)

    async def _match(self, batch: Sequence[Occurrence]) -> list[_Match]:
        matches: list[_Match] = []
        open_cases: list[tuple[_Match, Binding, list[_Comparison]]] = []
        for occurrence in batch:
            found: dict[Subscriber, _Match] = {}
            relation = occurrence.table.relation
            for subscriber, binding in list(self._bindings.of(relation.schema, relation.table)):
                undecided = _undecided(occurrence, binding)
                if undecided is None:
                    continue
                if subscriber not in found:
                    found[subscriber] = await self._concerned(occurrence, subscriber)
                if undecided:
                    open_cases.append((found[subscriber], binding, undecided))
                else:
                    found[subscriber].bindings.append(binding)
            matches += found.values()
        await self._decide(open_cases)
        return [match for match in matches if match.bindings]

    async def _concerned(self, occurrence: Occurrence, subscriber: Subscriber) -> _Match:
        identity = subscriber.identity  # A new token may come while we wait.
        access = await access_of(self._database, occurrence.table, identity.role)
        key = key_of(occurrence) if _must_ask(occurrence, access) else None
        return _Match(occurrence, subscriber, identity, access, key)

    async def _decide(
        self, open_cases: Sequence[tuple[_Match, Binding, list[_Comparison]]]
    ) -> None:
        if not open_cases:
            return
        comparisons = [each for _, _, terms in open_cases for each in terms]
        answers = iter(await compare(self._database, comparisons))
        for match, binding, terms in open_cases:
            if all([next(answers) for _ in terms]):  # noqa: C419 - every answer must be consumed
                match.bindings.append(binding)

    async def _ask(self, matches: Sequence[_Match]) -> dict[_Asker, View]:
        """Ask about every row once per identity; without a question, only await the commits."""
        keys: dict[_Asker, set[Key]] = {}
        for match in matches:
            if match.key is not None:
                keys.setdefault(match.asker, set()).add(match.key)
        questions = [
            Question(identity, table, frozenset(rows)) for (identity, table), rows in keys.items()
        ]
        transactions = {match.occurrence.transaction for match in matches}
        views = await ask_views(self._database, questions, transactions)
        for question, view in zip(questions, views, strict=True):
            if view.problem:
                self._counters["policy_failed"] += 1
                log.warning(
                    "policies of %s.%s fail for role %s: %s",
                    question.table.relation.schema,
                    question.table.relation.table,
                    question.identity.role,
                    view.problem,
                )
        return dict(zip(keys, views, strict=True))


def _must_ask(occurrence: Occurrence, access: Access) -> bool:
    """Tell whether only the policies know if a row may be seen.

    A deleted row cannot be looked at, nor one without a key; who sees everything need not be
    asked about; who may not select the key is told so on any row.
    """
    table = occurrence.table
    return (
        occurrence.change.kind != "DELETE"
        and bool(table.key)
        and not access.everything
        and table.key_names <= access.columns
    )


def _undecided(occurrence: Occurrence, binding: Binding) -> list[_Comparison] | None:
    """Return the comparisons left to Postgres, or None when the binding does not match."""
    change = occurrence.change
    if binding.event not in ("*", change.kind):
        return None
    left: list[_Comparison] = []
    row = change.new if change.new is not None else change.old or ()
    columns = occurrence.table.relation.columns
    for condition in binding.filters:
        place = next((i for i, c in enumerate(columns) if c.name == condition.column), None)
        if place is None or (change.kind == "DELETE" and not columns[place].in_identity):
            return None  # A deleted row shows only its identity.
        value = row[place]
        if value is UNCHANGED:
            return None
        passes = condition.passes(value)
        if passes is False:
            return None
        if passes is None:
            left.append((condition, value))
    return left


def _push(match: _Match, written: dict[tuple[int, frozenset[str]], str]) -> None:
    """Send the change; bindings that want other columns get a message of their own."""
    key = match.occurrence.table.key_names
    by_columns: dict[frozenset[str], list[int]] = {}
    for binding in match.bindings:
        wanted = match.access.columns
        if binding.select is not None:
            wanted = wanted & (binding.select | key)
        by_columns.setdefault(wanted, []).append(binding.id)
    for columns, ids in by_columns.items():
        cache_key = (id(match.occurrence), columns)
        if cache_key not in written:
            written[cache_key] = write_data(match.occurrence, columns)
        match.subscriber.push_change(ids, written[cache_key])
