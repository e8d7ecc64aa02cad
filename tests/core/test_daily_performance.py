"""The rows of `strategy_performance`: modes apart, the record as it stood each day."""

import json
from decimal import Decimal

import pytest

from core.daily_performance import daily_performance
from core.metrics import performance
from core.strategy import TradeMode
from tests.core.shared_data import shared
from tests.core.test_metrics import (
    CAPITAL,
    MONDAY,
    TUESDAY,
    WEDNESDAY,
    closed,
    real_trades,
    rupees,
)


def test_daily_rows_keep_the_modes_apart() -> None:
    live = TradeMode.LIVE
    trades = [
        closed(WEDNESDAY, -30, mode=live),
        closed(WEDNESDAY, 500),
        closed(MONDAY, 100),
        closed(MONDAY, -200, "13:00"),
        closed(TUESDAY, 10, mode=live),
    ]
    rows = daily_performance(CAPITAL, trades)
    assert [row.date for row in rows] == [MONDAY, TUESDAY, WEDNESDAY]
    assert tuple(row.virtual_pnl for row in rows) == rupees(-100, 0, 500)
    assert tuple(row.live_pnl for row in rows) == rupees(0, 10, -30)
    assert [(row.virtual_trades, row.live_trades) for row in rows] == [(2, 0), (0, 1), (1, 1)]
    # The record is the virtual one until the first live trade, then the live one alone.
    assert [row.win_rate for row in rows] == [0.5, 1.0, 0.5]
    assert [row.max_drawdown for row in rows] == [-0.1, 0.0, pytest.approx(-30 / 1010)]
    # It does not count Monday, when nothing was live yet.
    only_live = performance(CAPITAL, [trade for trade in trades if trade.trade_mode is live])
    assert rows[-1].sharpe_ratio == only_live.sharpe_ratio is not None


def test_daily_rows_show_the_record_so_far() -> None:
    trades = [closed(MONDAY, 100), closed(WEDNESDAY, -55)]
    running = [MONDAY, TUESDAY, WEDNESDAY]
    rows = daily_performance(CAPITAL, trades, running)
    for number, row in enumerate(rows, start=1):
        so_far = [trade for trade in trades if trade.day <= row.date]
        whole = performance(CAPITAL, so_far, running[:number])
        assert row.win_rate == whole.win_rate
        assert (row.max_drawdown, row.sharpe_ratio) == (whole.drawdown_by_day, whole.sharpe_ratio)
    assert [row.sharpe_ratio is None for row in rows] == [True, False, False]
    assert [row.virtual_trades for row in rows] == [1, 0, 1]


def test_the_daily_rows_of_the_real_trades_are_met() -> None:
    reference = json.loads(shared("oracles/metrics_nifty26000.json").read_text())
    rows = daily_performance(Decimal(500_000), real_trades())
    assert [(str(row.date), float(row.virtual_pnl)) for row in rows] == [
        (day["date"], day["pnl"]) for day in reference["daily"]
    ]
    last, whole = rows[-1], performance(Decimal(500_000), real_trades())
    assert (last.win_rate, last.max_drawdown, last.sharpe_ratio) == (
        whole.win_rate, whole.drawdown_by_day, whole.sharpe_ratio,
    )  # fmt: skip
    assert sum(row.virtual_trades for row in rows) == 62
