"""One socket of the feed: what picows calls, and the few things we say.

In:  frames of the websocket.
Out: whole binary messages to the intake; word of the end.
Next: `core/intake.py`.
"""

import asyncio
import socket
from typing import Final

from picows import WSFrame, WSListener, WSMsgType, WSTransport

from core.brokers.dhan.subscription import disconnect_message
from core.brokers.dhan.wire import Message
from core.intake import Intake

_TICKER_BYTES: Final = 16
_KEEP_ALIVE: Final = (("TCP_KEEPIDLE", 15), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3))


class FeedSocket(WSListener):
    """What picows calls.

    Parameters
    ----------
    intake
        Gets every binary message.

    Attributes
    ----------
    messages
        How many came.
    reason
        Why the server said it closes, None while it has not.
    only_pulse
        Bytes 3 to 8 of the packets that only show that the socket lives, None for none.
    gone
        Set when it is over.
    """

    def __init__(self, intake: Intake) -> None:
        super().__init__()
        self._intake: Final = intake
        self._take: Final = intake.take
        self._transport: WSTransport | None = None
        self._parts = bytearray()
        self.messages = 0
        self.reason: int | None = None
        self.only_pulse: bytes | None = None
        self.gone: Final = asyncio.Event()
        self.error: Exception | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Keep the transport; have the system notice a peer that is gone without a word."""
        self._transport = transport
        stream = transport.underlying_transport.get_extra_info("socket")
        if stream is not None:
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for name, value in _KEEP_ALIVE:
                if hasattr(socket, name):  # Linux has all three.
                    stream.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Hand a message on."""
        try:
            if frame.msg_type == WSMsgType.BINARY and frame.fin:
                self._hand_on(frame.get_payload_as_memoryview())
            else:
                self._read(transport, frame)
        except Exception as error:  # noqa: BLE001 - picows would log it and go on; it is a bug.
            self.error = error
            transport.disconnect()

    def _hand_on(self, message: Message) -> None:
        self.messages += 1
        pulse = self.only_pulse
        if pulse is not None and len(message) == _TICKER_BYTES and message[3:8] == pulse:
            return
        self._intake.source = self
        self._take(message)

    def _read(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type in (WSMsgType.BINARY, WSMsgType.CONTINUATION):
            self._parts += frame.get_payload_as_memoryview()
            if frame.fin:
                self._hand_on(bytes(self._parts))
                self._parts.clear()
        elif frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()
        elif frame.msg_type == WSMsgType.TEXT:
            self._intake.odd["text_message"] += 1

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002 - picows' shape.
        """Note that it is over."""
        self.gone.set()

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes of it.

        A connection that breaks while picows ends the handshake is over without a word to us.
        """
        return self.gone.is_set() or self._transport is None or self._transport.is_disconnected

    def say(self, message: str) -> None:
        """Send a text."""
        if self._transport is not None and not self.is_over:
            self._transport.send(WSMsgType.TEXT, message.encode())

    def pause(self, *, paused: bool) -> None:
        """Stop reading, or go on."""
        if self._transport is None or self.is_over:
            return
        stream = self._transport.underlying_transport
        if paused:
            stream.pause_reading()
        else:
            stream.resume_reading()

    def leave(self) -> None:
        """Say goodbye and close."""
        if self._transport is not None and not self.is_over:
            self.say(disconnect_message())
            self._transport.disconnect()
