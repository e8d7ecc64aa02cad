"""The operations of a user that speak with the secret key: named, after who asks is known.

In:  a user's call, and which of them it is.
Out: the database with all rights; one log line that says who uses it and for what.
Next: `functions/broker_desk.py`, `functions/resources/emergency_stop.py`.

Everything else that a user asks goes to the database in their own name. Candles that a user has
downloaded are stored with the secret key too; nothing of any user's is read or written by that.
"""

import logging
from enum import StrEnum

from functions.database import Database
from functions.routing import Call

_log = logging.getLogger(__name__)


class Operation(StrEnum):
    """What a user's call may need the secret key for."""

    CONNECT_BROKER = "connect_broker"
    CHECK_BROKER = "check_broker"
    FLATTEN = "flatten"
    STORE_CANDLES = "store_candles"
    """Market data, which belong to nobody: no user may write what others trade on."""


def elevated(call: Call, operation: Operation) -> Database:
    """Return the database with all rights, for one of the named operations."""
    facts = {
        "request_id": call.request_id,
        "user_id": str(call.user_id),
        "operation": str(operation),
    }
    _log.info("secret_key_used", extra={"facts": facts})
    return call.database.with_secret_key()
