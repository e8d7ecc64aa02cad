"""Phoenix channel messages on the wire, in both protocol versions Supabase clients speak.

In:  text or bytes of one websocket message; or what is to be said to a client.
Out: a `ClientMessage`; or text or bytes for the socket.
Next: `devstack/supabase/realtime/connection.py`.

Version 1.0.0 frames are objects, 2.0.0 frames are arrays `[join_ref, ref, topic, event, payload]`
plus two binary kinds for broadcasts: 3 from a client, 4 from the server. Payloads handed in are
JSON text already, so that one payload is written once for all its readers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from core.errors import DataError
from devstack.json_text import parse_json
from devstack.supabase.realtime.values import quote

_PUSH: Final = 3
_BROADCAST: Final = 4
_ENCODING_BINARY: Final = 0
_ENCODING_JSON: Final = 1
_LONGEST_FIELD_BYTES: Final = 255


class Version(StrEnum):
    """Protocol version, the `vsn` parameter of the websocket address."""

    V1 = "1.0.0"
    V2 = "2.0.0"


@dataclass(frozen=True, slots=True)
class ClientMessage:
    """One message from a client; a version 1 client need not send `join_ref`."""

    topic: str
    event: str
    payload: Mapping[str, Any]
    ref: str | None
    join_ref: str | None


@dataclass(frozen=True, slots=True)
class ServerMessage:
    """One message to a client; `payload` is JSON text, `ref` answers the client's own."""

    topic: str
    event: str
    payload: str
    ref: str | None = None
    join_ref: str | None = None


@dataclass(frozen=True, slots=True)
class Broadcast:
    """One broadcast: JSON text or raw bytes, and what the server adds about it."""

    event: str
    payload: str | bytes
    meta: str | None = None


def decode(frame: str | bytes, version: Version) -> ClientMessage:
    """Read one websocket message.

    Raises
    ------
    DataError
        If the frame is not what its protocol version says it must be.
    """
    if isinstance(frame, bytes):
        return _decode_push(frame)
    try:
        parsed = parse_json(frame)
    except ValueError as error:
        raise DataError(f"message {frame[:80]!r} is not JSON: {error}") from error
    if version is Version.V1:
        return _from_object(parsed)
    return _from_array(parsed)


def encode(version: Version, message: ServerMessage) -> str:
    """Write one server message."""
    topic, event = _literal(message.topic), _literal(message.event)
    ref, join_ref = _literal(message.ref), _literal(message.join_ref)
    if version is Version.V1:
        return f'{{"ref":{ref},"event":{event},"topic":{topic},"payload":{message.payload}}}'
    return f"[{join_ref},{ref},{topic},{event},{message.payload}]"


def encode_broadcast(version: Version, topic: str, broadcast: Broadcast) -> str | bytes | None:
    """Write a broadcast for one protocol version; None if that version cannot carry it.

    Version 2 writes JSON as text, too, where a name is too long for a binary frame.
    """
    binary = _encode_binary(topic, broadcast) if version is Version.V2 else None
    if binary is not None or isinstance(broadcast.payload, bytes):
        return binary
    event = _literal(broadcast.event)
    meta = f',"meta":{broadcast.meta}' if broadcast.meta else ""
    body = f'{{"type":"broadcast","event":{event},"payload":{broadcast.payload}{meta}}}'
    return encode(version, ServerMessage(topic, "broadcast", body))


def _literal(value: str | None) -> str:
    return "null" if value is None else quote(value)


def _from_object(parsed: object) -> ClientMessage:
    if not isinstance(parsed, dict):
        raise DataError(f"message {str(parsed)[:80]!r} must be an object in protocol 1.0.0")
    fields = (parsed.get(name) for name in ("join_ref", "ref", "topic", "event", "payload"))
    return _checked(*fields)


def _from_array(parsed: object) -> ClientMessage:
    if not isinstance(parsed, list) or len(parsed) != 5:
        raise DataError(f"message {str(parsed)[:80]!r} must be an array of 5 in protocol 2.0.0")
    return _checked(*parsed)


def _checked(
    join_ref: object, ref: object, topic: object, event: object, payload: object
) -> ClientMessage:
    if not isinstance(topic, str) or not isinstance(event, str):
        raise DataError(f"topic {topic!r} and event {event!r} must be text")
    if payload is None:
        payload = {}
    if not isinstance(payload, dict):
        raise DataError(f"payload of {event!r} must be an object, was {str(payload)[:80]!r}")
    return ClientMessage(topic, event, payload, _text_or_none(ref), _text_or_none(join_ref))


def _text_or_none(ref: object) -> str | None:
    return None if ref is None else str(ref)


def _decode_push(frame: bytes) -> ClientMessage:
    if len(frame) < 7 or frame[0] != _PUSH:
        raise DataError(f"binary message {frame[:40]!r} is not a broadcast push (kind 3)")
    lengths, encoding, at = frame[1:6], frame[6], 7
    if len(frame) < at + sum(lengths):
        raise DataError(f"broadcast push of {len(frame)} bytes announces {sum(lengths)} in fields")
    parts: list[str] = []
    try:
        for length in lengths:
            parts.append(frame[at : at + length].decode())
            at += length
        body: object = frame[at:] if encoding == _ENCODING_BINARY else parse_json(frame[at:])
    except ValueError as error:
        raise DataError(f"broadcast push {frame[:40]!r} cannot be read: {error}") from error
    join_ref, ref, topic, event, _meta = parts
    payload = {"type": "broadcast", "event": event, "payload": body}
    return ClientMessage(topic, "broadcast", payload, ref or None, join_ref or None)


def _encode_binary(topic: str, broadcast: Broadcast) -> bytes | None:
    fields = [topic.encode(), broadcast.event.encode(), (broadcast.meta or "").encode()]
    if any(len(field) > _LONGEST_FIELD_BYTES for field in fields):
        return None
    if isinstance(broadcast.payload, bytes):
        encoding, body = _ENCODING_BINARY, broadcast.payload
    else:
        encoding, body = _ENCODING_JSON, broadcast.payload.encode()
    return bytes([_BROADCAST, *map(len, fields), encoding]) + b"".join(fields) + body
