"""Candles out of Dhan's history, within Dhan's limits.

In:  address and account; an instrument and a stretch of time.
Out: Dhan's columns; an error that says whether the account, the question or the way was wrong.
Next: `core/brokers/dhan/history.py`, which makes candles of them.

One call may ask for ninety days of minutes. Dhan takes five calls a second of a client; what it
refuses for being too much is asked again after a second, two, four. All of it within a deadline,
because a function has one.
"""

import time
from datetime import date, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from adapters.secrets import Secret
from core.errors import BrokerError, ConfigError, DataError
from core.instrument import Instrument

if TYPE_CHECKING:
    import httpx

MOST_DAYS: Final = 90
"""Of minutes, in one call."""

_CONNECT_SECONDS: Final = 5.0
_SILENT_SECONDS: Final = 20.0
_FIRST_WAIT: Final = 1.0
_TRIES: Final = 4
_TOO_MANY: Final = 429
_UNAUTHORISED: Final = 401
_NO_DATA: Final = "DH-907"
_BAD_TOKEN: Final = frozenset({"DH-901", "807", "808", "809", "810"})
_RATE_LIMIT: Final = frozenset({"DH-904", "805"})


class DhanHistory:
    """One account's history; used as a context manager.

    Parameters
    ----------
    api_url
        Such as ``https://api.dhan.co/v2``.
    client_id, token
        The account.
    seconds
        How long all that is asked may take together.
    """

    def __init__(self, api_url: str, client_id: str, token: Secret, *, seconds: float) -> None:
        import httpx  # noqa: PLC0415 - see adapters.

        self._api_url: Final = api_url
        self._client_id: Final = client_id
        self._until: Final = time.monotonic() + seconds
        self._client: Final = httpx.Client(
            timeout=httpx.Timeout(_SILENT_SECONDS, connect=_CONNECT_SECONDS),
            headers={
                "access-token": token.reveal(),
                "client-id": client_id,
                "dhanClientId": client_id,
                "Accept": "application/json",
            },
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def minutes(self, instrument: Instrument, begin: datetime, end: datetime) -> dict[str, Any]:
        """Return one-minute candles as columns, empty where there are none.

        Parameters
        ----------
        begin, end
            In India's time, at most 90 days apart.

        Raises
        ------
        ConfigError
            If the account is refused.
        DataError
            If Dhan will not answer this question, however often it is asked.
        BrokerError
            If Dhan cannot be reached in time.
        """
        more = {"interval": "1", "fromDate": f"{begin:%F %T}", "toDate": f"{end:%F %T}"}
        return self._ask("/charts/intraday", instrument, more)

    def days(self, instrument: Instrument, first: date, stop: date) -> dict[str, Any]:
        """Return daily candles before `stop` as columns; raises as `minutes`."""
        more = {"expiryCode": 0, "fromDate": f"{first:%F}", "toDate": f"{stop:%F}"}
        return self._ask("/charts/historical", instrument, more)

    def _ask(self, path: str, instrument: Instrument, more: dict[str, Any]) -> dict[str, Any]:
        body = {
            "dhanClientId": self._client_id,
            "securityId": str(instrument.security_id),
            "exchangeSegment": str(instrument.segment),
            "instrument": str(instrument.kind),
            "oi": True,
            **more,
        }
        wait, problem = _FIRST_WAIT, ""
        for attempt in range(_TRIES):
            if attempt:
                if time.monotonic() + wait > self._until:
                    break
                time.sleep(wait)
                wait *= 2
            answer = self._once(path, body)
            if isinstance(answer, dict):
                return answer
            problem = answer
        raise BrokerError(problem)

    def _once(self, path: str, body: dict[str, Any]) -> dict[str, Any] | str:
        """Return the columns, or what was in the way and may pass by itself."""
        import httpx  # noqa: PLC0415 - see adapters.

        left = self._until - time.monotonic()
        if left <= 0:
            return "Dhan did not answer in time"
        try:
            reply = self._client.post(
                self._api_url + path,
                json=body,
                timeout=httpx.Timeout(
                    min(left, _SILENT_SECONDS), connect=min(left, _CONNECT_SECONDS)
                ),
            )
        except httpx.HTTPError as error:
            return f"Dhan cannot be reached ({type(error).__name__})"
        if reply.is_success:
            return _object(reply)
        return self._refusal(reply)

    def _refusal(self, reply: "httpx.Response") -> dict[str, Any] | str:
        body = _object(reply)
        data = body.get("data")
        code = str(body.get("errorCode") or next(iter(data if isinstance(data, dict) else ()), ""))
        said = str(body.get("errorMessage") or body.get("remarks") or "")[:200]
        if code == _NO_DATA:
            return {}
        if reply.status_code == _UNAUTHORISED or code in _BAD_TOKEN:
            raise ConfigError(
                f"Dhan refuses the token of client {self._client_id} ({code}: {said})"
            )
        problem = f"Dhan answered HTTP {reply.status_code} {code}: {said}"
        passes = reply.status_code == _TOO_MANY or reply.status_code >= 500
        if passes or code in _RATE_LIMIT:
            return problem
        raise DataError(problem)


def _object(reply: "httpx.Response") -> dict[str, Any]:
    try:
        body = reply.json()
    except ValueError:  # An HTML page of a proxy, or nothing at all.
        return {}
    return body if isinstance(body, dict) else {}
