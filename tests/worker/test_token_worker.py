"""A running worker whose token dies: who is told, and how it goes on."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.stacks import running_stack
from tests.worker.running import (
    PROJECT,
    Database,
    RunningSimulator,
    running_simulator,
    started_worker,
    wait_for,
    worker_environment,
)

pytestmark = pytest.mark.full
PATIENCE = 90.0


def test_a_dead_token_is_an_incident_until_a_person_hands_another_in(tmp_path: Path) -> None:
    with running_stack() as stack, running_simulator("--speed=60", "--start=09:30") as simulator:
        environment = worker_environment(stack, simulator, tmp_path, MARKET_SPEED="60")
        with started_worker(environment) as worker:
            worker.wait_said("ready", PATIENCE)
            new = _renewed(simulator)
            line = worker.wait_said("refuses DHAN_ACCESS_TOKEN", PATIENCE)
            assert line["level"] == "critical"
            (incident,) = wait_for("the incident", lambda: _incidents(Database(stack)), PATIENCE)
            assert "goes on as soon as there is another" in incident["message"]
            assert worker.process.poll() is None
            before = len(worker.said("feed connected"))
            done = subprocess.run(
                [sys.executable, "-m", "worker", "token"],
                cwd=PROJECT,
                env=environment,
                input=new,
                capture_output=True,
                text=True,
                timeout=PATIENCE,
                check=False,
            )
            assert (done.returncode, done.stdout) == (0, "kept; a running worker uses it at once\n")
            wait_for("the feed", lambda: len(worker.said("feed connected")) > before, PATIENCE)
            wait_for("ticks", lambda: _packets(simulator) > 100, PATIENCE)
            assert worker.stop() == 0
        assert new not in "".join(worker.raw)
        assert new not in done.stderr


def _renewed(simulator: RunningSimulator) -> str:
    """Renew the token somewhere else, which ends the worker's; return the new one."""
    headers = {
        "access-token": simulator.token,
        "dhanClientId": simulator.environment["DHAN_CLIENT_ID"],
    }
    answer = httpx.get(f"{simulator.environment['DHAN_API_URL']}/RenewToken", headers=headers)
    return str(answer.raise_for_status().json()["accessToken"])


def _incidents(database: Database) -> list[dict[str, Any]]:
    return database.rows("incidents", kind="eq.token")


def _packets(simulator: RunningSimulator) -> int:
    sockets = simulator.control("state")["sockets"]
    return sum(each["packets"] for each in sockets if each["open"])
