"""Strategy processes that misbehave: theirs is the trouble, nobody else's."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.stacks import running_stack
from tests.worker.running import (
    BANKNIFTY_CONFIG,
    NIFTY_CONFIG,
    Database,
    running_simulator,
    running_worker,
    wait_for,
)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    state: Path = tmp_path_factory.mktemp("state")
    with (
        running_stack() as stack,
        running_simulator("--speed=60", "--start=09:30") as simulator,
        running_worker(stack, simulator, state, MARKET_SPEED="60"),
    ):
        database = Database(stack)
        for config in (NIFTY_CONFIG, BANKNIFTY_CONFIG):
            database.wait_status(config, "ACTIVE")
        yield database


def test_a_process_that_does_not_answer_is_killed_and_the_market_goes_on(
    database: Database,
) -> None:
    stuck = database.wait_status(NIFTY_CONFIG, "ACTIVE")
    psutil.Process(stuck["pid"]).send_signal(signal.SIGSTOP)
    failed = database.wait_status(NIFTY_CONFIG, "ERROR")
    assert "no answer to round" in failed["error_message"]
    before = _supervisor(database)["rounds"]
    wait_for("more rounds", lambda: _supervisor(database)["rounds"] > before)
    again = database.wait_status(NIFTY_CONFIG, "ACTIVE")
    assert again["pid"] != stuck["pid"]
    assert not psutil.pid_exists(stuck["pid"])


def test_after_three_crashes_in_ten_minutes_it_stays_an_error_until_it_is_started(
    database: Database,
) -> None:
    other = database.config(NIFTY_CONFIG)["pid"]
    pids = []
    for _ in range(3):
        pids.append(database.wait_status(BANKNIFTY_CONFIG, "ACTIVE")["pid"])
        psutil.Process(pids[-1]).kill()
        database.wait_status(BANKNIFTY_CONFIG, "ERROR")
    assert len(set(pids)) == 3
    wait_for(
        "the last word",
        lambda: [
            row
            for row in database.rows(
                "strategy_logs", strategy_config_id=f"eq.{BANKNIFTY_CONFIG}", level="eq.error"
            )
            if "it stays stopped" in row["message"]
        ],
    )
    assert database.config(BANKNIFTY_CONFIG)["status"] == "ERROR"
    assert database.user().do(BANKNIFTY_CONFIG, "START")["status"] == "EXECUTED"
    assert database.wait_status(BANKNIFTY_CONFIG, "ACTIVE")["error_message"] is None
    assert database.config(NIFTY_CONFIG)["pid"] == other


def _supervisor(database: Database) -> dict[str, Any]:
    (row,) = database.rows("worker_heartbeats", process="eq.supervisor")
    figures: dict[str, Any] = row["figures"]
    return figures
