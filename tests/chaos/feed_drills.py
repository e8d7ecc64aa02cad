"""Faults of the feed, one after the other, on many feeds at once: how soon they are over.

In:  a simulator in a process of its own, with an account for each feed.
Out: for each fault how long until it was noticed and until every instrument ticked again; for each
     reason of a disconnect what followed; how often was connected.
Next: `tests/chaos/feed.py`, which writes it down; `tests/chaos/test_feed_drills.py`.

Each feed is the worker's own, with two sockets, token keeper and engine, but without a database.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from adapters.secrets import SecretSealer
from core.brokers.dhan.disconnect import ReasonCode
from core.brokers.dhan.wire import Fields, PacketKind
from core.engine import Engine
from core.errors import ConfigError
from core.instrument import Instrument
from core.intake import Intake
from core.session import load_calendar
from tests.worker.running import RunningSimulator
from worker.broker.dhan import Dhan
from worker.broker.token_file import TokenFile
from worker.broker.token_keeper import TokenKeeper
from worker.broker.token_login import Login
from worker.broker.token_maker import LOGIN_SECONDS, TokenMaker
from worker.broker.tokens import Credentials
from worker.feed.feed import Feed
from worker.feed.line import STEADY_SECONDS, Account
from worker.feed.subscriptions import Pulse
from worker.market.symbols import read_master

SYMBOLS: Final = ("NIFTY", "NIFTY-FUT", "BANKNIFTY-FUT")
SOCKETS: Final = 2
NOTICED_WITHIN: Final = 5.0
BACK_WITHIN: Final = 10.0
_PATIENCE: Final = 60.0
_UNTIL_NOTICED: Final = 60.0
"""How long a silence lasts if nobody notices it; it is ended at once when it was noticed."""
_PAUSE: Final = STEADY_SECONDS + 0.5

LOSING: Final[dict[str, tuple[dict[str, Any], ...]]] = {
    "bare reset": ({"kind": "reset"},),
    "stall": ({"kind": "stall", "seconds": _UNTIL_NOTICED},),
    "silence, pings answered": ({"kind": "silence", "seconds": _UNTIL_NOTICED},),
    "disconnect 800": ({"kind": "disconnect", "code": 800},),
    "disconnect 807, token alive": ({"kind": "disconnect", "code": 807},),
    "token expired": ({"kind": "token_expiry"},),
    "HTTP 429 at handshake": ({"kind": "handshake_429", "count": 1}, {"kind": "reset"}),
}
"""Faults that end sockets, each with what it is made of."""
HARMLESS: Final[dict[str, dict[str, Any]]] = {
    "stacked packets": {"kind": "stacked", "seconds": 2},
    "truncated packets": {"kind": "truncated", "count": 5},
    "unknown packets": {"kind": "unknown", "count": 5},
    "text messages": {"kind": "text", "count": 5},
}
"""Faults that cost no socket and no tick."""


@dataclass
class Seen:
    """What came of the faults of one kind.

    Attributes
    ----------
    noticed
        Seconds from the last message before a fault to the loss of each socket.
    back
        Seconds from that message until every instrument of both sockets had ticked again.
    """

    noticed: list[float] = field(default_factory=list)
    back: list[float] = field(default_factory=list)

    def add(self, other: "Seen") -> None:
        """Put another's beside ours."""
        self.noticed += other.noticed
        self.back += other.back


class Desk:
    """One account with its feed."""

    def __init__(self, simulator: RunningSimulator, row: dict[str, Any], folder: Path) -> None:
        self._simulator = simulator
        self.client_id = str(row["client_id"])
        self._ahead = 0.0
        given = simulator.environment
        self._login = Login(
            given["DHAN_API_URL"],
            given["DHAN_AUTH_URL"],
            self.client_id,
            Credentials(row["pin"], row["totp_secret"]),
        )
        file = TokenFile(folder / self.client_id, SecretSealer({"x": bytes(32)}), self.client_id)
        self.keeper = TokenKeeper(
            TokenMaker(self._login, file, self._now), row["access_token"], self._now
        )
        self._engine = Engine(UUID(int=1), load_calendar())
        self.intake = Intake(self._engine, lambda _: None, self._control, lambda _: 1 << 62)
        self.feed: Feed
        self.losses = self.returns = 0
        self._messages = 0
        self._heard_at = time.monotonic()
        self._lost_from: float | None = None
        self._silences: list[float] = []
        self._running: asyncio.Task[None]

    async def open(self, instruments: Sequence[Instrument]) -> None:
        """Listen."""
        await self.keeper.begin()
        for each in instruments:
            self.intake.route(each, self._engine.watch(each))
        await self.listen(instruments)

    async def listen(self, instruments: Sequence[Instrument]) -> None:
        """Begin a feed and wait until everything ticks."""
        account = Account(self._simulator.environment["DHAN_FEED_URL"], self.client_id, self.keeper)
        pulse = Pulse(instruments[0], lambda: True)
        self.feed = Feed(account, self.intake, lambda: True, pulse=pulse, per_socket=2)
        self.feed.on_lost = self._lost
        self.feed.on_back = self._back
        self.losses = self.returns = 0
        self.feed.want(instruments)
        self._running = asyncio.create_task(self.feed.run())
        await self._until("all to tick", self._ticks_after(SOCKETS))

    async def close(self) -> None:
        """Listen no more."""
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)
        await self._login.__aexit__(None, None, None)

    async def fault(self, *faults: dict[str, Any]) -> None:
        """Have something go wrong for this account."""
        for each in faults:
            body = {**each, "client": self.client_id}
            await asyncio.to_thread(self._simulator.control, "faults", **body)

    async def lose(self, *faults: dict[str, Any]) -> Seen:
        """Lose all sockets by a fault; return what came of it."""
        await asyncio.sleep(_PAUSE)  # A socket that ends sooner makes the next wait longer.
        self._ahead += LOGIN_SECONDS + 1
        await self._until("all sockets", lambda: all(each["is_up"] for each in self.feed.figures()))
        losses, returns = self.losses + SOCKETS, self.returns + SOCKETS
        await self._until("a tick", self._ticks_after(0))
        self._lost_from = None
        await self.fault(*faults)
        await self._until("the loss", lambda: self.losses >= losses)
        noticed = self._silences[-SOCKETS:]
        if any("seconds" in each for each in faults):
            await asyncio.to_thread(self._simulator.clear_faults, self.client_id)
        await self._until("all to tick", self._ticks_after(returns))
        return Seen(noticed, [time.monotonic() - (self._lost_from or 0.0)])

    async def bear(self, fault: dict[str, Any]) -> None:
        """Have something go wrong that must cost nothing."""
        losses = self.losses
        await self.fault(fault)
        await self._until("all to tick", self._ticks_after(0))
        await asyncio.sleep(fault.get("seconds", 0.5))
        if self.losses != losses:
            raise AssertionError(f"{fault} cost a socket")

    async def ended(self) -> str:
        """Wait until the feed ends by itself; return why."""
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._running
        except ConfigError as error:
            return str(error)
        raise AssertionError("the feed ended without a reason")

    def _now(self) -> float:
        return time.time() + self._ahead

    def _lost(self, *_: object) -> None:
        self.losses += 1
        if self._lost_from is None:
            self._lost_from = self._heard_at
        self._silences.append(time.monotonic() - self._lost_from)

    def _back(self, *_: object) -> None:
        self.returns += 1

    def _control(self, fields: Fields) -> None:
        if fields[0] == PacketKind.DISCONNECT:
            self.feed.told_to_go(fields[4])

    def _times(self) -> dict[int, int]:
        return {route.slot: route.time_ns for route in self.intake.routes}

    def _ticks_after(self, returns: int) -> Callable[[], bool]:
        """Return what tells whether all sockets are back and every instrument has ticked since."""
        since: dict[int, int] = {}

        def look() -> bool:
            if self.returns < returns:
                return False
            if not since:
                since.update(self._times())
                return False
            return all(route.time_ns > since[route.slot] for route in self.intake.routes)

        return look

    async def _until(self, what: str, look: Callable[[], bool]) -> None:
        until = time.monotonic() + _PATIENCE + 60
        while not look():
            if self._running.done():
                await self._running
            if self.intake.messages != self._messages:
                self._messages, self._heard_at = self.intake.messages, time.monotonic()
            if time.monotonic() > until:
                raise AssertionError(f"client {self.client_id} waited in vain for {what}")
            await asyncio.sleep(0.01)


@asynccontextmanager
async def desks(
    simulator: RunningSimulator, folder: Path, count: int
) -> AsyncIterator[tuple[list[Desk], list[Instrument]]]:
    """Yield so many accounts with a feed each."""
    rows: Any = simulator.control("accounts")
    given = simulator.environment
    master = folder / "instruments.csv"
    async with Dhan(given["DHAN_API_URL"], given["DHAN_MASTER_URL"], "1", "none") as dhan:
        await dhan.download_master(master)
    symbols = read_master(master)
    day = datetime.fromisoformat(simulator.control("clock")["now"]).date()
    instruments = [symbols.find(each, day) for each in SYMBOLS]
    opened = [Desk(simulator, row, folder) for row in rows[:count]]
    await asyncio.gather(*(desk.open(instruments) for desk in opened))
    try:
        yield opened, instruments
    finally:
        await asyncio.gather(*(desk.close() for desk in opened))


async def losses(opened: Sequence[Desk], rounds: int) -> dict[str, Seen]:
    """Return what came of every fault that ends sockets, so many times at each account."""

    async def one(desk: Desk, shift: int) -> dict[str, Seen]:
        kinds = list(LOSING)
        found = {kind: Seen() for kind in kinds}
        for number in range(rounds * len(kinds)):
            kind = kinds[(number + shift) % len(kinds)]
            found[kind].add(await desk.lose(*LOSING[kind]))
        return found

    total = {kind: Seen() for kind in LOSING}
    for found in await asyncio.gather(*(one(desk, at) for at, desk in enumerate(opened))):
        for kind, seen in found.items():
            total[kind].add(seen)
    return total


async def nuisances(opened: Sequence[Desk]) -> Counter[str]:
    """Play what must cost nothing; return what was counted of it."""
    for fault in HARMLESS.values():
        await asyncio.gather(*(desk.bear(fault) for desk in opened))
    counted: Counter[str] = Counter()
    for desk in opened:
        wire = desk.intake.wire
        counted += Counter(malformed=wire.malformed, unknown=wire.unknown, **desk.intake.odd)
    return counted


async def reasons(
    opened: Sequence[Desk], instruments: Sequence[Instrument], codes: Sequence[int]
) -> dict[int, str]:
    """Return what follows on each reason of a disconnect, one account for each."""

    async def one(desk: Desk, code: int) -> str:
        fault = {"kind": "disconnect", "code": code}
        try:
            seen = await desk.lose(fault)
        except ConfigError as error:
            sentence = str(error).partition("refuses us: ")[2]
            await desk.listen(instruments)
            return f"ends the worker: {sentence}"
        return f"ticks again after {seen.back[0]:.1f} s"

    found = await asyncio.gather(
        *(one(desk, code) for desk, code in zip(opened, codes, strict=False))
    )
    return dict(zip(codes, found, strict=True))


ALL_REASONS: Final = tuple(int(code) for code in ReasonCode)


def share(values: Sequence[float], part: float) -> float:
    """Return the value below which a part of all values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]
