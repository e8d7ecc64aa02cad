"""`/_control/clock`: market time by hand.

In:  a speed, hold or let go, a time to go to.
Out: the clock as it then is.
Next: `devstack/dhan/clock.py`.
"""

import math
from datetime import datetime, time
from typing import Any, Final

from aiohttp import web

from core.errors import ConfigError
from core.session import IST, NS_PER_SECOND, ist_date
from devstack.dhan.clock import AS_FAST_AS_POSSIBLE, BY_HAND, checked_speed
from devstack.dhan.rest.context import Context, context_of
from devstack.dhan.rest.control_call import body_of, told_why

_FIELDS: Final = ("speed", "hold", "rewind")
_LATEST_NS: Final = 2**63 - 1  # What the times on a tape can hold: the year 2262.


def routes() -> list[web.RouteDef]:
    """Return the routes of the market clock."""
    return [
        web.get("/_control/clock", _clock),
        web.post("/_control/clock", told_why(_set_clock)),
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


def clock_as_json(context: Context) -> dict[str, Any]:
    """Return what the control endpoint shows of the clock."""
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


async def _clock(request: web.Request) -> web.Response:
    return web.json_response(clock_as_json(context_of(request)))


async def _set_clock(request: web.Request) -> web.Response:
    context = context_of(request)
    body = await body_of(request)
    unknown = sorted(body.keys() - set(_FIELDS))
    if unknown:
        raise ConfigError(f"clock has no field {unknown[0]!r}; it has {', '.join(_FIELDS)}")
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
    return web.json_response(clock_as_json(context))


def _speed(given: object) -> float:
    if given == "max":
        return AS_FAST_AS_POSSIBLE
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
        raise ConfigError(f"speed is {given!r}, must be a number or max")
    return checked_speed(float(given))
