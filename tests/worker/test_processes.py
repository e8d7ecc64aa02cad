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
    RunningWorker,
    User,
    running_simulator,
    running_worker,
    wait_for,
)
from tests.worker.strategy_tree import MODULE, StrategyTree

MEMORY_MB = 96


class Scene:
    """A worker at 60 market seconds per second that knows the misbehaving strategies."""

    def __init__(self, database: Database, worker: RunningWorker, tree: StrategyTree) -> None:
        self.database = database
        self.worker = worker
        self.tree = tree
        self.user: User = database.user()

    def started(self, class_name: str, symbol: str = "RELIANCE", **changes: Any) -> str:
        """Make a config of one of the misbehaving, start it, and return its id."""
        made = self.user.call(
            "create_strategy",
            p_name=f"{class_name} {len(self.database.rows('strategy_configs'))}",
            p_strategy_type="momentum",
            p_symbols=[symbol],
            p_module_path=MODULE,
            p_class_name=class_name,
        )
        config = str(made["config_id"])
        if changes:
            self.user.change("strategy_configs", config, **changes)
        assert self.user.do(config, "START")["status"] == "EXECUTED"
        return config

    def pid_of(self, config: str, *before: int) -> int:
        """Wait until a config runs in a process that is none of those before; return its id."""
        query = {"id": f"eq.{config}", "status": "eq.ACTIVE"}
        rows = wait_for(
            "its process",
            lambda: [
                row
                for row in self.database.rows("strategy_configs", **query)
                if row["pid"] is not None and row["pid"] not in before
            ],
        )
        return int(rows[0]["pid"])

    def wait_logged(self, config: str, text: str) -> dict[str, Any]:
        """Wait for a line in a config's log that contains a text."""
        query = {"strategy_config_id": f"eq.{config}", "message": f"like.*{text}*", "limit": "1"}
        look = "strategy_logs"
        return wait_for(f"{text!r} in its log", lambda: self.database.rows(look, **query))[0]

    def figures(self, process: str) -> dict[str, Any]:
        """Return what a process last reported."""
        rows = self.database.rows("worker_heartbeats", process=f"eq.{process}")
        found: dict[str, Any] = rows[0]["figures"] if rows else {}
        return found

    def stop(self, *configs: str) -> None:
        """Stop configs, so that they do not crash on."""
        for each in configs:
            assert self.user.do(each, "STOP")["status"] == "EXECUTED"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    state: Path = tmp_path_factory.mktemp("state")
    tree = StrategyTree(tmp_path_factory.mktemp("tree"))
    limits = {"STRATEGY_MEMORY_MB": str(MEMORY_MB), "STRATEGY_CPU_SECONDS": "0.15"}
    settings = {**tree.settings, **limits, "MARKET_SPEED": "60"}
    with (
        running_stack() as stack,
        running_simulator("--speed=60", "--start=09:30") as simulator,
        running_worker(stack, simulator, state, **settings) as worker,
    ):
        database = Database(stack)
        for config in (NIFTY_CONFIG, BANKNIFTY_CONFIG):
            database.wait_status(config, "ACTIVE")
        yield Scene(database, worker, tree)


def test_a_process_that_does_not_answer_is_killed_and_the_market_goes_on(scene: Scene) -> None:
    stuck = scene.pid_of(NIFTY_CONFIG)
    psutil.Process(stuck).send_signal(signal.SIGSTOP)
    scene.wait_logged(NIFTY_CONFIG, "ended: no answer to round")
    before = scene.figures("supervisor")["rounds"]
    wait_for("more rounds", lambda: scene.figures("supervisor")["rounds"] > before)
    assert scene.pid_of(NIFTY_CONFIG, stuck)
    assert not psutil.pid_exists(stuck)


def test_after_three_crashes_in_ten_minutes_it_stays_an_error_until_it_is_started(
    scene: Scene,
) -> None:
    database = scene.database
    other = scene.pid_of(NIFTY_CONFIG)
    pids: list[int] = []
    for then in ("restart 1 follows", "restart 2 follows", "it stays stopped"):
        pids.append(scene.pid_of(BANKNIFTY_CONFIG, *pids))
        psutil.Process(pids[-1]).kill()
        scene.wait_logged(BANKNIFTY_CONFIG, f"ended: killed by SIGKILL; {then}")
    assert database.wait_status(BANKNIFTY_CONFIG, "ERROR")["error_message"] == "killed by SIGKILL"
    query = {"entity_id": f"eq.{BANKNIFTY_CONFIG}", "kind": "eq.strategy_error"}
    told = [each["body"] for each in database.rows("notifications", **query)]
    assert told == ["killed by SIGKILL"] * 3
    assert scene.user.do(BANKNIFTY_CONFIG, "START")["status"] == "EXECUTED"
    assert database.wait_status(BANKNIFTY_CONFIG, "ACTIVE")["error_message"] is None
    assert database.config(NIFTY_CONFIG)["pid"] == other


def test_who_takes_more_memory_than_allowed_raises_or_quits_ends_with_the_reason(
    scene: Scene,
) -> None:
    other = scene.pid_of(NIFTY_CONFIG)
    reasons = {
        "Hog": f"memory above {MEMORY_MB} MB",
        "Crasher": "RuntimeError: this cannot work",
        "Quitter": "exited with status 3",
    }
    configs = {name: scene.started(name) for name in reasons}
    for name, reason in reasons.items():
        line = scene.wait_logged(configs[name], f"strategy process ended: {reason}")
        assert line["level"] == "error"
    assert "misbehaving.py" in scene.wait_logged(configs["Hog"], "ended")["data"]["traceback"]
    scene.stop(*configs.values())
    assert scene.database.config(NIFTY_CONFIG)["pid"] == other


@pytest.mark.full
def test_what_is_printed_is_in_the_owner_s_log_in_measure_and_nowhere_else(scene: Scene) -> None:
    chatter = scene.started("Chatter")
    scene.wait_logged(chatter, "printed: candle 1")
    scene.wait_logged(chatter, "printed: to stderr")
    scene.wait_logged(chatter, "lines more, which are not kept")
    wait_for("what was dropped", lambda: scene.figures(chatter).get("lines_dropped", 0) > 4_000)
    assert scene.database.config(chatter)["status"] == "ACTIVE"
    query = {"strategy_config_id": f"eq.{chatter}", "message": "like.printed*", "select": "id"}
    assert len(scene.database.rows("strategy_logs", **query)) < 200
    scene.stop(chatter)
    assert not [line for line in scene.worker.raw if line.startswith("xxx")]


def test_it_has_no_environment_no_input_and_none_of_the_worker_s_descriptors(scene: Scene) -> None:
    teller = scene.started("Teller")
    scene.wait_logged(teller, "printed: stdin: ''")
    said = scene.wait_logged(teller, "printed: environment:")["message"]
    assert set(said.split()[2:]) <= {"PYTHONPATH", "LC_CTYPE"}
    pid = scene.pid_of(teller)
    open_there = [Path(f"/proc/{pid}/fd/{each}") for each in range(64)]
    targets = {str(each.readlink()) for each in open_there if each.is_symlink()}
    assert {each.partition(":")[0] for each in targets} <= {
        "/dev/null", "socket", "pipe", "anon_inode",
    }  # fmt: skip
    listening = {each.laddr.port for each in psutil.Process(pid).net_connections("inet")}
    assert not listening
    scene.stop(teller)
    scene.wait_logged(teller, "printed: last words")


@pytest.mark.full
def test_who_burns_cpu_is_told_and_put_behind_the_others(scene: Scene) -> None:
    burner = scene.started("Burner")
    line = scene.wait_logged(burner, "all others go first from now on")
    assert line["message"].startswith("used ")
    scene.stop(burner)  # How it ends is a matter of who else wants the CPU by then.


@pytest.mark.full
def test_who_dies_while_another_is_waited_for_is_an_error_too(scene: Scene) -> None:
    looper = scene.started("Looper")
    before = scene.figures("supervisor")["rounds"]
    wait_for("a round or two", lambda: scene.figures("supervisor")["rounds"] > before)
    fainter = scene.started("Fainter", "NIFTY-FUT")
    scene.wait_logged(fainter, "ended: RuntimeError: not this again; it stays stopped")
    assert scene.database.wait_status(fainter, "ERROR")["pid"] is None
    scene.wait_logged(looper, "it stays stopped")
    scene.stop(looper, fainter)


@pytest.mark.full
def test_restart_picks_up_an_edited_file_while_the_others_go_on(scene: Scene) -> None:
    teller, other = scene.started("Teller"), scene.pid_of(NIFTY_CONFIG)
    scene.wait_logged(teller, "printed: first words")
    digest = scene.database.config(teller)["code_digest"]
    scene.tree.edit('"first words"', '"other words"')
    assert scene.user.do(teller, "RESTART")["status"] == "EXECUTED"
    scene.wait_logged(teller, "printed: other words")
    assert scene.database.config(teller)["code_digest"] != digest
    assert scene.database.config(NIFTY_CONFIG)["pid"] == other
    scene.tree.edit('"other words"', '"first words"')
    scene.stop(teller)


@pytest.mark.full
def test_configs_that_share_a_process_end_with_it_and_go_on_each_in_one_of_its_own(
    scene: Scene,
) -> None:
    first, second = (scene.started("Teller", shares_process=True) for _ in range(2))
    shared = scene.pid_of(first)
    assert scene.pid_of(second) == shared
    third = scene.started("Crasher", shares_process=True)
    scene.wait_logged(third, "ended: RuntimeError: this cannot work")
    scene.stop(third)
    assert psutil.pid_exists(shared), "what one raises is its own end only"
    psutil.Process(shared).kill()
    for config in (first, second):
        scene.wait_logged(config, "ended: killed by SIGKILL; restart 1 follows")
    assert scene.pid_of(first, shared) != scene.pid_of(second, shared)
    scene.stop(first, second)


def test_restart_gives_a_config_that_shared_a_process_one_of_its_own(scene: Scene) -> None:
    first, second = (scene.started("Teller", shares_process=True) for _ in range(2))
    shared = scene.pid_of(second)
    scene.tree.edit('"first words"', '"new words"')
    assert scene.user.do(first, "RESTART")["status"] == "EXECUTED"
    scene.wait_logged(first, "printed: new words")
    assert scene.pid_of(first, shared)
    assert scene.pid_of(second) == shared
    newcomer = scene.started("Teller", shares_process=True)
    assert scene.pid_of(newcomer) != shared, "it would run the code of before"
    scene.wait_logged(newcomer, "printed: new words")
    scene.tree.edit('"new words"', '"first words"')
    scene.stop(first, second, newcomer)
    assert not psutil.pid_exists(shared)


@pytest.mark.full
def test_when_the_fork_server_is_killed_all_start_again_and_hold_no_secret(scene: Scene) -> None:
    before = scene.pid_of(NIFTY_CONFIG)
    server = psutil.Process(before).parent()
    assert server is not None
    assert server.pid != scene.worker.process.pid
    server.kill()
    again = psutil.Process(scene.pid_of(NIFTY_CONFIG, before))
    for process in (again, again.parent()):
        assert process is not None
        assert set(process.environ()) <= {"PYTHONPATH", "LC_CTYPE"}
