"""A client of the stack that speaks plain HTTP: what is tested is what is on the wire.

In:  an httpx client that carries an API key.
Out: replies as they came.
Next: `tests/devstack/supabase/auth/test_accounts.py`.
"""

from dataclasses import dataclass
from typing import Any

import httpx

PASSWORD = "correct horse"


@dataclass(frozen=True, slots=True)
class Client:
    """Calls below ``/auth/v1`` and ``/rest/v1``.

    Parameters
    ----------
    http
        Carries the address and the API key.
    """

    http: httpx.Client

    def auth(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, **more: Any
    ) -> httpx.Response:
        """Call the auth service, with a user's token if given."""
        return self.http.request(
            method, f"/auth/v1{path}", json=body, headers=_bearer(token), **more
        )

    def rest(
        self, method: str, path: str, body: Any = None, *, token: str | None = None, **more: Any
    ) -> httpx.Response:
        """Call PostgREST, with a user's token if given."""
        return self.http.request(
            method, f"/rest/v1{path}", json=body, headers=_bearer(token), **more
        )

    def sign_up(self, email: str, **data: Any) -> dict[str, Any]:
        """Return the first session of a new user."""
        reply = self.auth("POST", "/signup", {"email": email, "password": PASSWORD, "data": data})
        assert reply.status_code == 200, reply.text
        session: dict[str, Any] = reply.json()
        return session

    def sign_in(self, email: str, password: str = PASSWORD) -> httpx.Response:
        """Try a password."""
        body = {"email": email, "password": password}
        return self.auth("POST", "/token?grant_type=password", body)

    def refresh(self, token: str) -> httpx.Response:
        """Exchange a refresh token."""
        return self.auth("POST", "/token?grant_type=refresh_token", {"refresh_token": token})


def _bearer(token: str | None) -> dict[str, str]:
    return {} if token is None else {"Authorization": f"Bearer {token}"}


def refusal(reply: httpx.Response) -> tuple[int, str]:
    """Return a refusal's status and error code."""
    return reply.status_code, reply.json()["error_code"]
