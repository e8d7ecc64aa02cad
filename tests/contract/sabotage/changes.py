"""Switches off what postgres_changes promises.

In:  the keys of a stack.
Out: behaviour to sabotages.
Next: `tests/contract/sabotage/messages.py`.
"""

from collections.abc import Callable
from typing import Any, Final

from tests.contract import rules
from tests.contract.sabotage.kinds import Statements, Table, setting, without
from tests.contract.target import Target

SOCKET: Final = "/realtime/v1/websocket"


def in_record(edit: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return an edit of the row inside a postgres_changes payload."""
    return lambda payload: {
        **payload,
        "data": {**payload["data"], "record": edit(payload["data"]["record"])},
    }


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
            rules.dropping("postgres_changes"),
            rules.editing_change(in_record(setting(rank=0)), "INSERT"),
        ],
        "UPDATE events bring the new row and the old key": [
            rules.dropping("postgres_changes", when=lambda change: is_of("UPDATE", change)),
            rules.editing_change(in_data(setting(old_record={})), "UPDATE"),
        ],
        "DELETE events bring the old key": [
            rules.dropping("postgres_changes", when=lambda change: is_of("DELETE", change)),
            rules.editing_change(in_data(setting(old_record={})), "DELETE"),
        ],
        "an eq filter lets through equal rows only": [rules.editing_join(without_filters)],
        "an in filter lets through listed rows only": [rules.editing_join(without_filters)],
        "a gt filter lets through greater rows only": [
            rules.editing_join(without_filters),
            rules.editing_join(with_gte_filters),
        ],
        "several bindings on one channel each get their own events": [
            rules.editing_change(lambda change: {**change, "ids": change["ids"][:1]}),
            rules.editing_join(without_filters),
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
            rules.dropping("system"),
        ],
        "event payloads equal the REST row": [
            *(
                rules.editing_change(in_record(setting(**{column: value})))
                for column, value in payload.items()
            ),
            rules.editing_change(in_record(without("nothing"))),
        ],
        "unchanged wide columns are left out of UPDATE events": [
            rules.editing_change(in_record(setting(wide=None)), "UPDATE"),
        ],
    }


def is_of(kind: str, change: Any) -> bool:
    """Match changes of one kind."""
    return bool(change["data"]["type"] == kind)


def without_filters(config: dict[str, Any]) -> dict[str, Any]:
    """Ask for every row of the table."""
    bindings = [without("filter")(binding) for binding in config["postgres_changes"]]
    return {**config, "postgres_changes": bindings}


def with_gte_filters(config: dict[str, Any]) -> dict[str, Any]:
    """Ask for rows that equal the bound as well."""
    bindings = [
        {**binding, "filter": binding["filter"].replace("=gt.", "=gte.")}
        for binding in config["postgres_changes"]
    ]
    return {**config, "postgres_changes": bindings}
