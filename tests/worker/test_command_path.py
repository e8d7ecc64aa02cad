"""The way of a command: over Realtime or without it, while the worker is away, and after a kill."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.e2e.browser import open_browser
from tests.e2e.command_times import ROUND, TABLE, rounds
from tests.e2e.system import sign_in_demo
from tests.stacks import RunningStack, running_stack
from tests.worker.running import (
    BANKNIFTY_CONFIG,
    NIFTY_CONFIG,
    Database,
    RunningSimulator,
    RunningWorker,
    running_simulator,
    started_worker,
    wait_for,
    worker_environment,
)
from tests.worker.wire_cut import Line, line_to

pytestmark = [pytest.mark.full, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    with running_stack() as running:
        yield running


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    with running_simulator("--speed=60", "--start=09:30") as running:
        yield running


@pytest.fixture
def line(stack: RunningStack) -> Iterator[Line]:
    with line_to(urlsplit(stack.url).port or 0) as line:
        yield line


@contextmanager
def worker_on(
    line: Line, stack: RunningStack, simulator: RunningSimulator, folder: Path
) -> Iterator[RunningWorker]:
    environment = worker_environment(stack, simulator, folder, MARKET_SPEED="60")
    environment["SUPABASE_URL"] = f"http://127.0.0.1:{line.port}"
    with started_worker(environment) as worker:
        worker.wait_said("ready")
        yield worker


def carried_out(worker: RunningWorker, command_id: str) -> int:
    """Return how often a worker says that it has carried a command out."""
    return sum(each.get("id") == command_id for each in worker.said("command"))


def test_all_six_work_over_realtime_and_without_it(
    stack: RunningStack, simulator: RunningSimulator, line: Line, tmp_path: Path
) -> None:
    database = Database(stack)
    with worker_on(line, stack, simulator, tmp_path) as worker, open_browser(stack) as page:
        sign_in_demo(page)
        page.listen_to_tables(TABLE)
        database.wait_status(NIFTY_CONFIG, "ACTIVE")
        names = [command for command, _ in ROUND]
        assert [command for command, _ in rounds(page, NIFTY_CONFIG, 3)] == names * 3
        line.refuse("/realtime/")
        assert [command for command, _ in rounds(page, NIFTY_CONFIG, 1)] == names
        wait_for("the lines", lambda: len(worker.said("command")) >= 4 * len(names))


def test_what_was_sent_while_the_worker_was_away_is_carried_out_once_when_it_is_back(
    stack: RunningStack, simulator: RunningSimulator, line: Line, tmp_path: Path
) -> None:
    database = Database(stack)
    user = database.user()
    with worker_on(line, stack, simulator, tmp_path) as worker:
        database.wait_status(NIFTY_CONFIG, "ACTIVE")
        earlier = user.send(BANKNIFTY_CONFIG, "UPDATE_CONFIG", parameters={"fast": 7})
        assert user.outcome(earlier)["status"] == "EXECUTED"
        assert worker.stop() == 0
    pause, stop = user.send(NIFTY_CONFIG, "PAUSE"), user.send(BANKNIFTY_CONFIG, "STOP")
    # As if its answer had been lost with the worker: carried out again, it changes nothing.
    _forget_outcome(stack, earlier)
    with worker_on(line, stack, simulator, tmp_path) as worker:
        for command in (pause, stop, earlier):
            assert user.outcome(command)["status"] == "EXECUTED"
            wait_for("its line", partial(carried_out, worker, command))
            assert carried_out(worker, command) == 1
        assert database.wait_status(NIFTY_CONFIG, "PAUSED")
        stopped = database.wait_status(BANKNIFTY_CONFIG, "STOPPED")
        assert stopped["config_json"]["parameters"]["fast"] == 7
        assert user.do(NIFTY_CONFIG, "RESUME")["status"] == "EXECUTED"
        assert user.do(BANKNIFTY_CONFIG, "START")["status"] == "EXECUTED"


def test_killed_before_its_answer_was_stored_it_does_not_carry_it_out_again(
    stack: RunningStack, simulator: RunningSimulator, line: Line, tmp_path: Path
) -> None:
    database = Database(stack)
    user = database.user()
    with worker_on(line, stack, simulator, tmp_path) as worker:
        database.wait_status(NIFTY_CONFIG, "ACTIVE")
        with psycopg.connect(stack.database_url) as connection:
            # Commands can be read, nothing can be written.
            connection.execute("lock table public.worker_leases in exclusive mode")
            command = user.send(NIFTY_CONFIG, "PAUSE")
            wait_for("the command", lambda: carried_out(worker, command) == 1)
            wait_for("the journal", lambda: _is_in_journal(tmp_path, command))
            worker.process.kill()
            worker.process.wait()
            assert database.rows(TABLE, id=f"eq.{command}")[0]["status"] == "PENDING"
    with worker_on(line, stack, simulator, tmp_path) as again:
        assert user.outcome(command)["status"] == "EXECUTED"
        assert database.wait_status(NIFTY_CONFIG, "PAUSED")
        later = user.send(NIFTY_CONFIG, "RESUME")
        assert user.outcome(later)["status"] == "EXECUTED"
        wait_for("the later one", lambda: carried_out(again, later) == 1)
        assert carried_out(again, command) == 0


def _forget_outcome(stack: RunningStack, command_id: str) -> None:
    with psycopg.connect(stack.database_url) as connection:
        connection.execute(
            "update public.strategy_commands set status = 'PENDING', executed_at = null,"
            " result = null where id = %s",
            (command_id,),
        )


def _is_in_journal(folder: Path, command_id: str) -> bool:
    """Return whether a journal, or SQLite's log beside it, holds the outcome of a command."""
    found: list[Any] = [each for each in folder.iterdir() if each.name.startswith("journal")]
    return any(command_id.encode() in each.read_bytes() for each in found)
