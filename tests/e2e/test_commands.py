"""Commands from the browser, and what becomes of open positions."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from backtest.recording import replay_recording
from tests.e2e.browser import Browser, RefusedError, open_browser
from tests.e2e.spelling import by_id
from tests.e2e.system import System, create_eager, do, running_system, send, sign_in_demo
from tests.recordings import run_folder
from tests.worker.running import wait_for

pytestmark = pytest.mark.timeout(180)
OPEN = "eq.OPEN"
RECORDED = "recorded"
PROTECTIVE = {"STOP_LOSS", "TARGET"}


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Return a running system; the tests of this module share its market day."""
    folder: Path = tmp_path_factory.mktemp("worker")
    with running_system(folder, WORKER_RECORD_DIR=str(folder / RECORDED)) as running:
        yield running


@pytest.fixture(scope="module")
def page(system: System) -> Iterator[Browser]:
    """Return a page on which the demo user is signed in."""
    with open_browser(system.stack) as browser:
        sign_in_demo(browser)
        yield browser


@pytest.fixture
def config(system: System, page: Browser, request: pytest.FixtureRequest) -> Iterator[str]:
    """Return the id of a running config of the test's own; it is stopped afterwards."""
    config_id = create_eager(page, request.node.name)
    with system.market_open():
        assert do(page, config_id, "START")["status"] == "EXECUTED"
    system.database.wait_status(config_id, "ACTIVE")
    yield config_id
    status = system.database.config(config_id)["status"]
    if system.worker.process.poll() is None and status in {"ACTIVE", "PAUSED"}:
        do(page, config_id, "STOP")


def refused_signals(system: System, config_id: str, rule: str) -> list[dict[str, Any]]:
    return system.database.rows(
        "trading_signals", strategy_config_id=f"eq.{config_id}", refused_by=f"eq.{rule}"
    )


def test_pause_ends_entries_while_protective_exits_go_on(
    system: System, page: Browser, config: str
) -> None:
    held = {row["id"] for row in system.held_trades(config)}
    paused = do(page, config, "PAUSE")
    assert (paused["status"], paused["error_message"]) == ("EXECUTED", None)
    row = system.database.wait_status(config, "PAUSED")
    assert row["pid"], "the process of a paused config stays"
    executed = _executed_signals(system, config)

    with system.market_open():
        wait_for("exits", lambda: not system.trades(config, status=OPEN))
        wait_for(
            "refused signals",
            lambda: len(refused_signals(system, config, "CONFIG_NOT_ACTIVE")) >= 2,
        )
    assert _executed_signals(system, config) == executed, "no signal became a trade while paused"
    ended = {row["id"]: row["exit_reason"] for row in system.trades(config)}
    assert {ended[trade] for trade in held} <= PROTECTIVE


def test_resume_lets_the_same_process_enter_again(
    system: System, page: Browser, config: str
) -> None:
    pid = system.database.config(config)["pid"]
    do(page, config, "PAUSE")
    system.database.wait_status(config, "PAUSED")
    with system.market_open():
        wait_for("a signal", lambda: refused_signals(system, config, "CONFIG_NOT_ACTIVE"))
    assert system.trades(config) == []
    assert do(page, config, "RESUME")["status"] == "EXECUTED"
    assert system.database.wait_status(config, "ACTIVE")["pid"] == pid
    with system.market_open():
        system.wait_trades(config)


def test_stop_closes_open_positions_with_its_own_reason(
    system: System, page: Browser, config: str
) -> None:
    held = system.held_trades(config)
    assert do(page, config, "STOP")["status"] == "EXECUTED"
    stopped = system.database.wait_status(config, "STOPPED")
    assert stopped["pid"] is None
    assert stopped["stopped_at"]
    with system.market_open():
        wait_for("exits", lambda: not system.trades(config, status=OPEN))
    ended = {row["id"]: row["exit_reason"] for row in system.trades(config)}
    assert {ended[row["id"]] for row in held} == {"STRATEGY_STOPPED"}
    assert not _is_alive(system, config), "no process of a stopped config is left"


def test_stop_that_keeps_positions_leaves_them_to_their_protective_exits(
    system: System, page: Browser, config: str
) -> None:
    held = system.held_trades(config)
    executed = _executed_signals(system, config)
    do(page, config, "STOP", keep_positions=True)
    system.database.wait_status(config, "STOPPED")
    with system.market_open():
        wait_for("protective exits", lambda: not system.trades(config, status=OPEN))
    ended = {row["id"]: row["exit_reason"] for row in system.trades(config)}
    assert {ended[row["id"]] for row in held} <= PROTECTIVE
    assert _executed_signals(system, config) == executed, "nothing was entered after STOP"


def test_update_config_rules_the_next_decision_and_keeps_open_levels(
    system: System, page: Browser, config: str
) -> None:
    (held, *_) = system.held_trades(config)
    before = system.database.config(config)
    changed = do(page, config, "UPDATE_CONFIG", parameters={"reward_risk": 5, "stop_atr": 1})
    assert (changed["status"], changed["error_message"]) == ("EXECUTED", None)
    row = wait_for("the new settings", lambda: _with_parameter(system, config, "reward_risk", 5))
    assert row["pid"] == before["pid"], "the process goes on"
    assert row["status"] == "ACTIVE"
    assert row["config_json"]["parameters"]["fast"] == 2, "what was not named stays"
    assert row["code_digest"] != before["code_digest"]

    with system.market_open():
        newer = f"eq.{row['code_digest']}"
        (entered, *_) = system.wait_trades(config, code_digest=newer)
    (kept,) = [each for each in system.trades(config) if each["id"] == held["id"]]
    assert (kept["stop_loss"], kept["target_price"]) == (held["stop_loss"], held["target_price"])
    (signal,) = system.database.rows("trading_signals", id=f"eq.{entered['signal_id']}")
    risk = abs(signal["price"] - signal["stop_loss"])
    assert abs(signal["target_price"] - signal["price"]) == pytest.approx(5 * risk, rel=0.02)


def test_an_update_that_cannot_be_used_fails_with_a_sentence_and_changes_nothing(
    system: System, page: Browser, config: str
) -> None:
    before = system.database.config(config)
    failed = do(page, config, "UPDATE_CONFIG", parameters={"fast": 50})
    assert failed["status"] == "FAILED"
    assert "fast (50) must be below slow (3)" in failed["error_message"]
    after = system.database.config(config)
    assert after["config_json"] == before["config_json"]
    assert (after["pid"], after["status"]) == (before["pid"], "ACTIVE")
    with system.market_open():
        system.wait_trades(config)


def test_restart_replaces_the_process_and_keeps_positions(
    system: System, page: Browser, config: str
) -> None:
    before = system.database.config(config)
    held = system.held_trades(config)
    assert do(page, config, "RESTART")["status"] == "EXECUTED"
    row = wait_for("a new process", lambda: _with_other_pid(system, config, before["pid"]))
    assert row["status"] == "ACTIVE"
    same = {each["id"]: each for each in system.trades(config)}
    assert all(same[each["id"]]["status"] == "OPEN" for each in held)
    with system.market_open():
        system.wait_trades(config, len(same) + 1)


def test_a_command_that_the_status_forbids_is_refused_with_a_sentence(
    system: System, page: Browser, config: str
) -> None:
    with pytest.raises(RefusedError, match=r"START.*ACTIVE") as refusal:
        send(page, config, "START")
    assert refusal.value.code == "TB409"
    with pytest.raises(RefusedError, match=r"RESUME.*ACTIVE"):
        send(page, config, "RESUME")
    do(page, config, "STOP")
    system.database.wait_status(config, "STOPPED")
    with pytest.raises(RefusedError, match=r"PAUSE.*STOPPED"):
        send(page, config, "PAUSE")
    rows = page.query(
        "strategy_commands", ("select", "command"), ("eq", "strategy_config_id", config)
    )
    assert sorted(row["command"] for row in rows) == ["START", "STOP"], "a refusal leaves no row"


def test_nobody_commands_the_config_of_another(system: System, page: Browser, config: str) -> None:
    with open_browser(system.stack) as other:
        other.sign_up("stranger@example.com", "a-password-of-a-stranger")
        with pytest.raises(RefusedError) as refusal:
            send(other, config, "STOP")
        assert refusal.value.code == "TB404"
    assert system.database.config(config)["status"] == "ACTIVE"
    assert page.query("strategy_configs", ("select", "id"), ("eq", "id", config)) == [
        {"id": config}
    ]


def test_the_offline_driver_makes_the_same_trades_of_ticks_and_commands(
    system: System, config: str
) -> None:
    """The last test: it replays what all the others did."""
    with system.market_open():
        system.wait_trades(config, 2)
    assert system.finish()["dropped"] == 0
    with psycopg.connect(system.stack.database_url, row_factory=dict_row) as connection:
        traded = connection.execute("select * from public.trades").fetchall()
    replayed = by_id(replay_recording(run_folder(system.folder / RECORDED)).rows())
    assert len(traded) >= 2
    assert by_id(traded) == replayed


def _executed_signals(system: System, config_id: str) -> set[str]:
    rows = system.database.rows(
        "trading_signals", strategy_config_id=f"eq.{config_id}", executed="is.true"
    )
    return {row["id"] for row in rows}


def _with_parameter(system: System, config_id: str, name: str, value: float) -> dict[str, Any]:
    row = system.database.config(config_id)
    return row if row["config_json"]["parameters"].get(name) == value else {}


def _with_other_pid(system: System, config_id: str, pid: int) -> dict[str, Any]:
    row = system.database.config(config_id)
    return row if row["pid"] not in {None, pid} else {}


def _is_alive(system: System, config_id: str) -> bool:
    rows = system.database.rows("worker_heartbeats", process=f"eq.{config_id}")
    pids = {row["pid"] for row in rows}
    return any(each.pid in pids for each in system.worker.descendants())
