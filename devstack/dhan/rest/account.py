"""`/v2/profile`, `/v2/RenewToken`, `/v2/ip`: the caller's own account.

In:  an authenticated call.
Out: what the account may do, a new token, which address it may trade from.
Next: `devstack/dhan/rest/quotes.py`.
"""

from datetime import datetime, timedelta
from typing import Final

from aiohttp import web

from core.session import IST
from devstack.dhan.accounts import LoginError
from devstack.dhan.rest.context import account_of, context_of
from devstack.dhan.rest.login import token_as_json
from devstack.dhan.rest.refusals import INPUT, RefusedError

_DATA_PLAN_DAYS: Final = 30


def routes() -> list[web.RouteDef]:
    """Return the routes of this resource."""
    return [
        web.get("/v2/profile", _profile),
        web.get("/v2/RenewToken", _renew),
        web.post("/v2/RenewToken", _renew_by_post),
        web.get("/v2/ip/getIP", _get_ip),
    ]


async def _profile(request: web.Request) -> web.Response:
    account = account_of(request)
    valid_until = datetime.fromtimestamp(account.token.expires_at, IST)
    data_until = valid_until + timedelta(days=_DATA_PLAN_DAYS)
    return web.json_response(
        {
            "dhanClientId": account.client_id,
            "tokenValidity": f"{valid_until:%d/%m/%Y %H:%M}",
            "activeSegment": "Equity, Derivative, Currency, Commodity",
            "ddpi": "Active",
            "mtf": "Active",
            "dataPlan": "Active",
            "dataValidity": f"{data_until:%Y-%m-%d %H:%M:%S}.0",
        }
    )


async def _renew(request: web.Request) -> web.Response:
    try:
        token = context_of(request).accounts.renew(account_of(request))
    except LoginError as error:
        raise RefusedError(INPUT, str(error)) from error
    return web.json_response(token_as_json(token))


async def _renew_by_post(_: web.Request) -> web.Response:
    raise RefusedError(INPUT, "RenewToken is a GET request")


async def _get_ip(request: web.Request) -> web.Response:
    address = request.remote or ""
    issued = datetime.fromtimestamp(account_of(request).token.issued_at, IST)
    return web.json_response(
        {
            "primaryIP": address,
            "secondaryIP": "",
            "modifyDatePrimary": f"{issued:%Y-%m-%d}",
            "modifyDateSecondary": "",
            "ip": address,
            "detectedIP": address,
            "ipMatchStatus": "PRIMARY",
            "ordersAllowed": True,
        }
    )
