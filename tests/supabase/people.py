"""Who asks something of the database, over PostgREST and with a real token: as the browser does.

In:  an httpx client that carries an API key, and a user's access token.
Out: replies, rows, results of rpc.
Next: `tests/supabase/deployments.py`.
"""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

from tests.stacks import RunningStack

PASSWORD = "correct horse"


_PATIENCE_SECONDS = 60.0  # A busy machine is slow; what hangs is ended by the test's own limit.


def client_of(stack: RunningStack, key: str) -> httpx.Client:
    """Return a client of a stack that shows an API key."""
    return httpx.Client(base_url=stack.url, headers={"apikey": key}, timeout=_PATIENCE_SECONDS)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an API key and perhaps a token.

    Parameters
    ----------
    http
        Carries the address and the API key.
    token
        A user's access token; None for who has only the key.
    id
        The user's id; empty for who has only the key.
    """

    http: httpx.Client
    token: str | None = None
    id: str = ""

    def call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Send one request to PostgREST; writes ask for the rows back."""
        headers = {"Prefer": "return=representation"}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        return self.http.request(method, f"/rest/v1/{path}", json=body, headers=headers)

    def rows(self, path: str) -> list[dict[str, Any]]:
        """Read rows; the request must succeed."""
        rows: list[dict[str, Any]] = _result(self.call("GET", path))
        return rows

    def row(self, path: str) -> dict[str, Any]:
        """Read the one row there is."""
        (row,) = self.rows(path)
        return row

    def insert(self, table: str, row: dict[str, Any]) -> dict[str, Any]:
        """Insert a row and return it as stored."""
        (stored,) = _result(self.call("POST", table, row))
        assert isinstance(stored, dict)
        return stored

    def update(self, path: str, change: dict[str, Any]) -> list[dict[str, Any]]:
        """Change the rows a filter finds and return them."""
        rows: list[dict[str, Any]] = _result(self.call("PATCH", path, change))
        return rows

    def rpc(self, function: str, **arguments: Any) -> Any:
        """Call a function and return its result."""
        return _result(self.call("POST", f"rpc/{function}", arguments))


def refusal(reply: httpx.Response) -> tuple[str, str]:
    """Return code and sentence of a refusal."""
    assert reply.status_code >= 400, f"was not refused: {reply.status_code} {reply.text}"
    return reply.json()["code"], reply.json()["message"]


def sign_up(http: httpx.Client) -> Person:
    """Return a new user, signed in."""
    body = {"email": f"{uuid4().hex}@example.com", "password": PASSWORD}
    reply = http.post("/auth/v1/signup", json=body)
    assert reply.status_code == 200, reply.text
    session = reply.json()
    return Person(http, session["access_token"], session["user"]["id"])


def _result(reply: httpx.Response) -> Any:
    assert reply.is_success, f"{reply.request.method} {reply.request.url}: {reply.text}"
    return reply.json() if reply.content else None
