"""Switches off what postgres_changes promises.

In:  the keys of a stack.
Out: behaviour to sabotages.
Next: `tests/contract/sabotage/messages.py`.
"""

from collections.abc import Callable
from typing import Any, Final

from tests.contract import channel_rules, rules
from tests.contract.rules import Rule
from tests.contract.sabotage.kinds import Statements, Table, changing, setting, without
from tests.contract.target import Target

SOCKET: Final = "/realtime/v1/websocket"


def in_record(edit: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return an edit of the row inside a postgres_changes payload."""
    return in_data(
        lambda data: {**data, "record": edit(data["record"])} if "record" in data else data
    )


def in_data(edit: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return an edit of what a postgres_changes payload says about the change."""
    return lambda payload: {**payload, "data": edit(payload["data"])}


def changes(target: Target) -> Table:
    """postgres_changes."""
    payload: dict[str, Any] = {
        "amount": 1, "huge": None, "ratio": 0, "document": {"b": [1], "a": {}}, "words": ["plain"],
        "grid": [3, -1], "amounts": [1.1, 2], "moment": "2026-11-20T03:45:00+00:00", "flag": False,
    }  # fmt: skip
    return {
        "INSERT events bring the new row": [
            channel_rules.dropping("postgres_changes", when=lambda change: is_of("INSERT", change)),
            channel_rules.editing_change(in_record(changing(rank=0)), "INSERT"),
        ],
        "UPDATE events bring the new row and the old key": [
            channel_rules.dropping("postgres_changes", when=lambda change: is_of("UPDATE", change)),
            channel_rules.editing_change(in_data(setting(old_record={})), "UPDATE"),
        ],
        "DELETE events bring the old key": [
            channel_rules.dropping("postgres_changes", when=lambda change: is_of("DELETE", change)),
            channel_rules.editing_change(in_data(setting(old_record={})), "DELETE"),
        ],
        "an eq filter lets through equal rows only": [without_filters("rank=eq.")],
        "an in filter lets through listed rows only": [without_filters("title=in.")],
        "a gt filter lets through greater rows only": [
            without_filters("rank=gt."),
            channel_rules.editing_join(in_bindings(or_equal)),
        ],
        "several bindings on one channel each get their own events": [
            channel_rules.editing_change(lambda change: {**change, "ids": change["ids"][:1]}),
            without_filters("mood=eq."),
        ],
        "events reach those who may read the row only": [
            Statements(
                off="alter table public.notes disable row level security",
                on="alter table public.notes enable row level security",
            ),
        ],
        "the secret key receives every user's events": [
            rules.replacing_key(target.secret_key.__eq__, target.publishable_key, path=SOCKET),
        ],
        "a table that is not published is refused in a system message": [
            channel_rules.at_topic("refused-", channel_rules.dropping("system")),
        ],
        "event payloads equal the REST row": [
            *(
                channel_rules.editing_change(in_record(changing(**{column: value})))
                for column, value in payload.items()
            ),
            channel_rules.editing_change(in_record(without("nothing"))),
        ],
        "unchanged wide columns are left out of UPDATE events": [
            channel_rules.editing_change(in_record(wide_as_null), "UPDATE"),
        ],
    }


def wide_as_null(record: dict[str, Any]) -> dict[str, Any]:
    """Say null where nothing must be said."""
    return {**record, "wide": None} if "touched" in record and "wide" not in record else record


def is_of(kind: str, change: Any) -> bool:
    """Match changes of one kind."""
    return bool(change["data"]["type"] == kind)


def without_filters(beginning: str) -> Rule:
    """Ask for every row of the table where a filter begins so."""

    def edit(binding: dict[str, Any]) -> dict[str, Any]:
        filtered = binding.get("filter", "").startswith(beginning)
        return without("filter")(binding) if filtered else binding

    return channel_rules.editing_join(in_bindings(edit))


def in_bindings(edit: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return an edit of each postgres_changes binding of a join."""
    return lambda config: {
        **config,
        "postgres_changes": [edit(binding) for binding in config["postgres_changes"]],
    }


def or_equal(binding: dict[str, Any]) -> dict[str, Any]:
    """Let a gt filter include its bound."""
    return {
        key: value.replace("=gt.", "=gte.") if key == "filter" else value
        for key, value in binding.items()
    }
