"""What passes the proxy, as values a rule can look at and replace: requests, replies, frames.

In:  HTTP bodies and WebSocket messages of both protocol versions.
Out: `Request`, `Reply`, `Frame`.
Next: `tests/contract/rules.py`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

# A binary message of protocol 2.0.0 is its kind, lengths, an encoding (0 for bytes) and then what
# the lengths are of. Per kind: how many lengths there are, and which of them is the topic's.
_BINARY_LAYOUTS = {3: (5, 2), 4: (3, 0)}


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, or the handshake of a WebSocket; `path` begins with ``/``."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes
    tag: str = ""

    @property
    def json(self) -> Any:
        """The body read as JSON; None when there is none."""
        return json.loads(self.body) if self.body else None

    def with_json(self, value: Any) -> Self:
        """Return this request with another body."""
        return replace(self, body=json.dumps(value).encode())


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP reply."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def json(self) -> Any:
        """The body read as JSON; None when there is none."""
        return json.loads(self.body) if self.body else None

    def with_json(self, value: Any, status: int | None = None) -> Self:
        """Return this reply with another body and, if given, another status."""
        headers = {**self.headers, "Content-Type": "application/json"}
        body = json.dumps(value).encode()
        return replace(self, body=body, headers=headers, status=status or self.status)


@dataclass(frozen=True, slots=True)
class Frame:
    """One message of a channel; one that is binary is kept `raw` and has no `payload`."""

    topic: str
    event: str
    payload: Any
    join_ref: str | None
    ref: str | None
    raw: bytes | None = None


def read_frame(message: str | bytes) -> Frame:
    """Read a message of either protocol version."""
    if isinstance(message, bytes):
        return Frame(_binary_topic(message), "broadcast", None, None, None, message)
    value = json.loads(message)
    if isinstance(value, list):
        join_ref, ref, topic, event, payload = value
        return Frame(topic, event, payload, join_ref, ref)
    return Frame(
        value["topic"], value["event"], value["payload"], value.get("join_ref"), value.get("ref")
    )


def _binary_topic(message: bytes) -> str:
    count, place = _BINARY_LAYOUTS[message[0]]
    lengths = message[1 : 1 + count]
    start = 2 + count + sum(lengths[:place])
    return message[start : start + lengths[place]].decode()


def write_frame(frame: Frame, like: str | bytes) -> str | bytes:
    """Write a frame the way the message it was read from was written."""
    if frame.raw is not None:
        return frame.raw
    if not isinstance(like, str):
        raise TypeError("a binary message cannot become a text message")
    value = json.loads(like)
    if isinstance(value, list):
        return json.dumps([frame.join_ref, frame.ref, frame.topic, frame.event, frame.payload])
    return json.dumps({**value, "payload": frame.payload})
