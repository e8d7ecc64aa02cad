"""A route's example with the ids of real rows in it, to be called by its owner and by others.

In:  the application, the owner of the rows, a route.
Out: `Stage`, whose `call` may differ from the example in anything.
Next: `tests/functions/test_every_route.py`.
"""

from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from functions.routing import Access, Route
from tests.functions.conftest import CRON_SECRET, Caller, Database
from tests.functions.examples import EXAMPLES
from tests.supabase.cast import Ids, filled
from tests.supabase.deployments import deploy
from tests.supabase.people import Person


class Stage:
    """A route's example, ready to be called by its owner and by others."""

    def __init__(
        self, app: Flask, owner: Person, owned: Ids, database: Database, route: Route
    ) -> None:
        self.app, self.owner, self.database, self.route = app, owner, database, route
        self._example = example = EXAMPLES[route.name]
        fresh = deploy(owner)
        ids = {**owned, "strategy_id": fresh.strategy_id, "config_id": fresh.config_id}
        ids |= example.prepare(owner) if example.prepare else {}
        self.ids = ids
        self.path = dict(filled(example.path, ids))
        self.query = dict(filled(example.query, ids))
        self.body = dict(filled({"body": example.body}, ids))["body"]
        for statement in example.make.split(";"):
            if statement.strip():
                database.execute(statement.encode(), ids)

    def undo(self) -> None:
        """Take back what would be in the way of other tests of the same database."""
        self.database.execute(self._example.undo.encode())

    def token(self) -> str | None:
        """Return what its rightful caller shows."""
        tokens = {Access.OPEN: None, Access.CRON: CRON_SECRET, Access.USER: self.owner.token}
        return tokens[self.route.access]

    def request(self) -> dict[str, Any]:
        """Return the call as arguments of a test client."""
        token = self.token()
        return {
            "method": self.route.method,
            "path": self.route.path.format(**self.path),
            "query_string": self.query,
            "headers": {} if token is None else {"Authorization": f"Bearer {token}"},
            **({} if self.body is None else {"json": self.body}),
        }

    def call(self, **changes: Any) -> TestResponse:
        """Call the route as its rightful caller; anything may differ."""
        token = changes.pop("token", self.token())
        path = self.route.path.format(**(self.path | changes.pop("path", {})))
        query = self.query | changes.pop("query", {})
        body = changes.pop("body", self.body)
        options = {"json": body} if body is not None and "data" not in changes else {}
        return Caller(self.app, token).call(
            self.route.method, path, query_string=query, **options, **changes
        )
