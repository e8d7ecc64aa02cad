"""The functions beside the worker: a trader by HTTP, and the end of a day without a worker."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from devstack.lifetime import free_port
from tests.e2e.system import EAGER, SPEED, System, running_system
from tests.stacks import RunningStack
from tests.worker.running import (
    DEMO,
    PORTFOLIO,
    PROJECT,
    run_worker,
    running_worker,
    wait_for,
    worker_environment,
)

pytestmark = pytest.mark.timeout(120)
CRON_SECRET = "a-secret-of-this-test-with-enough-characters"

Row = dict[str, Any]


class Api:
    """The functions over HTTP, with the demo user's token or the scheduler's secret."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._token = token

    def get(self, path: str, **query: str) -> Row:
        """Ask as the user."""
        return self._checked(httpx.get(self._url + path, params=query, headers=self._as_user()))

    def post(self, path: str, body: Row) -> Row:
        """Change something as the user."""
        return self._checked(httpx.post(self._url + path, json=body, headers=self._as_user()))

    def cron(self, path: str) -> Row:
        """Do what the scheduler does."""
        headers = {"Authorization": f"Bearer {CRON_SECRET}"}
        return self._checked(httpx.post(self._url + path, headers=headers, timeout=20))

    def answers(self) -> bool:
        """Return whether it is ready."""
        try:
            return httpx.get(f"{self._url}/api/health").is_success
        except httpx.TransportError:
            return False

    def _as_user(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    def _checked(self, answer: httpx.Response) -> Row:
        assert answer.is_success, answer.text
        found: Row = answer.json()
        return found


@contextmanager
def running_functions(stack: RunningStack) -> Iterator[Api]:
    """Yield the functions, served as the demo serves them."""
    port = free_port()
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "gunicorn",
            "functions.wsgi:app",
            "--threads=4",
            "--bind",
            f"127.0.0.1:{port}",
            "--log-level=warning",
        ],
        cwd=PROJECT,
        env={
            "PATH": os.environ["PATH"],
            "SUPABASE_URL": stack.url,
            "SUPABASE_PUBLISHABLE_KEY": stack.publishable_key,
            "SUPABASE_SECRET_KEY": stack.secret_key,
            "CRON_SECRET": CRON_SECRET,
        },
    )
    try:
        api = Api(f"http://127.0.0.1:{port}", _token(stack))
        wait_for("the functions", api.answers)
        yield api
    finally:
        process.terminate()
        process.wait()


def _token(stack: RunningStack) -> str:
    answer = httpx.post(
        f"{stack.url}/auth/v1/token?grant_type=password",
        headers={"apikey": stack.publishable_key},
        json={"email": DEMO[0], "password": DEMO[1]},
    )
    return str(answer.json()["access_token"])


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    """Return a running system."""
    with running_system(tmp_path) as running:
        yield running


@pytest.fixture
def api(system: System) -> Iterator[Api]:
    """Return the functions beside it."""
    with running_functions(system.stack) as running:
        yield running


def test_a_day_by_http_whose_worker_dies_is_ended_by_the_scheduler_once(
    system: System, api: Api, tmp_path: Path
) -> None:
    made = api.post(
        "/api/strategies/create",
        {
            "name": "by HTTP",
            "strategy_type": "momentum",
            "symbols": ["NIFTY-FUT"],
            "capital_allocated": "1000000",
            **EAGER,
        },
    )
    config = made["config_id"]
    with system.market_open():
        api.post(f"/api/strategies/toggle/{made['strategy_id']}", {"active": True})
        system.database.wait_status(config, "ACTIVE")
        system.wait_trades(config, 2)
    held = {row["id"] for row in system.held_trades(config)}
    health = api.get("/api/health")
    assert health["worker"]["heartbeat_age_seconds"] < 20

    system.worker.process.kill()
    system.worker.process.wait()
    _set_market_time(system, "15:20")
    ended = _exit_when_the_lease_is_over(system, api)
    assert ended["outcomes"]["closed"] == len(held)
    assert ended["problems"] == []

    trades = {row["id"]: row for row in api.get("/api/trades/all", limit="100")["items"]}
    stored = {row["id"] for row in system.trades(config)}
    assert trades.keys() == stored
    assert {trades[each]["exit_reason"] for each in held} == {"EOD"}
    assert {trades[each]["closed_by"] for each in held} == {"database"}
    _assert_books(system)
    before = {row["id"]: row for row in system.trades(config)}
    with _next_worker(system, tmp_path / "next"):
        after = {row["id"]: row for row in system.trades(config)}
    assert {each: after[each] for each in before} == before, "the next worker leaves them closed"


@contextmanager
def _next_worker(system: System, folder: Path) -> Iterator[None]:
    """Let another worker take over, as the operator of no standby does it; market time passes."""
    environment = worker_environment(system.stack, system.simulator, folder)
    assert run_worker(environment, "free").process.returncode == 0
    with running_worker(system.stack, system.simulator, folder, MARKET_SPEED=f"{SPEED}") as worker:
        with system.market_open():
            worker.wait_said("ready")
        yield


def _exit_when_the_lease_is_over(system: System, api: Api) -> Row:
    """Call as a scheduler does until the trades of the dead worker are closed."""
    wait_for(
        "the dead worker's lease to end",
        lambda: system.database.rows("worker_leases", expires_at="lt.now()"),
    )
    return api.cron("/api/cron/eod-exit")


def _set_market_time(system: System, clock: str) -> None:
    with psycopg.connect(system.stack.database_url) as connection:
        connection.execute(
            "update public.market_clock set market_time ="
            " (market_time at time zone 'Asia/Kolkata')::date + %s::time"
            " at time zone 'Asia/Kolkata'",
            [clock],
        )


def _assert_books(system: System) -> None:
    with psycopg.connect(system.stack.database_url) as connection:
        query = (
            "select balance, (select sum(amount) from public.ledger_entries l"
            " where l.portfolio_id = p.id), initial_capital + (select sum(pnl) from public.trades)"
            " from public.portfolios p where id = %s"
        )
        row = connection.execute(query, [PORTFOLIO]).fetchone()
    assert row is not None
    assert row[0] == row[1] == row[2]
