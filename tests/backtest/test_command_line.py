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


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
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


def test_help_names_every_source() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "backtest", "run", "--help"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert all(option in done.stdout for option in ("--candles", "--ticks", "--recording"))
