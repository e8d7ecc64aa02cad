"""How well trades did: every figure a report shows, from the trades alone.

In:  the capital, closed trades, the days on which the strategy ran.
Out: `Performance`; money as Decimal, ratios as float, None where a ratio is not defined.
Next: `core/daily_performance.py`, the same day by day.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from core.equity import (
    max_drawdown,
    max_drawdown_rupees,
    returns,
    sharpe_ratio,
    sortino_ratio,
)
from core.errors import DataError
from core.money import ZERO
from core.session import ist_date
from core.strategy import TradeMode
from core.trade import Trade


class Outcome(NamedTuple):
    """What a closed trade brought: as much of it as figures need.

    Attributes
    ----------
    closed_ns
        When it was closed, ns UTC.
    profit
        Net of charges, rupees.
    """

    closed_ns: int
    profit: Decimal
    trade_mode: TradeMode = TradeMode.VIRTUAL

    @property
    def day(self) -> date:
        """The date in India to which its profit belongs."""
        return ist_date(self.closed_ns)


class Performance(NamedTuple):
    """Figures of a set of closed trades.

    Attributes
    ----------
    capital, final_equity, net_profit, gross_profit, gross_loss
        Rupees; `gross_loss` is the sum of the losing trades, 0 or negative.
    trades, wins, losses, break_even
        Counts; a trade is a win if it brought more than 0 after charges.
    win_rate
        ``wins / (wins + losses)``, a fraction; None without either.
    average_win, average_loss
        Rupees, the loss negative; None without any.
    payoff_ratio
        Average win over average loss, positive; None without both.
    profit_factor
        Gross profit over gross loss, positive; None without a loss.
    expectancy
        Mean profit of a trade, rupees; None without trades.
    days
        Days it ran, with trades or without.
    total_return
        Net profit over capital, a fraction.
    sharpe_ratio, sortino_ratio
        Yearly, of daily returns; None where `core/equity.py` says so.
    drawdown_by_day, drawdown_by_trade
        Deepest fall below a peak as a fraction, 0 or negative: of the equity at each day's end,
        and after each trade.
    drawdown_rupees
        The deepest by trade in rupees, 0 or negative.
    """

    capital: Decimal
    final_equity: Decimal
    net_profit: Decimal
    gross_profit: Decimal
    gross_loss: Decimal
    trades: int
    wins: int
    losses: int
    break_even: int
    win_rate: float | None
    average_win: Decimal | None
    average_loss: Decimal | None
    payoff_ratio: float | None
    profit_factor: float | None
    expectancy: Decimal | None
    days: int
    total_return: float
    sharpe_ratio: float | None
    sortino_ratio: float | None
    drawdown_by_day: float
    drawdown_by_trade: float
    drawdown_rupees: Decimal


def outcome_of(trade: Trade) -> Outcome:
    """Return what a closed trade brought.

    Raises
    ------
    DataError
        If it is still open.
    """
    if trade.exit_ns is None or trade.net_pnl is None:
        raise DataError(f"trade {trade.id} is open; only closed trades have an outcome")
    return Outcome(trade.exit_ns, trade.net_pnl, trade.trade_mode)


def profits_by_day(outcomes: Iterable[Outcome], running: Iterable[date]) -> dict[date, Decimal]:
    """Return the profit of each day in order: 0 on a day that ran without closing a trade."""
    profits = dict.fromkeys(running, ZERO)
    for outcome in outcomes:
        profits[outcome.day] = profits.get(outcome.day, ZERO) + outcome.profit
    return dict(sorted(profits.items()))


def win_rate(profits: Iterable[Decimal]) -> float | None:
    """Return ``wins / (wins + losses)`` as a fraction, None without either; 0 is neither."""
    decided = [profit > 0 for profit in profits if profit]
    return sum(decided) / len(decided) if decided else None


def performance(
    capital: Decimal,
    outcomes: Sequence[Outcome],
    running: Iterable[date] = (),
    risk_free_pct: float = 0.0,
) -> Performance:
    """Return the figures of closed trades.

    Parameters
    ----------
    capital
        Equity before the first of them, rupees, above 0.
    outcomes
        In any order; of several closed at the same instant, as they are given.
    running
        Dates (IST) on which the strategy ran; a day on which a trade was closed is one anyway.
    risk_free_pct
        Yearly, for the two ratios; 6.5 means 6.5 %.

    Raises
    ------
    DataError
        If the capital is not above 0.

    Examples
    --------
    >>> day = 86_400 * 10**9
    >>> one, two = Outcome(day, Decimal(150)), Outcome(2 * day, Decimal(-50))
    >>> found = performance(Decimal(1000), [one, two])
    >>> found.win_rate, found.profit_factor, found.final_equity, round(found.drawdown_by_day, 4)
    (0.5, 3.0, Decimal('1100'), -0.0435)
    """
    in_order = sorted(outcomes, key=lambda outcome: outcome.closed_ns)
    profits = [outcome.profit for outcome in in_order]
    by_day = list(profits_by_day(in_order, running).values())
    daily = returns(capital, by_day)
    wins = [profit for profit in profits if profit > 0]
    losses = [profit for profit in profits if profit < 0]
    net, gained, lost = sum(profits, ZERO), sum(wins, ZERO), sum(losses, ZERO)
    average_win, average_loss = _mean(wins), _mean(losses)
    return Performance(
        capital=capital,
        final_equity=capital + net,
        net_profit=net,
        gross_profit=gained,
        gross_loss=lost,
        trades=len(profits),
        wins=len(wins),
        losses=len(losses),
        break_even=len(profits) - len(wins) - len(losses),
        win_rate=win_rate(profits),
        average_win=average_win,
        average_loss=average_loss,
        payoff_ratio=_over(average_win, average_loss),
        profit_factor=_over(gained, lost),
        expectancy=_mean(profits),
        days=len(by_day),
        total_return=float(net / capital),
        sharpe_ratio=None if daily is None else sharpe_ratio(daily, risk_free_pct),
        sortino_ratio=None if daily is None else sortino_ratio(daily, risk_free_pct),
        drawdown_by_day=max_drawdown(capital, by_day),
        drawdown_by_trade=max_drawdown(capital, profits),
        drawdown_rupees=max_drawdown_rupees(capital, profits),
    )


def _mean(profits: Sequence[Decimal]) -> Decimal | None:
    return sum(profits, ZERO) / len(profits) if profits else None


def _over(gain: Decimal | None, loss: Decimal | None) -> float | None:
    return float(-gain / loss) if gain is not None and loss else None
