"""A worker whose journal or database is not as it ought to be says so and does the right thing."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final, LiteralString

import psutil
import psycopg
import pytest

from core.errors import EXIT_CONFIGURATION, ConfigError
from tests.stacks import RunningStack, running_stack
from tests.worker.running import (
    BANKNIFTY_CONFIG,
    DEADLINE,
    NIFTY_CONFIG,
    Database,
    RunningSimulator,
    run_worker,
    running_simulator,
    running_worker,
    started_worker,
    wait_for,
    worker_environment,
)
from worker.processes.fork_server import ForkServer

pytestmark = [pytest.mark.full, pytest.mark.timeout(300)]

_PLANT: Final = f"""
create function public.refuse_metrics() returns trigger language plpgsql as
  $$ begin raise exception 'planted'; end $$;
create trigger refuse_metrics before insert on public.strategy_metrics for each row
  when (new.strategy_config_id = '{NIFTY_CONFIG}') execute function public.refuse_metrics()
"""
_PULL_UP: Final = "drop function public.refuse_metrics() cascade"


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    with running_stack() as running:
        yield running


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    with running_simulator("--speed=60", "--start=09:30") as running:
        yield running


def test_a_damaged_journal_is_moved_aside_and_a_human_is_told(
    stack: RunningStack, simulator: RunningSimulator, tmp_path: Path
) -> None:
    (tmp_path / "journal.sqlite3").write_bytes(b"no journal at all" * 999)
    with running_worker(stack, simulator, tmp_path, MARKET_SPEED="60") as worker:
        (told,) = wait_for("a critical line", lambda: worker.said("was damaged and is now"))
        worker.wait_said("ready")
        (incident,) = wait_for(
            "an incident",
            lambda: Database(stack).rows("incidents", kind="eq.journal_damaged"),
        )
    assert told["level"] == "critical"
    aside = Path(incident["detail"]["moved_to"])
    assert aside.read_bytes().startswith(b"no journal at all")


def test_a_disk_that_takes_no_more_halts_trading_and_leaves_nothing_half_written(
    stack: RunningStack, simulator: RunningSimulator, tmp_path: Path
) -> None:
    with running_worker(stack, simulator, tmp_path, MARKET_SPEED="60") as worker:
        worker.wait_said("ready")
        log = tmp_path / "journal.sqlite3-wal"
        room = log.stat().st_size + (32 << 10)
        psutil.Process(worker.process.pid).rlimit(psutil.RLIMIT_FSIZE, (room, room))
        assert worker.process.wait(DEADLINE) == EXIT_CONFIGURATION
    last = worker.lines[-1]
    assert (last["level"], last["logger"]) == ("critical", "__main__")
    assert "look after its disk" in last["message"]
    with closing(sqlite3.connect(tmp_path / "journal.sqlite3")) as journal:
        assert journal.execute("pragma quick_check").fetchone() == ("ok",)
    # With room again it goes on, and what had reached the disk reaches the database.
    with running_worker(stack, simulator, tmp_path, MARKET_SPEED="60") as worker:
        worker.wait_said("ready")
        assert worker.stop() == 0
        (stopped,) = worker.said("stopped")
    assert stopped["outbox"] == 0
    assert stopped["store"].get("failed", 0) == 0


def test_the_journal_of_another_database_is_refused(
    stack: RunningStack, simulator: RunningSimulator, tmp_path: Path
) -> None:
    with running_worker(stack, simulator, tmp_path, MARKET_SPEED="60") as worker:
        worker.wait_said("ready")
    rename = "update private.database_name set id = gen_random_uuid() returning id"
    with psycopg.connect(stack.database_url) as database:
        (name,) = database.execute(rename).fetchone() or ("",)
    refused = run_worker(worker_environment(stack, simulator, tmp_path, MARKET_SPEED="60"))
    assert refused.process.returncode == EXIT_CONFIGURATION
    (line,) = refused.said("is the journal of another database")
    assert str(name) in line["message"]


def test_a_database_from_before_a_function_we_need_is_refused_by_the_migration_that_makes_it(
    simulator: RunningSimulator, tmp_path: Path
) -> None:
    (tmp_path / "migrations").mkdir()
    with running_stack(migrations=tmp_path / "migrations") as stack:
        environment = worker_environment(stack, simulator, tmp_path / "state")
        worker = run_worker(environment)
    assert worker.process.returncode == EXIT_CONFIGURATION
    (line,) = worker.said("has no function health")
    assert "which migration 20261120183600_create_health makes" in line["message"]


def test_a_new_run_does_not_take_up_books_that_the_database_does_not_know(
    stack: RunningStack, tmp_path: Path
) -> None:
    database = Database(stack)
    with running_simulator("--speed=120", "--start=09:30") as simulator:
        environment = worker_environment(stack, simulator, tmp_path, MARKET_SPEED="120")
        with started_worker(environment) as worker:
            worker.wait_said("ready")
            _run(stack, _PLANT)
            worker.wait_said("event refused and set aside: metric")
            worker.process.kill()
            worker.process.wait()
        with started_worker(environment) as worker:
            line = worker.wait_said("wait behind one that the database refused")
            assert "python -m worker journal" in line["message"]
            worker.wait_said("ready")
            assert database.config(BANKNIFTY_CONFIG)["status"] == "ACTIVE"
            _run(stack, _PULL_UP)
            settled = ("journal", "retry", NIFTY_CONFIG)
            with started_worker(environment, *settled) as desk:
                assert desk.process.wait(DEADLINE) == 0
                assert "is sent again, and those behind it" in desk.raw[-1]
            database.wait_status(NIFTY_CONFIG, "ERROR")  # What waited was just that.
            answer = database.user().do(NIFTY_CONFIG, "START")
            assert answer["status"] == "EXECUTED", answer


def test_a_config_of_which_something_is_in_no_place_any_more_enters_nothing(
    stack: RunningStack, simulator: RunningSimulator, tmp_path: Path
) -> None:
    with running_worker(stack, simulator, tmp_path, MARKET_SPEED="60") as worker:
        worker.wait_said("ready")
    with closing(sqlite3.connect(tmp_path / "journal.sqlite3")) as journal, journal:
        # As if the first trades had been removed for their age, and the backup were older still.
        journal.execute("insert into pruned values (?, 'trade', 7, 1, 9)", (NIFTY_CONFIG,))
    _run(stack, "update public.worker_journals set sequence = 2")
    database = Database(stack)
    with running_worker(stack, simulator, tmp_path, MARKET_SPEED="60") as worker:
        worker.wait_said("was restored to an older state")
        worker.wait_said("ready")
        config = database.wait_status(NIFTY_CONFIG, "PAUSED")
        assert "between 3 and 9 (at most 7 of kind trade)" in config["error_message"]
        assert database.config(BANKNIFTY_CONFIG)["status"] == "ACTIVE"
        answer = database.user().do(NIFTY_CONFIG, "RESUME")
        assert (answer["status"], answer["error_message"]) == ("FAILED", config["error_message"])
    environment = worker_environment(stack, simulator, tmp_path, MARKET_SPEED="60")
    with started_worker(environment, "journal", "accept", NIFTY_CONFIG) as desk:
        assert desk.process.wait(DEADLINE) == 0
    with running_worker(stack, simulator, tmp_path, MARKET_SPEED="60") as worker:
        worker.wait_said("ready")
        assert database.user().do(NIFTY_CONFIG, "RESUME")["status"] == "EXECUTED"


def _run(stack: RunningStack, query: LiteralString) -> None:
    with psycopg.connect(stack.database_url) as database:
        database.execute(query)


def test_a_folder_whose_sockets_would_have_too_long_names_is_named_with_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / ("x" * 100)
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    with pytest.raises(ConfigError, match=f"{folder}, {len(str(folder))} bytes long.* 75;"):
        ForkServer().start()
