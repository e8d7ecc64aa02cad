"""Figures of trades, by hand and against the reference on real ones."""

import csv
import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from core.errors import DataError
from core.metrics import Outcome, Performance, outcome_of, performance
from core.order import Owner, Side
from core.session import NS_PER_SECOND
from core.signals import Direction
from core.strategy import TradeMode
from core.trade import Trade
from tests.core.market import RELIANCE, at
from tests.core.shared_data import shared

CAPITAL = Decimal(1000)
MONDAY, TUESDAY, WEDNESDAY = date(2025, 12, 1), date(2025, 12, 2), date(2025, 12, 3)


def closed(
    day: date, profit: int, clock: str = "12:00", mode: TradeMode = TradeMode.VIRTUAL
) -> Outcome:
    return Outcome(at(clock, day), Decimal(profit), mode)


def rupees(*amounts: int) -> tuple[Decimal, ...]:
    return tuple(Decimal(amount) for amount in amounts)


def test_wins_losses_and_what_is_neither() -> None:
    found = performance(CAPITAL, [closed(MONDAY, profit) for profit in (300, 0, -100, 100, -100)])
    assert (found.trades, found.wins, found.losses, found.break_even) == (5, 2, 2, 1)
    assert (found.gross_profit, found.gross_loss, found.net_profit) == rupees(400, -200, 200)
    assert (found.average_win, found.average_loss, found.expectancy) == rupees(200, -100, 40)
    assert (found.win_rate, found.payoff_ratio, found.profit_factor) == (0.5, 2.0, 2.0)
    assert (found.final_equity, found.total_return) == (Decimal(1200), 0.2)


def test_without_trades_no_ratio_is_defined() -> None:
    found = performance(CAPITAL, [], [MONDAY, TUESDAY])
    assert (found.trades, found.days, found.final_equity, found.total_return) == (
        0,
        2,
        CAPITAL,
        0.0,
    )
    undefined = (
        found.win_rate, found.average_win, found.average_loss, found.payoff_ratio,
        found.profit_factor, found.expectancy, found.sharpe_ratio, found.sortino_ratio,
    )  # fmt: skip
    assert undefined == (None,) * 8
    assert (found.drawdown_by_day, found.drawdown_by_trade) == (0, 0)
    assert found.drawdown_rupees == 0


def test_without_a_loss_there_is_nothing_to_divide_by() -> None:
    found = performance(CAPITAL, [closed(MONDAY, 50)])
    assert (found.win_rate, found.profit_factor, found.payoff_ratio) == (1.0, None, None)


def test_break_even_alone_has_no_win_rate() -> None:
    assert performance(CAPITAL, [closed(MONDAY, 0)]).win_rate is None


def test_a_running_day_without_trades_counts_as_nothing_earned() -> None:
    trades = [closed(MONDAY, 100), closed(WEDNESDAY, 110)]
    found = performance(CAPITAL, trades, [MONDAY, TUESDAY, WEDNESDAY])
    # Returns of 10 %, 0 % and 10 %: mean 6.667 %, sample deviation 5.774 %.
    assert found.days == 3
    assert found.sharpe_ratio == pytest.approx((0.2 / 3) / (0.1 / 3**0.5) * 252**0.5)
    assert performance(CAPITAL, trades).sharpe_ratio is None  # 10 % on each of two days.


def test_a_fall_within_a_day_is_seen_by_trade_and_not_by_day() -> None:
    trades = [closed(MONDAY, -200, "10:00"), closed(MONDAY, 250, "11:00")]
    for given in (trades, trades[::-1]):
        found = performance(CAPITAL, given)
        assert (found.drawdown_by_day, found.drawdown_by_trade) == (0.0, -0.2)
        assert found.drawdown_rupees == -200


def test_a_lost_capital_leaves_ratios_undefined_and_the_rest_said() -> None:
    found = performance(CAPITAL, [closed(MONDAY, -1200), closed(TUESDAY, 50)])
    assert (found.sharpe_ratio, found.sortino_ratio) == (None, None)
    assert (found.final_equity, found.drawdown_by_day) == (Decimal(-150), -1.2)


def test_a_capital_of_nothing_is_refused() -> None:
    with pytest.raises(DataError, match="capital of 0 rupees"):
        performance(Decimal(0), [])


def test_the_evening_in_london_is_the_next_day_in_india() -> None:
    assert Outcome(at("00:30", TUESDAY), Decimal(1)).day == TUESDAY


def test_an_outcome_is_what_a_closed_trade_brought_after_charges() -> None:
    still_open = Trade(
        id="t",
        owner=Owner("c", "s", "u", "p"),
        signal_id="signal",
        digest="digest",
        instrument=RELIANCE.key,
        symbol="RELIANCE",
        direction=Direction.LONG,
        side=Side.BUY,
        quantity=10,
        open_quantity=10,
        entry_ns=at("10:00"),
        entry_price=Decimal(100),
        stop=None,
        target=None,
        charges=Decimal("1.25"),
    )
    with pytest.raises(DataError, match="trade t is open"):
        outcome_of(still_open)
    over = still_open._replace(exit_ns=at("12:00"), gross_pnl=Decimal(10), net_pnl=Decimal("7.50"))
    assert outcome_of(over) == Outcome(at("12:00"), Decimal("7.50"), TradeMode.VIRTUAL)


@pytest.fixture
def reference() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(shared("oracles/metrics_nifty26000.json").read_text())
    return found


def real_trades() -> list[Outcome]:
    with shared("oracles/trades_nifty26000.csv").open() as file:
        return [
            Outcome(
                int(datetime.fromisoformat(row["exit_ts"]).timestamp()) * NS_PER_SECOND,
                Decimal(row["pnl"]),
            )
            for row in csv.DictReader(file)
        ]


def measured(reference: dict[str, Any], risk_free_pct: float = 0.0) -> Performance:
    capital = Decimal(str(reference["standard"]["capital"]))
    running = [date.fromisoformat(day["date"]) for day in reference["daily"]]
    return performance(capital, real_trades(), running, risk_free_pct)


def test_every_standard_figure_of_the_real_trades_is_met(reference: dict[str, Any]) -> None:
    found = measured(reference)
    ours: dict[str, Decimal | float | None] = {
        "capital": found.capital,
        "n_trades": found.trades,
        "wins": found.wins,
        "losses": found.losses,
        "breakeven": found.break_even,
        "gross_profit": found.gross_profit,
        "gross_loss": found.gross_loss,
        "net_pnl": found.net_profit,
        "win_rate_decisive": found.win_rate,
        "win_rate_all": found.wins / found.trades,
        "avg_win": found.average_win,
        "avg_loss": found.average_loss,
        "payoff_ratio": found.payoff_ratio,
        "profit_factor": found.profit_factor,
        "expectancy_per_trade": found.expectancy,
        "n_days": found.days,
        "sharpe_252_rf0": found.sharpe_ratio,
        "sharpe_252_rf6_5pct": measured(reference, 6.5).sharpe_ratio,
        "sortino_252": found.sortino_ratio,
        "max_dd_daily_close_pct": found.drawdown_by_day,
        "max_dd_per_trade_pct": found.drawdown_by_trade,
        "max_dd_per_trade_rupees": found.drawdown_rupees,
        "final_equity": found.final_equity,
        "total_return": found.total_return,
    }
    assert {name: float(value or 0) for name, value in ours.items()} == pytest.approx(
        reference["standard"], rel=1e-6
    )


def test_the_libraries_figures_of_the_real_trades_are_met(reference: dict[str, Any]) -> None:
    found = measured(reference)
    for theirs in (reference["quantstats"], reference["empyrical"]):
        assert found.sharpe_ratio == pytest.approx(theirs["sharpe"], rel=1e-6)
        assert found.sortino_ratio == pytest.approx(theirs["sortino"], rel=1e-6)
        assert found.drawdown_by_day == pytest.approx(theirs["max_drawdown"], rel=1e-6)
        assert measured(reference, 6.5).sharpe_ratio == pytest.approx(theirs["sharpe_rf6_5"])
    assert found.total_return == pytest.approx(reference["empyrical"]["cum_return"], rel=1e-6)
