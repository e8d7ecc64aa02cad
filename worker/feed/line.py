"""One of the feed's sockets, kept alive: what is wanted of it, how it ends, when it is back.

In:  its instruments; the account; whether data are to be expected now.
Out: messages handed to the intake; word to the feed of its end, its silence and its return.
Next: `worker/feed/feed_socket.py`, each socket; `worker/feed/reconnect.py`, what follows on an end.

A socket that ends is opened again: at once or later, as the reason says, each time later than the
time before, and never at the same moment as another. A socket that is silent while the market
trades is closed. What was subscribed is subscribed again.
"""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import urlencode

from picows import WSError, WSInvalidStatusError
from picows import ws_connect as connect

from core.candle import InstrumentKey
from core.errors import ConfigError
from core.instrument import Instrument
from core.intake import Intake
from worker.broker.tokens import Another, Tokens
from worker.feed.feed_socket import FeedSocket
from worker.feed.gate import Gate
from worker.feed.reconnect import Following, Reconnect
from worker.feed.subscriptions import FeedSubscriptions

STEADY_SECONDS: Final = 5.0
"""A socket that lasted so long has worked; one that ends earlier makes the next wait longer."""
_DOUBT_SHARE: Final = 0.2  # Of that silence: from then on nobody knows yet.
_LOOK_EVERY: Final = 0.25
_HANDSHAKE_SECONDS: Final = 5.0

_log: Final = logging.getLogger(__name__)


class Account(NamedTuple):
    """Where the feed is, and as whom we listen."""

    url: str
    client_id: str
    tokens: Tokens

    def address(self, token: str) -> str:
        """Return the address with the token in it; never log it."""
        query = {"version": "2", "token": token, "clientId": self.client_id, "authType": "2"}
        return f"{self.url}?{urlencode(query)}"


class Watcher(Protocol):
    """Who is told what becomes of a socket."""

    def lost(self, line: "FeedLine", silent_seconds: float) -> None:
        """Learn that it ended, so many seconds after it was heard last."""
        ...

    def back(self, line: "FeedLine") -> None:
        """Learn that it is there and everything is subscribed."""
        ...

    def doubts(self) -> None:
        """Learn that it has fallen silent, or speaks again."""
        ...


class FeedLine:
    """One socket after the other.

    Parameters
    ----------
    number
        Names it, from 0.
    account, intake, gate
        Where it connects, where messages go, when it may connect.
    is_trading
        Answers whether data are to be expected now.
    wanted
        What it is to carry.
    watcher
        Is told.

    Attributes
    ----------
    counters
        Attempts, ends by reason, silences.
    is_silent
        Whether nobody knows if it still lives.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the one caller has these at hand.
        self,
        number: int,
        account: Account,
        intake: Intake,
        gate: Gate,
        is_trading: Callable[[], bool],
        wanted: FeedSubscriptions,
        watcher: Watcher,
    ) -> None:
        self.number: Final = number
        self._account: Final = account
        self._intake: Final = intake
        self._gate: Final = gate
        self._is_trading: Final = is_trading
        self._wanted: Final = wanted
        self._watcher: Final = watcher
        self._socket: FeedSocket | None = None
        self._reconnect: Final = Reconnect(account.url)
        self._heard_at = time.monotonic()
        self._awake: Final = asyncio.Event()
        self.counters: Final[Counter[str]] = Counter()
        self.is_silent = False

    @property
    def instruments(self) -> Mapping[InstrumentKey, Instrument]:
        """What is wanted of it."""
        return self._wanted.instruments

    @property
    def is_up(self) -> bool:
        """Whether everything is subscribed at a socket now."""
        return self._socket is not None

    @property
    def age_seconds(self) -> float:
        """Seconds since the last message."""
        return time.monotonic() - self._heard_at

    def want(self, instruments: Iterable[Instrument]) -> None:
        """Subscribe, now if there is a socket and at every reconnect."""
        self._wanted.add(instruments, self._socket)

    def drop(self, instruments: Iterable[Instrument]) -> None:
        """Unsubscribe; what is still on its way is not routed."""
        self._wanted.remove(instruments, self._socket)

    def wake(self) -> None:
        """Connect now, if there is no socket: what was in the way may be gone."""
        self._awake.set()

    def pause(self, *, paused: bool) -> None:
        """Stop reading, or go on."""
        if self._socket is not None:
            self._socket.pause(paused=paused)

    def figures(self) -> dict[str, Any]:
        """Return what an operator wants to see of it."""
        return {
            "number": self.number,
            "is_up": self.is_up,
            "instruments": len(self.instruments),
            "age_seconds": round(self.age_seconds, 3),
            "messages": 0 if self._socket is None else self._socket.messages,
            **self.counters,
        }

    async def run(self) -> None:
        """Keep a socket open until cancelled.

        Raises
        ------
        ConfigError
            If Dhan refuses the account, and trying again would end the same way.
        """
        try:
            while True:
                pause = await self._one_socket()
                self._awake.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._awake.wait()
        finally:
            if self._socket is not None:
                self._socket.leave()

    async def _one_socket(self) -> float:
        """Live through one socket; return the seconds to wait before the next."""
        socket = FeedSocket(self._intake)
        async with self._gate.turn():
            self.counters["attempts"] += 1
            token = self._account.tokens.text
            following = await self._connect(socket, token)
        if following is None:
            following = await self._use(socket)
        if following.whole_account:
            self._gate.rest(following.seconds)
        if following.asks_token:
            found = await self._account.tokens.another(token)
            if found is Another.THERE:
                return 0.0
            if found is Another.NOT_NEEDED and following.refusal:
                raise ConfigError(following.refusal)
        return following.seconds

    async def _connect(self, socket: FeedSocket, token: str) -> Following | None:
        """Return what follows if it could not be opened."""
        try:
            await connect(
                lambda: socket,
                self._account.address(token),
                websocket_handshake_timeout=_HANDSHAKE_SECONDS,
                enable_auto_pong=True,
                max_redirects=0,
            )
        except WSInvalidStatusError as error:
            status = 0 if error.response is None else int(error.response.status)
            self.counters[f"handshake_{status}"] += 1
            return self._reconnect.refused(status)
        except (WSError, OSError, TimeoutError) as error:
            self.counters["failed_attempts"] += 1
            return self._reconnect.failed(type(error).__name__)
        return None

    async def _use(self, socket: FeedSocket) -> Following:
        """Subscribe and read until the socket ends; return what follows."""
        began = self._heard_at = time.monotonic()
        self._socket = socket
        self._wanted.begin(socket)
        self._watcher.back(self)
        facts = {"socket": self.number, "instruments": len(self.instruments)}
        _log.info("feed connected", extra={"facts": facts})
        try:
            why = await self._watch(socket)
        finally:
            self._socket = None
            self.is_silent = False
            socket.leave()
            self._watcher.lost(self, self.age_seconds)
        if socket.messages and time.monotonic() - began >= STEADY_SECONDS:
            self._reconnect.worked()
        if socket.reason is not None:
            self.counters[f"reason_{socket.reason}"] += 1
            return self._reconnect.told(socket.reason)
        return self._reconnect.ended(why, socket.messages)

    async def _watch(self, socket: FeedSocket) -> str:
        """Return why the socket ended, or was given up for its silence."""
        heard = -1
        while not socket.is_over and socket.reason is None:
            now, limit = time.monotonic(), self._wanted.silence_seconds()
            if socket.messages != heard or self._intake.is_held or not self._is_trading():
                heard, self._heard_at = socket.messages, now
            elif now - self._heard_at > limit and self.instruments:
                self.counters["silences"] += 1
                return f"silent for {limit:g} s"
            if self.is_silent is not (now - self._heard_at > limit * _DOUBT_SHARE):
                self.is_silent = not self.is_silent
                self._watcher.doubts()
            try:
                async with asyncio.timeout(_LOOK_EVERY):
                    await socket.gone.wait()
            except TimeoutError:
                continue
        if socket.error is not None:
            raise socket.error
        return "closed by the server"
