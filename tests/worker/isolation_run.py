"""A day of many configs, some of them bad: what the others wrote, and how long they took to answer.

In:  how many configs, whether bad ones are among them, until when rows count.
Out: everything the good ones wrote, without what names a run; figures; the log of the bad ones.
Next: `bench/isolation.py`, which plays pairs of days.

Each config has a portfolio of its own, so that nothing one does can change what another may do but
through the machine, which is what is looked at.
"""

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import psycopg

from tests.stacks import RunningStack, running_stack
from tests.worker.running import (
    Database,
    RunningSimulator,
    User,
    running_simulator,
    running_worker,
    wait_for,
)
from tests.worker.strategy_tree import MODULE, StrategyTree

BAD = ("Looper", "Hog", "Crasher", "Printer")
DAY = "2026-11-20"
SYMBOLS = ("NIFTY-FUT", "BANKNIFTY-FUT", "RELIANCE", "HDFCBANK", "ICICIBANK", "TCS")
MEMORY_MB = 128
_PAGE = 1_000
_DEADLINE = 900.0
_TABLES = {
    "trading_signals": (
        "strategy_config_id,symbol,signal_type,signal_strength,price::text,stop_loss::text,"
        "target_price::text,reason,indicators,candle_time,executed,refused_by,refusal_reason"
    ),
    "orders": (
        "strategy_config_id,symbol,side,order_type,purpose,exit_reason,quantity,status,"
        "filled_quantity,average_price::text,placed_at,changed_at,version"
    ),
    "fills": "strategy_config_id,instrument_key,side,quantity,price::text,charges::text,filled_at",
    "trades": (
        "strategy_config_id,symbol,trade_type,quantity,open_quantity,entry_time,"
        "entry_price::text,stop_loss::text,target_price::text,exit_time,exit_price::text,"
        "exit_reason,gross_pnl::text,charges::text,pnl::text,status,version"
    ),
    "ledger_entries": "strategy_config_id,kind,amount::text,occurred_at,note",
}
_TIME_OF = {
    "trading_signals": "candle_time",
    "orders": "changed_at",
    "fills": "filled_at",
    "trades": "exit_time",
    "ledger_entries": "occurred_at",
}
"""When a row became what it is."""


@dataclass(frozen=True)
class Day:
    """What came of it.

    Attributes
    ----------
    rows
        By table, those of the good configs, sorted.
    figures
        What the worker counted.
    errors
        Of each bad config: its status, and the errors in its log, oldest first.
    seconds
        How long it took.
    """

    rows: dict[str, list[str]]
    figures: dict[str, Any]
    errors: dict[str, tuple[str, list[str]]]
    seconds: float


@dataclass(frozen=True)
class Source:
    """What is played.

    Attributes
    ----------
    arguments
        Of the simulator.
    symbols
        What the configs trade, in turn.
    """

    arguments: tuple[str, ...] = ()
    symbols: tuple[str, ...] = SYMBOLS


GENERATED = Source()


def one_share(folder: Path) -> Source:
    """Return a day of one share, four ticks a minute: for machines that are busy otherwise."""
    chance, price = Random(1), 1480.0
    opening = datetime.fromisoformat(f"{DAY}T09:15:00+05:30")
    lines = ["ts,open,high,low,close,volume"]
    for minute in range(375):
        end = price * (1 + chance.gauss(0, 0.0008))
        high, low = max(price, end) + chance.random(), min(price, end) - chance.random()
        shown = ",".join(f"{each:.1f}" for each in (price, high, low, end))
        lines.append(f"{opening + timedelta(minutes=minute)},{shown},{chance.randint(1, 9) * 1000}")
        price = round(end, 1)
    file = folder / "share.csv"
    file.write_text("\n".join(lines) + "\n")
    return Source((f"--candles={file}", "--symbol=RELIANCE"), ("RELIANCE",))


def played(
    folder: Path,
    *,
    good: int,
    with_bad: bool,
    speed: int,
    until: str = "15:10",
    source: Source = GENERATED,
) -> Day:
    """Play a day with so many good configs, so many times faster than life.

    It is stopped some time after `until` (India), and what happened later does not count.

    Not as fast as may be: the bad ones are to have their three crashes, with the pauses between
    them, before the day is over.
    """
    tree = StrategyTree(folder / "tree")
    settings = {
        **tree.settings, "MARKET_SPEED": str(speed), "STRATEGY_MEMORY_MB": str(MEMORY_MB),
    }  # fmt: skip
    end = datetime.fromisoformat(f"{DAY}T{until}:59+05:30").astimezone(UTC).isoformat()
    with (
        running_stack() as stack,
        running_simulator("--speed=1", "--hold", *source.arguments) as simulator,
    ):
        database = Database(stack)
        user = database.user()
        for row in database.rows("strategy_configs", select="id"):
            user.change("strategy_configs", row["id"], auto_start=False)
        names = {
            _numbered(stack, _good(user, number, source.symbols), number): f"good {number}"
            for number in range(good)
        }
        bad = {_bad(user, name, source.symbols[0]): name for name in BAD} if with_bad else {}
        with running_worker(stack, simulator, folder / "state", **settings) as worker:
            # Before the market begins: a config that joined later would have a gap to repair.
            wait_for("subscriptions", lambda: _subscribed(simulator) >= len(source.symbols[:good]))
            simulator.control("clock", hold=False)
            # Warm-up asks the broker for history, a few times a second: meanwhile no day goes by.
            wait_for("the start of all", lambda: worker.said("ready"), _DEADLINE)
            for each in names:
                database.wait_status(each, "ACTIVE")
            began = time.monotonic()
            simulator.control("clock", speed=speed)
            wait_for("the end", lambda: _market_time(database) > end, _DEADLINE)
            for config in bad:
                _wait_for_the_end(database, config)
            seconds = time.monotonic() - began
            wait_for("the store to have it all", lambda: not _waiting(database), _DEADLINE)
            assert all(database.config(each)["status"] == "ACTIVE" for each in names)
            errors = {name: _errors(database, config) for config, name in bad.items()}
            assert worker.stop() == 0
        (stopped,) = [line for line in worker.lines if line["message"] == "stopped"]
        return Day(_rows(database, names, end), stopped, errors, seconds)


def _good(user: User, number: int, symbols: tuple[str, ...]) -> str:
    """Make a config with a portfolio of its own; return its id."""
    name = f"good {number}"
    portfolio = user.insert(
        "portfolios", name=name, initial_capital="10000000", max_open_trades=100
    )
    fast = 3 + number // 2 % 23
    kind = "momentum" if number % 2 else "mean_reversion"
    parameters = {"fast": fast, "slow": 3 * fast} if kind == "momentum" else {"period": 10 + fast}
    made = user.call(
        "create_strategy",
        p_name=name,
        p_strategy_type=kind,
        p_config=parameters,
        p_symbols=[symbols[number % len(symbols)]],
        p_capital_allocated="2000000",
        p_portfolio_id=portfolio["id"],
    )
    return str(made["config_id"])


def _numbered(stack: RunningStack, config: str, number: int) -> str:
    """Give a config an id that is the same in each run: signals and orders go by it."""
    wanted = str(UUID(int=number + 1))
    with psycopg.connect(stack.database_url) as connection:
        connection.execute(
            "update public.strategy_configs set id = %s, auto_start = true where id = %s",
            (wanted, config),
        )
    return wanted


def _bad(user: User, class_name: str, symbol: str) -> str:
    made = user.call(
        "create_strategy",
        p_name=class_name,
        p_strategy_type="momentum",
        p_symbols=[symbol],
        p_module_path=MODULE,
        p_class_name=class_name,
    )
    # Not by a command, which would begin the count of its crashes anew.
    user.change("strategy_configs", made["config_id"], auto_start=True)
    return str(made["config_id"])


def _subscribed(simulator: RunningSimulator) -> int:
    sockets = simulator.control("state")["sockets"]
    return sum(int(each["modes"]["full"]) for each in sockets)


def _waiting(database: Database) -> int:
    """Return how many events waited at the last heartbeat: signs of life overtake the others."""
    (beat,) = database.rows("worker_heartbeats", process="eq.supervisor")
    return int(beat["figures"]["outbox"])


def _market_time(database: Database) -> str:
    """Return the worker's market time, UTC, once it has stored what came before."""
    return str(database.rows("market_clock")[0]["market_time"])


def _wait_for_the_end(database: Database, config: str) -> None:
    """Wait until a bad config has crashed as often as it may."""
    last = {"strategy_config_id": f"eq.{config}", "message": "like.*it stays stopped"}
    wait_for("its last crash", lambda: database.rows("strategy_logs", **last), _DEADLINE)
    database.wait_status(config, "ERROR")


def _errors(database: Database, config: str) -> tuple[str, list[str]]:
    query = {"strategy_config_id": f"eq.{config}", "level": "eq.error", "order": "created_at"}
    lines = [str(row["message"]) for row in database.rows("strategy_logs", **query)]
    return str(database.config(config)["status"]), lines


def _rows(database: Database, names: dict[str, str], end: str) -> dict[str, list[str]]:
    """Return what the good configs wrote until some time, UTC."""
    found = {
        table: [
            {**row, "strategy_config_id": names[row["strategy_config_id"]]}
            for row in _all(database, table, columns)
            if row["strategy_config_id"] in names and (row[_TIME_OF[table]] or end) < end
        ]
        for table, columns in _TABLES.items()
    }
    return {
        table: sorted(json.dumps(row, sort_keys=True) for row in rows)
        for table, rows in found.items()
    }


def _all(database: Database, table: str, columns: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    while True:
        page = database.rows(
            table, select=columns, order="id", limit=str(_PAGE), offset=str(len(rows))
        )
        rows += page
        if len(page) < _PAGE:
            return rows
