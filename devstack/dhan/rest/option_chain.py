"""`/v2/optionchain`: the expiries of an underlying, and all options of one of them.

In:  `UnderlyingScrip` (a whole number), `UnderlyingSeg`, and for a chain `Expiry`.
Out: dates; or per strike the call and the put with greeks, volatility and best quotes.
Next: `devstack/dhan/rest/instruments.py`.
"""

from dataclasses import asdict
from datetime import date
from typing import Any, Final

from aiohttp import web

from core.instrument import Instrument, OptionSide, Segment
from devstack.dhan.option_chain import OptionQuote
from devstack.dhan.rest.context import Context, context_of, json_object
from devstack.dhan.rest.refusals import EXPIRY_DATE, INPUT, SECURITY_ID, RefusedError

_SIDES: Final = {OptionSide.CALL: "ce", OptionSide.PUT: "pe"}


def routes() -> list[web.RouteDef]:
    """Return the routes of this resource."""
    return [
        web.post("/v2/optionchain", _chain),
        web.post("/v2/optionchain/expirylist", _expiries),
    ]


async def _expiries(request: web.Request) -> web.Response:
    context = context_of(request)
    underlying = _underlying(context, await json_object(request))
    expiries = context.market.expiries(underlying, context.clock.now())
    return _success([expiry.isoformat() for expiry in expiries])


async def _chain(request: web.Request) -> web.Response:
    context = context_of(request)
    body = await json_object(request)
    underlying = _underlying(context, body)
    now = context.clock.now()
    expiry = _expiry(body)
    if expiry not in context.market.expiries(underlying, now):
        raise RefusedError(EXPIRY_DATE, f"{underlying.symbol} has no options that expire {expiry}")
    chain = context.market.option_chain(underlying, expiry, now)
    strikes = {
        f"{strike:.6f}": {_SIDES[side]: _quote(quote) for side, quote in sides.items()}
        for strike, sides in chain.strikes.items()
    }
    return _success({"last_price": chain.last_price, "oc": strikes})


def _success(data: object) -> web.Response:
    return web.json_response({"data": data, "status": "success"})


def _underlying(context: Context, body: dict[str, Any]) -> Instrument:
    segment, security_id = body.get("UnderlyingSeg"), body.get("UnderlyingScrip")
    if not isinstance(segment, str) or segment not in Segment.__members__:
        raise RefusedError(INPUT, f"UnderlyingSeg {segment!r} is unknown")
    if type(security_id) is not int:
        raise RefusedError(INPUT, f"UnderlyingScrip {security_id!r} is not a whole number")
    at = context.tape.index_of(Segment(segment), security_id)
    if at is None:
        raise RefusedError(SECURITY_ID, f"no instrument {security_id} in {segment}")
    return context.tape.instruments[at]


def _expiry(body: dict[str, Any]) -> date:
    given = body.get("Expiry")
    try:
        return date.fromisoformat(str(given))
    except ValueError:
        raise RefusedError(EXPIRY_DATE, f"Expiry {given!r} is not YYYY-MM-DD") from None


def _quote(quote: OptionQuote) -> dict[str, Any]:
    return {
        "average_price": quote.average_price,
        "greeks": asdict(quote.greeks),
        "implied_volatility": quote.implied_volatility,
        "last_price": quote.last_price,
        "oi": quote.oi,
        "previous_close_price": quote.previous_close_price,
        "previous_oi": quote.previous_oi,
        "previous_volume": quote.previous_volume,
        "security_id": quote.instrument.security_id,
        "top_ask_price": quote.top_ask_price,
        "top_ask_quantity": quote.top_ask_quantity,
        "top_bid_price": quote.top_bid_price,
        "top_bid_quantity": quote.top_bid_quantity,
        "volume": quote.volume,
    }
