"""Broadcasts over HTTP: many in one request, or one to one event of one topic.

In:  `POST /realtime/v1/api/broadcast` and `.../broadcast/{topic}/events/{event}`.
Out: 202 when taken, and the broadcasts on their channels; else a JSON error.
Next: `devstack/supabase/realtime/topics.py`.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

import psycopg
from aiohttp import web

from core.errors import DataError, StoreError
from devstack.json_text import parse_json
from devstack.supabase.realtime.hub import Hub
from devstack.supabase.realtime.identity import Identity
from devstack.supabase.realtime.phoenix import Broadcast
from devstack.supabase.realtime.rights import ask_channel_rights
from devstack.supabase.realtime.tokens import TokenRefusedError, is_token

_ACCEPTED: Final = 202


async def handle_broadcast(hub: Hub, request: web.Request) -> web.Response:
    """Answer one request for either address."""
    try:
        identity = _identity(hub, request)
    except TokenRefusedError as refusal:
        return _error(401, str(refusal))
    try:
        if "topic" in request.match_info:
            return await _one(hub, request, identity)
        return await _many(hub, request, identity)
    except DataError as error:
        return _error(422, str(error))
    except (StoreError, psycopg.Error) as error:
        return _error(503, f"permissions cannot be checked: {error}")


def _identity(hub: Hub, request: web.Request) -> Identity:
    """Return who asks: the bearer of a token, else whoever the API key stands for."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and is_token(token):
        return hub.tokens.from_token(token)
    key = request.headers.get("apikey") or request.query.get("apikey") or token
    identity = hub.tokens.from_key(key)
    if identity is None:
        raise TokenRefusedError("Invalid API key")
    return identity


async def _one(hub: Hub, request: web.Request, identity: Identity) -> web.Response:
    topic, event = request.match_info["topic"], request.match_info["event"]
    private = request.query.get("private") == "true"
    if private and not await _may_write(hub, topic, identity):
        return _error(403, f"Unauthorized: no permission to broadcast to topic {topic}")
    body = await request.read()
    payload: str | bytes = body
    if request.content_type != "application/octet-stream":
        payload = json.dumps(_parsed(body), ensure_ascii=False)
    hub.topics.broadcast(topic, Broadcast(event, payload), private=private)
    return web.Response(status=_ACCEPTED)


async def _many(hub: Hub, request: web.Request, identity: Identity) -> web.Response:
    parsed = _parsed(await request.read())
    messages = parsed.get("messages") if isinstance(parsed, dict) else None
    if not isinstance(messages, list):
        raise DataError("messages must be a list of broadcasts")
    checked = [_checked(message) for message in messages]
    allowed: dict[str, bool] = {}
    for topic, private, broadcast in checked:
        if private and topic not in allowed:
            allowed[topic] = await _may_write(hub, topic, identity)
        if not private or allowed[topic]:
            hub.topics.broadcast(topic, broadcast, private=private)
        else:  # As on hosted the others still go out, and nobody is told.
            hub.counters["broadcast_refused"] += 1
    return web.Response(status=_ACCEPTED)


def _checked(message: object) -> tuple[str, bool, Broadcast]:
    if not isinstance(message, Mapping):
        raise DataError(f"message {str(message)[:80]!r} must be an object")
    topic, event, payload = (message.get(name) for name in ("topic", "event", "payload"))
    if not isinstance(topic, str) or not topic or not isinstance(event, str) or not event:
        raise DataError(f"topic {topic!r} and event {event!r} can't be blank")
    if payload is None:
        raise DataError(f"payload of event {event!r} can't be blank")
    text = json.dumps(payload, ensure_ascii=False)
    return topic, message.get("private") is True, Broadcast(event, text)


async def _may_write(hub: Hub, topic: str, identity: Identity) -> bool:
    rights = await ask_channel_rights(hub.database, topic, identity)
    return rights.allows("broadcast", "write")


def _parsed(body: bytes) -> Any:
    try:
        return parse_json(body)
    except ValueError as error:
        raise DataError(f"body {body[:80]!r} is not JSON: {error}") from error


def _error(status: int, message: str) -> web.Response:
    return web.json_response({"error": message, "message": message}, status=status)
