"""Dhan's REST side as far as the worker needs it: profile, candles, option chains, master.

In:  the account's id and token.
Out: JSON values; errors that say what to do.
Next: `worker/broker/history.py` and `worker/market/symbols.py`.

Our own transport instead of the `dhanhq` package's, in which a timeout and a refusal look alike
and every call blocks (reference 7.4).
"""

import asyncio
import time
from collections import deque
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import httpx

from core.errors import BrokerError, ConfigError
from core.instrument import Instrument
from worker.broker.tokens import Another, FixedToken, Tokens

CANDLE_CALLS_PER_SECOND: Final = 5
SECONDS_PER_CHAIN: Final = 3.1
_TIMEOUT: Final = httpx.Timeout(20.0, connect=5.0)
_TRIES: Final = 3
_RETRY_SECONDS: Final = 0.5
_NO_DATA: Final = "DH-907"
_BAD_TOKEN: Final = frozenset({"DH-901", "807", "808", "809", "810"})


class Pace:
    """Let at most `most` calls pass within any `seconds`."""

    def __init__(self, most: int, seconds: float) -> None:
        self._seconds: Final = seconds
        self._passed: Final[deque[float]] = deque(maxlen=most)
        self._lock: Final = asyncio.Lock()

    async def turn(self) -> None:
        """Wait for the caller's turn."""
        async with self._lock:
            if len(self._passed) == self._passed.maxlen:
                await asyncio.sleep(self._passed[0] + self._seconds - time.monotonic())
            self._passed.append(time.monotonic())


class Dhan:
    """One account's REST interface.

    Parameters
    ----------
    api_url, master_url
        Addresses.
    client_id, tokens
        The account: its token, or who keeps that.
    candle_calls
        How many requests for candles the account may make in a second.
    """

    def __init__(
        self,
        api_url: str,
        master_url: str,
        client_id: str,
        tokens: Tokens | str,
        *,
        candle_calls: float = CANDLE_CALLS_PER_SECOND,
    ) -> None:
        self._api_url: Final = api_url
        self.master_url: Final = master_url
        self._tokens: Final = FixedToken(tokens) if isinstance(tokens, str) else tokens
        headers = {
            "client-id": client_id,
            "dhanClientId": client_id,
            "Accept": "application/json",
        }
        self._client_id: Final = client_id
        self._client: Final = httpx.AsyncClient(headers=headers, timeout=_TIMEOUT)
        # Evenly, because calls that leave in a burst may arrive with those of the next second.
        self._pace: Final = Pace(1, 1.05 / candle_calls)
        self._chain_pace: Final = Pace(1, SECONDS_PER_CHAIN)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        await self._client.aclose()

    async def profile(self) -> dict[str, Any]:
        """Return the account's profile, which shows that the token works.

        Raises
        ------
        ConfigError
            If the token or the client id is refused.
        BrokerError
            If Dhan cannot be reached.
        """
        return await self._ask("GET", "/profile")

    async def minutes(self, instrument: Instrument, begin: str, end: str) -> dict[str, Any]:
        """Return one-minute candles as Dhan's columns, empty where there are none.

        Parameters
        ----------
        begin, end
            ``YYYY-MM-DD HH:MM:SS`` in IST, at most 90 days apart.

        Raises
        ------
        ConfigError, BrokerError
            As `profile`.
        """
        return await self._candles("intraday", instrument, begin, end, interval="1")

    async def days(self, instrument: Instrument, first: date, stop: date) -> dict[str, Any]:
        """Return daily candles of ``[first, stop)`` as Dhan's columns, empty where there are none.

        A day has its candle some time after its close.

        Raises
        ------
        ConfigError, BrokerError
            As `profile`.
        """
        return await self._candles(
            "historical", instrument, first.isoformat(), stop.isoformat(), expiryCode=0
        )

    async def _candles(
        self, kind: str, instrument: Instrument, begin: str, end: str, **more: str | int
    ) -> dict[str, Any]:
        await self._pace.turn()
        body = {
            "dhanClientId": self._client_id,
            "securityId": str(instrument.security_id),
            "exchangeSegment": str(instrument.segment),
            "instrument": str(instrument.kind),
            "oi": True,
            "fromDate": begin,
            "toDate": end,
            **more,
        }
        try:
            return await self._ask("POST", f"/charts/{kind}", json=body)
        except _NoDataError:
            return {}

    async def option_chain(self, underlying: Instrument, expiry: date) -> dict[str, Any]:
        """Return what Dhan says of each option of one expiry, by strike; empty where nothing.

        Raises
        ------
        ConfigError, BrokerError
            As `profile`.
        """
        await self._chain_pace.turn()
        body = {
            "UnderlyingScrip": underlying.security_id,
            "UnderlyingSeg": str(underlying.segment),
            "Expiry": expiry.isoformat(),
        }
        try:
            answer = await self._ask("POST", "/optionchain", json=body)
        except _NoDataError:
            return {}
        strikes = (answer.get("data") or {}).get("oc")
        return strikes if isinstance(strikes, dict) else {}

    async def download_master(self, target: Path) -> None:
        """Save the detailed instrument master.

        Raises
        ------
        BrokerError
            If it cannot be had; what `target` held before is still there.
        """
        url = f"{self.master_url}/api-scrip-master-detailed.csv"
        part = target.with_suffix(".part")
        try:
            async with self._client.stream("GET", url) as response:
                response.raise_for_status()
                with part.open("wb") as file:
                    async for chunk in response.aiter_bytes():
                        file.write(chunk)
        except (httpx.HTTPError, OSError) as error:
            raise BrokerError(f"the instrument master {url} cannot be had: {error}") from error
        part.replace(target)

    async def _ask(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        """Ask, and again when the network or Dhan's rate limit was in the way."""
        for attempt in range(1, _TRIES + 1):
            token = self._tokens.text
            try:
                response = await self._client.request(
                    method, self._api_url + path, headers={"access-token": token}, **request
                )
            except httpx.HTTPError as error:
                reason = str(error) or type(error).__name__
                problem = f"Dhan at {self._api_url} cannot be reached: {reason}"
            else:
                if response.is_success:
                    return _json_object(response)
                try:
                    problem = self._refusal(response)
                except ConfigError:
                    if attempt == _TRIES or await self._tokens.another(token) != Another.THERE:
                        raise
                    continue
            if attempt < _TRIES:
                await asyncio.sleep(_RETRY_SECONDS * attempt)
        raise BrokerError(problem)

    def _refusal(self, response: httpx.Response) -> str:
        """Return what is worth another try as a sentence; raise what is not."""
        body = _json_object(response)
        code = str(body.get("errorCode") or next(iter(body.get("data") or {}), ""))
        message = str(body.get("errorMessage") or body.get("remarks") or response.text[:200])
        if response.status_code == 401 or code in _BAD_TOKEN:
            raise ConfigError(
                f"Dhan refuses DHAN_ACCESS_TOKEN of client {self._client_id} ({code}: {message}); "
                "make a new token on web.dhan.co and set it"
            )
        if code == _NO_DATA:
            raise _NoDataError(message)
        problem = f"Dhan answered HTTP {response.status_code} {code}: {message}"
        if response.status_code < 500 and response.status_code != 429:
            raise BrokerError(problem)
        return problem


class _NoDataError(BrokerError):
    """Raised inside this module when Dhan has no candles for what was asked."""


def _json_object(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:  # An HTML page of a proxy, or nothing at all.
        return {}
    return body if isinstance(body, dict) else {}
