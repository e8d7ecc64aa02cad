"""Faults on demand: what shall go wrong, for whom, how often or for how long.

In:  the JSON of a fault from the control endpoint.
Out: a `Fault`, checked.
Next: `devstack/dhan/fault_board.py`, where faults are in force.

A fault ends after `count` times or `seconds` of wall time, whichever comes first; with neither
it is played once, or for 5 s if it is one that lasts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Final

from core.errors import ConfigError


class FaultKind(StrEnum):
    """What can go wrong."""

    STALL = "stall"
    """The socket stands still: no data, no pings, no pongs; afterwards it goes on."""
    SILENCE = "silence"
    """No data, but pings are sent and answered."""
    RESET = "reset"
    """TCP reset without a close frame."""
    DISCONNECT = "disconnect"
    """Packet 50 with reason `code`, then the socket is closed."""
    STACKED = "stacked"
    """Several packets share a message, at random."""
    TRUNCATED = "truncated"
    """A message with half a packet is put before the next data."""
    UNKNOWN = "unknown"
    """A packet with an unknown code is put before the next data."""
    TEXT = "text"
    """A text message is put before the next data."""
    HANDSHAKE_429 = "handshake_429"
    """Handshakes are refused with HTTP 429."""
    TOKEN_EXPIRY = "token_expiry"  # noqa: S105 - the name of a fault, not a secret
    """The client's living token expires now; its sockets get packet 50 with 807."""
    REST_STATUS = "rest_status"
    """REST answers HTTP `code` (429 and 5xx in Dhan's error shape)."""
    REST_HTML = "rest_html"
    """REST answers HTTP `code` with a page instead of JSON."""
    REST_EMPTY = "rest_empty"
    """REST answers HTTP 200 with nothing, and does not do what was asked."""
    REST_DELAY = "rest_delay"
    """REST does what was asked and answers `delay` seconds late."""
    REST_LOST = "rest_lost"
    """REST does what was asked, then the connection breaks without an answer."""


AT_ONCE: Final = frozenset({FaultKind.RESET, FaultKind.DISCONNECT, FaultKind.TOKEN_EXPIRY})
LASTING: Final = frozenset({FaultKind.STALL, FaultKind.SILENCE, FaultKind.STACKED})
INJECTED: Final = frozenset({FaultKind.TRUNCATED, FaultKind.UNKNOWN, FaultKind.TEXT})
_DEFAULT_SECONDS: Final = 5.0
_LONGEST_SECONDS: Final = 86_400.0
_MOST_TIMES: Final = 1_000_000
_HIGHEST_REASON: Final = 65_535
_LOWEST_STATUS: Final = 400
_HIGHEST_STATUS: Final = 599
_WITH_STATUS: Final = frozenset({FaultKind.REST_STATUS, FaultKind.REST_HTML})
_DEFAULT_CODE: Final = {
    FaultKind.DISCONNECT: 800,
    FaultKind.REST_STATUS: 500,
    FaultKind.REST_HTML: 502,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One order to misbehave.

    Parameters
    ----------
    kind
        What goes wrong.
    client
        Only for this client id; None means everybody.
    seconds, count
        When it ends: wall seconds from now, times played.
    code
        Reason of a disconnect packet, or HTTP status.
    path
        Only REST paths that begin with this.
    delay
        Wall seconds by which an answer is late.
    """

    kind: FaultKind
    client: str | None = None
    seconds: float | None = None
    count: int | None = None
    code: int = 0
    path: str = ""
    delay: float = 0.0


_FIELDS: Final = frozenset(field.name for field in fields(Fault))


def parse_fault(given: Mapping[str, Any]) -> Fault:
    """Read a fault from JSON.

    Raises
    ------
    ConfigError
        Names the first field that cannot be used, its value and what is allowed.
    """
    unknown = sorted(given.keys() - _FIELDS)
    if unknown:
        raise ConfigError(f"fault has unknown field {unknown[0]!r}; known: {sorted(_FIELDS)}")
    try:
        kind = FaultKind(str(given.get("kind")))
    except ValueError:
        known = ", ".join(FaultKind)
        raise ConfigError(f"fault kind {given.get('kind')!r} is unknown; known: {known}") from None
    seconds = _number(given, "seconds", _LONGEST_SECONDS)
    count = _number(given, "count", _MOST_TIMES)
    if seconds is None and count is None and kind not in AT_ONCE:
        seconds, count = (_DEFAULT_SECONDS, None) if kind in LASTING else (None, 1)
    if kind in LASTING and seconds is None:
        raise ConfigError(f"fault {kind} lasts: it needs seconds, not count")
    if kind is FaultKind.REST_DELAY and given.get("delay") is None:
        raise ConfigError(f"fault {kind} needs delay, the seconds by which the answer is late")
    client = given.get("client")
    return Fault(
        kind=kind,
        client=None if client is None else str(client),
        seconds=seconds,
        count=None if count is None else int(count),
        code=_code(given, kind),
        path=str(given.get("path", "")),
        delay=_number(given, "delay", _LONGEST_SECONDS) or 0.0,
    )


def _code(given: Mapping[str, Any], kind: FaultKind) -> int:
    """Return what fits on the wire: 16 bits in a disconnect packet, else an HTTP error status."""
    high = _HIGHEST_REASON if kind is FaultKind.DISCONNECT else _HIGHEST_STATUS
    code = int(_number(given, "code", high) or _DEFAULT_CODE.get(kind, 0))
    if kind in _WITH_STATUS and code < _LOWEST_STATUS:
        raise ConfigError(
            f"fault code is {code}, must be an HTTP error, {_LOWEST_STATUS} to {_HIGHEST_STATUS}"
        )
    return code


def _number(given: Mapping[str, Any], name: str, high: float) -> float | None:
    value = given.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= high:
        raise ConfigError(f"fault {name} is {value!r}, must be a number above 0, at most {high:g}")
    return value
