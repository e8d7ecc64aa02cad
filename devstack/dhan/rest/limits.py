"""Rate limits per client and category, in wall time.

In:  a call of a client.
Out: nothing, or a refusal with DH-904 (805 on data calls).
Next: `devstack/dhan/rest/app.py`, which asks before a handler runs.

Numbers: reference/dhanhq-v2.md 4.8. A call that is refused does not count.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from devstack.dhan.rest.refusals import RATE_LIMIT, RefusedError


@dataclass(frozen=True, slots=True)
class Category:
    """Calls that are counted together: at most `most` within `seconds`, for every pair."""

    name: str
    limits: tuple[tuple[int, float], ...]
    each_request_apart: bool = False
    """Whether only calls with the same path and body are counted together."""


ORDER: Final = Category("order", ((10, 1.0), (250, 60.0), (1_000, 3_600.0), (7_000, 86_400.0)))
DATA: Final = Category("data", ((5, 1.0), (100_000, 86_400.0)))
QUOTE: Final = Category("quote", ((1, 1.0),))
OPTION_CHAIN: Final = Category("option chain", ((1, 3.0),), each_request_apart=True)
NON_TRADING: Final = Category("non-trading", ((20, 1.0),))

_CHANGING: Final = frozenset({"POST", "PUT", "DELETE"})


def category_of(method: str, path: str) -> Category:
    """Return with which calls this one is counted."""
    if path.startswith("/v2/marketfeed/"):
        return QUOTE
    if path.startswith("/v2/charts/"):
        return DATA
    if path.startswith("/v2/optionchain"):
        return OPTION_CHAIN
    if path.startswith("/v2/orders") and method in _CHANGING:
        return ORDER
    return NON_TRADING


class RateLimits:
    """Remember when each client called.

    Parameters
    ----------
    wall
        Seconds of a clock that never goes back.
    """

    def __init__(self, wall: Callable[[], float] = time.monotonic) -> None:
        self._wall = wall
        self._calls: dict[tuple[str, str, str], deque[float]] = {}

    def check(self, client_id: str, method: str, path: str, body: str) -> None:
        """Count a call.

        Raises
        ------
        RefusedError
            If it is one too many; the text names the limit.
        """
        category = category_of(method, path)
        apart = f"{path} {body}" if category.each_request_apart else ""
        calls = self._calls.setdefault((client_id, category.name, apart), deque())
        now = self._wall()
        longest = max(seconds for _, seconds in category.limits)
        while calls and calls[0] <= now - longest:
            calls.popleft()
        for most, seconds in category.limits:
            if len(calls) >= most and calls[-most] > now - seconds:
                raise RefusedError(
                    RATE_LIMIT,
                    f"Too many {category.name} requests: {most} per {seconds:g} s are allowed",
                )
        calls.append(now)
