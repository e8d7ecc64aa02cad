"""What a client asks for when it joins a channel.

In:  the payload of `phx_join`.
Out: a `JoinRequest` with defaults filled in; one sentence when it cannot be read.
Next: `devstack/supabase/realtime/channel.py`.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from core.errors import DataError

_WAIT_MS: Final = 15_000
_LONGEST_WAIT_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """The configuration of one channel.

    Parameters
    ----------
    echo_self, acknowledge
        Broadcasts come back to their sender; the sender is told of their arrival.
    announce_ready
        Say when broadcasts from the database flow.
    hears_presence
        Receive presence state and changes.
    postgres_changes
        Bindings as the client wrote them: they are sent back unchanged.
    wait_seconds
        Reply to the join only when the bindings are active, at the latest after this; None for
        at once.
    """

    token: object
    private: bool
    echo_self: bool
    acknowledge: bool
    announce_ready: bool
    presence_key: str
    hears_presence: bool
    postgres_changes: tuple[Mapping[str, Any], ...]
    wait_seconds: float | None


def parse_join(payload: Mapping[str, Any]) -> JoinRequest:
    """Read a join's payload.

    Raises
    ------
    DataError
        Names the part that has the wrong shape.
    """
    config = _object(payload, "config")
    broadcast, presence = _object(config, "broadcast"), _object(config, "presence")
    changes = config.get("postgres_changes") or []
    if not isinstance(changes, list) or not all(isinstance(each, dict) for each in changes):
        raise DataError("postgres_changes must be a list of objects")
    key = presence.get("key") or str(uuid.uuid4())
    return JoinRequest(
        token=payload.get("access_token"),
        private=config.get("private") is True,
        echo_self=broadcast.get("self") is True,
        acknowledge=broadcast.get("ack") is True,
        announce_ready=broadcast.get("replication_ready") is True,
        presence_key=str(key),
        hears_presence=presence.get("enabled", True) is True,
        postgres_changes=tuple(changes),
        wait_seconds=_wait_seconds(_object(config, "postgres_changes_options")),
    )


def _object(parent: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = parent.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise DataError(f"{name} must be an object, was {str(value)[:80]!r}")
    return value


def _wait_seconds(options: Mapping[str, Any]) -> float | None:
    if options.get("wait") is not True:
        return None
    wait_ms = options.get("timeout", _WAIT_MS)
    if not isinstance(wait_ms, int) or wait_ms < 0:
        raise DataError(f"postgres_changes_options.timeout is {wait_ms!r}, must be milliseconds")
    return min(wait_ms, _LONGEST_WAIT_MS) / 1000
