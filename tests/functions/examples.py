"""How each route is called so that it succeeds: what the tests of every route begin with.

In:  the name of a route; ids of the caller's rows for ``{strategy_id}``, ``{config_id}`` and the
     others of `tests/supabase/cast.py`, ``{new}`` for a fresh one.
Out: `EXAMPLES`; a route that is missing here fails a test.
Next: `tests/functions/test_every_route.py`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.supabase.people import Person


@dataclass(frozen=True, slots=True)
class Example:
    """One call.

    Parameters
    ----------
    path, query, body
        Values; texts that are a name in braces stand for the id of a row of the caller's.
    prepare
        Makes what the call needs beside a strategy that has traded; returns further ids by name.
    undo
        SQL that takes back what would be in the way of other tests of the same database, such as
        an emergency stop.
    """

    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    prepare: Callable[[Person], Mapping[str, str]] | None = None
    undo: str = "select"


STRATEGY = {"strategy_id": "{strategy_id}"}
CONFIG = {"config_id": "{config_id}"}

EXAMPLES: dict[str, Example] = {
    "read_health": Example(),
    "read_openapi": Example(),
    "list_strategies": Example(query={"status": "draft", "limit": "5"}),
    "create_strategy": Example(
        body={
            "name": "{new}",
            "strategy_type": "momentum",
            "symbols": ["NIFTY-FUT"],
            "portfolio_id": "{portfolio_id}",
        }
    ),
    "toggle_strategy": Example(path=STRATEGY, query=CONFIG, body={"active": True}),
    "list_trades": Example(query={"strategy_id": "{strategy_id}", "mode": "VIRTUAL"}),
    "run_eod_exit": Example(),
    "run_eod_exit_by_get": Example(),
}
