"""How long a tick takes to become a decision, and a trade on somebody's screen.

In:  nothing; the embedded stack, a browser (supabase-js in Node) and ticks are made here.
Out: milliseconds on the screen: median, 99th percentile, worst; beside a plain insert's way.
Next: `worker/store/store.py`, `worker/configs/rounds.py`.

Run ``python bench/end_to_end.py``. Two measurements, both with the worker's own parts:

- Tick to decision: 20,000 ticks a second over 50 instruments, ten strategy processes from the
  fork server that want something on every candle. From the message that completes a candle to the
  decision about the signal it caused.
- Tick to browser: from the message whose price fills an order to the trade's event in a
  supabase-js client that listens to its private topic, and to `postgres_changes`. The peer is a
  bare row inserted over REST and heard by the same client: what the stack takes without us.
"""

import asyncio
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID, uuid4

sys.path.append(str(Path(__file__).resolve().parent.parent))

from core.brokers.dhan.border import LTT_OFFSET_SECONDS
from core.brokers.dhan.wire import FULL, LEVELS
from core.candle import Candle, InstrumentKey, Interval
from core.decision import Decision
from core.effects import Effects
from core.hearing import Heard
from core.instrument import Instrument, InstrumentKind, Segment
from core.risk_parameters import RiskParameters
from core.session import NS_PER_SECOND, load_calendar
from core.session import Market as Hours
from core.signals import Signal, SignalType
from core.strategy import StrategyConfig
from core.trade import Trade
from tests.e2e.browser import Browser, open_browser
from tests.evidence import core_is
from tests.stacks import RunningStack, running_stack
from worker.lease.lease import Lease
from worker.market.market import Market
from worker.processes.child import Child
from worker.processes.fork_server import ForkServer
from worker.processes.limits import Limits
from worker.processes.messages import Answer, Candles, Load, Loaded, Message, WarmUp
from worker.processes.pools import Pools
from worker.store.journal import Journal
from worker.store.store import Store
from worker.store.supabase import Supabase

INSTRUMENTS, STRATEGIES = 50, 10
TICKS_PER_SECOND = int(os.environ.get("TICKS", "20000"))
SECONDS = float(os.environ.get("SECONDS", "15"))
TRADES = int(os.environ.get("TRADES", "200"))
LAPS_PER_MARKET_SECOND = 2
DAY = date(2026, 11, 20)
DEMO = ("demo@tradebase.local", "tradebase-demo")
USER = "00000000-0000-4000-8000-000000000001"
PORTFOLIO = "00000000-0000-4000-8000-000000000002"
STRATEGY, CONFIG = (f"00000000-0000-4000-8000-0000000000{number}" for number in (11, 21))
NO_LIMITS = RiskParameters(cooldown_minutes=0, daily_loss_limit_pct=100.0, min_reward_risk=0.0)


def opening() -> int:
    """Return when the day opens, ns UTC."""
    session = load_calendar().session(DAY, Hours.CASH)
    if session is None:
        raise SystemExit(f"{DAY} is no session day")
    return session.open_ns


OPEN_NS = opening()


def packet(security_id: int, seconds: int, price: float, volume: int) -> bytes:
    """Return a full packet, so many market seconds after the opening."""
    ltt = OPEN_NS // NS_PER_SECOND + LTT_OFFSET_SECONDS + seconds
    trade = (price, 5, ltt, price, volume, 1000, 1000, 0, 0, 0, *([price] * 4))
    levels = LEVELS.pack(*(50_000, 50_000, 7, 3, price - 0.05, price + 0.05) * 5)
    return FULL.pack(8, 162, 1, security_id, *trade, levels)


def shares(count: int) -> list[Instrument]:
    """Return so many shares."""
    return [
        Instrument(Segment.NSE_EQ, 1 + at, f"SHARE{at}", InstrumentKind.EQUITY, 1, Decimal("0.05"))
        for at in range(count)
    ]


def config(config_id: str, instruments: Sequence[Instrument]) -> StrategyConfig:
    """Return a config that may trade as often as it likes."""
    return StrategyConfig(
        config_id,
        STRATEGY,
        USER,
        PORTFOLIO,
        "bench",
        tuple(each.key for each in instruments),
        (Interval.M1,),
        Decimal(1_000_000),
        NO_LIMITS,
    )


class Process:
    """A strategy process in the rounds."""

    def __init__(self, number: int, market: Market) -> None:
        self.id = str(UUID(int=number + 1))
        self._market = market
        self.loaded = asyncio.Event()

    async def start(self, server: ForkServer, own: StrategyConfig) -> None:
        """Start it with averages that cross all the time."""
        process = await Pools(server, Limits()).own(self.id)
        self.child = Child(process, self._heard, lambda _child, _reason: None, print)
        await self.child.start()
        settings = {"parameters": {"fast": 1, "slow": 2, "atr": 1}}
        self.child.send(Load("strategies.momentum", "Momentum", settings, own))
        await self.loaded.wait()
        self.child.send(WarmUp(()))

    def hear(self, number: int, heard: tuple[Heard, ...]) -> bool:
        """Hand over what a round brings."""
        self.child.send(Candles(number, heard))
        return True

    def is_late(self, number: int) -> None:
        """Say so: it would spoil the figures."""
        raise SystemExit(f"a strategy did not answer to round {number}")

    def _heard(self, _: Child, message: Message) -> None:
        if isinstance(message, Loaded):
            self.loaded.set()
        elif isinstance(message, Answer):
            self._market.rounds.answered(self, message.round, message.signals)


class Observed(Market):
    """A market that shows what happens in it.

    Attributes
    ----------
    look
        Called with effects before anything is done about them.
    """

    look: Callable[[Effects], None] = staticmethod(lambda _: None)

    def take_effects(self, effects: Effects) -> None:
        """Show, then go on."""
        self.look(effects)
        super().take_effects(effects)


class Waits(list[float]):
    """Measured waits in seconds."""

    def __str__(self) -> str:
        ordered = sorted(self)
        at99, at999 = (ordered[int(len(ordered) * part)] for part in (0.99, 0.999))
        return (
            f"p50 {statistics.median(ordered) * 1e3:7.2f}  p99 {at99 * 1e3:7.2f}  "
            f"p99.9 {at999 * 1e3:7.2f}  worst {ordered[-1] * 1e3:7.2f} ms  ({len(ordered):,} times)"
        )


async def tick_to_decision(server: ForkServer) -> Waits:
    """Return the waits from the message that completes a candle to the decision."""
    with TemporaryDirectory() as folder, closing(Journal(Path(folder) / "journal")) as journal:
        supabase = Supabase("http://127.0.0.1:9", "nobody")
        store = Store(supabase, Lease(supabase, "bench", "bench"), journal)
        return await decisions(server, store, UUID(int=1))


async def decisions(server: ForkServer, store: Store, run_id: UUID) -> Waits:
    """Play the ticks into a market with this store; return the waits until the decisions."""
    waits = Waits()
    began: dict[tuple[InstrumentKey, int], float] = {}
    clock = [OPEN_NS]

    def look(effects: Effects) -> None:
        now = time.perf_counter()
        for each in effects:
            if isinstance(each, Candle) and each.interval is Interval.M1:
                began[each.instrument, each.close_ns] = now
            elif isinstance(each, Decision):
                waits.append(now - began[each.signal.instrument, each.signal.candle_close_ns])

    # By the wall the market does not wait for the processes, as in production.
    market = Observed(run_id, load_calendar(), store, follows_feed=False, wall_ns=lambda: clock[0])
    market.look = look
    every = shares(INSTRUMENTS)
    for share in every:
        market.watch(share, has_derivatives=False)
    processes = [Process(number, market) for number in range(STRATEGIES)]
    for number, process in enumerate(processes):
        mine = every[number::STRATEGIES]
        own = config(process.id, mine)
        await process.start(server, own)
        market.engine.deploy(own)
        market.rounds.join(process, [each.key for each in mine], [Interval.M1])
    await play(market, every, clock)
    for process in processes:
        await process.child.stop()
    return waits


async def play(market: Market, every: Sequence[Instrument], clock: list[int]) -> None:
    """Play ticks at the wanted pace, a millisecond's worth at a time."""
    began, sent, total = time.perf_counter(), 0, int(TICKS_PER_SECOND * SECONDS)
    while sent < total:
        due = min(total, int((time.perf_counter() - began) * TICKS_PER_SECOND))
        for number in range(sent, due):
            lap, at = divmod(number, len(every))
            seconds = lap // LAPS_PER_MARKET_SECOND
            price = 1000.0 + (5.0 if (seconds // 60) % 2 else 0.0) + (lap % 7) * 0.05
            clock[0] = OPEN_NS + seconds * NS_PER_SECOND
            market.intake.limit_ns = clock[0] + NS_PER_SECOND
            market.intake.take(packet(every[at].security_id, seconds, price, lap + 1))
        sent = due
        await asyncio.sleep(0.001)


async def tick_to_browser(stack: RunningStack, browser: Browser) -> tuple[Waits, Waits]:
    """Return the waits from a tick to the topic's event, and to the table's change."""
    began: dict[str, float] = {}
    with TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / "journal")
        async with Supabase(stack.url, stack.secret_key) as supabase:
            lease = Lease(supabase, "main", "bench")
            await lease.acquire()
            keeping = asyncio.create_task(lease.keep())
            store = Store(supabase, lease, journal)
            writing = asyncio.create_task(store.run())
            market = Observed(uuid4(), load_calendar(), store, follows_feed=True)
            (share,) = shares(1)
            market.watch(share, has_derivatives=False)
            market.intake.take(packet(1, 0, 1000.0, 1))
            market.engine.deploy(config(CONFIG, [share]))
            for number in range(TRADES):
                await one_trade(market, share, number, began)
            await store.flush(20)
            await asyncio.sleep(1)
            for task in (writing, keeping):
                task.cancel()
            await asyncio.gather(writing, keeping, return_exceptions=True)
            if store.counters["failed"]:
                raise SystemExit(f"{store.counters['failed']} events were refused")
            await lease.release()
        journal.close()
    topic, table = Waits(), Waits()
    for heard in list(browser.heard):
        event = heard.event
        row = event.get("new") or event.get("payload", {}).get("row") or {}
        if row.get("status") == "OPEN" and row.get("id") in began:
            waits = table if heard.channel == "trades" else topic
            waits.append(heard.at - began[row["id"]])
    return topic, table


async def one_trade(
    market: Observed, share: Instrument, number: int, began: dict[str, float]
) -> None:
    """Enter and leave, half a market minute apart."""
    start = 10 + number * 60
    sent = [0.0]

    def look(effects: Effects) -> None:
        for each in effects:
            if isinstance(each, Trade):
                began.setdefault(each.id, sent[0])

    market.look = look
    for seconds, kind in ((start, SignalType.LONG), (start + 30, SignalType.EXIT)):
        stop, target = (990.0, 1020.0) if kind is SignalType.LONG else (None, None)
        signal = Signal(kind, share.key, market.now_ns, 1000.0, stop, target, 50, "bench", {})
        market.take_effects(market.engine.signal(CONFIG, signal, "bench"))
        sent[0] = time.time()
        market.intake.take(packet(1, seconds, 1000.0, 2 + seconds))
        await asyncio.sleep(0.04)


def bare_inserts(browser: Browser) -> Waits:
    """Return the waits from a row that the client inserts to its own change event."""
    began: dict[str, float] = {}
    for number in range(TRADES // 2):
        name = f"bench {number}"
        began[name] = time.time()
        browser.query("portfolios", ("insert", {"name": name, "initial_capital": 1000}))
    time.sleep(1)
    return Waits(
        heard.at - began[heard.event["new"]["name"]]
        for heard in list(browser.heard)
        if heard.channel == "portfolios" and heard.event["new"].get("name") in began
    )


def main() -> None:
    """Measure and print."""
    server = ForkServer()
    server.start()
    print(f"{platform.python_version()}, {os.cpu_count()} CPUs, core {core_is()}")
    print(f"tick to decision at {TICKS_PER_SECOND:,} ticks/s (wanted: p99 below 1 ms)")
    print(f"  {asyncio.run(tick_to_decision(server))}")
    with running_stack() as stack, open_browser(stack) as browser:
        user = browser.sign_in(*DEMO)
        browser.listen_to_topic(f"user:{user}")
        browser.listen_to_tables("trades", "portfolios")
        topic, table = asyncio.run(tick_to_browser(stack, browser))
        bare = bare_inserts(browser)
    print("tick to trade in a supabase-js client (wanted: p50 below 30 ms, p99 below 100 ms)")
    print(f"  private topic     {topic}")
    print(f"  postgres_changes  {table}")
    print(f"  a bare insert     {bare}")
    ratio = statistics.median(topic) / statistics.median(bare)
    print(f"  private topic / bare insert, medians  {ratio:.2f} x")


if __name__ == "__main__":
    main()
