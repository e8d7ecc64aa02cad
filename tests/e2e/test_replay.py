"""A recorded run into which commands fell at any moment: offline it makes the same trades."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import dict_row

from backtest.recording import replay_recording
from core.session import NS_PER_SECOND
from tests.e2e.browser import Browser, open_browser
from tests.e2e.spelling import by_id
from tests.e2e.system import System, create_eager, do, running_system, sign_in_demo
from tests.recordings import run_folder
from tests.worker.running import wait_for

pytestmark = pytest.mark.timeout(120)
RECORDED = "recorded"
SPEED = 600


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    """Return a system that records."""
    settings = {"WORKER_RECORD_DIR": str(tmp_path / RECORDED), "MARKET_SPEED": str(SPEED)}
    with running_system(tmp_path, f"--speed={SPEED}", **settings) as running:
        yield running


@pytest.fixture
def page(system: System) -> Iterator[Browser]:
    """Return a page of the demo user."""
    with open_browser(system.stack) as browser:
        sign_in_demo(browser)
        yield browser


def test_commands_while_the_market_moves(system: System, page: Browser) -> None:
    config = create_eager(page, "moved about")
    beside = create_eager(page, "beside it", "BANKNIFTY-FUT")
    with system.market_open():
        for each in (config, beside):
            assert do(page, each, "START")["status"] == "EXECUTED"
        for command in ("PAUSE", "UPDATE_CONFIG", "RESUME", "RESTART", "UPDATE_CONFIG", "STOP"):
            _pass_minutes(system, 10)
            assert do(page, config, command)["status"] == "EXECUTED", command
            system.wait_trades(beside)
        _pass_minutes(system, 10)
        do(page, config, "START")
        _pass_minutes(system, 10)
    _assert_replayed(system)


def test_a_strategy_process_that_is_killed_while_the_market_moves(
    system: System, page: Browser
) -> None:
    config = create_eager(page, "killed")
    beside = create_eager(page, "beside it", "BANKNIFTY-FUT")
    with system.market_open():
        for each in (config, beside):
            assert do(page, each, "START")["status"] == "EXECUTED"
        system.wait_trades(config, 2)
        os.kill(system.database.config(config)["pid"], signal.SIGKILL)
        system.database.wait_status(config, "ERROR")
        row = system.database.wait_status(config, "ACTIVE")
        assert row["pid"]
        count = len(system.trades(config))
        system.wait_trades(config, count + 2)
    _assert_replayed(system)


def _pass_minutes(system: System, count: int) -> None:
    """Let so many minutes pass."""

    def clock() -> int:
        return int(system.simulator.control("clock")["now_ns"])

    end = clock() + count * 60 * NS_PER_SECOND
    wait_for("minutes to pass", lambda: clock() > end)


def _assert_replayed(system: System) -> None:
    assert system.finish()["dropped"] == 0
    with psycopg.connect(system.stack.database_url, row_factory=dict_row) as connection:
        traded = connection.execute("select * from public.trades").fetchall()
    assert len(traded) > 4
    assert by_id(traded) == by_id(replay_recording(run_folder(system.folder / RECORDED)).rows())
