"""Stack, simulator and worker together, and a demo user whose strategies trade often.

In:  a folder for the worker's state; options of the simulator.
Out: a `System` that leaves no process running.
Next: `tests/e2e/browser.py`, which looks at it from outside.

The market stands still unless a test lets it go, so that many tests share one market day.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

from tests.e2e.browser import Browser
from tests.stacks import RunningStack, running_stack
from tests.worker.running import (
    DEADLINE,
    DEMO,
    Database,
    RunningSimulator,
    RunningWorker,
    User,
    running_simulator,
    running_worker,
    wait_for,
)

SPEED = 240
"""Market seconds per second: four candles of a minute each second."""
EAGER = {
    "parameters": {"fast": 2, "slow": 3, "atr": 2},
    "risk_parameters": {"cooldown_minutes": 0},
}
"""Settings with which momentum trades every few minutes instead of a few times a day."""
DEMO_USER = "00000000-0000-4000-8000-000000000001"

Row = dict[str, Any]


@dataclass(frozen=True)
class System:
    """Everything that runs."""

    stack: RunningStack
    simulator: RunningSimulator
    worker: RunningWorker
    database: Database
    demo: User
    idle_config: str
    folder: Path

    @contextmanager
    def market_open(self) -> Iterator[None]:
        """Let market time pass; afterwards all that happened meanwhile is in the tables."""
        self.simulator.control("clock", hold=False)
        yield
        self.simulator.control("clock", hold=True)
        self.settle()

    def settle(self) -> None:
        """Wait until all that has happened is in the tables.

        Everything the worker writes keeps its order, so a command that changes nothing comes last.
        """
        assert self.demo.do(self.idle_config, "UPDATE_CONFIG")["status"] == "EXECUTED"

    def held_trades(self, config_id: str) -> list[Row]:
        """Let market time pass until a trade is open and no exit is on its way; return those."""

        def look() -> list[Row]:
            with self.market_open():
                self.wait_trades(config_id, status="eq.OPEN")
            exits = self.database.rows(
                "orders", strategy_config_id=f"eq.{config_id}", purpose="eq.EXIT"
            )
            leaving = {row["trade_id"] for row in exits}
            found = self.trades(config_id, status="eq.OPEN")
            return [row for row in found if row["id"] not in leaving]

        return wait_for("an open trade", look)

    def trades(self, config_id: str, **query: str) -> list[Row]:
        """Return the trades of a config, oldest first."""
        return self.database.rows(
            "trades", strategy_config_id=f"eq.{config_id}", order="entry_time,id", **query
        )

    def wait_trades(self, config_id: str, count: int = 1, **query: str) -> list[Row]:
        """Wait until a config has so many trades that fulfil a query."""
        return wait_for(
            f"{count} trades with {query or 'anything'}",
            lambda: found if len(found := self.trades(config_id, **query)) >= count else [],
        )

    def finish(self) -> Row:
        """Stop the worker, which writes all it holds; return its last words."""
        assert self.worker.stop() == 0
        (stopped,) = self.worker.said("stopped")
        return stopped


@contextmanager
def running_system(folder: Path, *arguments: str, **settings: str) -> Iterator[System]:
    """Yield a system in which no strategy runs and no market time passes yet.

    Parameters
    ----------
    folder
        For the worker's state and what it records.
    arguments
        Of the simulator, instead of a generated day at `SPEED`.
    settings
        Of the worker.
    """
    chosen = arguments or (f"--speed={SPEED}",)
    with running_stack() as stack, running_simulator("--hold", *chosen) as simulator:
        database = Database(stack)
        with psycopg.connect(stack.database_url) as connection:
            connection.execute("update public.strategy_configs set auto_start = false")
        market = {"MARKET_SPEED": str(SPEED), **settings}
        with running_worker(stack, simulator, folder, **market) as worker:
            worker.wait_said("ready")
            demo = database.user()
            idle = demo.call(
                "create_strategy",
                p_name="idle",
                p_strategy_type="momentum",
                p_symbols=["NIFTY-FUT"],
            )
            yield System(stack, simulator, worker, database, demo, idle["config_id"], folder)


def sign_in_demo(browser: Browser) -> str:
    """Sign the demo user in; return the user's id."""
    return browser.sign_in(*DEMO)


def sign_up_somebody(browser: Browser) -> str:
    """Make another user and sign in; return the user's id."""
    return browser.sign_up(f"{uuid4()}@example.com", f"pass-{uuid4()}")


def send(browser: Browser, config_id: str, command: str, **parameters: Any) -> str:
    """Insert a command as a page does; return its id."""
    row = {"strategy_config_id": config_id, "command": command, "parameters": parameters}
    (inserted,) = browser.query("strategy_commands", ("insert", row), ("select", "id"))
    return str(inserted["id"])


def outcome(browser: Browser, command_id: str) -> Row:
    """Wait until a command has ended; return its row."""
    steps = (("select", "*"), ("eq", "id", command_id), ("neq", "status", "PENDING"))
    found: list[Row] = wait_for(
        "the command to end", lambda: browser.query("strategy_commands", *steps), DEADLINE
    )
    return found[0]


def do(browser: Browser, config_id: str, command: str, **parameters: Any) -> Row:
    """Send a command; return its row when it has ended."""
    return outcome(browser, send(browser, config_id, command, **parameters))


def create_eager(browser: Browser, name: str, symbol: str = "NIFTY-FUT") -> str:
    """Create a strategy that trades often; return the id of its config."""
    made = browser.call(
        "create_strategy",
        p_name=name,
        p_strategy_type="momentum",
        p_config=EAGER["parameters"],
        p_risk_parameters=EAGER["risk_parameters"],
        p_symbols=[symbol],
        p_capital_allocated=1_000_000,
    )
    return str(made["config_id"])
