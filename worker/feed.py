"""The socket to Dhan's market feed, kept alive.

In:  which instruments are wanted; the address and the token, which is part of the address.
Out: messages handed to the intake; the state of the connection for whoever watches.
Next: `worker/intake.py`.

A socket that ends is opened again: at once or later, as the reason says, each time later than the
time before, and never at the same moment as everybody else. A socket that is silent while the
market trades is closed. What was subscribed is subscribed again.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import urlencode

from picows import WSError, WSFrame, WSInvalidStatusError, WSListener, WSMsgType, WSTransport
from picows import ws_connect as connect

from core.brokers.dhan.disconnect import CROWDED_WAIT_SECONDS, Policy, reason_of
from core.brokers.dhan.subscription import (
    INSTRUMENTS_PER_CONNECTION,
    Mode,
    disconnect_message,
    subscribe_messages,
)
from core.errors import ConfigError, FeedError
from core.instrument import Instrument, InstrumentKind
from worker.backoff import Backoff
from worker.intake import Intake

SILENCE_SECONDS: Final = 5.0
"""A feed that says nothing for so long while the market trades is dead."""

_LOOK_EVERY: Final = 0.25
_HANDSHAKE_SECONDS: Final = 10.0
_TOO_MANY_REQUESTS: Final = 429
_BUSY_WAIT_SECONDS: Final = 5.0
_REFUSED: Final = frozenset({400, 401, 403, 451})
_SAME_REASON_LIMIT: Final = 2

_log: Final = logging.getLogger(__name__)


class Feed:
    """One socket of the market feed.

    Parameters
    ----------
    url, client_id, token
        Where, and as whom.
    intake
        Gets the messages.
    is_trading
        Answers whether data are to be expected now.
    """

    def __init__(
        self, url: str, client_id: str, token: str, intake: Intake, is_trading: Callable[[], bool]
    ) -> None:
        query = {"version": "2", "token": token, "clientId": client_id, "authType": "2"}
        self._place: Final = url
        self._url: Final = f"{url}?{urlencode(query)}"
        self._intake: Final = intake
        self._is_trading: Final = is_trading
        self._wanted: Final[dict[Mode, list[Instrument]]] = {}
        self._socket: _Socket | None = None
        self._backoff: Final = Backoff(0.25, 30.0)
        self._reason: int | None = None
        self._last_reason: int | None = None
        self._same_reason = 0
        self._heard_at = time.monotonic()
        self.counters: Final[Counter[str]] = Counter()
        self.connected: Final = asyncio.Event()
        intake.on_pause = self._pause

    @property
    def age_seconds(self) -> float:
        """Seconds since the last message."""
        return time.monotonic() - self._heard_at

    def want(self, instruments: Iterable[Instrument]) -> None:
        """Subscribe to instruments, now if there is a socket and at every reconnect.

        Raises
        ------
        FeedError
            If one socket cannot hold so many.
        """
        new: dict[Mode, list[Instrument]] = {}
        for instrument in instruments:
            mode = mode_of(instrument)
            if instrument not in self._wanted.setdefault(mode, []):
                new.setdefault(mode, []).append(instrument)
        count = sum(len(each) for part in (self._wanted, new) for each in part.values())
        if count > INSTRUMENTS_PER_CONNECTION:
            raise FeedError(
                f"{count} instruments are above {INSTRUMENTS_PER_CONNECTION}, the limit of a socket"
            )
        for mode, added in new.items():
            self._wanted[mode] += added
        if self._socket is not None:
            self._subscribe(self._socket, new)

    def told_to_go(self, reason: int) -> None:
        """Note the reason that the server gave before it closes."""
        self._reason = reason
        self.counters[f"reason_{reason}"] += 1

    async def run(self) -> None:
        """Keep a socket open until cancelled.

        Raises
        ------
        ConfigError
            If Dhan refuses the account, and trying again would end the same way.
        """
        try:
            while True:
                self.counters["attempts"] += 1
                pause = await self._one_socket()
                await asyncio.sleep(pause)
        finally:
            if self._socket is not None:
                self._socket.leave()

    async def _one_socket(self) -> float:
        """Live through one socket; return the seconds to wait before the next."""
        self._reason = None
        try:
            socket = _Socket(self._intake)
            await connect(
                lambda: socket,
                self._url,
                websocket_handshake_timeout=_HANDSHAKE_SECONDS,
                enable_auto_pong=True,
                max_redirects=0,
            )
        except WSInvalidStatusError as error:
            return self._refused(0 if error.response is None else int(error.response.status))
        except (WSError, OSError, TimeoutError) as error:
            return self._failed(type(error).__name__)
        before = self._intake.messages
        self._heard_at = time.monotonic()
        self._socket = socket
        self._subscribe(socket, self._wanted)
        self.connected.set()
        _log.info("feed connected", extra={"facts": {"instruments": self._count()}})
        try:
            why = await self._watch(socket)
        finally:
            self.connected.clear()
            self._socket = None
            socket.leave()
        if self._intake.messages > before and self._reason is None:
            self._backoff.reset()
        return self._ended(why)

    async def _watch(self, socket: "_Socket") -> str:
        """Return why the socket ended, or was given up for its silence."""
        heard = -1
        while not socket.gone.is_set():
            now = time.monotonic()
            if self._intake.messages != heard or self._intake.is_held or not self._is_trading():
                heard, self._heard_at = self._intake.messages, now
            elif now - self._heard_at > SILENCE_SECONDS and self._count():
                self.counters["silences"] += 1
                return f"silent for {SILENCE_SECONDS:g} s"
            try:
                async with asyncio.timeout(_LOOK_EVERY):
                    await socket.gone.wait()
            except TimeoutError:
                continue
        if socket.error is not None:
            raise socket.error
        return "closed by the server"

    def _subscribe(self, socket: "_Socket", wanted: dict[Mode, list[Instrument]]) -> None:
        for mode, instruments in wanted.items():
            for message in subscribe_messages(mode, [each.key for each in instruments]):
                socket.say(message)

    def _refused(self, status: int) -> float:
        self.counters[f"handshake_{status}"] += 1
        if status == _TOO_MANY_REQUESTS:
            return self._failed(f"HTTP {status}", at_least=_BUSY_WAIT_SECONDS)
        if status in _REFUSED:
            raise ConfigError(
                f"the feed {self._place} refuses DHAN_CLIENT_ID and DHAN_ACCESS_TOKEN "
                f"(HTTP {status}); make a new token on web.dhan.co and set it"
            )
        return self._failed(f"HTTP {status}")

    def _ended(self, why: str) -> float:
        """Act as the reason says; return the seconds to wait."""
        if self._reason is None:
            return self._failed(why)
        reason = reason_of(self._reason)
        self._same_reason = self._same_reason + 1 if reason.code == self._last_reason else 1
        self._last_reason = reason.code
        # The token is read once, at start: a new one comes with a new start of the worker.
        tokens = (Policy.NEW_TOKEN, Policy.NEW_TOKEN_ONCE)
        spent = reason.policy in tokens and self._same_reason >= _SAME_REASON_LIMIT
        if reason.policy is Policy.FATAL or spent:
            raise ConfigError(
                f"the feed {self._place} refuses us: {reason.meaning} ({reason.code}); check "
                "DHAN_CLIENT_ID, DHAN_ACCESS_TOKEN and the account's data plan"
            )
        wait = CROWDED_WAIT_SECONDS if reason.policy is Policy.WAIT else 0.0
        return self._failed(f"{reason.meaning} ({reason.code})", at_least=wait)

    def _failed(self, why: str, at_least: float = 0.0) -> float:
        seconds = self._backoff.next(at_least)
        _log.warning("feed lost (%s), next try in %.1f s", why, seconds)
        return seconds

    def _count(self) -> int:
        return sum(len(instruments) for instruments in self._wanted.values())

    def _pause(self, paused: bool) -> None:  # noqa: FBT001 - the shape of the callback.
        if self._socket is not None:
            self._socket.pause(paused=paused)


def mode_of(instrument: Instrument) -> Mode:
    """Return how much is wanted of an instrument: depth and volume, where there are any."""
    return Mode.TICKER if instrument.kind is InstrumentKind.INDEX else Mode.FULL


class _Socket(WSListener):
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
