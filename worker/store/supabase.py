"""The worker's way into Supabase: PostgREST with the secret key, errors as ours.

In:  a table to read or a function to call.
Out: JSON values; `StoreError` when the database is away, `Refused` when it says no.
Next: `worker/lease/lease.py` and `worker/store/store.py`.
"""

import json
from types import TracebackType
from typing import Any, Final, Self

import httpx

from core.errors import ConfigError, StoreError

_TIMEOUT: Final = httpx.Timeout(10.0, connect=3.0)
_RIGHT_REFUSED: Final = frozenset({401, 403})
_AWAY: Final = frozenset({408, 429, 500, 502, 503, 504})
_TRANSIENT: Final = ("40", "53", "55", "57", "58", "PGRST0")
"""SQLSTATE classes (and PostgREST codes) after which the same call may succeed: deadlock,
resources, lock, operator intervention, system error, connection."""


class RefusedError(StoreError):
    """Raised when the database answered, and its answer is no.

    Parameters
    ----------
    code
        SQLSTATE, or a code of ours such as TB423.
    message
        The database's sentence.
    detail
        What a program needs of it.
    """

    def __init__(self, code: str, message: str, detail: str = "") -> None:
        super().__init__(f"{message} ({code})")
        self.code = code
        self.detail = detail


class Supabase:
    """One project's REST interface.

    Parameters
    ----------
    url
        The project's address.
    secret_key
        Bypasses row level security; never logged.
    """

    def __init__(self, url: str, secret_key: str) -> None:
        self.url: Final = url
        headers = {"apikey": secret_key, "Authorization": f"Bearer {secret_key}"}
        self._client: Final = httpx.AsyncClient(
            base_url=f"{url}/rest/v1", headers=headers, timeout=_TIMEOUT, trust_env=False
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    async def call(self, function: str, **arguments: Any) -> Any:
        """Call a database function.

        Raises
        ------
        StoreError
            If the database is away: try again later.
        RefusedError
            If it refuses the call.
        ConfigError
            If the key is not accepted.
        """
        return await self._ask("POST", f"/rpc/{function}", json=arguments)

    async def call_with(self, function: str, arguments: dict[str, Any], **lists: list[str]) -> Any:
        """Call a function with lists of values that are JSON text already; raises as `call`."""
        parts = [json.dumps(arguments)[1:-1]]
        parts += [f'"{name}":[{",".join(texts)}]' for name, texts in lists.items()]
        body = f"{{{','.join(parts)}}}".encode()
        kind = {"Content-Type": "application/json"}
        return await self._ask("POST", f"/rpc/{function}", content=body, headers=kind)

    async def rows(self, table: str, **query: str) -> list[dict[str, Any]]:
        """Return rows of a table or view, with PostgREST's filters; raises as `call`."""
        found: list[dict[str, Any]] = await self._ask("GET", f"/{table}", params=query)
        return found

    async def _ask(self, method: str, path: str, **request: Any) -> Any:
        try:
            response = await self._client.request(method, path, **request)
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            raise StoreError(f"Supabase at {self.url} cannot be reached: {reason}") from error
        if response.is_success:
            return response.json() if response.content else None
        raise self._error_of(response)

    def _error_of(self, response: httpx.Response) -> StoreError | ConfigError:
        try:
            body = response.json()
            code, message = str(body.get("code") or ""), str(body.get("message") or "")
            detail = str(body.get("details") or "")
        except (ValueError, AttributeError):  # Not ours: a proxy's page, or nothing.
            code, message, detail = "", response.text[:200], ""
        status = response.status_code
        if status in _RIGHT_REFUSED or code == "42501":
            return ConfigError(
                f"Supabase at {self.url} refuses SUPABASE_SECRET_KEY (HTTP {status}: {message}); "
                "copy the secret key of this project"
            )
        if code.startswith(_TRANSIENT) or (status in _AWAY and not code.startswith("TB")):
            return StoreError(f"Supabase at {self.url} answered HTTP {status}: {message}")
        return RefusedError(code or f"HTTP {status}", message, detail)
