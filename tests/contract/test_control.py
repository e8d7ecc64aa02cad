"""S1 as the browser does it: one supabase-js script through all of it, effects read back in SQL.

In:  `control/control.mjs`, started against a stack of the project's own migrations.
Out: a passed test when every step was possible and left in the database what it should.
Next: `tests/contract/control/control.mjs`.

The test plays the worker: it reports states and trades between the script's steps.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from psycopg.rows import dict_row

from tests.contract.runs import NODE
from tests.stacks import RunningStack, running_stack
from tests.supabase import events
from tests.supabase.closed_trades import market_held_at
from tests.supabase.deployments import Deployment, Worker
from tests.supabase.people import Person

HERE = Path(__file__).parent / "control"
WEB = Path(__file__).parents[2] / "web"
DAY = "2026-11-20"

Database = psycopg.Connection[dict[str, Any]]


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    """Start the project's stack."""
    with running_stack() as running:
        yield running


@pytest.fixture(scope="module")
def database(stack: RunningStack) -> Iterator[Database]:
    """Yield a connection of the tables' owner, the market held at 12:30 in India."""
    with (
        psycopg.connect(stack.database_url, autocommit=True, row_factory=dict_row) as connection,
        market_held_at(connection, f"{DAY}T07:00:00Z"),
    ):
        yield connection


@pytest.fixture(scope="module")
def worker(stack: RunningStack) -> Iterator[Worker]:
    """Yield who writes trading facts."""
    with httpx.Client(base_url=stack.url, headers={"apikey": stack.secret_key}) as http:
        worker = Worker(Person(http))
        worker.acquire()
        yield worker


class Script:
    """The running script, step by step."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._step = ""

    def reach(self, step: str) -> Any:
        """Let the script go on to a step and return what it saw."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if self._step:
            self._process.stdin.write(json.dumps({"done": self._step}) + "\n")
            self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the script ended: see its standard error above"
        said = json.loads(line)
        assert said["step"] == step
        self._step = step
        return said["saw"]

    def end(self) -> int:
        """Let the script end and return its exit code."""
        self._process.communicate(json.dumps({"done": self._step}) + "\n", timeout=60)
        return self._process.returncode


@pytest.fixture
def script(stack: RunningStack) -> Iterator[Script]:
    """Start the script as a new user."""
    with subprocess.Popen(
        [
            NODE,
            HERE / "control.mjs",
            stack.url,
            stack.publishable_key,
            f"{uuid4().hex}@example.com",
            "correct horse",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Script(process)
        finally:
            process.kill()


def settings(database: Database, config_id: str) -> dict[str, Any]:
    row = database.execute(
        "select config_json from public.strategy_configs where id = %s", (config_id,)
    ).fetchone()
    assert row is not None
    found: dict[str, Any] = row["config_json"]
    return found


def commands(database: Database, config_id: str) -> list[tuple[str, str]]:
    rows = database.execute(
        """
        select command::text, status::text from public.strategy_commands
        where strategy_config_id = %s order by created_at
        """,
        (config_id,),
    )
    return [(row["command"], row["status"]) for row in rows]


@pytest.mark.timeout(120)
def test_all_that_a_user_controls_from_the_browser(
    script: Script, database: Database, worker: Worker
) -> None:
    saw = script.reach("signed in")
    user, portfolio = saw["user"], saw["portfolio"]
    assert portfolio["balance"] == "1000000"

    saw = script.reach("configs")
    strategy, first = saw["strategy"], saw["first"]
    second, third = saw["second"], saw["third"]
    assert (second["command_id"] is None, third["command_id"]) == (False, None)
    assert settings(database, first)["parameters"] == {"fast": 5, "slow": 12}
    assert settings(database, first)["capital"] == "250000.5"
    assert settings(database, second["config_id"])["symbols"] == ["BANKNIFTY-FUT"]
    assert settings(database, third["config_id"]) == settings(database, first) | {
        "parameters": {"fast": 4, "slow": 12},
        "max_positions": 1,
    }
    assert commands(database, second["config_id"]) == [("START", "PENDING")]

    deployment = Deployment(user, portfolio["id"], strategy, first)
    worker.must_write(events.instrument(), events.last_price())
    saw = script.reach("lists")
    assert [row["id"] for row in saw["page"]] == [third["config_id"], second["config_id"]]
    assert [row["id"] for row in saw["rest"]] == [first]
    assert (saw["running"], saw["available"][0]["configs"]) == ([], 3)

    start = script.reach("started")
    worker.must_write(
        events.command_end(deployment, start["id"]),
        events.config_status(deployment, "ACTIVE", 1, pid=11, started_at=events.MORNING),
    )
    saw = script.reach("paused")
    assert set(saw["active"]) == {"PAUSE", "STOP", "RESTART", "UPDATE_CONFIG"}
    assert saw["refused"]["code"] == "TB409"
    worker.must_write(
        events.command_end(deployment, saw["pause"]["id"]),
        events.config_status(deployment, "PAUSED", 2),
    )
    script.reach("resumed")
    worker.must_write(events.config_status(deployment, "ACTIVE", 3))
    saw = script.reach("commanded")
    assert saw["changed"]["command_id"]
    assert [name for name, _ in commands(database, first)] == [
        "START", "PAUSE", "RESUME", "UPDATE_CONFIG", "UPDATE_CONFIG", "RESTART", "STOP",
    ]  # fmt: skip
    kept = database.execute(
        "select parameters from public.strategy_commands where command = 'STOP' and user_id = %s",
        (user,),
    ).fetchone()
    assert kept == {"parameters": {"keep_positions": True}}

    opening = events.opening(deployment)
    closing = events.opening(deployment, instrument_key="NSE_FNO:1")[2]
    worker.must_write(*opening, closing, events.metric(deployment), events.heartbeat(deployment))
    worker.must_write(events.closed(closing))
    check_what_is_shown(script.reach("shown"), database, strategy)

    saw = script.reach("archived")
    assert saw["renamed"] == {"name": "renamed", "auto_start": True}
    assert (saw["left"], len(saw["archived"]["command_ids"])) == ([], 1)
    row = database.execute(
        "select status::text, archived_at is not null as archived from public.strategies "
        "where id = %s",
        (strategy,),
    ).fetchone()
    assert row == {"status": "archived", "archived": True}
    assert commands(database, second["config_id"]) == [("START", "FAILED")]
    assert saw["again"]["strategy_id"] != strategy
    assert script.end() == 0


def check_what_is_shown(saw: dict[str, Any], database: Database, strategy: str) -> None:
    """Hold what the script read against SQL over the same rows."""
    details, overview, live = saw["details"], saw["overview"], saw["live"]
    assert (details["status"], len(details["commands"]), len(details["metrics"])) == (
        "ACTIVE",
        7,
        1,
    )
    assert (live["pid"], live["open_trades"], live["cpu_percent"]) == (11, 1, 1.5)
    assert (overview["market_date"], overview["configs_by_status"]["ACTIVE"]) == (DAY, 1)
    assert (overview["open_positions"], overview["orders_today"]) == (1, 1)
    assert len(overview["recent_commands"]) == 8
    assert [row["pnl"] for row in saw["metrics"]] == ["12.50"]
    total = database.execute(
        "select sum(pnl)::text as pnl from public.trades where strategy_id = %s", (strategy,)
    ).fetchone()
    assert total is not None
    assert overview["pnl_today"] == overview["pnl_total"] == total["pnl"] == "6337.30"
    assert sorted(str(row["pnl"]) for row in saw["trades"]) == ["6337.30", "None"]
    assert saw["analysis"]["virtual"]["net_profit"] == "6337.30"
    assert saw["days"] == [{"date": DAY, "virtual_pnl": "6337.30", "virtual_equity": "256337.80"}]
    assert [row["virtual_total"] for row in saw["curve"]] == ["6337.30"]
    assert [row["pnl"] for row in saw["points"]] == ["6337.30"]


def test_the_script_and_the_types_of_the_dashboard_are_well_typed() -> None:
    done = subprocess.run(
        [NODE, WEB / "node_modules" / "typescript" / "bin" / "tsc", "-p", HERE],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
