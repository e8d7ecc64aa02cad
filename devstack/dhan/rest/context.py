"""What every REST handler may use.

In:  the parts of the simulator.
Out: `Context`, found in the application under `CONTEXT`.
Next: `devstack/dhan/rest/app.py`.
"""

from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from devstack.dhan.accounts import Account, Accounts
from devstack.dhan.clock import MarketClock
from devstack.dhan.counters import Counters
from devstack.dhan.fault_board import FaultBoard
from devstack.dhan.feed.player import Player
from devstack.dhan.feed.server import FeedServer
from devstack.dhan.market_data import MarketData
from devstack.dhan.rest.refusals import INPUT, RefusedError
from devstack.dhan.tape import Tape
from devstack.json_text import parse_json


@dataclass(frozen=True, slots=True)
class Context:
    """The parts of one simulator."""

    tape: Tape
    market: MarketData
    clock: MarketClock
    accounts: Accounts
    board: FaultBoard
    counters: Counters
    feed: FeedServer
    player: Player
    rate_limits: bool


CONTEXT: Final = web.AppKey("context", Context)
ACCOUNT: Final = web.RequestKey("account", Account)
"""Where in a request the authenticated caller is found."""


def context_of(request: web.Request) -> Context:
    """Return the parts of the simulator that serves this request."""
    return request.app[CONTEXT]


def account_of(request: web.Request) -> Account:
    """Return who calls; only where a token is required."""
    return request[ACCOUNT]


async def json_object(request: web.Request) -> dict[str, Any]:
    """Return the body as a JSON object, without the client id that the package adds.

    Raises
    ------
    RefusedError
        If it is not one.
    """
    try:
        body = parse_json(await request.read() or "{}")
    except ValueError:
        raise RefusedError(INPUT, "the body is not JSON") from None
    if not isinstance(body, dict):
        raise RefusedError(INPUT, "the body is not a JSON object")
    body.pop("dhanClientId", None)
    return body
