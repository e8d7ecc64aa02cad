"""`/app`: a token for PIN and one-time password, on Dhan's login host.

In:  `POST /app/generateAccessToken?dhanClientId=&pin=&totp=`, no body.
Out: a token that a program made (APP), at most once in two minutes.
Next: `devstack/dhan/rest/account.py`, which renews and shows tokens.
"""

import logging
from datetime import datetime
from typing import Any, Final

from aiohttp import web

from core.session import IST
from devstack.dhan.accounts import LoginError, Token
from devstack.dhan.rest.context import context_of

_log: Final = logging.getLogger(__name__)


def routes() -> list[web.RouteDef]:
    """Return the routes of this resource."""
    return [web.post("/app/generateAccessToken", _generate)]


def token_as_json(token: Token) -> dict[str, Any]:
    """Return a token as Dhan gives it out (reference 1.3)."""
    expiry = datetime.fromtimestamp(token.expires_at, IST)
    return {
        "dhanClientId": token.client_id,
        "dhanClientName": "SIMULATED CLIENT",
        "dhanClientUcc": f"UCC{token.client_id[-6:]}",
        "givenPowerOfAttorney": False,
        "accessToken": token.text,
        "expiryTime": expiry.replace(tzinfo=None).isoformat(timespec="milliseconds"),
    }


async def _generate(request: web.Request) -> web.Response:
    query = request.query
    try:
        token = context_of(request).accounts.login(
            query.get("dhanClientId", ""), query.get("pin", ""), query.get("totp", "")
        )
    except LoginError as error:
        _log.info("login refused: %s", error)
        return web.json_response({"status": "error", "message": str(error)}, status=400)
    return web.json_response(token_as_json(token))
