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
DELETE /_control/faults      take all faults back, with ?client=id those for that client alone
GET    /_control/accounts    client ids, PINs, secrets and living tokens: these are play money
POST   /_control/packet      {"kind": "heartbeat" or "market_status" or "index"} to all subscribers

In:  such a call, without a token.
Out: what was done, or HTTP 400 with {"error": one sentence}.
Next: `devstack/dhan/faults.py` for what each fault does.
"""

from dataclasses import asdict
from datetime import UTC, datetime

from aiohttp import web

from core.errors import ConfigError
from core.session import NS_PER_SECOND
from devstack.dhan import packets
from devstack.dhan.faults import FaultKind, parse_fault
from devstack.dhan.rest import control_clock
from devstack.dhan.rest.context import context_of
from devstack.dhan.rest.control_call import body_of, told_why


def routes() -> list[web.RouteDef]:
    """Return the routes of the control endpoint."""
    return [
        web.get("/_control/state", _state),
        *control_clock.routes(),
        web.get("/_control/faults", _faults),
        web.post("/_control/faults", told_why(_add_fault)),
        web.delete("/_control/faults", _clear_faults),
        web.get("/_control/accounts", _accounts),
        web.post("/_control/packet", told_why(_send_packet)),
    ]


async def _state(request: web.Request) -> web.Response:
    context = context_of(request)
    return web.json_response(
        {
            "clock": control_clock.clock_as_json(context),
            "tape": context.tape.label,
            "sockets": context.feed.sockets_as_json(),
            "traffic": asdict(context.feed.traffic()),
            **context.counters.as_json(),
        }
    )


async def _faults(request: web.Request) -> web.Response:
    return web.json_response([asdict(fault) for fault in context_of(request).board.in_force()])


async def _add_fault(request: web.Request) -> web.Response:
    context = context_of(request)
    fault = parse_fault(await body_of(request))
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
    cleared = context.board.clear(request.query.get("client"))
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
    kind = (await body_of(request)).get("kind")
    first = context.tape.instruments[0]
    made = {
        "heartbeat": packets.heartbeat(),
        "market_status": packets.market_status(first.segment.code),
        "index": packets.index(first, 0.0, context.clock.now() // NS_PER_SECOND),
    }
    if not isinstance(kind, str) or kind not in made:
        raise ConfigError(f"packet kind {kind!r} is unknown; known: {', '.join(made)}")
    context.feed.broadcast(made[kind])
    return web.json_response({"sent": kind})
