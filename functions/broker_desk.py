"""A user's broker account: connect it, and ask the broker about it for the live gate.

In:  a user's call; client id and access token, or the sealed one that is stored.
Out: rows of `broker_accounts`, `broker_secrets`, `broker_checks`, written with the secret key.
Next: `adapters/dhan_account.py`, what is asked; `adapters/secrets.py`, how a token is kept.

The token is open in memory only while it is used, and in no log, answer or error.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from adapters.dhan_account import AccountCheck, check_account
from adapters.secrets import Place, Secret, SecretSealer
from core.errors import DataError
from functions.database import Database, Row
from functions.elevated import Operation, elevated
from functions.problems import ApiError, invalid
from functions.routing import Call

DHAN: Final = "dhan"
ACCESS_TOKEN: Final = "access_token"  # noqa: S105 - the name of a field.


def connect(call: Call, client_id: str, token: Secret) -> tuple[str, AccountCheck]:
    """Store a Dhan account with its token sealed; return its id and what Dhan says of it.

    Raises
    ------
    ApiError
        503 without keys to seal with or without an answer of Dhan's, 422 for a token that Dhan
        does not take.
    """
    sealer = _sealer(call)
    check = _ask(call, client_id, token)
    if not check.is_answered:
        raise ApiError(503, "broker_unreachable", check.detail, headers={"Retry-After": "5"})
    if check.token_expires_at is None:
        raise invalid("body", f"/{ACCESS_TOKEN}", check.detail, "token_refused")
    database = elevated(call, Operation.CONNECT_BROKER)
    account_id: str = database.rpc(
        "connect_broker_account",
        {
            "p_user_id": str(call.user_id),
            "p_broker": DHAN,
            "p_client_id": client_id,
            "p_sealed": {ACCESS_TOKEN: sealer.seal(token, _place(call))},
            "p_token_last_four": token.last_four,
            "p_token_expires_at": check.token_expires_at.isoformat(),
        },
    )
    _record(database, call, account_id, check)
    return account_id, check


def refresh_check(call: Call) -> None:
    """Ask the broker about the user's account, if there is one, and store what it says.

    Raises
    ------
    ApiError
        If the database refuses or cannot be reached; what the broker says is never an error.
    """
    database = elevated(call, Operation.CHECK_BROKER)
    account = _stored(database, call)
    if account is not None:
        _record(database, call, account["id"], _check_stored(call, account))


def _stored(database: Database, call: Call) -> Row | None:
    rows = database.rows(
        "broker_accounts",
        select="id,client_id,broker_secrets(field,sealed)",
        user_id=f"eq.{call.user_id}",
        broker=f"eq.{DHAN}",
        disconnected_at="is.null",
    )
    return rows[0] if rows else None


def _check_stored(call: Call, account: Row) -> AccountCheck:
    sealed = {each["field"]: each["sealed"] for each in account["broker_secrets"]}
    try:
        token = _sealer(call).open(sealed.get(ACCESS_TOKEN, ""), _place(call))
    except (ApiError, DataError) as error:
        return AccountCheck(
            is_answered=False,
            token_expires_at=None,
            static_ip_allowed=False,
            detail=f"the stored token cannot be used, connect the account again: {error}",
        )
    return _ask(call, account["client_id"], token)


def _ask(call: Call, client_id: str, token: Secret) -> AccountCheck:
    settings = call.settings
    return check_account(
        settings.dhan_api_url, client_id, token, proxy=settings.broker_proxy or None
    )


def _record(database: Database, call: Call, account_id: str, check: AccountCheck) -> None:
    arguments: dict[str, Any] = {
        "p_user_id": str(call.user_id),
        "p_broker_account_id": account_id,
        "p_token_valid": check.token_valid,
        "p_static_ip_allowed": check.static_ip_allowed,
        "p_detail": check.detail,
    }
    database.rpc("record_broker_check", arguments)


def _sealer(call: Call) -> SecretSealer:
    if not call.settings.broker_keys:
        detail = "BROKER_KEYS is not set, so no broker account can be kept"
        raise ApiError(503, "not_configured", detail)
    return SecretSealer(call.settings.broker_keys)


def _place(call: Call) -> Place:
    return Place(UUID(str(call.user_id)), DHAN, ACCESS_TOKEN)


def until(check: AccountCheck) -> datetime:
    """Return when the token of a check that was passed expires."""
    if check.token_expires_at is None:
        raise ValueError("a token that is not taken has no expiry")
    return check.token_expires_at
