"""Start, stop and trouble of the worker as a process."""

import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from tests.stacks import RunningStack, running_stack
from tests.worker.running import (
    BANKNIFTY_CONFIG,
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
from tests.worker.wire_cut import line_to

CONFIGS = (NIFTY_CONFIG, BANKNIFTY_CONFIG)


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    with running_stack() as running:
        yield running


@pytest.fixture(scope="module")
def one_simulator() -> Iterator[RunningSimulator]:
    with running_simulator("--speed=60", "--start=09:30") as running:
        yield running


@pytest.fixture
def simulator(one_simulator: RunningSimulator) -> RunningSimulator:
    """Return the simulator with nothing wrong, at half past nine."""
    one_simulator.clear_faults()
    one_simulator.control("clock", rewind="09:30")
    return one_simulator


def _ready(database: Database) -> None:
    for config in CONFIGS:
        database.wait_status(config, "ACTIVE")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_stop_it_leaves_no_process_gives_the_lease_back_and_exits_0(
    stack: RunningStack, simulator: RunningSimulator, tmp_path: Path, number: signal.Signals
) -> None:
    database = Database(stack)
    with running_worker(stack, simulator, tmp_path, MARKET_SPEED="60") as worker:
        worker.wait_said("ready")
        children = worker.descendants()
        assert len(children) >= len(CONFIGS)
        assert worker.stop(number) == 0
        assert worker.wait_said("stopped")["outbox"] == 0
    psutil.wait_procs(children, timeout=5)
    assert not [each for each in children if each.is_running()]
    assert database.rows("worker_leases")[0]["holder"] is None


def test_killed_it_leaves_no_process_and_the_next_start_takes_over_at_once(
    stack: RunningStack, simulator: RunningSimulator, tmp_path: Path
) -> None:
    with running_worker(stack, simulator, tmp_path, MARKET_SPEED="60") as worker:
        worker.wait_said("ready")
        children = worker.descendants()
        worker.process.kill()
        worker.process.wait()
    _, alive = psutil.wait_procs(children, timeout=5)
    assert not alive
    with running_worker(stack, simulator, tmp_path, MARKET_SPEED="60") as again:
        again.wait_said("ready", 10)


def test_a_second_worker_does_not_get_the_lease(
    stack: RunningStack, simulator: RunningSimulator, tmp_path: Path
) -> None:
    environment = worker_environment(stack, simulator, tmp_path / "a", MARKET_SPEED="60")
    with started_worker(environment) as first:
        first.wait_said("ready")
        second = run_worker({**environment, "WORKER_STATE_DIR": str(tmp_path / "b")})
        assert second.process.returncode == 75
        assert second.said("shard 'main' is run by another worker")
        third = run_worker(environment)
        assert third.process.returncode == 2
        assert third.said("is used by another worker")
        assert first.process.poll() is None


def test_supabase_away_for_a_while_costs_no_row(
    stack: RunningStack, simulator: RunningSimulator, tmp_path: Path
) -> None:
    database = Database(stack)
    with line_to(urlsplit(stack.url).port or 0) as line:
        environment = worker_environment(stack, simulator, tmp_path, MARKET_SPEED="60")
        environment["SUPABASE_URL"] = f"http://127.0.0.1:{line.port}"
        with started_worker(environment) as worker:
            worker.wait_said("ready")
            line.cut()
            worker.wait_said("not stored")
            waiting = wait_for(
                "a backlog", lambda: [x for x in worker.said("not stored") if x["waiting"] > 5]
            )
            line.mend()
            count = waiting[-1]["waiting"]
            wait_for(
                "the backlog to drain",
                lambda: [
                    row
                    for row in database.rows("worker_heartbeats", process="eq.supervisor")
                    if row["figures"]["outbox"] == 0
                    and row["figures"]["store"].get("applied", 0) > count
                    and row["pid"] == worker.process.pid
                ],
            )
            assert worker.stop() == 0
            (stopped,) = worker.said("stopped")
    assert stopped["dropped"] == 0
    assert stopped["store"].get("failed", 0) == 0
    assert stopped["effects"]["Candle"] > 0


@pytest.mark.parametrize(
    ("fault", "counter"),
    [
        ({"kind": "reset"}, None),
        ({"kind": "stall", "seconds": 8}, "silences"),
        ({"kind": "disconnect", "code": 800}, "reason_800"),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
def test_a_feed_that_breaks_is_opened_again(
    stack: RunningStack,
    simulator: RunningSimulator,
    tmp_path: Path,
    fault: dict[str, object],
    counter: str | None,
) -> None:
    with running_worker(stack, simulator, tmp_path, MARKET_SPEED="60") as worker:
        worker.wait_said("ready")
        simulator.control("faults", **fault)
        worker.wait_said("feed lost")
        wait_for("a second socket", lambda: len(worker.said("feed connected")) > 1)
        before = simulator.control("state")["traffic"]["packets"]
        wait_for(
            "ticks again", lambda: simulator.control("state")["traffic"]["packets"] > before + 50
        )
        assert worker.stop() == 0
        (stopped,) = worker.said("stopped")
    assert stopped["dropped"] == 0
    if counter is not None:
        assert stopped["feed"][counter] >= 1


def test_a_feed_that_refuses_the_account_ends_the_worker_with_a_sentence(
    stack: RunningStack, simulator: RunningSimulator, tmp_path: Path
) -> None:
    with running_worker(stack, simulator, tmp_path, MARKET_SPEED="60") as worker:
        worker.wait_said("ready")
        simulator.control("faults", kind="disconnect", code=806)
        assert worker.process.wait(20) == 2
        children = worker.said("stopped")
    assert children
    assert worker.said("the account has no Data API plan (806)")


@pytest.mark.parametrize(
    ("changes", "code", "sentence"),
    [
        ({"SUPABASE_SECRET_KEY": "sb_secret_wrong"}, 2, "refuses SUPABASE_SECRET_KEY"),
        ({"SUPABASE_URL": "http://127.0.0.1:9"}, 75, "cannot be reached"),
        ({"DHAN_ACCESS_TOKEN": "no.such.token"}, 2, "refuses DHAN_ACCESS_TOKEN"),
        ({"DHAN_API_URL": "http://127.0.0.1:9/v2"}, 75, "Dhan at http://127.0.0.1:9/v2"),
        ({"DHAN_MASTER_URL": "http://127.0.0.1:9"}, 75, "the instrument master"),
        ({"WORKER_STATE_DIR": "/proc/nowhere"}, 2, "WORKER_STATE_DIR /proc/nowhere"),
        ({"MARKET_SPEED": "fast", "SUPABASE_URL": ""}, 2, "SUPABASE_URL (or NEXT_PUBLIC"),
    ],
)
@pytest.mark.parametrize("command", ["run", "doctor"])
def test_what_cannot_work_is_said_in_a_sentence_and_nothing_is_left_behind(  # noqa: PLR0917
    stack: RunningStack,
    simulator: RunningSimulator,
    tmp_path: Path,
    command: str,
    changes: dict[str, str],
    code: int,
    sentence: str,
) -> None:
    environment = worker_environment(stack, simulator, tmp_path) | changes
    worker = run_worker(environment, command)
    assert worker.process.returncode == code
    assert sentence in "".join(worker.raw)
    assert "Traceback" not in "".join(worker.raw)
    assert not simulator.control("state")["sockets"]


def test_the_doctor_is_content_with_a_whole_setup(
    stack: RunningStack, simulator: RunningSimulator, tmp_path: Path
) -> None:
    worker = run_worker(worker_environment(stack, simulator, tmp_path), "doctor")
    assert worker.process.returncode == 0
    assert "everything a run needs is there" in "".join(worker.raw)


def test_the_doctor_names_all_that_is_in_the_way_at_once(
    stack: RunningStack, simulator: RunningSimulator, tmp_path: Path
) -> None:
    Database(stack).call(
        "worker_acquire_lease", p_shard="taken", p_holder="somebody/1", p_ttl_seconds=60
    )
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        found = run_worker(
            worker_environment(
                stack,
                simulator,
                tmp_path,
                WORKER_SHARD="taken",
                WORKER_HEALTH_ADDRESS=f"127.0.0.1:{port}",
            ),
            "doctor",
        )
    said = "".join(found.raw)
    assert found.process.returncode == 2
    assert "2 of the checks failed: port, lease" in said
    assert f"WORKER_HEALTH_ADDRESS 127.0.0.1:{port} is used by another program; choose" in said
    assert "somebody/1 has the shard" in said


def test_no_secret_is_ever_logged(
    stack: RunningStack, simulator: RunningSimulator, tmp_path: Path
) -> None:
    environment = worker_environment(stack, simulator, tmp_path, MARKET_SPEED="60")
    with started_worker(environment, "--verbose", "run") as worker:
        worker.wait_said("ready")
        simulator.control("faults", kind="reset")
        worker.wait_said("feed lost")
        worker.stop()
    everything = "".join(worker.raw)
    assert environment["DHAN_ACCESS_TOKEN"] not in everything
    assert stack.secret_key not in everything


def test_a_folder_that_cannot_hold_recordings_is_refused(
    stack: RunningStack, simulator: RunningSimulator, tmp_path: Path
) -> None:
    worker = run_worker(
        worker_environment(stack, simulator, tmp_path, WORKER_RECORD_DIR="/proc/nowhere")
    )
    assert worker.process.returncode == 2
    assert worker.said("WORKER_RECORD_DIR /proc/nowhere cannot be written to")
