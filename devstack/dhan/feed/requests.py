"""Requests on the market feed socket: JSON text in, what is asked for out.

In:  one text message of a client.
Out: a `Request`, or `RequestRefusedError` with Dhan's number for what is wrong.
Next: `devstack/dhan/feed/subscriptions.py`, which does what is asked.

What Dhan answers to a malformed request is not documented; the simulator is strict, so that
whatever it accepts is what the documents describe (reference 2.1, 2.2 and 2.10).
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from core.instrument import Segment
from devstack.dhan.encode import Mode
from devstack.json_text import parse_json

MOST_PER_MESSAGE: Final = 100
_MOST_DIGITS: Final = 10  # What 32 bits, all that a packet has for an id, can hold.


class Reason(IntEnum):
    """Numbers in a disconnect packet (reference 2.10)."""

    INTERNAL = 800
    TOO_MANY_INSTRUMENTS = 804
    TOO_MANY_SOCKETS = 805
    TOKEN_EXPIRED = 807
    SECURITY_ID = 813
    REQUEST = 814


class RequestRefusedError(Exception):
    """Raised when a request cannot be served; carries the reason that goes on the wire."""

    def __init__(self, reason: Reason, text: str) -> None:
        super().__init__(text)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks for.

    Parameters
    ----------
    mode
        Which mode is switched; `Mode.NONE` asks for the end of the connection.
    subscribe
        Whether the mode is switched on.
    keys
        Segment and security id of each instrument.
    """

    mode: Mode
    subscribe: bool
    keys: tuple[tuple[Segment, int], ...]


_DISCONNECT: Final = 12
_CODES: Final = {
    15: (Mode.TICKER, True),
    16: (Mode.TICKER, False),
    17: (Mode.QUOTE, True),
    18: (Mode.QUOTE, False),
    21: (Mode.FULL, True),
    22: (Mode.FULL, False),
}


def parse_request(text: bytes) -> Request:
    """Read one message.

    Raises
    ------
    RequestRefusedError
        With 814 for what is not a request of the documents, 804 for more than 100 instruments.
    """
    try:
        message = parse_json(text)
    except ValueError:
        raise _bad(f"message {text[:60]!r} is not JSON") from None
    if not isinstance(message, dict):
        raise _bad(f"message {text[:60]!r} is not an object")
    code = message.get("RequestCode")
    if code == _DISCONNECT:
        return Request(Mode.NONE, subscribe=False, keys=())
    if not isinstance(code, int) or code not in _CODES:
        known = sorted([_DISCONNECT, *_CODES])
        raise _bad(f"RequestCode {code!r} is not one of {known}")
    mode, subscribe = _CODES[code]
    return Request(mode, subscribe, _keys(message))


def _keys(message: dict[str, Any]) -> tuple[tuple[Segment, int], ...]:
    listed = message.get("InstrumentList")
    if not isinstance(listed, list) or not listed:
        raise _bad("InstrumentList is missing or empty")
    if len(listed) > MOST_PER_MESSAGE:
        raise RequestRefusedError(
            Reason.TOO_MANY_INSTRUMENTS,
            f"{len(listed)} instruments in a message, at most {MOST_PER_MESSAGE} are allowed",
        )
    if message.get("InstrumentCount") != len(listed):
        count = message.get("InstrumentCount")
        raise _bad(f"InstrumentCount is {count!r} but InstrumentList has {len(listed)}")
    return tuple(_key(entry) for entry in listed)


def _key(entry: object) -> tuple[Segment, int]:
    if not isinstance(entry, dict):
        raise _bad(f"InstrumentList holds {entry!r}, must hold objects")
    segment, security_id = entry.get("ExchangeSegment"), entry.get("SecurityId")
    if not isinstance(segment, str) or segment not in Segment.__members__:
        raise _bad(f"ExchangeSegment {segment!r} is unknown")
    if not isinstance(security_id, str) or not security_id.isdecimal():
        raise _bad(f"SecurityId {security_id!r} must be digits as text")
    if len(security_id) > _MOST_DIGITS:
        raise _bad(f"SecurityId of {len(security_id)} digits, at most {_MOST_DIGITS} are possible")
    return Segment(segment), int(security_id)


def _bad(text: str) -> RequestRefusedError:
    return RequestRefusedError(Reason.REQUEST, text)
