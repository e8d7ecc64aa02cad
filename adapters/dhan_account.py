"""What Dhan says of an account: whether it takes the token, and orders from this address.

In:  client id and access token of an account; Dhan's address.
Out: `AccountCheck`, with a sentence for the account's owner; a broker that does not answer is an
     answer, too: nothing is taken for granted.
Next: `functions/broker_desk.py`, which asks for the live gate.

Two reads, which Dhan answers from any address: the profile and the registered static addresses
(orders alone need them). Every other thing of Dhan's is in `core/brokers/dhan` and `worker`.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from adapters.secrets import Secret
from core.session import IST

if TYPE_CHECKING:
    import httpx

_SECONDS: Final = 8.0
_VALIDITY_FORM: Final = "%d/%m/%Y %H:%M"
_REFUSED: Final = frozenset({400, 401, 403})


class AccountCheck(NamedTuple):
    """What was found out about an account.

    Attributes
    ----------
    is_answered
        Whether the broker said anything at all.
    token_expires_at
        When it stops taking the token; None where it does not take it now.
    static_ip_allowed
        Whether it takes orders from the address that asked.
    detail
        In words.
    """

    is_answered: bool
    token_expires_at: datetime | None
    static_ip_allowed: bool
    detail: str

    @property
    def token_valid(self) -> bool:
        """Whether the broker takes the token."""
        return self.token_expires_at is not None


class _Unanswered(Exception):  # noqa: N818 - an answer that did not come, not an error of ours.
    """Raised inside this module when there is no answer to judge."""


class _Refused(Exception):  # noqa: N818 - the broker's no.
    """Raised inside this module when the broker refuses the token."""


def check_account(
    api_url: str, client_id: str, token: Secret, *, proxy: str | None = None
) -> AccountCheck:
    """Ask Dhan about an account.

    Parameters
    ----------
    api_url
        Such as ``https://api.dhan.co/v2``.
    proxy
        Through which the account's orders leave; None: from here.
    """
    import httpx  # noqa: PLC0415 - see adapters.

    headers = {
        "access-token": token.reveal(),
        "dhanClientId": client_id,
        "Accept": "application/json",
    }
    try:
        with httpx.Client(
            base_url=api_url, headers=headers, timeout=_SECONDS, proxy=proxy
        ) as client:
            expires_at = _expiry(_ask(client, "/profile"), client_id)
            allowed, where = _addresses(_ask(client, "/ip/getIP"))
    except _Unanswered as error:
        return AccountCheck(is_answered=False, token_expires_at=None, static_ip_allowed=False,
                            detail=f"Dhan gave no answer that can be used: {error}")  # fmt: skip
    except _Refused as error:
        return AccountCheck(is_answered=True, token_expires_at=None, static_ip_allowed=False,
                            detail=str(error))  # fmt: skip
    until = f"{expires_at.astimezone(IST):%d %B %Y %H:%M} IST"
    detail = f"Dhan takes the token of {client_id} until {until}; {where}"
    return AccountCheck(
        is_answered=True, token_expires_at=expires_at, static_ip_allowed=allowed, detail=detail
    )


def _ask(client: "httpx.Client", path: str) -> dict[str, Any]:
    import httpx  # noqa: PLC0415 - see adapters.

    try:
        reply = client.get(path)
    except httpx.HTTPError as error:
        raise _Unanswered(type(error).__name__) from error
    try:
        body = reply.json()
    except ValueError:
        body = None
    if reply.status_code in _REFUSED:
        said = body.get("errorMessage") if isinstance(body, dict) else None
        raise _Refused(f"Dhan does not take the token: {said or f'HTTP {reply.status_code}'}")
    if not reply.is_success or not isinstance(body, dict):
        raise _Unanswered(f"HTTP {reply.status_code} from {path}")
    return body


def _expiry(profile: dict[str, Any], client_id: str) -> datetime:
    if profile.get("dhanClientId") != client_id:
        raise _Refused(f"the token belongs to another client than {client_id}")
    validity = profile.get("tokenValidity")
    try:
        until = datetime.strptime(str(validity), _VALIDITY_FORM).replace(tzinfo=IST)
    except ValueError:
        raise _Unanswered(f"tokenValidity is {validity!r}") from None
    if "derivative" not in str(profile.get("activeSegment", "")).lower():
        raise _Refused(f"derivatives are not active for client {client_id}")
    return until


def _addresses(said: dict[str, Any]) -> tuple[bool, str]:
    """Return whether orders are taken from here, by what Dhan says of it, and in words."""
    registered = [str(said[key]) for key in ("primaryIP", "secondaryIP") if said.get(key)]
    seen = str(said.get("detectedIP") or "an address it does not name")
    if not registered:
        return False, "no static address is registered"
    if isinstance(said.get("ordersAllowed"), bool):
        allowed = said["ordersAllowed"]
    else:  # Documented is only what is registered; whether it is this one is then seen by it.
        allowed = seen in registered
    verb = "takes" if allowed else "takes no"
    return allowed, f"it {verb} orders from {seen}, registered: {', '.join(registered)}"
