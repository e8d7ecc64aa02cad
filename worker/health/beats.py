"""Signs of life: heartbeats, metrics, the market's clock, last prices.

In:  the parts of the worker, looked at now and then.
Out: events, of which (but for metrics) only the newest matters.
Next: `worker/health/figures.py`, where they are gathered; `worker/store/store.py`.
"""

import asyncio
import time
from typing import Any, Final

from core.candle import InstrumentKey
from core.rows import iso_time, key_text
from core.session import NS_PER_MINUTE, ist_date
from core.tick_gate import Route
from worker.configs.day_accounts import DayAccounts
from worker.configs.deployment import Deployment
from worker.health.figures import Figures, Report, money
from worker.market.market import Market
from worker.settings import FEED, Settings

HEARTBEAT_SECONDS: Final = 5.0
_CLOCK_SECONDS: Final = 0.25
_PRICES_SECONDS: Final = 1.0


class Beats:
    """Report what is going on.

    Parameters
    ----------
    settings
        Says whether the market is simulated.
    market, figures
        What is looked at.
    """

    def __init__(self, settings: Settings, market: Market, figures: Figures) -> None:
        self._settings: Final = settings
        self._market: Final = market
        self._figures: Final = figures
        self._telling: Final[set[asyncio.Task[None]]] = set()
        self._told: Final[dict[Route, int]] = {}
        self._minute = 0
        self._days: Final = DayAccounts()
        market.on_fill = self._on_fill

    async def tick_clock(self) -> None:
        """Move market time on with the wall clock, and have metrics at each market minute."""
        while True:
            self._market.advance()
            minute = self._market.now_ns // NS_PER_MINUTE
            if minute > self._minute:
                self._minute = minute
                for deployment in self._figures.deployments:
                    deployment.check_cpu(minute)
                self._metrics()
            began = time.perf_counter()
            await asyncio.sleep(_CLOCK_SECONDS)
            self._figures.late(max(0.0, time.perf_counter() - began - _CLOCK_SECONDS))

    async def tell_prices(self) -> None:
        """Report the clock and what has traded, once a second."""
        while True:
            self.tell_market()
            await asyncio.sleep(_PRICES_SECONDS)

    async def beat(self) -> None:
        """Report that we live, every five seconds."""
        while True:
            self._send(await self._figures.report())
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
        self._send(self._figures.report_at_once())

    def _send(self, report: Report) -> None:
        self._market.put_newest("heartbeat supervisor", "heartbeat", report.supervisor)
        rows = {row["process"]: row for row in report.configs}
        for deployment in self._figures.deployments:
            row = rows.get(deployment.id)
            if row is not None and row["pid"] is not None:
                name = f"heartbeat {deployment.id}"
                self._market.put_newest(name, "heartbeat", row, deployment.owner)

    def figures(self) -> dict[str, Any]:
        """Return all counters."""
        return self._figures.counters()

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
        for deployment in self._figures.deployments:
            if deployment.is_deployed:
                # A task each: the clock does not wait for a strategy to think of its figures.
                telling = asyncio.create_task(self._tell_metrics(deployment, at))
                self._telling.add(telling)
                telling.add_done_callback(self._telling.discard)

    async def _tell_metrics(self, deployment: Deployment, at: str) -> None:
        engine = self._market.engine
        account = engine.account(deployment.id)
        day = self._days.of(deployment.id, ist_date(self._market.now_ns), account)
        own = await deployment.own_figures()
        row = {
            "timestamp": at,
            "pnl": money(engine.day_pnl(deployment.id)),
            "positions_count": account.open_trades,
            "orders_count": day.orders,
            "success_rate": None if day.success_rate is None else str(day.success_rate),
            "metrics_json": {
                "realised_today": str(account.realised_today),
                "realised": str(account.realised),
                "charges": str(account.charges),
                "trades": account.trades,
                "wins": account.wins,
                "losses": account.losses,
                "restarts": deployment.restarts,
                **deployment.pressure(),
                "own": own,
            },
        }
        self._market.put_own("metric", row, deployment.owner)
