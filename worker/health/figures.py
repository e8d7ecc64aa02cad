"""How everything is, as figures: what heartbeats, `/metrics`, `/healthz` and `top` show alike.

In:  the parts of a running worker, looked at now and then.
Out: `Report`: a row for the supervisor and one per config, in the shape of `worker_heartbeats`.
Next: `worker/health/beats.py`, which sends it; `worker/health/health.py`, which judges and serves
      it.
"""

import asyncio
import os
import time
from collections import Counter, deque
from decimal import Decimal
from typing import Any, Final, NamedTuple

import psutil

from core.rows import iso_time
from worker.answer_times import AnswerTimes
from worker.broker.deltas import Deltas
from worker.configs.commands import Commands
from worker.configs.deployment import Deployment
from worker.configs.supervisor import Supervisor
from worker.feed.feed import Feed
from worker.lease.lease import Lease
from worker.market.chains import Chains
from worker.market.market import Market
from worker.store.store import Store

_MS: Final = 1e3
_SYMBOLS: Final = 3
_LAGS: Final = 240  # Those of the last minute.

Row = dict[str, Any]


class Report(NamedTuple):
    """How a worker is.

    Attributes
    ----------
    supervisor
        A row of `worker_heartbeats`.
    configs
        The same of each config it has heard of, running or not.
    """

    supervisor: Row
    configs: list[Row]


class Figures:
    """Look at the parts.

    Parameters
    ----------
    market, feed, store, supervisor, chains, deltas, lease, commands
        What is looked at.

    Attributes
    ----------
    lag
        How late the event loop is: so long a tick may wait before anybody sees it.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - one per part.
        self,
        market: Market,
        feed: Feed,
        store: Store,
        supervisor: Supervisor,
        chains: Chains,
        deltas: Deltas,
        lease: Lease,
        commands: Commands,
    ) -> None:
        self._market: Final = market
        self._feed: Final = feed
        self._store: Final = store
        self._supervisor: Final = supervisor
        self._chains: Final = chains
        self._deltas: Final = deltas
        self._lease: Final = lease
        self._commands: Final = commands
        self._processes: Final[dict[int, psutil.Process]] = {}
        self._started: Final = iso_time(time.time_ns())
        self._last_ticks = 0
        self._last_look = time.monotonic()
        self._rate = 0
        self.lag: Final = AnswerTimes()
        self._newest_lags: Final[deque[float]] = deque([0.0], maxlen=_LAGS)

    def late(self, seconds: float) -> None:
        """Take note of how late the event loop was just now."""
        self.lag.add(seconds)
        self._newest_lags.append(seconds)

    async def report(self) -> Report:
        """Return how everything is; ticks pass between one config and the next."""
        supervisor, configs = self.supervisor(), []
        for each in self.deployments:
            configs.append(self.config(each))
            await asyncio.sleep(0)
        return Report(supervisor, configs)

    def report_at_once(self) -> Report:
        """Return how everything is at this moment."""
        return Report(self.supervisor(), [self.config(each) for each in self.deployments])

    @property
    def deployments(self) -> tuple[Deployment, ...]:
        """All configs the worker has heard of."""
        return self._supervisor.deployments

    @property
    def times(self) -> dict[str, AnswerTimes]:
        """How long things take, by name."""
        return {
            "candle_to_signal": self._market.rounds.backlog.times,
            "decision": self._market.decision_times,
            "store_write": self._store.times,
            "command": self._commands.times,
            "loop_lag": self.lag,
        }

    def supervisor(self) -> Row:
        """Return the row of the supervisor."""
        figures = {**self.counters(), **self._state(), "ticks_per_second": self._ticks_rate()}
        return self._row("supervisor", "running", os.getpid(), figures, started_at=self._started)

    def config(self, deployment: Deployment) -> Row:
        """Return the row of a config."""
        figures: Row = {
            "name": deployment.design.name,
            "strategy": deployment.design.class_name,
            "symbols": list(deployment.design.symbols)[:_SYMBOLS],
            "restarts": deployment.restarts,
            **deployment.pressure(),
        }
        if deployment.is_deployed:
            account = self._market.engine.account(deployment.id)
            figures["pnl"] = money(self._market.engine.day_pnl(deployment.id))
            figures["open_trades"] = account.open_trades
            figures["orders"] = account.orders
        signalled_ns = self._market.signalled_ns.get(deployment.id)
        figures["signalled_at"] = None if signalled_ns is None else iso_time(signalled_ns)
        return self._row(deployment.id, str(deployment.status), deployment.pid, figures)

    def counters(self) -> Row:
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
            "restarts": sum(each.restarts for each in self.deployments),
        }

    def _state(self) -> Row:
        """Return what is judged."""
        return {
            "trading": self._market.clock.is_trading(),
            "lease": self._lease.figures(),
            "clock_drift_seconds": self._lease.drift_seconds,
            "store_age_seconds": round(self._store.age_seconds, 1),
            "configs": Counter(str(each.status) for each in self.deployments),
            "times": {name: _summary(times) for name, times in self.times.items()},
            "lag_ms": round(_MS * max(self._newest_lags), 1),
            "nudges": self._commands.nudges,
        }

    def _ticks_rate(self) -> int:
        """Return ticks per second since the last look that was not just now."""
        now, ticks = time.monotonic(), self._market.intake.ticks
        if now - self._last_look >= 1.0:
            self._rate = round((ticks - self._last_ticks) / (now - self._last_look))
            self._last_look, self._last_ticks = now, ticks
        return self._rate

    def _row(self, process: str, status: str, pid: int | None, figures: Row, **more: Any) -> Row:
        now_ns = self._market.now_ns
        return {
            "process": process,
            "status": status,
            "pid": pid,
            "feed_age_seconds": round(self._feed.age_seconds, 3),
            "market_time": iso_time(now_ns) if now_ns else None,
            "figures": figures,
            **({} if pid is None else self._load(pid)),
            **more,
        }

    def _load(self, pid: int) -> Row:
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


def money(amount: Decimal) -> str:
    """Return an amount in rupees, to the paisa."""
    return f"{amount:.2f}"


def _summary(times: AnswerTimes) -> Row:
    return {
        "count": times.count,
        "p50_ms": round(_MS * times.quantile(0.5), 3),
        "p99_ms": round(_MS * times.quantile(0.99), 3),
        "max_ms": round(_MS * times.longest, 3),
    }
