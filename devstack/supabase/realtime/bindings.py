"""Who wants to hear of which table: the postgres_changes bindings of all channels.

In:  the `postgres_changes` list of a join; schema and table of a change.
Out: the subscribers to be told, with the ids of their bindings.
Next: `devstack/supabase/realtime/channel.py`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from core.errors import DataError
from devstack.supabase.realtime.filters import Filter, parse_filters
from devstack.supabase.realtime.identity import Identity

_EVENTS: Final = frozenset({"*", "INSERT", "UPDATE", "DELETE"})


@dataclass(frozen=True, slots=True)
class Binding:
    """One entry of a join's `postgres_changes`.

    Parameters
    ----------
    schema, table
        `*` stands for any.
    select
        Columns wanted besides the key; None for all.
    """

    id: int
    event: str
    schema: str
    table: str
    filters: tuple[Filter, ...]
    select: frozenset[str] | None

    def with_filters(self, filters: Sequence[Filter]) -> "Binding":
        """Return this binding with its filters bound to the table's types."""
        return replace(self, filters=tuple(filters))

    def describe(self) -> str:
        """Return the parameters as hosted words them in a system message."""
        filters = ", ".join(
            f'{{"{each.column}", "{each.operator}", "{",".join(each.operands)}"}}'
            for each in self.filters
        )
        return (
            f"[event: {self.event}, schema: {self.schema}, table: {self.table}, "
            f"filters: [{filters}]]"
        )


class Subscriber(Protocol):
    """A channel with bindings; its identity may change with a new token."""

    @property
    def identity(self) -> Identity:
        """Who it speaks for now."""

    def push_change(self, ids: Sequence[int], data: str) -> None:
        """Send one change to the client."""


class Bindings:
    """Every active binding, found by schema and table."""

    def __init__(self) -> None:
        self._by_table: dict[tuple[str, str], dict[Subscriber, list[Binding]]] = {}

    def add(self, subscriber: Subscriber, binding: Binding) -> None:
        """Make a binding active."""
        subscribers = self._by_table.setdefault((binding.schema, binding.table), {})
        subscribers.setdefault(subscriber, []).append(binding)

    def remove(self, subscriber: Subscriber) -> None:
        """Forget all bindings of a subscriber."""
        for key in [key for key, found in self._by_table.items() if subscriber in found]:
            del self._by_table[key][subscriber]
            if not self._by_table[key]:
                del self._by_table[key]

    def of(self, schema: str, table: str) -> Iterator[tuple[Subscriber, Binding]]:
        """Yield whom a change of a table may concern."""
        for key in ((schema, table), (schema, "*"), ("*", table), ("*", "*")):
            for subscriber, bindings in self._by_table.get(key, {}).items():
                for binding in bindings:
                    yield subscriber, binding


def parse_binding(entry: Mapping[str, Any], number: int) -> Binding:
    """Read one entry of a join's `postgres_changes`.

    Raises
    ------
    DataError
        Names what cannot be read.
    """
    event = entry.get("event", "*")
    if not isinstance(event, str) or event not in _EVENTS:
        raise DataError(f"event {event!r} must be one of {', '.join(sorted(_EVENTS))}")
    schema, table = entry.get("schema", "public"), entry.get("table") or "*"
    text, select = entry.get("filter"), entry.get("select")
    if not isinstance(schema, str) or not isinstance(table, str):
        raise DataError(f"schema {schema!r} and table {table!r} must be text")
    if not isinstance(text, str | None):
        raise DataError(f"filter {text!r} must be text")
    if text and "*" in (schema, table):
        raise DataError(f"filter {text!r} needs one table to look at")
    if isinstance(select, str):
        select = [name.strip() for name in select.split(",")]
    if select is not None and not (
        isinstance(select, list) and all(isinstance(name, str) for name in select)
    ):
        raise DataError(f"select {select!r} must be a list of column names")
    filters = parse_filters(text) if text else ()
    columns = frozenset(select) if select and "*" not in select else None
    return Binding(number, event, schema, table, filters, columns)
