"""A running simulator and plain clients for it, over real sockets."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import aiohttp
from websockets.asyncio.client import ClientConnection, connect

from core.brokers.dhan import subscription, wire
from core.instrument import Instrument
from core.session import load_calendar
from devstack.dhan.accounts import Account
from devstack.dhan.market_data import MarketData
from devstack.dhan.simulator import Options, Simulator
from devstack.dhan.tape import FrameTape, Tape
from tests.devstack.dhan.small_tape import INSTRUMENTS, small_tape

Fields = wire.Fields
PATIENCE_SECONDS = 10.0
GREETINGS = frozenset({wire.PacketKind.PREVIOUS_CLOSE, wire.PacketKind.MARKET_STATUS})


@asynccontextmanager
async def simulate(
    played: Tape | FrameTape | None = None, market: MarketData | None = None, **options: Any
) -> AsyncIterator[Simulator]:
    """Run a simulator that stands still at the opening unless `options` say otherwise."""
    played = small_tape() if played is None else played
    tape = played.state if isinstance(played, FrameTape) else played
    chosen = replace(Options(hold=True, rate_limits=False), **options)
    async with Simulator(played, market or MarketData(tape, load_calendar()), chosen) as simulator:
        yield simulator


class FeedClient:
    """One socket on the feed."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.counters = wire.WireCounters()
        self._waiting: list[Fields] = []

    async def subscribe(
        self,
        mode: subscription.Mode = subscription.Mode.FULL,
        instruments: Sequence[Instrument] = INSTRUMENTS,
    ) -> None:
        """Subscribe and swallow the previous closes that answer it."""
        for text in subscription.subscribe_messages(mode, [i.key for i in instruments]):
            await self.socket.send(text)
        for _ in instruments:
            (packet,) = await self.message()
            assert packet[0] == wire.PacketKind.PREVIOUS_CLOSE

    async def unsubscribe(self, mode: subscription.Mode, instruments: Sequence[Instrument]) -> None:
        for text in subscription.unsubscribe_messages(mode, [i.key for i in instruments]):
            await self.socket.send(text)

    async def message(self) -> list[Fields]:
        """Return the packets of the next binary message."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            raw = await self.socket.recv()
        assert isinstance(raw, bytes)
        return wire.decode(raw, self.counters)

    async def packets(self, count: int) -> list[Fields]:
        """Return the next packets, but for greetings."""
        while len(self._waiting) < count:
            self._waiting += [p for p in await self.message() if p[0] not in GREETINGS]
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        return taken

    async def ended(self) -> list[Fields]:
        """Read until the server ends the connection; return every packet before that."""
        found: list[Fields] = []
        async with asyncio.timeout(PATIENCE_SECONDS):
            async for raw in self.socket:
                assert isinstance(raw, bytes)
                found += wire.decode(raw, self.counters)
        return found


def feed_url(simulator: Simulator, account: Account | None = None, token: str | None = None) -> str:
    """Return the address of the feed with its query."""
    account = account or simulator.accounts.all[0]
    base = f"ws://127.0.0.1:{simulator.port_feed}"
    chosen = account.token.text if token is None else token
    return f"{base}?version=2&token={chosen}&clientId={account.client_id}&authType=2"


@asynccontextmanager
async def feed_client(
    simulator: Simulator, account: Account | None = None, **options: Any
) -> AsyncIterator[FeedClient]:
    """Connect to the feed; no pings of its own, so that only the server's count."""
    url = feed_url(simulator, account)
    async with connect(url, ping_interval=None, close_timeout=1, **options) as socket:
        yield FeedClient(socket)


class Api:
    """REST and control endpoint of a simulator."""

    def __init__(self, simulator: Simulator, session: aiohttp.ClientSession) -> None:
        self.simulator = simulator
        self.session = session
        self.base = f"http://127.0.0.1:{simulator.port_rest}"

    @property
    def headers(self) -> dict[str, str]:
        account = self.simulator.accounts.all[0]
        return {"access-token": account.token.text, "client-id": account.client_id}

    async def call(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """Return status and parsed JSON (or text) of one call."""
        async with self.session.request(
            method,
            self.base + path,
            json=body,
            headers=self.headers if headers is None else headers,
        ) as response:
            is_json = response.content_type == "application/json"
            return response.status, await (response.json() if is_json else response.text())

    async def fault(self, **fault: object) -> dict[str, Any]:
        """Order a fault."""
        status, answer = await self.call("POST", "/_control/faults", fault)
        assert status == 200, answer
        found: dict[str, Any] = answer
        return found

    async def clock(self, **change: object) -> dict[str, Any]:
        """Change the clock."""
        status, answer = await self.call("POST", "/_control/clock", change)
        assert status == 200, answer
        found: dict[str, Any] = answer
        return found

    async def state(self) -> dict[str, Any]:
        """Return everything that was counted."""
        _, answer = await self.call("GET", "/_control/state")
        found: dict[str, Any] = answer
        return found


@asynccontextmanager
async def api(simulator: Simulator) -> AsyncIterator[Api]:
    """Talk to the REST side."""
    async with aiohttp.ClientSession() as session:
        yield Api(simulator, session)


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, with a deadline."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not condition():  # noqa: ASYNC110 - what is waited for knows no events
            await asyncio.sleep(0.005)
