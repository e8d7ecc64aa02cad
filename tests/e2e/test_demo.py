"""The demo: what it plays is what the offline driver makes of it, and nothing of it stays."""

import json
import signal
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psutil
import pytest

from backtest.recording import replay_recording
from tests.e2e.demo import running_demo

pytestmark = pytest.mark.timeout(150)
GONE_SECONDS = 5.0
READY = "curl http"
SOON = {"DEMO_SECONDS": "8", "DEMO_SPEED": "600"}
AS_PROMISED = {"DEMO_SECONDS": "45"}

Row = dict[str, Any]


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
    (run,) = (each for each in folder.iterdir() if each.is_dir())
    result = replay_recording(run)
    assert result.ticks == summary["ticks"]
    assert len(traded) == summary["trades"]
    assert _by_id(traded) == _by_id(result.rows())


def test_nothing_is_left_after_ctrl_c() -> None:
    with running_demo() as demo:
        demo.wait_said(READY)
        processes = demo.processes()
        assert len(processes) > 8, "stack, simulator, functions, worker and strategies"
        demo.process.send_signal(signal.SIGINT)
        _assert_gone(processes)
        assert demo.process.wait(GONE_SECONDS) == 0


@pytest.mark.parametrize("moment", ["starting functions", "starting worker", READY])
def test_nothing_is_left_after_kill(moment: str) -> None:
    with running_demo() as demo:
        demo.wait_said(moment)
        processes = demo.processes()
        demo.process.kill()
        demo.process.wait()
        _assert_gone(processes)
        assert not demo.left(), "nor what was started at the last moment"


def _assert_gone(processes: list[psutil.Process]) -> None:
    _, alive = psutil.wait_procs(processes, timeout=GONE_SECONDS)
    assert not alive


def _by_id(rows: list[Row]) -> dict[str, tuple[object, ...]]:
    return {str(row["id"]): _comparable(row) for row in rows}


def _comparable(row: Row) -> tuple[object, ...]:
    """Return a trade without its spelling: the database and the driver write values differently."""
    plain = ("version", "symbol", "trade_type", "side", "quantity", "status", "exit_reason")
    money = (
        "entry_price",
        "stop_loss",
        "target_price",
        "exit_price",
        "gross_pnl",
        "charges",
        "pnl",
    )
    times = ("entry_time", "exit_time")
    return (
        *(row.get(name) for name in (*plain, "code_digest", "signal_id")),
        *(None if row.get(name) is None else Decimal(str(row[name])) for name in money),
        *(None if row.get(name) is None else datetime.fromisoformat(row[name]) for name in times),
    )
