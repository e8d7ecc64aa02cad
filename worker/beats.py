"""Signs of life: heartbeats, metrics, the market's clock, last prices.

In:  the parts of the worker, looked at now and then.
Out: events, of which (but for metrics) only the newest matters.
Next: `worker/store.py`.
"""

import asyncio
import os
import time
from decimal import Decimal
from typing import Any, Final

import psutil

from core.candle import InstrumentKey
from core.rows import iso_time, key_text
from core.session import NS_PER_MINUTE
from worker.chains import Chains
from worker.deltas import Deltas
from worker.deployment import Deployment
from worker.feed import Feed
from worker.intake import Route
from worker.market import Market
from worker.settings import FEED, Settings
from worker.store import Store
from worker.supervisor import Supervisor

HEARTBEAT_SECONDS: Final = 5.0
_CLOCK_SECONDS: Final = 0.25
_PRICES_SECONDS: Final = 1.0
_HUNDRED: Final = 100


class Beats:
    """Report what is going on.

    Parameters
    ----------
    settings, market, feed, store, supervisor, chains, deltas
        What is looked at.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - one per part.
        self,
        settings: Settings,
        market: Market,
        feed: Feed,
        store: Store,
        supervisor: Supervisor,
        chains: Chains,
        deltas: Deltas,
    ) -> None:
        self._settings: Final = settings
        self._market: Final = market
        self._feed: Final = feed
        self._store: Final = store
        self._supervisor: Final = supervisor
        self._chains: Final = chains
        self._deltas: Final = deltas
        self._telling: Final[set[asyncio.Task[None]]] = set()
        self._processes: Final[dict[int, psutil.Process]] = {}
        self._told: Final[dict[Route, int]] = {}
        self._minute = 0
        self._last_ticks = 0
        self._last_beat = time.monotonic()
        self._started = iso_time(time.time_ns())
        market.on_fill = self._on_fill

    async def tick_clock(self) -> None:
        """Move market time on with the wall clock, and have metrics at each market minute."""
        while True:
            self._market.advance()
            minute = self._market.now_ns // NS_PER_MINUTE
            if minute > self._minute:
                self._minute = minute
                for deployment in self._supervisor.deployments:
                    deployment.check_cpu(minute)
                self._metrics()
            await asyncio.sleep(_CLOCK_SECONDS)

    async def tell_prices(self) -> None:
        """Report the clock and what has traded, once a second."""
        while True:
            self.tell_market()
            await asyncio.sleep(_PRICES_SECONDS)

    async def beat(self) -> None:
        """Report that we live, every five seconds."""
        while True:
            self.heartbeat()
            await asyncio.sleep(HEARTBEAT_SECONDS)

    def tell_market(self) -> None:
        """Report market time and changed prices now."""
        market = self._market
        if market.now_ns:
            row = {
                "market_time": iso_time(market.now_ns),
                "source": "FEED" if self._settings.market_clock == FEED else "WALL",
                "speed": self._settings.market_speed,
                "simulated": self._settings.market_clock == FEED,
            }
            market.put_newest("market_clock", "market_clock", row)
        for route in market.intake.routes:
            if route.time_ns > self._told.get(route, 0):
                self._told[route] = route.time_ns
                self._tell_price(route)

    def heartbeat(self) -> None:
        """Report the supervisor and every strategy process now."""
        now = time.monotonic()
        intake = self._market.intake
        rate = (intake.ticks - self._last_ticks) / max(now - self._last_beat, 1e-3)
        self._last_ticks, self._last_beat = intake.ticks, now
        figures = {**self.figures(), "ticks_per_second": round(rate)}
        self._send_beat("supervisor", os.getpid(), {"started_at": self._started}, figures)
        for deployment in self._supervisor.deployments:
            if deployment.pid is not None:
                figures = {"restarts": deployment.restarts, **deployment.pressure()}
                status = {"status": str(deployment.status)}
                self._send_beat(deployment.id, deployment.pid, status, figures, deployment)

    def figures(self) -> dict[str, Any]:
        """Return all counters."""
        intake, market = self._market.intake, self._market
        return {
            "ticks": intake.ticks,
            "messages": intake.messages,
            "dropped": intake.dropped,
            "queued": intake.queued,
            "pauses": intake.pauses,
            "malformed": intake.wire.malformed,
            "unknown_packets": intake.wire.unknown,
            "odd": dict(intake.odd),
            "engine": market.engine.counters(),
            "effects": dict(market.counts),
            "feed": dict(self._feed.counters),
            "sockets": self._feed.figures(),
            "token": self._feed.token_figures(),
            "gaps": dict(market.gap_counts),
            "decisions": market.notes.decided.figures(),
            "recording": market.notes.figures(),
            "store": dict(self._store.counters),
            "outbox": self._store.waiting,
            "journal": self._store.figures(),
            "rounds": market.rounds.number,
            **market.rounds.backlog.times.figures(),
            "options": self._chains.count,
            "chains": dict(self._chains.counters),
            "deltas": dict(self._deltas.counters),
            "restarts": sum(each.restarts for each in self._supervisor.deployments),
        }

    def _send_beat(
        self,
        process: str,
        pid: int,
        more: dict[str, Any],
        figures: dict[str, Any],
        deployment: Deployment | None = None,
    ) -> None:
        now_ns = self._market.now_ns
        row = {
            "process": process,
            "status": "running",
            "pid": pid,
            "feed_age_seconds": round(self._feed.age_seconds, 3),
            "market_time": iso_time(now_ns) if now_ns else None,
            "figures": figures,
            **self._load(pid),
            **more,
        }
        owner = None if deployment is None else deployment.owner
        self._market.put_newest(f"heartbeat {process}", "heartbeat", row, owner)

    def _load(self, pid: int) -> dict[str, Any]:
        """Return CPU and memory of a process; nothing when it has just ended."""
        try:
            process = self._processes.get(pid) or psutil.Process(pid)
            self._processes[pid] = process
            return {
                "cpu_percent": round(process.cpu_percent(), 1),
                "memory_bytes": process.memory_info().rss,
            }
        except psutil.Error:
            self._processes.pop(pid, None)
            return {}

    def _on_fill(self, instrument: InstrumentKey) -> None:
        """Report the price beside the fill: who ends the day of a dead worker needs one."""
        for route in self._market.intake.routes:
            if route.instrument.key == instrument:
                self._tell_price(route)

    def _tell_price(self, route: Route) -> None:
        price = self._market.engine.last_price(route.slot)
        if price is None:
            return
        key = key_text(route.instrument.key)
        row = {
            "instrument_key": key,
            "symbol": route.instrument.symbol,
            "price": str(price),
            "traded_at": iso_time(route.time_ns),
            "volume": route.volume,
            "open_interest": route.open_interest if route.open_interest > 0 else None,
            "previous_close": None if route.previous_close is None else str(route.previous_close),
        }
        self._market.put_newest(f"price {key}", "last_price", row)

    def _metrics(self) -> None:
        """Store the figures of every config that has been deployed."""
        at = iso_time(self._minute * NS_PER_MINUTE)
        for deployment in self._supervisor.deployments:
            if deployment.is_deployed:
                # A task each: the clock does not wait for a strategy to think of its figures.
                telling = asyncio.create_task(self._tell_metrics(deployment, at))
                self._telling.add(telling)
                telling.add_done_callback(self._telling.discard)

    async def _tell_metrics(self, deployment: Deployment, at: str) -> None:
        account = self._market.engine.account(deployment.id)
        own = await deployment.own_figures()
        decided = account.wins + account.losses
        row = {
            "timestamp": at,
            "pnl": str(account.realised_today),
            "positions_count": account.open_trades,
            "orders_count": account.orders,
            "success_rate": (
                str(round(Decimal(_HUNDRED * account.wins) / decided, 2)) if decided else None
            ),
            "metrics_json": {
                "realised": str(account.realised),
                "charges": str(account.charges),
                "trades": account.trades,
                "wins": account.wins,
                "losses": account.losses,
                "own": own,
            },
        }
        self._market.put_own("metric", row, deployment.owner)
