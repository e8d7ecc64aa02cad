"""From a batch of changes to messages: bindings, filters, rights, payloads.

In:  occurrences in commit order.
Out: one push per subscriber that may see the row, with the ids of all its bindings that match.
Next: `devstack/supabase/realtime/channel.py`.

A batch asks Postgres at most twice, however many rows and subscribers it concerns: once for
comparisons that Python cannot make, once for the rights of every identity concerned.
"""

import logging
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from devstack.supabase.realtime.bindings import Binding, Bindings, Subscriber
from devstack.supabase.realtime.catalog import Table, compare
from devstack.supabase.realtime.database import Database
from devstack.supabase.realtime.filters import Filter
from devstack.supabase.realtime.identity import Identity
from devstack.supabase.realtime.pgoutput import UNCHANGED
from devstack.supabase.realtime.records import Occurrence, key_of, write_data
from devstack.supabase.realtime.rights import Question, View, ask_views

log = logging.getLogger(__name__)

type _Asker = tuple[Identity, int]  # An identity and the oid of a table.


@dataclass(slots=True)
class _Match:
    """One subscriber concerned by one occurrence."""

    occurrence: Occurrence
    subscriber: Subscriber
    identity: Identity
    bindings: list[Binding] = field(default_factory=list)


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
        answers = _Answers(matches)
        transactions = {match.occurrence.transaction for match in matches}
        answers.views = await self._ask(answers.questions(), transactions)
        written: dict[tuple[int, frozenset[str]], str] = {}
        for match in matches:
            view = answers.view(match)
            if view is not None:
                _push(match, view, written)

    async def _match(self, batch: Sequence[Occurrence]) -> list[_Match]:
        matches: list[_Match] = []
        open_cases: list[tuple[_Match, Binding, list[tuple[Filter, str | None]]]] = []
        for occurrence in batch:
            found: dict[Subscriber, _Match] = {}
            relation = occurrence.table.relation
            for subscriber, binding in self._bindings.of(relation.schema, relation.table):
                undecided = _undecided(occurrence, binding)
                if undecided is None:
                    continue
                if subscriber not in found:
                    found[subscriber] = _Match(occurrence, subscriber, subscriber.identity)
                if undecided:
                    open_cases.append((found[subscriber], binding, undecided))
                else:
                    found[subscriber].bindings.append(binding)
            matches += found.values()
        await self._decide(open_cases)
        return [match for match in matches if match.bindings]

    async def _decide(
        self, open_cases: Sequence[tuple[_Match, Binding, list[tuple[Filter, str | None]]]]
    ) -> None:
        if not open_cases:
            return
        answers = iter(
            await compare(self._database, [each for _, _, terms in open_cases for each in terms])
        )
        for match, binding, terms in open_cases:
            if all([next(answers) for _ in terms]):  # noqa: C419 - every answer must be consumed
                match.bindings.append(binding)

    async def _ask(
        self, questions: dict[_Asker, Question], transactions: Collection[int]
    ) -> dict[_Asker, View]:
        views = await ask_views(self._database, list(questions.values()), transactions)
        for (identity, oid), view in zip(questions, views, strict=True):
            if view.problem and questions[identity, oid].table.key_names <= view.columns:
                self._counters["policy_failed"] += 1
                log.warning(
                    "policies of table %s fail for role %s: %s", oid, identity.role, view.problem
                )
        return dict(zip(questions, views, strict=True))


class _Answers:
    """Places of rows in the questions, and the answers to them."""

    def __init__(self, matches: Sequence[_Match]) -> None:
        self._keys: dict[_Asker, list[list[str | None]]] = {}
        self._places: dict[tuple[Identity, int], int] = {}
        self._tables: dict[int, Table] = {}
        self.views: dict[_Asker, View] = {}
        for match in matches:
            self._note(match)

    def _note(self, match: _Match) -> None:
        table = match.occurrence.table
        self._tables[table.relation.oid] = table
        keys = self._keys.setdefault((match.identity, table.relation.oid), [])
        row = (match.identity, id(match.occurrence))
        # A deleted row cannot be looked at, nor one without a key.
        if table.key and match.occurrence.change.kind != "DELETE" and row not in self._places:
            self._places[row] = len(keys)
            keys.append(key_of(match.occurrence))

    def questions(self) -> dict[_Asker, Question]:
        return {
            (identity, oid): Question(identity, self._tables[oid], keys)
            for (identity, oid), keys in self._keys.items()
        }

    def view(self, match: _Match) -> View | None:
        """Return what the subscriber may see, None when not this row."""
        table = match.occurrence.table
        view = self.views[match.identity, table.relation.oid]
        place = self._places.get((match.identity, id(match.occurrence)))
        if place is None or view.shows(place) or not table.key_names <= view.columns:
            return view  # Who may not select the key is told so, on any row.
        return None


def _undecided(occurrence: Occurrence, binding: Binding) -> list[tuple[Filter, str | None]] | None:
    """Return the comparisons left to Postgres, or None when the binding does not match."""
    change = occurrence.change
    if binding.event not in ("*", change.kind):
        return None
    left: list[tuple[Filter, str | None]] = []
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


def _push(match: _Match, view: View, written: dict[tuple[int, frozenset[str]], str]) -> None:
    """Send the change; bindings that want other columns get a message of their own."""
    key = match.occurrence.table.key_names
    by_columns: dict[frozenset[str], list[int]] = {}
    for binding in match.bindings:
        wanted = view.columns
        if binding.select is not None:
            wanted = view.columns & (binding.select | key)
        by_columns.setdefault(wanted, []).append(binding.id)
    for columns, ids in by_columns.items():
        cache_key = (id(match.occurrence), columns)
        if cache_key not in written:
            written[cache_key] = write_data(match.occurrence, columns)
        match.subscriber.push_change(ids, written[cache_key])
