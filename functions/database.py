"""The database as one caller sees it: rows and rpc of PostgREST, with that caller's rights.

In:  a table and a filter, or a function and its arguments.
Out: rows as dicts, results as JSON values; money and prices where ``::text`` was asked are text.
Next: `functions/database_errors.py`, what a refusal becomes.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from functions.database_errors import Writing, refusal, unreachable
from functions.settings import Settings

if TYPE_CHECKING:
    import httpx

type Row = dict[str, Any]

_SECONDS: Final = 10.0
_CONNECT_SECONDS: Final = 3.0


class Supabase:
    """One project's gateway: a pooled client, made when it is first used.

    Parameters
    ----------
    settings
        Address and keys.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings: Final = settings

    def close(self) -> None:
        """Let the connections go; a later call makes new ones."""
        if "_http" in self.__dict__:
            self._http.close()
            del self._http

    def anybody(self) -> "Database":
        """Return the database without any rights."""
        return Database(self, _key_headers(self._settings.publishable_key))

    def user(self, token: str) -> "Database":
        """Return the database with the rights of a signed-in user."""
        key = self._settings.publishable_key
        return Database(self, {"apikey": key, "Authorization": f"Bearer {token}"})

    def service(self) -> "Database":
        """Return the database with all rights: for cron paths and `functions/elevated.py`."""
        return Database(self, _key_headers(self._settings.secret_key))

    def public_keys(self) -> dict[str, Any]:
        """Return the published key set (JWKS) that verifies access tokens.

        Raises
        ------
        ApiError
            If it cannot be had.
        """
        headers = {"apikey": self._settings.publishable_key}
        keys = self.send("GET", self._settings.jwks_url, headers=headers)
        return keys if isinstance(keys, dict) else {}

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        params: Mapping[str, str] | None = None,
        json: Any = None,
    ) -> Any:
        """Send one request and return the JSON it is answered with.

        Raises
        ------
        ApiError
            The refusal, in the words and with the status the caller shall see.
        """
        import httpx  # noqa: PLC0415 - 0.1 s of a cold start that answers may not need.

        if not url.startswith("http"):
            url = f"{self._settings.supabase_url}{url}"
        try:
            reply = self._http.request(method, url, headers=headers, params=params, json=json)
            if reply.is_success:
                return reply.json() if reply.content else None
        except (httpx.TransportError, ValueError) as error:
            raise unreachable(error, Writing(method == "POST")) from error
        raise refusal(reply)

    @cached_property
    def _http(self) -> "httpx.Client":
        import httpx  # noqa: PLC0415 - as in `send`.

        return httpx.Client(timeout=httpx.Timeout(_SECONDS, connect=_CONNECT_SECONDS))


class Database:
    """PostgREST in one caller's name.

    Parameters
    ----------
    supabase
        The gateway.
    headers
        Who asks: an API key, and a user's token where there is one.
    """

    def __init__(self, supabase: Supabase, headers: Mapping[str, str]) -> None:
        self._supabase: Final = supabase
        self._headers: Final = headers

    def with_secret_key(self) -> "Database":
        """Return the same database with all rights; for `functions/elevated.py` alone."""
        return self._supabase.service()

    def rows(self, table: str, **params: str) -> list[Row]:
        """Read rows of a table or view, with PostgREST's parameters (`select`, filters, `order`).

        Raises
        ------
        ApiError
            If the database refuses or cannot be reached.
        """
        rows: list[Row] = self._supabase.send(
            "GET", f"/rest/v1/{table}", headers=self._headers, params=params
        )
        return rows

    def rpc(self, function: str, arguments: Mapping[str, Any] | None = None, **params: str) -> Any:
        """Call a function and return its result.

        Parameters
        ----------
        arguments
            By name; text for money and prices.
        params
            As in `rows`, of a function that returns rows.

        Raises
        ------
        ApiError
            If the database refuses or cannot be reached.
        """
        return self._supabase.send(
            "POST",
            f"/rest/v1/rpc/{function}",
            headers=self._headers,
            params=params or None,
            json=dict(arguments or {}),
        )


def _key_headers(key: str) -> dict[str, str]:
    # An old key is a token and must be shown as one, too; a new one must not be.
    bearer = {} if key.startswith("sb_") else {"Authorization": f"Bearer {key}"}
    return {"apikey": key, **bearer}
