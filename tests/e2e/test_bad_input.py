"""What cannot work is said in a sentence, to the user or to the operator; nothing half-started.

Every wrong setting of the worker by itself is in `tests/worker/test_life.py`.
"""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.e2e.browser import Browser, RefusedError, open_browser
from tests.e2e.demo import running_demo
from tests.e2e.system import (
    System,
    do,
    running_system,
    send,
    sign_in_demo,
    sign_up_somebody,
)
from tests.stacks import RunningStack, running_stack
from tests.worker.running import (
    Database,
    RunningSimulator,
    RunningWorker,
    running_simulator,
    started_worker,
    wait_for,
    worker_environment,
)

pytestmark = pytest.mark.timeout(120)
NOBODY = "http://127.0.0.1:9"
GONE_SECONDS = 5.0


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Return a running system."""
    with running_system(tmp_path_factory.mktemp("worker")) as running:
        yield running


@pytest.fixture(scope="module")
def page(system: System) -> Iterator[tuple[Browser, str]]:
    """Return a page of the demo user, who listens, and the user's topic."""
    with open_browser(system.stack) as browser:
        topic = f"user:{sign_in_demo(browser)}"
        browser.listen_to_topic(topic)
        yield browser, topic


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"p_config": {"fast": 30}}, "fast (30) must be below slow (21)"),
        ({"p_config": {"fast": 0}}, "fast is 0"),
        ({"p_config": {"speed": 9}}, "speed is not a parameter"),
        ({"p_risk_parameters": {"risk_per_trade_pct": 300}}, "risk_per_trade_pct is 300"),
        ({"p_symbols": ["NIFTI-FUT"]}, "symbol 'NIFTI-FUT' is unknown"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_the_user_is_told_why_a_strategy_cannot_start(
    system: System, page: tuple[Browser, str], settings: dict[str, Any], sentence: str
) -> None:
    browser, topic = page
    before = {each.pid for each in system.worker.descendants()}
    given = {"p_symbols": ["NIFTY-FUT"], **settings}
    made = browser.call(
        "create_strategy", p_name=f"cannot: {sentence}", p_strategy_type="momentum", **given
    )
    failed = do(browser, made["config_id"], "START")
    assert failed["status"] == "FAILED"
    assert sentence in failed["error_message"]
    heard = browser.wait_heard(
        "command_failed",
        lambda each: (
            each.channel == topic
            and each.event["payload"]["id"] == failed["id"]
            and each.event["event"] == "command_failed"
        ),
    )
    assert heard.event["payload"]["row"]["error_message"] == failed["error_message"]
    config = system.database.config(made["config_id"])
    assert (config["status"], config["pid"]) == ("STOPPED", None)
    wait_for("no new process", lambda: {each.pid for each in system.worker.descendants()} <= before)


def test_a_strategy_without_a_portfolio_is_refused_before_the_worker_hears_of_it(
    system: System,
) -> None:
    with open_browser(system.stack) as browser:
        sign_up_somebody(browser)
        made = browser.call(
            "create_strategy", p_name="poor", p_strategy_type="momentum", p_symbols=["NIFTY-FUT"]
        )
        with pytest.raises(
            RefusedError, match="neither the config nor its strategy has"
        ) as refusal:
            send(browser, made["config_id"], "START")
        assert refusal.value.code == "TB422"
        assert browser.query("strategy_commands", ("select", "*")) == []


@pytest.fixture(scope="module")
def stack() -> Iterator[RunningStack]:
    """Return a stack without a worker."""
    with running_stack() as running:
        yield running


@pytest.fixture(scope="module")
def simulator() -> Iterator[RunningSimulator]:
    """Return a simulator that plays."""
    with running_simulator("--speed=60") as running:
        yield running


@pytest.mark.parametrize(
    ("wrong", "code", "sentence"),
    [
        ({"SUPABASE_SECRET_KEY": "sb_secret_of_somebody_else"}, 2, "refuses SUPABASE_SECRET_KEY"),
        # It tries for some time first.
        pytest.param(
            *({"SUPABASE_URL": NOBODY}, 75, f"Supabase at {NOBODY} cannot be reached"),
            marks=pytest.mark.full,
        ),
        ({"DHAN_ACCESS_TOKEN": "an.old.token"}, 2, "refuses DHAN_ACCESS_TOKEN"),
        ({"DHAN_MASTER_URL": NOBODY}, 75, "the instrument master"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_worker_that_cannot_start_leaves_nothing_behind_and_the_next_one_starts(  # noqa: PLR0917
    stack: RunningStack,
    simulator: RunningSimulator,
    tmp_path: Path,
    wrong: dict[str, str],
    code: int,
    sentence: str,
) -> None:
    environment = worker_environment(stack, simulator, tmp_path, MARKET_SPEED="60")
    before = _configs(stack)
    with started_worker({**environment, **wrong}) as worker:
        processes = _ended(worker, code)
    _assert_nothing_is_left(stack, worker, processes, sentence)
    assert _configs(stack) == before
    with started_worker(environment) as again:
        again.wait_said("feed connected")


def test_a_feed_that_refuses_the_token_ends_the_worker_which_leaves_nothing_behind(
    stack: RunningStack, simulator: RunningSimulator, tmp_path: Path
) -> None:
    with _refusing_server() as url:
        environment = worker_environment(
            stack, simulator, tmp_path, MARKET_SPEED="60", DHAN_FEED_URL=url
        )
        with started_worker(environment) as worker:
            processes = _ended(worker, 2)
    _assert_nothing_is_left(
        stack, worker, processes, "refuses DHAN_CLIENT_ID and DHAN_ACCESS_TOKEN"
    )


@pytest.mark.parametrize(
    ("settings", "code", "sentence"),
    [
        ({"DEMO_SPEED": "fast"}, 2, "DEMO_SPEED is 'fast', must be a number from 0.1 to 10000"),
        ({"DEMO_SECONDS": "-1"}, 2, "DEMO_SECONDS is '-1', must be a number from 0"),
        ({"DEMO_SOURCE": "pyproject.toml"}, 2, "pyproject.toml: column ts, open, high"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_demo_that_cannot_be_played_says_why_and_leaves_nothing_behind(
    settings: dict[str, str], code: int, sentence: str
) -> None:
    with running_demo(**settings) as demo:
        assert demo.wait_ended() == (code, "")
        assert not demo.left()
    said = "".join(demo.lines)
    assert sentence in said
    assert "Traceback" not in said


def _configs(stack: RunningStack) -> list[dict[str, Any]]:
    return Database(stack).rows("strategy_configs", select="id,status,pid", order="id")


def _ended(worker: RunningWorker, code: int) -> list[psutil.Process]:
    """Wait until a worker ends by itself; return the processes that it had."""
    seen: set[psutil.Process] = set()

    def look() -> bool:
        try:
            seen.update(worker.descendants())
        except psutil.NoSuchProcess:
            return True
        return worker.process.poll() is not None

    wait_for("the worker to end", look)
    assert worker.process.wait() == code, "".join(worker.raw)
    assert seen, "the fork server is a process of its own"
    return list(seen)


def _assert_nothing_is_left(
    stack: RunningStack, worker: RunningWorker, processes: list[psutil.Process], sentence: str
) -> None:
    said = "".join(worker.raw)
    assert sentence in said
    assert "Traceback" not in said
    assert [line for line in worker.lines if line["level"] == "critical"], "the last word"
    _, alive = psutil.wait_procs(processes, timeout=GONE_SECONDS)
    assert not alive
    leases = Database(stack).rows("worker_leases")
    assert [row["shard"] for row in leases if row["holder"]] == []


class _Refusing(http.server.BaseHTTPRequestHandler):
    """Answers every handshake with 401."""

    protocol_version = "HTTP/1.1"  # As Dhan; no WebSocket client reads an older answer.

    def do_GET(self) -> None:
        """Refuse."""
        self.send_error(401)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def _refusing_server() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"ws://127.0.0.1:{server.server_port}"
        server.shutdown()
