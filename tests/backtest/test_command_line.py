"""`python -m backtest` as a user runs it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from backtest.__main__ import main
from core.errors import EXIT_ASKED_TO_STOP, EXIT_CONFIGURATION
from core.instrument import Instrument
from tests.backtest.market_files import a_day_of_messages, a_walk, write_candles, write_run
from tests.core.market import RELIANCE

ROOT = Path(__file__).resolve().parents[2]


def a_candle_file(folder: Path, instrument: Instrument = RELIANCE) -> Path:
    rows = []
    for minute, price in enumerate(a_walk(370, start=1_500.0)):
        clock = f"{9 + (15 + minute) // 60:02}:{(15 + minute) % 60:02}"
        high, low = (instrument.round_price(price + way) for way in (0.5, -0.5))
        rows.append(f"2025-12-01T{clock}:00+05:30,{price},{high},{low},{price},500")
    return write_candles(folder / "candles.csv", *rows)


def test_a_candle_file_gives_one_line_and_the_trades(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trades = tmp_path / "trades.json"
    candles = a_candle_file(tmp_path)
    arguments = ["run", "--candles", str(candles), "--symbol", "X", "--trades", str(trades)]
    assert main(arguments) == EXIT_ASKED_TO_STOP
    line = json.loads(capsys.readouterr().out)
    rows = json.loads(trades.read_text())
    assert line["trades"] == len(rows) > 0
    assert line["open"] == 0
    assert {row["symbol"] for row in rows} == {"X"}
    assert main(arguments) == EXIT_ASKED_TO_STOP
    assert json.loads(trades.read_text()) == rows


def test_a_recording_gives_the_same_line_as_its_replay(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_run(tmp_path / "run", a_day_of_messages(3_000))
    assert main(["run", "--recording", str(folder)]) == EXIT_ASKED_TO_STOP
    assert json.loads(capsys.readouterr().out)["ticks"] == 4_500


def test_a_report_holds_the_metrics_and_the_rows_of_each_day(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    candles, report = a_candle_file(tmp_path), tmp_path / "report.json"
    assert main(["run", "--candles", str(candles), "--report", str(report)]) == EXIT_ASKED_TO_STOP
    line = json.loads(capsys.readouterr().out)
    figures = json.loads(report.read_text())
    assert figures["run"] == line
    (config,) = figures["configs"]
    (day,) = config["strategy_performance"]
    assert set(day) == {
        "date", "virtual_pnl", "live_pnl", "virtual_trades", "live_trades", "win_rate",
        "max_drawdown", "sharpe_ratio",
    }  # fmt: skip
    assert (day["date"], day["virtual_pnl"]) == ("2025-12-01", line["net_pnl"])
    assert day["virtual_trades"] == config["metrics"]["trades"] == line["trades"] > 0
    assert config["metrics"]["days"] == 1


def test_several_intervals_reach_the_strategy_that_needs_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = ["run", "--candles", str(a_candle_file(tmp_path)), "--strategy", "pva",
           "--parameters", '{"trade": "SIGNAL"}']  # fmt: skip
    said = []
    for intervals in (["--interval", "1m", "5m"], ["--interval", "1m", "--interval", "5m"], []):
        assert main([*run, *intervals]) == EXIT_ASKED_TO_STOP
        said.append(json.loads(capsys.readouterr().out))
    assert said[0] == said[1] == said[2]
    assert main([*run, "--interval", "5m"]) == EXIT_CONFIGURATION
    assert "pva needs candles of 1m too; the config has 5m" in capsys.readouterr().err


def two_days(folder: Path) -> Path:
    rows = []
    for day in ("2025-12-01", "2025-12-02"):
        for minute, price in enumerate(a_walk(300, start=1_500.0)):
            clock = f"{9 + (15 + minute) // 60:02}:{(15 + minute) % 60:02}"
            rows.append(f"{day}T{clock}:00+05:30,{price},{price + 0.5},{price - 0.5},{price},500")
    return write_candles(folder / "two.csv", *rows)


def test_the_days_before_warm_the_strategy_up_and_are_not_traded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    candles, trades = two_days(tmp_path), tmp_path / "trades.json"
    run = ["run", "--candles", str(candles), "--trades", str(trades), "--tick-size", "0.10"]
    assert main([*run, "--from", "2025-12-02"]) == EXIT_ASKED_TO_STOP
    captured = capsys.readouterr()
    assert json.loads(captured.out)["trades"] > 0
    assert captured.err == ""
    warm = [row["entry_time"] for row in json.loads(trades.read_text())]
    assert {entry[:10] for entry in warm} == {"2025-12-02"}
    assert main([*run, "--from", "2025-12-01"]) == EXIT_ASKED_TO_STOP
    assert "warm-up: only 0 of" in capsys.readouterr().err
    cold = [row["entry_time"] for row in json.loads(trades.read_text())]
    assert {entry[:10] for entry in cold} == {"2025-12-01", "2025-12-02"}


def test_limits_of_the_portfolio_hold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = ["run", "--candles", str(a_candle_file(tmp_path)), "--tick-size", "0.10"]
    assert main([*run, "--portfolio", '{"max_outlay_pct": 0.001}']) == EXIT_ASKED_TO_STOP
    line = json.loads(capsys.readouterr().out)
    assert line["trades"] == 0 < line["signals"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--portfolio", '{"max_trades": 1}'], "--portfolio: max_trades is unknown; there are"),
        (["--portfolio", '{"capital": "much"}'], "--portfolio: capital is 'much'"),
        (["--capital", "0"], "--capital 0 is not above 0"),
        (["--from", "2025-12-02"], "the file holds no candle from 2025-12-02 on"),
        (["--file-interval", "5m"], "the file holds candles of 5m, the strategy gets those of 1m"),
        (["--report", "report.txt"], "report.txt: a report is written as .json"),
        (["--parameters", "fast"], "--parameters 'fast' is not JSON"),
        (["--parameters", "[1]"], "--parameters '[1]' must be an object"),
        (["--parameters", '{"fast": 50}'], "fast (50) must be below slow (21)"),
        (["--risk", '{"max_open_trades": 0}'], "max_open_trades is 0"),
        (["--capital", "much"], "--capital 'much' is not a number"),
        (["--tick-size", "0.001"], "tick 0.001 is below one paisa"),
        (["--lot-size", "0"], "lot size 0 is below 1"),
        (["--latency-ms", "-5"], "latency -5 ms"),
        (["--segment", "MCX_COMM", "--kind", "EQUITY"], "no trading hours for MCX_COMM"),
        (["--trades", "trades.doc"], "trades.doc: trades are written as .csv or .json"),
    ],
)
def test_bad_input_gets_one_sentence_and_the_configuration_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    candles = str(a_candle_file(tmp_path))
    assert main(["run", "--candles", candles, *arguments]) == EXIT_CONFIGURATION
    assert said in capsys.readouterr().err


def test_a_day_to_begin_with_is_for_candles(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_run(tmp_path / "run", [])
    options = ["run", "--ticks", str(folder), "--from", "2025-12-02"]
    assert main(options) == EXIT_CONFIGURATION
    assert "--from goes with --candles" in capsys.readouterr().err


def test_help_names_every_source() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "backtest", "run", "--help"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert all(option in done.stdout for option in ("--candles", "--ticks", "--recording"))
    assert "holds both the stop and the target of a trade ends it at the stop" in done.stdout
