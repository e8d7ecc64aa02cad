"""The demo: what it plays is what the offline driver makes of it, and nothing of it stays."""

import json
import signal
from pathlib import Path

import psutil
import pytest

from backtest.recording import replay_recording
from tests.e2e.demo import running_demo
from tests.e2e.spelling import by_id
from tests.recordings import run_folder

pytestmark = pytest.mark.timeout(150)
GONE_SECONDS = 5.0
READY = "curl http"
MOMENTS = (
    pytest.param("starting Dhan simulator", marks=pytest.mark.full),
    pytest.param("starting functions", marks=pytest.mark.full),
    pytest.param("starting cron", marks=pytest.mark.full),
    pytest.param("starting worker", marks=pytest.mark.full),
    READY,
)
SOON = {"DEMO_SECONDS": "8", "DEMO_SPEED": "600"}
AS_PROMISED = {"DEMO_SECONDS": "45"}
SEEDED = {f"00000000-0000-4000-8000-0000000000{number}" for number in (12, 13, 14, 15)}
"""A strategy of each type that needs no code of the user's own."""


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param(SOON, id="8 s at 600x"),
        pytest.param(AS_PROMISED, id="45 s", marks=pytest.mark.full),
    ],
)
def test_a_demo_that_ends_by_itself_traded_as_the_offline_driver_does(
    settings: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "record"
    with running_demo(**settings, DEMO_RECORD=str(folder)) as demo:
        status, output = demo.wait_ended()
    assert status == 0, "".join(demo.lines)
    (line,) = output.splitlines()
    summary = json.loads(line)
    assert summary["dropped"] == 0
    assert summary["restarts"] == 0
    assert min(summary["trades"], summary["ticks"], summary["candles"], summary["signals"]) > 0

    traded = json.loads((folder / "trades.json").read_text())
    result = replay_recording(run_folder(folder))
    assert result.ticks == summary["ticks"]
    assert len(traded) + summary["cron_trades"] == summary["trades"]
    if settings is AS_PROMISED:  # Eight seconds of a busy machine may be too few for a round.
        assert summary["cron_runs"] > 0
        assert {each["strategy_id"] for each in traded} >= SEEDED
        assert any(each["target_premium"] for each in traded), "options are bought, and estimated"
    assert by_id(traded) == by_id(result.rows())


@pytest.mark.parametrize("moment", MOMENTS)
def test_nothing_is_left_after_ctrl_c(moment: str) -> None:
    with running_demo() as demo:
        demo.wait_said(moment)
        processes = demo.processes()
        demo.process.send_signal(signal.SIGINT)
        _assert_gone(processes)
        assert demo.process.wait(GONE_SECONDS) == 0
        assert not demo.left()
    assert "Traceback" not in "".join(demo.lines)


@pytest.mark.parametrize("moment", MOMENTS)
def test_nothing_is_left_after_kill(moment: str) -> None:
    with running_demo() as demo:
        demo.wait_said(moment)
        processes = demo.processes()
        assert processes
        demo.process.kill()
        demo.process.wait()
        _assert_gone(processes)
        assert not demo.left(), "nor what was started at the last moment"


def test_a_part_that_dies_ends_the_demo_which_says_which_one_and_leaves_nothing() -> None:
    with running_demo() as demo:
        demo.wait_said(READY)
        processes = demo.processes()
        (worker,) = (each for each in processes if each.cmdline()[1:4] == ["-m", "worker", "run"])
        worker.kill()
        _assert_gone(processes)
        assert demo.process.wait(GONE_SECONDS) == 75
    assert any("the worker ended with status -9" in line for line in demo.lines)


def _assert_gone(processes: list[psutil.Process]) -> None:
    _, alive = psutil.wait_procs(processes, timeout=GONE_SECONDS)
    assert not alive
