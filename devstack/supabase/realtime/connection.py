"""One client's websocket: its channels, its messages, what is sent to it.

In:  an accepted websocket and who its API key speaks for.
Out: channels joined, served and left; the socket closed when it is idle or too slow.
Next: `devstack/supabase/realtime/channel.py`.
"""

import asyncio
import contextlib
import json
import logging
from typing import Final

from aiohttp import WSMsgType, web

from core.errors import DataError
from devstack.supabase.realtime.channel import Channel
from devstack.supabase.realtime.credentials import RefusedError
from devstack.supabase.realtime.hub import Hub
from devstack.supabase.realtime.identity import Identity
from devstack.supabase.realtime.join_request import JoinRequest, parse_join
from devstack.supabase.realtime.outbox import Outbox
from devstack.supabase.realtime.phoenix import (
    ClientMessage,
    ServerMessage,
    Version,
    decode,
    encode,
)
from devstack.supabase.realtime.tokens import TokenRefusedError, is_token
from devstack.supabase.realtime.topics import PREFIX

log = logging.getLogger(__name__)

IDLE_SECONDS: Final = 60.0  # Phoenix's limit; clients send a heartbeat every 25 s.
_MOST_CHANNELS: Final = 100  # Hosted's limit for one connection.


class Connection:
    """A client from its first message to its last.

    Parameters
    ----------
    identity
        Who the connection's API key speaks for; a join may bring a token of its own.
    """

    def __init__(
        self,
        hub: Hub,
        request: web.Request,
        socket: web.WebSocketResponse,
        version: Version,
        identity: Identity,
    ) -> None:
        self.version = version
        self.socket = socket
        self._hub = hub
        self._request = request
        self._identity = identity
        self._outbox = Outbox()
        self._channels: dict[str, Channel] = {}

    async def serve(self, *, idle_seconds: float = IDLE_SECONDS) -> None:
        """Handle messages until the client goes, falls silent or cannot keep up."""
        sending = asyncio.create_task(self._outbox.send_forever(self.socket))
        sending.add_done_callback(self._cut_off_unheard)
        try:
            await self._receive(idle_seconds)
        finally:
            for channel in list(self._channels.values()):
                channel.leave()
            self._channels.clear()
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await sending

    def push(self, frame: str | bytes) -> None:
        """Send a frame; a client that leaves too much unread is cut off."""
        if self._outbox.put(frame) or self._request.transport is None:
            return
        if not self._request.transport.is_closing():
            self._hub.counters["slow_clients_cut_off"] += 1
            log.warning("a realtime client left too much unread; its connection is cut")
            self._request.transport.abort()

    def _cut_off_unheard(self, sending: "asyncio.Task[None]") -> None:
        """Break the connection when nothing can be sent on it: the client must not wait in vain."""
        if not sending.cancelled() and self._request.transport is not None:
            self._request.transport.abort()

    def forget(self, channel: Channel) -> None:
        """Know a channel no more."""
        if self._channels.get(channel.topic) is channel:
            del self._channels[channel.topic]

    async def _receive(self, idle_seconds: float) -> None:
        while True:
            try:
                message = await self.socket.receive(timeout=idle_seconds)
            except TimeoutError:
                self._hub.counters["idle_clients_closed"] += 1
                await self.socket.close(message=b"idle")
                return
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                return
            try:
                await self._handle(decode(message.data, self.version))
            except DataError as error:
                self._hub.counters["messages_not_understood"] += 1
                log.warning("realtime message ignored: %s", error)

    async def _handle(self, message: ClientMessage) -> None:
        if message.topic == "phoenix":
            self._reply(message, "ok", {})
        elif message.event == "phx_join":
            await self._join(message)
        else:
            await self._route(message)

    async def _route(self, message: ClientMessage) -> None:
        channel = self._channels.get(message.topic)
        if channel is None:
            self._reply(message, "error", {"reason": "unmatched topic"})
        elif message.join_ref in (None, channel.join_ref):
            await channel.handle(message)
        # Else it is meant for an earlier joining of the same topic.

    async def _join(self, message: ClientMessage) -> None:
        former = self._channels.get(message.topic)
        if former is not None:
            former.close()
        try:
            channel = self._accepted(message)
            self._channels[message.topic] = channel
            await channel.join(message.ref)
        except (TokenRefusedError, RefusedError, DataError) as refusal:
            self._channels.pop(message.topic, None)
            self._reply(message, "error", {"reason": str(refusal)})

    def _accepted(self, message: ClientMessage) -> Channel:
        if not message.topic.startswith(PREFIX) or message.topic == PREFIX:
            raise RefusedError("unmatched topic")
        if len(self._channels) >= _MOST_CHANNELS:
            raise RefusedError(f"ChannelRateLimitReached: at most {_MOST_CHANNELS} channels")
        request = parse_join(message.payload)
        return Channel(self._hub, self, message, request, self._identity_of(request))

    def _identity_of(self, request: JoinRequest) -> Identity:
        if isinstance(request.token, str) and is_token(request.token):
            return self._hub.tokens.from_token(request.token)
        return self._identity

    def _reply(self, message: ClientMessage, status: str, response: dict[str, str]) -> None:
        payload = json.dumps({"status": status, "response": response}, ensure_ascii=False)
        reply = ServerMessage(message.topic, "phx_reply", payload, message.ref, message.join_ref)
        self.push(encode(self.version, reply))
