"""Where access tokens come from: Dhan renews one, or gives out another for PIN and password.

In:  the account; a token, or PIN and secret of the one-time passwords.
Out: a token; until when Dhan takes one; errors that say whether another try can help.
Next: `worker/broker/token_keeper.py`, which decides when.

Both ways kill the token before: an account has one at a time (reference 1.2 and 1.3). Addresses
of a login hold PIN and password: they are never part of a message.
"""

import time
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Any, Final, Self

import httpx

from core.brokers.dhan.totp import secret_bytes, totp
from core.errors import BrokerError, ConfigError
from core.session import IST
from worker.broker.tokens import Credentials

_TIMEOUT: Final = httpx.Timeout(15.0, connect=5.0)
_VALIDITY_FORM: Final = "%d/%m/%Y %H:%M"
_REFUSED: Final = frozenset({400, 401, 403})


class Login:
    """One account's tokens; used as an asynchronous context manager.

    Parameters
    ----------
    api_url, auth_url
        Addresses.
    client_id
        The account.
    credentials
        None where only a person can log in.
    wall
        Unix seconds.
    """

    def __init__(
        self,
        api_url: str,
        auth_url: str,
        client_id: str,
        credentials: Credentials | None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._api_url: Final = api_url
        self._auth_url: Final = auth_url
        self.client_id: Final = client_id
        self._credentials: Final = credentials
        self._wall: Final = wall
        self._client: Final = httpx.AsyncClient(timeout=_TIMEOUT)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    @property
    def can_log_in(self) -> bool:
        """Whether a token can be had without a person."""
        return self._credentials is not None

    async def valid_until(self, token: str) -> float | None:
        """Return until when Dhan takes a token, Unix seconds; None where it does not say.

        Raises
        ------
        ConfigError
            If it does not take it.
        BrokerError
            If it cannot be asked.
        """
        profile = await self._ask("GET", f"{self._api_url}/profile", token)
        try:
            text = str(profile.get("tokenValidity"))
            return datetime.strptime(text, _VALIDITY_FORM).replace(tzinfo=IST).timestamp()
        except ValueError:
            return None

    async def renewed(self, token: str) -> str:
        """Return the token that takes the place of a living one, which is dead from then on.

        Raises
        ------
        ConfigError, BrokerError
            As `valid_until`.
        """
        return _token_in(await self._ask("GET", f"{self._api_url}/RenewToken", token))

    async def log_in(self) -> str:
        """Return a new token for PIN and one-time password; the one before is dead from then on.

        Raises
        ------
        ConfigError
            If there are none, or Dhan does not take them.
        BrokerError
            If it cannot be asked.
        """
        if self._credentials is None:
            raise ConfigError(
                "no token can be had without a person: DHAN_PIN and DHAN_TOTP_SECRET are not set"
            )
        pin, secret = self._credentials
        query = {
            "dhanClientId": self.client_id,
            "pin": pin,
            "totp": totp(secret_bytes(secret), self._wall()),
        }
        url = f"{self._auth_url}/app/generateAccessToken"
        return _token_in(await self._ask("POST", url, params=query))

    async def _ask(
        self, method: str, url: str, token: str = "", params: dict[str, str] | None = None
    ) -> dict[str, Any]:
        headers = {"access-token": token, "dhanClientId": self.client_id} if token else {}
        try:
            answer = await self._client.request(method, url, headers=headers, params=params)
        except httpx.HTTPError as error:  # Its text may hold the address, and that the password.
            raise BrokerError(f"Dhan at {url} cannot be reached: {type(error).__name__}") from None
        body = _json_object(answer)
        said = body.get("errorMessage") or body.get("message") or f"HTTP {answer.status_code}"
        if answer.status_code in _REFUSED or body.get("status") == "error":
            what = "DHAN_ACCESS_TOKEN" if token else "DHAN_PIN and DHAN_TOTP_SECRET"
            code = body.get("errorCode") or answer.status_code
            raise ConfigError(
                f"Dhan refuses {what} of client {self.client_id} ({code}: {said}); "
                "make a new token on web.dhan.co and set it"
            )
        if not answer.is_success:
            raise BrokerError(f"Dhan at {url} answered HTTP {answer.status_code}: {said}")
        return body


def _token_in(body: dict[str, Any]) -> str:
    token = body.get("accessToken")
    if not isinstance(token, str) or not token:
        raise BrokerError("Dhan answered without a token")
    return token


def _json_object(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:  # An HTML page of a proxy, or nothing at all.
        return {}
    return body if isinstance(body, dict) else {}
