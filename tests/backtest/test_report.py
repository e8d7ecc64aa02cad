"""Trades as files, a run as one line."""

import csv
import json
from pathlib import Path

import pytest

from backtest.recording import replay_recording
from backtest.report import summary, write_trades
from core.errors import ConfigError
from tests.backtest.market_files import a_day_of_messages, write_run


def test_both_forms_hold_the_rows_of_the_table(tmp_path: Path) -> None:
    result = replay_recording(write_run(tmp_path / "run", a_day_of_messages(6_000)))
    write_trades(result, tmp_path / "trades.json")
    write_trades(result, tmp_path / "trades.csv")
    rows = json.loads((tmp_path / "trades.json").read_text())
    assert rows == result.rows()
    with (tmp_path / "trades.csv").open(newline="") as file:
        read = list(csv.DictReader(file))
    assert [row["pnl"] for row in read] == [row["pnl"] or "" for row in rows]
    assert len(rows) > 2


def test_the_summary_adds_up(tmp_path: Path) -> None:
    result = replay_recording(write_run(tmp_path / "run", a_day_of_messages(6_000)))
    line = summary(result)
    assert json.loads(json.dumps(line)) == line
    assert line["trades"] + line["open"] == len(result.trades)
    net = float(line["gross_pnl"]) - float(line["charges"])
    assert float(line["net_pnl"]) == pytest.approx(net, abs=0.001)
    assert line["signals"] == len(result.decisions)


def test_a_run_without_trades_is_written_too(tmp_path: Path) -> None:
    result = replay_recording(write_run(tmp_path / "run", []))
    write_trades(result, tmp_path / "none.csv")
    write_trades(result, tmp_path / "none.json")
    assert json.loads((tmp_path / "none.json").read_text()) == []
    assert summary(result)["net_pnl"] == "0.00"


def test_another_ending_and_a_missing_folder_are_refused(tmp_path: Path) -> None:
    result = replay_recording(write_run(tmp_path / "run", []))
    with pytest.raises(ConfigError, match=r"trades\.xlsx: trades are written as \.csv or \.json"):
        write_trades(result, tmp_path / "trades.xlsx")
    with pytest.raises(ConfigError, match="cannot be written"):
        write_trades(result, tmp_path / "nowhere" / "trades.csv")
