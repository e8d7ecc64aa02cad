"""Commands of a user, from the inserted row to what the worker does about it."""

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from rich.console import Console

from tests.functions.code_market import BROKEN, BUY
from tests.stacks import RunningStack, running_stack
from tests.worker.running import (
    BANKNIFTY_CONFIG,
    NIFTY_CONFIG,
    Database,
    RunningSimulator,
    RunningWorker,
    User,
    run_worker,
    running_simulator,
    running_worker,
    wait_for,
    worker_environment,
)
from worker.health.top import Place, look, read_place
from worker.health.top_view import drawn

PVA_CONFIG = "00000000-0000-4000-8000-000000000024"
MEAN_REVERSION_CONFIG = "00000000-0000-4000-8000-000000000023"


class Scene:
    """Everything running, at 60 market seconds per second: the day outlasts the tests."""

    def __init__(
        self,
        stack: RunningStack,
        worker: RunningWorker,
        simulator: RunningSimulator,
        state: Path,
    ) -> None:
        self.state = state
        self.stack = stack
        self.address = worker.wait_said("health")["address"].removeprefix("http://")
        self.database = database = Database(stack)
        self.worker = worker
        self.simulator = simulator
        self.user: User = database.user()


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    state: Path = tmp_path_factory.mktemp("state")
    with (
        running_stack() as stack,
        running_simulator("--speed=60", "--start=10:10") as simulator,
        running_worker(
            stack, simulator, state, MARKET_SPEED="60", WORKER_HEALTH_ADDRESS="127.0.0.1:0"
        ) as worker,
    ):
        scene = Scene(stack, worker, simulator, state)
        for config in (NIFTY_CONFIG, BANKNIFTY_CONFIG):
            scene.database.wait_status(config, "ACTIVE")
        yield scene


def test_pause_and_resume_change_the_status_and_keep_the_process(scene: Scene) -> None:
    pid = scene.database.config(NIFTY_CONFIG)["pid"]
    assert scene.user.do(NIFTY_CONFIG, "PAUSE")["status"] == "EXECUTED"
    assert scene.database.wait_status(NIFTY_CONFIG, "PAUSED")["pid"] == pid
    assert scene.user.do(NIFTY_CONFIG, "RESUME")["status"] == "EXECUTED"
    assert scene.database.wait_status(NIFTY_CONFIG, "ACTIVE")["pid"] == pid


def test_stop_ends_the_process_and_start_begins_a_new_one(scene: Scene) -> None:
    before = scene.database.config(NIFTY_CONFIG)["pid"]
    assert scene.user.do(NIFTY_CONFIG, "STOP")["status"] == "EXECUTED"
    stopped = scene.database.wait_status(NIFTY_CONFIG, "STOPPED")
    assert stopped["pid"] is None
    assert stopped["stopped_at"] is not None
    assert not psutil.pid_exists(before)
    assert scene.user.do(NIFTY_CONFIG, "START")["status"] == "EXECUTED"
    started = scene.database.wait_status(NIFTY_CONFIG, "ACTIVE")
    assert started["pid"] != before
    assert psutil.pid_exists(started["pid"])


@pytest.mark.timeout(240)  # Its trade is some fifty market minutes away.
def test_stop_closes_open_trades_at_the_market(scene: Scene) -> None:
    query = {"strategy_config_id": f"eq.{BANKNIFTY_CONFIG}"}
    wait_for("an open trade", lambda: scene.database.rows("trades", status="eq.OPEN", **query), 120)
    assert scene.user.do(BANKNIFTY_CONFIG, "STOP")["status"] == "EXECUTED"
    closed = wait_for(
        "its end",
        lambda: (
            scene.database.rows("trades", exit_reason="eq.STRATEGY_STOPPED", **query)
            or scene.database.rows("trades", status="eq.CLOSED", **query)
        ),
    )
    assert closed[0]["status"] == "CLOSED"
    assert not scene.database.rows("trades", status="eq.OPEN", **query)
    assert scene.user.do(BANKNIFTY_CONFIG, "START")["status"] == "EXECUTED"


def test_restart_begins_a_new_process_and_leaves_the_others_alone(scene: Scene) -> None:
    mine, other = (scene.database.config(each)["pid"] for each in (NIFTY_CONFIG, BANKNIFTY_CONFIG))
    assert scene.user.do(NIFTY_CONFIG, "RESTART")["status"] == "EXECUTED"
    again = wait_for(
        "a new process",
        lambda: [
            row
            for row in scene.database.rows("strategy_configs", id=f"eq.{NIFTY_CONFIG}")
            if row["pid"] not in (None, mine) and row["status"] == "ACTIVE"
        ],
    )
    assert psutil.pid_exists(again[0]["pid"])
    assert scene.database.config(BANKNIFTY_CONFIG)["pid"] == other


def test_update_config_takes_effect_without_a_new_process(scene: Scene) -> None:
    before = scene.database.config(NIFTY_CONFIG)
    done = scene.user.do(NIFTY_CONFIG, "UPDATE_CONFIG", parameters={"fast": 5})
    assert done["status"] == "EXECUTED"
    after = wait_for(
        "the merged settings",
        lambda: [
            row
            for row in scene.database.rows("strategy_configs", id=f"eq.{NIFTY_CONFIG}")
            if row["config_json"]["parameters"].get("fast") == 5
        ],
    )[0]
    assert after["pid"] == before["pid"]
    assert after["code_digest"] != before["code_digest"]
    assert after["config_json"]["symbols"] == before["config_json"]["symbols"]


@pytest.mark.parametrize(
    ("patch", "sentence"),
    [
        ({"parameters": {"fast": 50, "slow": 20}}, "fast (50) must be below slow (20)"),
        ({"parameters": {"speed": 3}}, "speed is not a parameter"),
        ({"symbols": ["NIFTYY"]}, "symbol 'NIFTYY' is unknown; near are NIFTY"),
        ({"timeframes": ["7m"]}, "timeframe '7m' is unknown"),
        ({"capital": "-5"}, "capital is '-5'"),
        ({"risk_parameters": {"cooldown_minutes": -1}}, "cooldown_minutes is -1"),
        ({"colour": "red"}, "a config has no colour"),
    ],
)
def test_an_update_that_cannot_be_used_fails_with_a_sentence_and_changes_nothing(
    scene: Scene, patch: dict[str, object], sentence: str
) -> None:
    before = scene.database.config(BANKNIFTY_CONFIG)
    done = scene.user.do(BANKNIFTY_CONFIG, "UPDATE_CONFIG", **patch)
    assert done["status"] == "FAILED"
    assert sentence in done["error_message"]
    after = scene.database.config(BANKNIFTY_CONFIG)
    for name in ("status", "pid", "config_json", "code_digest"):
        assert after[name] == before[name]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"p_config": {"fast": 400, "slow": 3}}, "fast (400) must be below slow (3)"),
        ({"p_symbols": ["RELIANC"]}, "near are RELIANCE"),
        ({"p_module_path": "strategies.luck", "p_class_name": "Luck"}, "not a registered strategy"),
        ({"p_strategy_type": "pva", "p_timeframes": ["1m"]}, "pva needs candles of 5m too"),
        ({"p_strategy_type": "arbitrage"}, "arbitrage is between one index and one future"),
    ],
)
def test_a_config_that_cannot_be_started_fails_with_a_sentence(
    scene: Scene, settings: dict[str, object], sentence: str
) -> None:
    name = f"bad {sentence}"
    given = {"p_strategy_type": "momentum", "p_symbols": ["NIFTY-FUT"], **settings}
    made = scene.user.call("create_strategy", p_name=name, **given)
    before = len(scene.worker.descendants())
    done = scene.user.do(made["config_id"], "START")
    assert done["status"] == "FAILED"
    assert sentence in done["error_message"]
    assert scene.database.config(made["config_id"])["status"] == "STOPPED"
    wait_for("no process left over", lambda: len(scene.worker.descendants()) == before)


def test_a_config_on_another_instrument_starts_while_the_others_run(scene: Scene) -> None:
    made = scene.user.call(
        "create_strategy",
        p_name="Momentum index",
        p_strategy_type="momentum",
        p_symbols=["NIFTY", "RELIANCE"],
        p_timeframes=["1m", "5m"],
        p_auto_start=True,
    )
    assert scene.user.outcome(made["command_id"])["status"] == "EXECUTED"
    scene.database.wait_status(made["config_id"], "ACTIVE")
    wait_for(
        "candles of the index",
        lambda: scene.database.rows("ohlcv_data", symbol="eq.NIFTY", timeframe="eq.1m"),
    )
    wait_for(
        "candles of the share",
        lambda: scene.database.rows("ohlcv_data", symbol="eq.RELIANCE", timeframe="eq.1m"),
    )


def test_options_around_the_money_are_watched_and_a_strategy_shows_figures_of_its_own(
    scene: Scene,
) -> None:
    query = {"strategy_config_id": f"eq.{PVA_CONFIG}", "metrics_json->own->>views": "not.is.null"}
    wait_for("views of PVA", lambda: scene.database.rows("strategy_metrics", **query, limit="1"))
    (beat,) = scene.database.rows("worker_heartbeats", process="eq.supervisor")
    figures = beat["figures"]
    assert figures["options"] > 0
    assert figures["chains"]["subscribed"] >= figures["options"]
    keys = scene.database.rows("instruments", kind="eq.OPTIDX", select="symbol,underlying")
    assert {row["underlying"] for row in keys} == {"NIFTY"}, "those that somebody may trade"


def test_a_killed_strategy_process_is_an_error_and_comes_back_by_itself(scene: Scene) -> None:
    before = scene.database.wait_status(BANKNIFTY_CONFIG, "ACTIVE")
    other = scene.database.config(NIFTY_CONFIG)["pid"]
    psutil.Process(before["pid"]).kill()
    failed = scene.database.wait_status(BANKNIFTY_CONFIG, "ERROR")
    assert failed["error_message"]
    again = scene.database.wait_status(BANKNIFTY_CONFIG, "ACTIVE")
    assert again["pid"] != before["pid"]
    logs = scene.database.rows("strategy_logs", strategy_config_id=f"eq.{BANKNIFTY_CONFIG}")
    assert any("restart 1 follows" in row["message"] for row in logs)
    assert scene.database.config(NIFTY_CONFIG)["pid"] == other


def test_strategy_processes_hold_no_secret(scene: Scene) -> None:
    processes = scene.worker.descendants()
    assert len(processes) >= 3  # The fork server and two strategies at least.
    for process in processes:
        environment = Path(f"/proc/{process.pid}/environ").read_bytes()
        names = {entry.partition(b"=")[0] for entry in environment.split(b"\0") if entry}
        assert names <= {b"PYTHONPATH", b"LC_CTYPE"}


def _is_seen(config_id: str, place: Place) -> bool:
    view = asyncio.run(look(place))
    rows = [] if view.report is None else view.report.configs
    return config_id in {row["process"] for row in rows}


def test_the_worker_says_how_it_is_to_probes_and_to_an_operator(scene: Scene) -> None:
    health = httpx.get(f"http://{scene.address}/healthz").json()
    assert health["role"] == "active"
    assert {"feed", "lease", "journal", "outbox", "token"} <= health["checks"].keys()
    metrics = httpx.get(f"http://{scene.address}/metrics").text
    assert "\ntradebase_config_status{" in metrics
    assert "\ntradebase_candle_to_signal_seconds_bucket{" in metrics
    local = read_place({"WORKER_HEALTH_ADDRESS": scene.address}, database=False)
    remote = Place(None, "main", scene.stack.url, scene.stack.secret_key)
    console = Console(width=150)
    for place in (local, remote):
        wait_for("the config", partial(_is_seen, NIFTY_CONFIG, place))
        with console.capture() as capture:
            console.print(drawn(asyncio.run(look(place))))
        assert "Momentum" in capture.get()


def test_the_doctor_finds_the_worker_that_runs_here(scene: Scene) -> None:
    settings = {"MARKET_SPEED": "60", "WORKER_HEALTH_ADDRESS": scene.address}
    environment = worker_environment(scene.stack, scene.simulator, scene.state, **settings)
    found = run_worker(environment, "doctor")
    said = "".join(found.raw)
    assert found.process.returncode == 0, said
    assert "ok      feed       not asked, a worker is at work here" in said
    assert "where a worker (active) answers already" in said
    assert "this installation has the shard" in said


def test_realtime_nudges_the_worker(scene: Scene) -> None:
    command = scene.user.send(NIFTY_CONFIG, "PAUSE")
    row = scene.user.outcome(command)
    assert row["status"] == "EXECUTED"
    assert scene.user.do(NIFTY_CONFIG, "RESUME")["status"] == "EXECUTED"
    assert not scene.worker.said("Realtime is away")


def test_the_worker_flattens_after_an_emergency_stop(scene: Scene) -> None:
    # An account that only the database knows: there is no live broker, and the worker says so.
    scene.database.call(
        "connect_broker_account",
        p_user_id=scene.database.config(NIFTY_CONFIG)["user_id"],
        p_broker="dhan",
        p_client_id="1000000001",
        p_sealed={"access_token": "v1.k1.c2VhbGVk"},
        p_token_last_four="bGci",
        p_token_expires_at="2099-01-01T00:00:00Z",
    )
    stop = scene.user.call("trigger_emergency_stop", p_reason="drill")
    (flattening_id,) = stop["flattenings"]
    query = {"id": f"eq.{flattening_id}", "status": "eq.failed"}
    (ended,) = wait_for("the flattening", lambda: scene.database.rows("flattenings", **query))
    assert ended["claimed_by"].startswith("worker ")
    assert ended["outcome"] == "no_live_broker"
    assert scene.worker.wait_said("live trading halted")["configs"] >= 1
    # What is simulated goes on.
    assert scene.database.config(NIFTY_CONFIG)["status"] == "ACTIVE"


def test_an_archived_strategy_is_stopped(scene: Scene) -> None:
    config = scene.database.wait_status(MEAN_REVERSION_CONFIG, "ACTIVE")
    made = scene.user.call("archive_strategy", p_strategy_id=config["strategy_id"])
    (command,) = made["command_ids"]
    assert scene.user.outcome(command)["status"] == "EXECUTED"
    assert scene.database.wait_status(MEAN_REVERSION_CONFIG, "STOPPED")["pid"] is None
    assert not psutil.pid_exists(config["pid"])


def _own_code(scene: Scene, code: str, **more: Any) -> str:
    """Make a code strategy that starts by itself and return its config."""
    made = scene.user.call(
        "create_strategy",
        **{
            "p_name": f"own code on {more['p_symbols'][0]}",
            "p_strategy_type": "code",
            "p_python_code": code,
            "p_auto_start": True,
            "p_capital_allocated": "1000000",
            **more,
        },
    )
    return str(made["config_id"])


def test_user_code_trades_in_the_worker_and_says_so_in_its_log(scene: Scene) -> None:
    config = _own_code(scene, BUY, p_symbols=["HDFCBANK"])
    mine = {"strategy_config_id": f"eq.{config}"}
    (trade,) = wait_for("a trade", lambda: scene.database.rows("trades", **mine), 60)
    assert (trade["symbol"], trade["trade_type"], trade["quantity"]) == ("HDFCBANK", "LONG", 1)
    held_back = "buy is held back: it holds HDFCBANK LONG already"
    said = {**mine, "message": f"eq.{held_back}"}
    wait_for("its words", lambda: scene.database.rows("strategy_logs", **said), 60)
    assert scene.user.do(config, "STOP")["status"] == "EXECUTED"


@pytest.mark.full
def test_user_code_that_fails_shows_error_with_the_line(scene: Scene) -> None:
    config = _own_code(scene, BROKEN, p_symbols=["ICICIBANK"])
    row = scene.database.wait_status(config, "ERROR")
    assert row["error_message"].endswith("line 2: it raised ZeroDivisionError: division by zero")
    assert scene.user.do(config, "STOP")["status"] == "EXECUTED"


def test_what_the_minute_cron_is_about_is_watched_and_its_candles_are_stored(scene: Scene) -> None:
    config = _own_code(scene, BUY, p_symbols=["TCS"], p_runner="cron")
    assert scene.database.config(config)["status"] == "ACTIVE"
    assert scene.database.config(config)["pid"] is None
    share = {"symbol": "eq.TCS", "timeframe": "eq.1m"}
    wait_for("candles", lambda: scene.database.rows("ohlcv_data", **share), 60)
    assert scene.database.rows("instruments", symbol="eq.TCS")
    wait_for("a price", lambda: scene.database.rows("last_prices", symbol="eq.TCS"), 60)
    assert scene.user.do(config, "STOP")["status"] == "EXECUTED"
