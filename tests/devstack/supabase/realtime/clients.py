"""A websocket client that speaks Phoenix by hand, in either protocol version.

In:  the address of a running `Realtime`.
Out: messages as tuples, kept until a test asks for them.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import aiohttp

from devstack.supabase.realtime.phoenix import Version

DEADLINE_SECONDS = 10.0


class Message(NamedTuple):
    """One message from the server, whatever its version; `frame` as it came."""

    topic: str
    event: str
    payload: Any
    ref: str | None
    join_ref: str | None
    frame: str | bytes


@dataclass(frozen=True, slots=True)
class Change:
    """One postgres_changes message."""

    ids: list[int]
    data: dict[str, Any]


class Client:
    """One connection; messages nobody asked for yet are kept in order."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, version: Version) -> None:
        self.socket = socket
        self.version = version
        self._kept: list[Message] = []
        self._refs = iter(range(1, 1_000_000))

    async def send(
        self, topic: str, event: str, payload: Any, *, join_ref: str | None = None
    ) -> str:
        """Send a message and return its ref."""
        ref = str(next(self._refs))
        if self.version is Version.V1:
            message: Any = {"topic": topic, "event": event, "payload": payload, "ref": ref}
        else:
            message = [join_ref, ref, topic, event, payload]
        await self.socket.send_str(json.dumps(message))
        return ref

    async def ask(self, topic: str, event: str, payload: Any) -> Any:
        """Send a message and return the payload of the reply."""
        ref = await self.send(topic, event, payload)
        return (await self.first(lambda m: m.event == "phx_reply" and m.ref == ref)).payload

    async def join(self, topic: str, token: str | None = None, **config: Any) -> Any:
        """Join a channel and return the payload of the reply."""
        return await self.ask(topic, "phx_join", {"config": config, "access_token": token})

    async def watch(self, topic: str, *bindings: dict[str, Any], token: str | None = None) -> Any:
        """Join for database changes, wait until they flow, return the bindings with ids."""
        wanted = [{"event": "*", "schema": "public", **binding} for binding in bindings]
        reply = await self.join(topic, token, postgres_changes=wanted)
        assert reply["status"] == "ok", reply
        system = await self.next("system")
        assert system["status"] == "ok", system
        return reply["response"]["postgres_changes"]

    async def next(self, event: str) -> Any:
        """Return the payload of the next message of a kind."""
        return (await self.first(lambda message: message.event == event)).payload

    async def change(self) -> Change:
        """Return the next database change."""
        payload = await self.next("postgres_changes")
        return Change(payload["ids"], payload["data"])

    async def first(self, wanted: Callable[[Message], bool]) -> Message:
        """Return the first message that is wanted, leaving the others for later."""
        for place, message in enumerate(self._kept):
            if wanted(message):
                return self._kept.pop(place)
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                while not wanted(message := self._read(await self.socket.receive())):
                    self._kept.append(message)
        except TimeoutError:
            raise AssertionError(f"not among what came: {self._kept}") from None
        return message

    async def closed(self) -> int | None:
        """Wait until the server closes the connection; return its code."""
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not self.socket.closed:
                await self.socket.receive()
        return self.socket.close_code

    def _read(self, message: aiohttp.WSMessage) -> Message:
        frame = message.data
        if message.type is aiohttp.WSMsgType.BINARY:
            return _read_broadcast(frame)
        assert message.type is aiohttp.WSMsgType.TEXT, f"closed: {message}; kept {self._kept}"
        parsed = json.loads(frame)
        if self.version is Version.V1:
            return Message(
                parsed["topic"], parsed["event"], parsed["payload"], parsed["ref"], None, frame
            )
        join_ref, ref, topic, event, payload = parsed
        return Message(topic, event, payload, ref, join_ref, frame)


def push_frame(topic: str, event: str, payload: bytes, *, encoding: int = 0) -> bytes:
    """Return a broadcast as a version 2 client writes it: binary (0) or JSON (1)."""
    fields = [b"1", b"9", topic.encode(), event.encode(), b""]
    return bytes([3, *map(len, fields), encoding]) + b"".join(fields) + payload


def _read_broadcast(frame: bytes) -> Message:
    kind, *lengths, encoding = frame[:5]
    assert kind == 4
    at, parts = 5, []
    for length in lengths:
        parts.append(frame[at : at + length].decode())
        at += length
    topic, event, meta = parts
    payload: dict[str, Any] = {
        "type": "broadcast",
        "event": event,
        "payload": json.loads(frame[at:]) if encoding == 1 else frame[at:],
    }
    if meta:
        payload["meta"] = json.loads(meta)
    return Message(topic, "broadcast", payload, None, None, frame)
