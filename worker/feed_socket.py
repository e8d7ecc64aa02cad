"""One socket of the feed: what picows calls, and the few things we say.

In:  frames of the websocket.
Out: whole binary messages to the intake; word of the end.
Next: `worker/intake.py`.
"""

import asyncio
from typing import Final

from picows import WSFrame, WSListener, WSMsgType, WSTransport

from core.brokers.dhan.subscription import disconnect_message
from worker.intake import Intake


class FeedSocket(WSListener):
    """What picows calls.

    Parameters
    ----------
    intake
        Gets every binary message.
    """

    def __init__(self, intake: Intake) -> None:
        super().__init__()
        self._take: Final = intake.take
        self._odd: Final = intake.odd
        self._transport: WSTransport | None = None
        self._parts = bytearray()
        self.gone: Final = asyncio.Event()
        self.error: Exception | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Keep the transport."""
        self._transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Hand a message on."""
        try:
            self._read(transport, frame)
        except Exception as error:  # noqa: BLE001 - picows would log it and go on; it is a bug.
            self.error = error
            transport.disconnect()

    def _read(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.BINARY and frame.fin:
            self._take(frame.get_payload_as_memoryview())
        elif frame.msg_type in (WSMsgType.BINARY, WSMsgType.CONTINUATION):
            self._parts += frame.get_payload_as_memoryview()
            if frame.fin:
                self._take(bytes(self._parts))
                self._parts.clear()
        elif frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()
        elif frame.msg_type == WSMsgType.TEXT:
            self._odd["text_message"] += 1

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002 - picows' shape.
        """Note that it is over."""
        self.gone.set()

    def say(self, message: str) -> None:
        """Send a text."""
        if self._transport is not None:
            self._transport.send(WSMsgType.TEXT, message.encode())

    def pause(self, *, paused: bool) -> None:
        """Stop reading, or go on."""
        if self._transport is None or self.gone.is_set():
            return
        stream = self._transport.underlying_transport
        if paused:
            stream.pause_reading()
        else:
            stream.resume_reading()

    def leave(self) -> None:
        """Say goodbye and close."""
        if self._transport is not None and not self.gone.is_set():
            self.say(disconnect_message())
            self._transport.disconnect()
