"""Who is asking: the API key and the token of a request.

In:  a request's headers and query.
Out: the key as given, and the token that stands for the caller.
Next: `devstack/supabase/gateway.py`.
"""

from aiohttp import web

from devstack.supabase.keys import ROLE_TOKENS


def api_key(request: web.Request) -> str | None:
    """Return the API key a request carries, known or not."""
    return request.headers.get("apikey") or request.query.get("apikey")


def bearer_token(request: web.Request) -> str:
    """Return the token of whoever asks: the user's, or that of the API key's role.

    A client without a user sends its API key as token too, or nothing: then the key speaks.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    given = token.strip() if scheme.lower() == "bearer" else ""
    if not given:
        return ROLE_TOKENS.get(api_key(request) or "", "")
    return ROLE_TOKENS.get(given, given)
