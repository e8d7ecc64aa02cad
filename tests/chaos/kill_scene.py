"""The stage of the kill drills: one stack, one simulator that is rewound, a market day of an hour.

In:  nothing but this checkout.
Out: a day begun anew as often as wanted; what the database says of it, without the ids of a run.
Next: `tests/chaos/kill_drill.py`, which plays it.

All days are the same day, so one that nobody disturbs tells what every other has to come to.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, LiteralString

import httpx
import psycopg
from psycopg.types.json import Jsonb

from core.session import NS_PER_MINUTE, NS_PER_SECOND
from tests.stacks import RunningStack, running_stack
from tests.worker.running import (
    BANKNIFTY_CONFIG,
    NIFTY_CONFIG,
    RunningSimulator,
    RunningWorker,
    running_simulator,
    running_worker,
    wait_for,
)

DAY: Final = "2026-11-20"
OPENS: Final = "09:15"
CLOSES: Final = "10:15"
MINUTES: Final = 60
OPENS_NS: Final = int(datetime.fromisoformat(f"{DAY}T{OPENS}+05:30").timestamp()) * NS_PER_SECOND
MEAN_REVERSION_CONFIG: Final = "00000000-0000-4000-8000-000000000023"
CONFIGS: Final = (NIFTY_CONFIG, BANKNIFTY_CONFIG, MEAN_REVERSION_CONFIG)
SUBSCRIBED: Final = 3
"""The index that shows that the feed lives, and two futures."""
PATIENCE: Final = 120.0

_CALENDAR: Final = f"""
[[special]]
date = {DAY}
name = "an hour for the kill drills"
windows = ["{OPENS}-{CLOSES}"]
"""
# Many small trades: with the textbook's parameters an hour has hardly one.
_RISK: Final = {"cooldown_minutes": 0, "min_reward_risk": 0.5, "entry_cutoff_minutes": 1}
_QUICK: Final = {"fast": 2, "slow": 4, "atr": 3, "stop_atr": 0.8, "reward_risk": 1.5}
_NERVOUS: Final = {"period": 4, "width": 0.8, "rsi": 2, "oversold": 40, "overbought": 60, "atr": 3}
_PARAMETERS: Final = {
    NIFTY_CONFIG: _QUICK,
    BANKNIFTY_CONFIG: _QUICK,
    MEAN_REVERSION_CONFIG: _NERVOUS,
}
_WIPED: Final = (
    "trades", "fills", "orders", "order_events", "trading_signals", "ledger_entries", "ohlcv_data",
    "strategy_logs", "strategy_metrics", "user_events", "worker_events", "notifications",
)  # fmt: skip

_QUERIES: Final[dict[str, LiteralString]] = {
    "trades": """
        select strategy_config_id, symbol, trade_type, side, quantity, open_quantity, entry_time,
          entry_price, stop_loss, target_price, exit_time, exit_price, exit_reason, gross_pnl,
          charges, pnl, status, version, code_digest
        from public.trades""",
    "signals": """
        select strategy_config_id, symbol, signal_type, signal_strength, price, stop_loss,
          target_price, reason, indicators::text, candle_time, generated_at, executed, refused_by,
          refusal_reason
        from public.trading_signals""",
    "orders": """
        select strategy_config_id, symbol, side, purpose, exit_reason, quantity, status,
          filled_quantity, average_price, placed_at, version
        from public.orders""",
    "fills": """
        select strategy_config_id, instrument_key, side, quantity, price, charges, filled_at
        from public.fills""",
    "ledger": """
        select strategy_config_id, kind, amount, occurred_at from public.ledger_entries""",
    "positions": """
        select strategy_config_id, symbol, sum(case side when 'BUY' then open_quantity
          else -open_quantity end) from public.trades group by 1, 2""",
    # The day's candle becomes the official one some time after the close.
    "candles": """
        select symbol, timeframe, timestamp, open_price, high_price, low_price, close_price,
          volume, open_interest, origin
        from public.ohlcv_data where timeframe <> '1d'""",
    "balance": "select balance from public.portfolios",
}

Books = dict[str, list[tuple[Any, ...]]]
"""What the database says, table by table, sorted."""


@dataclass
class Scene:
    """Stack, simulator, and where workers keep their folders.

    Parameters
    ----------
    client, database
        Ways to both that stay open: they are asked many times a second.
    speed
        At which days are played that say nothing else, market seconds a second.
    """

    stack: RunningStack
    simulator: RunningSimulator
    folder: Path
    client: httpx.Client
    database: psycopg.Connection
    speed: float

    def wipe(self) -> None:
        """Put the database back to before the day, with the configs of the drill."""
        connection = self.database
        with connection.transaction():
            connection.execute("set local lock_timeout = '20s'")
            tables = ", ".join(f"public.{table}" for table in _WIPED)
            connection.execute(f"truncate {tables} cascade")
            connection.execute("update public.portfolios set balance = initial_capital")
            connection.execute("update public.strategies set total_pnl = 0, total_trades = 0")
            connection.execute("update public.strategy_configs set auto_start = false")
            for config_id in CONFIGS:
                connection.execute(
                    "update public.strategy_configs set status = 'STOPPED', auto_start = true,"
                    " config_json = config_json || %s where id = %s",
                    (_settings(config_id), config_id),
                )

    def begin(self, speed: float | None = None) -> None:
        """Have the day begin anew, held, to be played at a speed."""
        self.rewind(OPENS)
        self.control("clock", speed=speed or self.speed)
        self.wipe()

    def control(self, path: str, /, **body: Any) -> dict[str, Any]:
        """Tell the simulator something; an empty body asks."""
        answer = self.client.post(path, json=body) if body else self.client.get(path)
        found: dict[str, Any] = answer.raise_for_status().json()
        return found

    def rewind(self, to: str | int) -> None:
        """Hold the market and put it to a time."""
        self.client.delete("faults").raise_for_status()
        self.control("clock", hold=True, rewind=to)

    def refuse_history(self) -> None:
        """Keep the days from being revised after the close, at a moment that chance decides."""
        fault = {"kind": "rest_status", "code": 500, "path": "/v2/charts", "seconds": 86_400}
        self.control("faults", **fault)

    def minute(self) -> int:
        """Return which minute of the day is being played."""
        passed = self.control("clock")["now_ns"] - OPENS_NS
        return int(passed // NS_PER_MINUTE)

    def let_go(self) -> None:
        """Let the market go on."""
        self.control("clock", hold=False)

    def is_over(self) -> bool:
        """Return whether the day is."""
        return bool(self.control("clock")["rows_left"] == 0)

    def subscribed(self) -> int:
        """Return how many instruments are subscribed."""
        sockets = self.control("state")["sockets"]
        return sum(socket["instruments"] for socket in sockets if socket["open"])

    def processes(self) -> list[tuple[str, int]]:
        """Return the configs that run, each with the id of its process."""
        query = (
            "select id::text, pid from public.strategy_configs"
            " where status = 'ACTIVE' and pid is not null order by id"
        )
        return [(str(name), int(pid)) for name, pid in self.asked(query)]

    def has_replaced(self, pid: int) -> bool:
        """Return whether all configs run again, none of them in this process."""
        pids = [each for _, each in self.processes()]
        return len(pids) == len(CONFIGS) and pid not in pids

    @contextmanager
    def worker(self, state: Path, **settings: str) -> Iterator[RunningWorker]:
        """Yield a worker on this folder."""
        calendar = self.folder / "calendar.toml"
        with running_worker(
            self.stack,
            self.simulator,
            state,
            **{"MARKET_SPEED": "1000000", "CALENDAR_FILE": str(calendar), **settings},
        ) as worker:
            yield worker

    def wait_stored(self) -> None:
        """Wait until the database has the last candles of the day."""
        wait_for("the last candles", self._has_days, PATIENCE)

    def _has_days(self) -> bool:
        query = "select count(*) from public.ohlcv_data where timeframe = '1d'"
        return bool(self.asked(query)[0][0] >= SUBSCRIBED - 1)

    def asked(self, query: LiteralString, *values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a question to the database."""
        return self.database.execute(query, values).fetchall()

    def books(self) -> Books:
        """Return what the database says."""
        return {name: sorted(self.asked(query), key=repr) for name, query in _QUERIES.items()}


def _settings(config_id: str) -> Jsonb:
    return Jsonb(
        {"parameters": _PARAMETERS[config_id], "risk_parameters": _RISK, "timeframes": ["1m"]}
    )


@contextmanager
def kill_scene(folder: Path, speed: str = "1500") -> Iterator[Scene]:
    """Yield a scene whose processes end with it."""
    calendar = folder / "calendar.toml"
    calendar.write_text(_CALENDAR, encoding="utf-8")
    options = (f"--speed={speed}", "--hold", f"--calendar={calendar}", "--no-rate-limits")
    with (
        running_stack() as stack,
        running_simulator(*options) as simulator,
        httpx.Client(base_url=simulator.environment["DHAN_CONTROL_URL"]) as client,
        psycopg.connect(stack.database_url, autocommit=True) as database,
    ):
        yield Scene(stack, simulator, folder, client, database, float(speed))
