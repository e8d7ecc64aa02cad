"""`/_control`: what a developer or a test does to the simulator while it runs. All JSON.

GET    /_control/state       clock, sockets, traffic, back-pressure, handshakes, REST calls, faults
GET    /_control/clock       {"now", "now_ns", "speed", "holds", "is_open", "rows_left"}
POST   /_control/clock       any of {"speed": 2 or "max", "hold": true or false, "rewind": TIME}
                             TIME is UTC nanoseconds, "HH:MM[:SS]" (IST, of the day being played)
                             or an ISO instant with offset; rewinding may also go forward
GET    /_control/faults      faults in force
POST   /_control/faults      {"kind": ..., "client": id, "seconds": s, "count": n, "code": c,
                             "path": "/v2/...", "delay": s}; all but kind are optional; kinds:
                             stall silence reset disconnect stacked truncated unknown text
                             handshake_429 token_expiry
                             rest_status rest_html rest_empty rest_delay rest_lost
DELETE /_control/faults      take all faults back
GET    /_control/accounts    client ids, PINs, secrets and living tokens: these are play money
POST   /_control/packet      {"kind": "heartbeat" or "market_status" or "index"} to all subscribers

In:  such a call, without a token.
Out: what was done, or HTTP 400 with {"error": one sentence}.
Next: `devstack/dhan/faults.py` for what each fault does.
"""

import math
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime, time
from typing import Any, Final

from aiohttp import web

from core.errors import ConfigError
from core.session import IST, NS_PER_SECOND, ist_date
from devstack.dhan import packets
from devstack.dhan.clock import AS_FAST_AS_POSSIBLE, BY_HAND, checked_speed
from devstack.dhan.faults import FaultKind, parse_fault
from devstack.dhan.rest.context import Context, context_of
from devstack.json_text import parse_json

_CLOCK_FIELDS: Final = ("speed", "hold", "rewind")
_LATEST_NS: Final = 2**63 - 1  # What the times on a tape can hold: the year 2262.
Answer = Callable[[web.Request], Awaitable[web.Response]]


def routes() -> list[web.RouteDef]:
    """Return the routes of the control endpoint."""
    return [
        web.get("/_control/state", _state),
        web.get("/_control/clock", _clock),
        web.post("/_control/clock", _told_why(_set_clock)),
        web.get("/_control/faults", _faults),
        web.post("/_control/faults", _told_why(_add_fault)),
        web.delete("/_control/faults", _clear_faults),
        web.get("/_control/accounts", _accounts),
        web.post("/_control/packet", _told_why(_send_packet)),
    ]


def parse_market_time(given: object, now_ns: int) -> int:
    """Return a market time as UTC nanoseconds.

    Parameters
    ----------
    given
        Nanoseconds, an IST clock reading ``HH:MM[:SS]`` of the day of `now_ns`, or an ISO instant.

    Raises
    ------
    ConfigError
        Names what cannot be read.
    """
    found = given
    if isinstance(given, str):
        try:
            found = _instant_ns(given, now_ns)
        except (ValueError, OverflowError):
            found = None  # Neither form fits; said below for all.
    if isinstance(found, int) and not isinstance(found, bool) and 0 <= found <= _LATEST_NS:
        return found
    raise ConfigError(
        f"market time {given!r} cannot be read: UTC nanoseconds, HH:MM[:SS] in IST, "
        "or an ISO instant with offset, from 1970 to 2262"
    )


def _instant_ns(text: str, now_ns: int) -> int:
    if "T" in text:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            raise ValueError(text)
    else:
        instant = datetime.combine(ist_date(now_ns), time.fromisoformat(text), IST)
    return int(instant.timestamp()) * NS_PER_SECOND + instant.microsecond * 1_000


def _told_why(answer: Answer) -> Answer:
    """Answer HTTP 400 with the reason where something given cannot be used."""

    async def answer_or_reason(request: web.Request) -> web.Response:
        try:
            return await answer(request)
        except ConfigError as error:
            return web.json_response({"error": str(error)}, status=400)

    return answer_or_reason


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = parse_json(await request.read())
    except ValueError as error:
        raise ConfigError(f"the body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise ConfigError("the body is not a JSON object")
    return body


def _clock_as_json(context: Context) -> dict[str, Any]:
    clock = context.clock
    now = clock.now()
    speed: float | str = "max" if clock.speed == AS_FAST_AS_POSSIBLE else clock.speed
    return {
        "now": datetime.fromtimestamp(now / NS_PER_SECOND, IST).isoformat(timespec="milliseconds"),
        "now_ns": now,
        "speed": speed,
        "holds": sorted(clock.holds),
        "is_open": clock.is_open(),
        "rows_left": context.player.rows_left,
    }


async def _state(request: web.Request) -> web.Response:
    context = context_of(request)
    return web.json_response(
        {
            "clock": _clock_as_json(context),
            "tape": context.tape.label,
            "sockets": context.feed.sockets_as_json(),
            "traffic": asdict(context.feed.traffic()),
            **context.counters.as_json(),
        }
    )


async def _clock(request: web.Request) -> web.Response:
    return web.json_response(_clock_as_json(context_of(request)))


async def _set_clock(request: web.Request) -> web.Response:
    context = context_of(request)
    body = await _body(request)
    unknown = sorted(body.keys() - set(_CLOCK_FIELDS))
    if unknown:
        raise ConfigError(f"clock has no field {unknown[0]!r}; it has {', '.join(_CLOCK_FIELDS)}")
    hold = body.get("hold")
    if not isinstance(hold, bool | None):
        raise ConfigError(f"hold is {hold!r}, must be true or false")
    speed = None if body.get("speed") is None else _speed(body["speed"])
    rewind = body.get("rewind")
    market_ns = None if rewind is None else parse_market_time(rewind, context.clock.now())
    if hold:
        context.clock.hold(BY_HAND)
    if speed is not None:
        context.clock.set_speed(speed)
    if market_ns is not None:
        context.clock.rewind(market_ns)
    if hold is False:
        context.clock.resume(BY_HAND)
    return web.json_response(_clock_as_json(context))


def _speed(given: object) -> float:
    if given == "max":
        return AS_FAST_AS_POSSIBLE
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
        raise ConfigError(f"speed is {given!r}, must be a number or max")
    return checked_speed(float(given))


async def _faults(request: web.Request) -> web.Response:
    return web.json_response([asdict(fault) for fault in context_of(request).board.in_force()])


async def _add_fault(request: web.Request) -> web.Response:
    context = context_of(request)
    fault = parse_fault(await _body(request))
    if fault.client is not None and context.accounts.get(fault.client) is None:
        raise ConfigError(f"fault client {fault.client!r} does not exist")
    sockets = 0
    if fault.kind is FaultKind.TOKEN_EXPIRY:
        for account in context.accounts.all:
            if fault.client in (None, account.client_id):
                context.accounts.expire(account)
                context.board.played(fault.kind)
    elif fault.kind.value.startswith("rest_"):
        context.board.add(fault)
    else:
        sockets = context.feed.play(fault)
    return web.json_response({"fault": asdict(fault), "sockets": sockets})


async def _clear_faults(request: web.Request) -> web.Response:
    context = context_of(request)
    cleared = context.board.clear()
    context.feed.flush()
    return web.json_response({"cleared": cleared})


async def _accounts(request: web.Request) -> web.Response:
    return web.json_response(
        [
            {
                "client_id": account.client_id,
                "pin": account.pin,
                "totp_secret": account.totp_secret,
                "access_token": account.token.text,
                "expires_at": datetime.fromtimestamp(account.token.expires_at, UTC).isoformat(),
            }
            for account in context_of(request).accounts.all
        ]
    )


async def _send_packet(request: web.Request) -> web.Response:
    context = context_of(request)
    kind = (await _body(request)).get("kind")
    first = context.tape.instruments[0]
    made = {
        "heartbeat": packets.heartbeat(),
        "market_status": packets.market_status(first.segment.code),
        "index": packets.index(first, 0.0, context.clock.now() // NS_PER_SECOND),
    }
    if kind not in made:
        raise ConfigError(f"packet kind {kind!r} is unknown; known: {', '.join(made)}")
    context.feed.broadcast(made[kind])
    return web.json_response({"sent": kind})
