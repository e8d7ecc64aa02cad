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

from picows import WSError, WSInvalidStatusError
from picows import ws_connect as connect

from core.brokers.dhan.subscription import (
    INSTRUMENTS_PER_CONNECTION,
    Mode,
    subscribe_messages,
    unsubscribe_messages,
)
from core.errors import FeedError
from core.instrument import Instrument, InstrumentKind
from worker.feed_socket import FeedSocket
from worker.intake import Intake
from worker.reconnect import Reconnect

SILENCE_SECONDS: Final = 5.0
"""A feed that says nothing for so long while the market trades is dead."""
DOUBT_SECONDS: Final = 1.0
"""Of one that says nothing for so long nobody knows yet."""

_LOOK_EVERY: Final = 0.25
_HANDSHAKE_SECONDS: Final = 10.0

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
        self._socket: FeedSocket | None = None
        self._reconnect: Final = Reconnect(url)
        self._reason: int | None = None
        self._heard_at = time.monotonic()
        self.on_lost: Callable[[float], None] = _nobody
        """Called with the seconds since the last message when a socket has ended."""
        self.on_back: Callable[[], None] = _nobody
        """Called when everything is subscribed at a new socket."""
        self.on_doubt: Callable[[bool], None] = _nobody
        """Called when the feed falls silent, and when it speaks again."""
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

    def drop(self, instruments: Iterable[Instrument]) -> None:
        """Unsubscribe from instruments; what is still on its way of them is not routed."""
        old: dict[Mode, list[Instrument]] = {}
        for instrument in instruments:
            mode = mode_of(instrument)
            if instrument in self._wanted.get(mode, []):
                self._wanted[mode].remove(instrument)
                old.setdefault(mode, []).append(instrument)
        if self._socket is not None:
            for mode, gone in old.items():
                for message in unsubscribe_messages(mode, [each.key for each in gone]):
                    self._socket.say(message)

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
        socket = FeedSocket(self._intake)
        try:
            await connect(
                lambda: socket,
                self._url,
                websocket_handshake_timeout=_HANDSHAKE_SECONDS,
                enable_auto_pong=True,
                max_redirects=0,
            )
        except WSInvalidStatusError as error:
            status = 0 if error.response is None else int(error.response.status)
            self.counters[f"handshake_{status}"] += 1
            return self._reconnect.refused(status)
        except (WSError, OSError, TimeoutError) as error:
            return self._reconnect.failed(type(error).__name__)
        before = self._intake.messages
        why = await self._use(socket)
        if self._reason is not None:
            return self._reconnect.told(self._reason)
        if self._intake.messages > before:
            self._reconnect.worked()
        return self._reconnect.failed(why)

    async def _use(self, socket: FeedSocket) -> str:
        """Subscribe and read until the socket ends; return why it did."""
        self._heard_at = time.monotonic()
        self._reason = None
        self._socket = socket
        self._subscribe(socket, self._wanted)
        self.on_back()
        self.connected.set()
        _log.info("feed connected", extra={"facts": {"instruments": self._count()}})
        try:
            return await self._watch(socket)
        finally:
            self.connected.clear()
            self._socket = None
            socket.leave()
            self.on_lost(self.age_seconds)

    async def _watch(self, socket: FeedSocket) -> str:
        """Return why the socket ended, or was given up for its silence."""
        heard, is_doubtful = -1, False
        while not socket.gone.is_set():
            now = time.monotonic()
            if self._intake.messages != heard or self._intake.is_held or not self._is_trading():
                heard, self._heard_at = self._intake.messages, now
            elif now - self._heard_at > SILENCE_SECONDS and self._count():
                self.counters["silences"] += 1
                return f"silent for {SILENCE_SECONDS:g} s"
            if is_doubtful is not (now - self._heard_at > DOUBT_SECONDS):
                is_doubtful = not is_doubtful
                self.on_doubt(is_doubtful)
            try:
                async with asyncio.timeout(_LOOK_EVERY):
                    await socket.gone.wait()
            except TimeoutError:
                continue
        if socket.error is not None:
            raise socket.error
        return "closed by the server"

    def _subscribe(self, socket: FeedSocket, wanted: dict[Mode, list[Instrument]]) -> None:
        for mode, instruments in wanted.items():
            for message in subscribe_messages(mode, [each.key for each in instruments]):
                socket.say(message)

    def _count(self) -> int:
        return sum(len(instruments) for instruments in self._wanted.values())

    def _pause(self, paused: bool) -> None:  # noqa: FBT001 - the shape of the callback.
        if self._socket is not None:
            self._socket.pause(paused=paused)


def mode_of(instrument: Instrument) -> Mode:
    """Return how much is wanted of an instrument: depth and volume, where there are any."""
    return Mode.TICKER if instrument.kind is InstrumentKind.INDEX else Mode.FULL


def _nobody(*_: object) -> None:
    """Stand in for a listener until there is one."""
