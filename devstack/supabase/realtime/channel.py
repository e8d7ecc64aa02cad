"""One channel joined by one client: broadcast, presence, database changes, its token.

In:  the client's messages for this topic; changes and broadcasts from the hub.
Out: frames for the client, in its protocol version.
Next: `devstack/supabase/realtime/connection.py`, which owns the socket.
"""

import asyncio
import json
import logging
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, Protocol

from devstack.supabase.realtime.credentials import Credentials, RefusedError, Scope
from devstack.supabase.realtime.hub import Hub
from devstack.supabase.realtime.identity import Identity
from devstack.supabase.realtime.join_request import JoinRequest
from devstack.supabase.realtime.phoenix import (
    Broadcast,
    ClientMessage,
    ServerMessage,
    Version,
    encode,
)
from devstack.supabase.realtime.subscription import Subscription
from devstack.supabase.realtime.tokens import TokenRefusedError
from devstack.supabase.realtime.topics import PREFIX, Topic

log = logging.getLogger(__name__)


class Link(Protocol):
    """The connection a channel speaks through."""

    @property
    def version(self) -> Version:
        """The protocol the client speaks."""

    def push(self, frame: str | bytes) -> None:
        """Send a frame."""

    def forget(self, channel: "Channel") -> None:
        """Know the channel no more."""


class Channel:
    """A joined channel, from `join` to `leave`.

    Parameters
    ----------
    topic
        The full name, `realtime:` included.
    join_ref
        What the client calls this joining of the topic.
    """

    def __init__(
        self, hub: Hub, link: Link, message: ClientMessage, request: JoinRequest, identity: Identity
    ) -> None:
        self.topic = message.topic
        self.join_ref = message.join_ref or message.ref
        self._name = message.topic.removeprefix(PREFIX)
        self._hub = hub
        self._link = link
        self._request = request
        self._shared: Topic | None = None
        self._credentials = Credentials(
            hub,
            Scope(self._name, private=request.private),
            request.token,
            identity,
            expired=self.close,
        )
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def version(self) -> Version:
        """The protocol the client speaks."""
        return self._link.version

    @property
    def identity(self) -> Identity:
        """Who the channel speaks for now."""
        return self._credentials.identity

    async def join(self, ref: str | None) -> None:
        """Enter the topic and answer the client.

        Raises
        ------
        RefusedError
            A private channel's policies do not let this identity read.
        """
        await self._credentials.establish()
        self._shared = self._hub.topics.join(self._name, self, private=self._request.private)
        changes = Subscription(
            self._hub, self, self._request.postgres_changes, self._report_changes
        )
        if self._request.wait_seconds is not None and self._request.postgres_changes:
            self._start(self._reply_when_subscribed(changes, ref, self._request.wait_seconds))
        else:
            self._welcome(changes, ref)
        if self._request.postgres_changes:
            self._start(changes.run())
        if self._request.announce_ready:
            self._start(self._announce_ready())

    async def handle(self, message: ClientMessage) -> None:
        """Do what a message of the client asks for."""
        match message.event:
            case "broadcast":
                self._broadcast(message)
            case "presence":
                self._presence(message)
            case "access_token":
                await self._renew(message.payload.get("access_token"))
            case "phx_leave":
                self._link.forget(self)
                self.leave()
                self._reply(message.ref, "ok")
                self._push("phx_close", "{}", ref=self.join_ref, join_ref=self.join_ref)
            case event:
                self._reply(message.ref, "error", {"reason": f"unknown event {event!r}"})

    def leave(self) -> None:
        """Let go of everything; the client is told nothing."""
        self._credentials.lapse()
        for task in self._tasks:
            task.cancel()
        self._hub.bindings.remove(self)
        self._hub.topics.leave(self._name, self, private=self._request.private)

    def close(self, message: str | None = None) -> None:
        """Leave and tell the client, with a reason if there is one."""
        self._link.forget(self)
        self.leave()
        if message is not None:
            self._system("system", "error", message)
        self._push("phx_close", "{}", ref=self.join_ref, join_ref=self.join_ref)

    def reads(self, extension: str) -> bool:
        """Tell whether the client is to receive `broadcast` or `presence`."""
        wanted = extension != "presence" or self._request.hears_presence
        return wanted and self._credentials.rights.allows(extension, "read")

    def push_frame(self, frame: str | bytes) -> None:
        """Send a frame that says nothing of this joining."""
        self._link.push(frame)

    def push_change(self, ids: Sequence[int], data: str) -> None:
        """Send one database change."""
        numbers = ",".join(map(str, ids))
        self._push("postgres_changes", f'{{"ids":[{numbers}],"data":{data}}}')

    def _welcome(self, changes: Subscription, ref: str | None) -> None:
        self._reply(ref, "ok", {"postgres_changes": changes.echo()})
        if self._shared is not None and self.reads("presence"):
            state = self._shared.presence.state_json()
            self._push("presence_state", state, join_ref=self.join_ref)

    async def _reply_when_subscribed(
        self, changes: Subscription, ref: str | None, seconds: float
    ) -> None:
        try:
            problem = await asyncio.wait_for(asyncio.shield(changes.first_attempt), seconds)
        except TimeoutError:
            problem = f"PostgresChangesSubscribeTimeout: not subscribed within {seconds:g} s"
        else:
            problem = problem and f"RealtimeDisabledForConfiguration: {problem}"
        if problem is None:
            self._welcome(changes, ref)
        else:
            self._reply(ref, "error", {"reason": problem})
            self._start_leaving()

    def _start_leaving(self) -> None:
        self._link.forget(self)
        self.leave()

    async def _announce_ready(self) -> None:
        await self._hub.streaming.wait()
        self._system("broadcast", "ok", "Replication connection established")

    def _broadcast(self, message: ClientMessage) -> None:
        if not self._may("broadcast", message) or self._shared is None:
            return
        event, body = message.payload.get("event"), message.payload.get("payload", {})
        if not isinstance(event, str):
            self._reply(message.ref, "error", {"reason": f"event {event!r} must be text"})
            return
        payload = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False)
        sender = None if self._request.echo_self else self
        self._shared.broadcast(Broadcast(event, payload), without=sender)
        if self._request.acknowledge:
            self._reply(message.ref, "ok")

    def _presence(self, message: ClientMessage) -> None:
        if not self._may("presence", message) or self._shared is None:
            return
        step, payload = message.payload.get("event"), message.payload.get("payload") or {}
        if step == "track" and isinstance(payload, dict):
            self._reply(message.ref, "ok")
            self._shared.track(self, self._request.presence_key, payload)
        elif step == "untrack":
            self._reply(message.ref, "ok")
            self._shared.untrack(self)
        else:
            reason = f"presence event {step!r} must be track, with an object, or untrack"
            self._reply(message.ref, "error", {"reason": reason})

    def _may(self, extension: str, message: ClientMessage) -> bool:
        if self._credentials.rights.allows(extension, "write"):
            return True
        self._hub.counters[f"{extension}_refused"] += 1
        reason = f"Unauthorized: You do not have permissions to write {extension} to this topic"
        self._reply(message.ref, "error", {"reason": reason})
        return False

    async def _renew(self, token: object) -> None:
        """Take a new token; one that cannot be accepted ends the channel, as on hosted."""
        try:
            await self._credentials.renew(token)
        except (TokenRefusedError, RefusedError) as refusal:
            self.close(str(refusal))

    def _report_changes(self, status: str, message: str) -> None:
        if status == "error":
            self._hub.counters["subscriptions_refused"] += 1
        self._system("postgres_changes", status, message)

    def _system(self, extension: str, status: str, message: str) -> None:
        payload = {
            "channel": self._name,
            "extension": extension,
            "message": message,
            "status": status,
        }
        self._push("system", json.dumps(payload, ensure_ascii=False), join_ref=self.join_ref)

    def _reply(
        self, ref: str | None, status: str, response: Mapping[str, Any] | None = None
    ) -> None:
        payload = json.dumps({"status": status, "response": response or {}}, ensure_ascii=False)
        self._push("phx_reply", payload, ref=ref, join_ref=self.join_ref)

    def _push(
        self, event: str, payload: str, *, ref: str | None = None, join_ref: str | None = None
    ) -> None:
        message = ServerMessage(self.topic, event, payload, ref, join_ref)
        self._link.push(encode(self.version, message))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
