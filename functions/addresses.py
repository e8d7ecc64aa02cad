"""How many requests an address makes on routes that anybody may call.

In:  a request without a user.
Out: headers that say how many more there may be, or 429.
Next: `functions/service.py`.

Counted in this process, not in the database: a flood must not become one there. Where several
processes serve, each counts for itself.
"""

import time
from collections.abc import Callable
from ipaddress import IPv6Address, ip_address
from threading import Lock
from typing import Final

from flask import Request

from functions.turnstile import limit_headers, too_many

_MINUTE: Final = 60
_MOST_ADDRESSES: Final = 20_000
_OTHERS: Final = ""  # All that come when so many are known count as one.
_NETWORK_BITS: Final = 64  # Of an IPv6 address: what one customer has.


class AddressLimit:
    """Count the requests of addresses, minute by minute.

    Parameters
    ----------
    limit
        Requests of one address in one minute.
    trusted_proxies
        How many proxies of ours stand before us; each adds the address it saw to
        ``X-Forwarded-For``. What stands before those was written by the caller.
    clock
        Seconds that only grow.
    """

    def __init__(
        self, limit: int, trusted_proxies: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit: Final = limit
        self._proxies: Final = trusted_proxies
        self._clock: Final = clock
        self._lock: Final = Lock()
        self._minute = -1
        self._seen: dict[str, int] = {}

    def count(self, request: Request, headers: dict[str, str]) -> None:
        """Count a request; `headers` of its answer are added to.

        Raises
        ------
        ApiError
            429 for too many.
        """
        minute, second = divmod(int(self._clock()), _MINUTE)
        seen = self._add(minute, _network(self._address(request)))
        left = _MINUTE - second
        headers |= limit_headers(self._limit, max(self._limit - seen, 0), left)
        if seen > self._limit:
            raise too_many(self._limit, left)

    def _add(self, minute: int, address: str) -> int:
        with self._lock:
            if minute != self._minute:
                self._minute, self._seen = minute, {}
            if len(self._seen) >= _MOST_ADDRESSES and address not in self._seen:
                address = _OTHERS
            self._seen[address] = self._seen.get(address, 0) + 1
            return self._seen[address]

    def _address(self, request: Request) -> str:
        peer = request.remote_addr or ""
        if not self._proxies:
            return peer
        forwarded = ",".join(request.headers.getlist("X-Forwarded-For")).split(",")
        hops = [hop for part in forwarded if (hop := part.strip())]
        return hops[-self._proxies] if len(hops) >= self._proxies else peer


def _network(address: str) -> str:
    try:
        known = ip_address(address)
    except ValueError:
        return _OTHERS
    if isinstance(known, IPv6Address):
        return str(int(known) >> (128 - _NETWORK_BITS))
    return str(known)
