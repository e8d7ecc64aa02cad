"""One socket of the market feed: handshake, pings, requests in, packets out.

In:  bytes from a client, bursts from the player.
Out: bytes to the client; the server is told of requests and of the end.
Next: `devstack/dhan/feed/server.py`, which owns all of them.

The websocket protocol itself is `websockets.server.ServerProtocol`, which does no I/O: it reads
handshake, requests and control frames. Market data is framed by the encoder and goes straight to
the transport, because a Python call per packet would be the slowest part of the simulator.
"""

import asyncio
import logging
import socket
import struct
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from websockets.frames import Frame, Opcode
from websockets.http11 import Request as HttpRequest
from websockets.protocol import State
from websockets.server import ServerProtocol

from devstack.dhan import packets
from devstack.dhan.counters import Traffic
from devstack.dhan.feed.keep_alive import KeepAlive
from devstack.dhan.feed.requests import Request, RequestRefusedError, parse_request
from devstack.dhan.feed.subscriptions import Subscriptions
from devstack.dhan.layouts import frame_prefix
from devstack.dhan.messages import Burst

if TYPE_CHECKING:
    from devstack.dhan.feed.server import FeedServer

_log: Final = logging.getLogger(__name__)
# At debug level websockets would log the request line, and the token is in it.
_quiet: Final = logging.getLogger(f"{__name__}.websocket")
_quiet.setLevel(logging.WARNING)

_CLOSE_SECONDS: Final = 2.0
_WRITE_BUFFER_BYTES: Final = 1 << 20
_LINGER_ZERO: Final = struct.pack("ii", 1, 0)


class Connection(asyncio.Protocol):
    """One client on the feed.

    Parameters
    ----------
    server
        Decides on admission and requests; is told of the end.
    number
        Serial number among all sockets since the start.
    """

    def __init__(self, server: "FeedServer", number: int) -> None:
        self.number = number
        self.client_id = ""
        self.token = ""
        self.traffic = Traffic()
        self.subscriptions = Subscriptions(server.tape, server.limits.per_socket)
        self.is_open = False
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._protocol = ServerProtocol(logger=_quiet)
        self._transport: asyncio.Transport | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._keep_alive = KeepAlive(server.timing, self._ping, lambda: self.close("no pong"))
        self._cut_off: asyncio.TimerHandle | None = None
        self._message: list[bytes] = []
        self._reason = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the transport."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError(f"a stream transport is needed, was {type(transport).__name__}")
        transport.set_write_buffer_limits(high=_WRITE_BUFFER_BYTES)
        self._transport = transport
        self._server.connected(self)

    def data_received(self, data: bytes) -> None:
        """Read handshake, requests and control frames."""
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, HttpRequest):
                self._on_handshake(event)
            elif isinstance(event, Frame):
                self._on_frame(event)
        if self.is_open and self._protocol.state is not State.OPEN:
            self._end("client closed" if self._protocol.close_rcvd else "protocol error")
        self.flush()

    def eof_received(self) -> bool:
        """Let the protocol end when the client stops sending."""
        self._protocol.receive_eof()
        self.flush()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget everything."""
        self._keep_alive.stop()
        if self._cut_off is not None:
            self._cut_off.cancel()
        self.is_open = False
        self._writable.set()
        if not self._reason:
            self._reason = "client closed" if exc is None else f"lost: {type(exc).__name__}"
        self._server.disconnected(self, self._reason)

    def pause_writing(self) -> None:
        """Note that the reader is too slow."""
        self.traffic.paused += 1
        self._writable.clear()

    def resume_writing(self) -> None:
        """Note that the reader has caught up."""
        self._writable.set()

    @property
    def is_writable(self) -> bool:
        """Whether the reader keeps up."""
        return self._writable.is_set()

    async def writable(self) -> None:
        """Wait until the reader has caught up or is gone."""
        await self._writable.wait()

    def send_burst(self, burst: Burst) -> None:
        """Send framed packets."""
        if self._transport is None or not self.is_open:
            return
        if self._server.faults.stalls(self.client_id):
            self.traffic.withheld_packets += burst.packets
            return
        self._transport.write(burst.data)
        self.traffic.sent(burst.packets, burst.frames, len(burst.data))

    def send_packet(self, packet: bytes) -> None:
        """Send one packet as a message of its own."""
        data = frame_prefix(len(packet)) + packet
        self.send_burst(Burst(data, packets=1, frames=1))

    def flush(self) -> None:
        """Write what the websocket protocol has to say, unless a stall holds it back."""
        if self._transport is None or self._server.faults.stalls(self.client_id):
            return
        for data in self._protocol.data_to_send():
            if data:
                self._transport.write(data)
            else:
                self._transport.close()

    def disconnect(self, reason: int) -> None:
        """Send packet 50 with a reason, then close."""
        self.send_packet(packets.disconnect(reason))
        self.close(f"disconnect {int(reason)}")

    def close(self, reason: str) -> None:
        """Close as the websocket protocol wants it; a silent client is cut off after 2 s."""
        if self.is_open:
            self._protocol.send_close(1000)
            self._end(reason)
            self.flush()

    def reset(self, reason: str) -> None:
        """Break the TCP connection with a reset: no close frame, buffered data is lost."""
        if self._transport is None:
            return
        self._end(reason)
        raw: socket.socket | None = self._transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        self._transport.abort()

    def as_json(self) -> dict[str, Any]:
        """Return what the control endpoint shows of this socket."""
        return {
            "socket": self.number,
            "client": self.client_id,
            "open": self.is_open,
            "instruments": self.subscriptions.count,
            "modes": self.subscriptions.by_mode(),
            **asdict(self.traffic),
        }

    def _on_handshake(self, request: HttpRequest) -> None:
        response = self._protocol.accept(request)
        if response.status_code == 101:
            status, text = self._server.admit(self, request.path)
            if status != 101:
                response = self._protocol.reject(status, text + "\n")
        self._server.counters.handshakes[str(response.status_code)] += 1
        self._protocol.send_response(response)
        self.flush()
        if response.status_code != 101:
            self._reason = f"handshake refused with {response.status_code}"
            return
        self.is_open = True
        self._keep_alive.start()
        self._server.opened(self)

    def _on_frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.PONG:
            self.traffic.pongs += 1
            self._keep_alive.pong()
        elif frame.opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            self._message.append(bytes(frame.data))
            if frame.fin:
                message = b"".join(self._message)
                self._message.clear()
                self._on_message(message)

    def _on_message(self, message: bytes) -> None:
        if not self.is_open:
            return
        self.traffic.requests += 1
        try:
            request = parse_request(message)
            self._serve(request)
        except RequestRefusedError as error:
            _log.warning("socket %d: %s", self.number, error)
            self._server.counters.refused_requests[str(int(error.reason))] += 1
            self.disconnect(error.reason)

    def _serve(self, request: Request) -> None:
        if not request.mode:
            self.close("client asked to disconnect")
            return
        new = self.subscriptions.apply(request)
        if new:
            self._server.subscribed(self, request.mode, new)

    def _ping(self) -> None:
        self._protocol.send_ping(b"")
        self.traffic.pings += 1
        self.flush()

    def _end(self, reason: str) -> None:
        """Send no more data; what is left of the connection ends by itself or is cut off."""
        self.is_open = False
        self._reason = reason
        self._keep_alive.stop()
        if self._cut_off is None and self._transport is not None:
            self._cut_off = self._loop.call_later(_CLOSE_SECONDS, self._transport.abort)
