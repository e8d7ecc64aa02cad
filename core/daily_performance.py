"""A strategy's performance day by day: the values of the table `strategy_performance`.

In:  the capital, closed trades of both modes, the days on which the strategy ran.
Out: `DailyPerformance`, one per day; its fields are the table's columns.
Next: `core/rows.py`.

Profit and trades are the day's own, virtual and live apart. Win rate, drawdown and Sharpe ratio
are those of the record up to and including the day, in one mode: live once the strategy has
closed a live trade, virtual before. The two are never added: while it trades live the virtual
trades shadow the live ones, and the same idea would count twice. The live record begins with
the day of the first live trade.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from core.equity import max_drawdown, returns, sharpe_ratio
from core.metrics import Outcome, win_rate
from core.money import ZERO
from core.strategy import TradeMode


class DailyPerformance(NamedTuple):
    """One day of one strategy.

    Attributes
    ----------
    virtual_pnl, live_pnl
        Net profit of the trades closed on the day, rupees.
    virtual_trades, live_trades
        How many those were.
    win_rate
        Of the record so far, a fraction; None without a win or a loss.
    max_drawdown
        Of the record so far by day, a fraction, 0 or negative.
    sharpe_ratio
        Of the record so far, yearly; None where it is not defined.
    """

    date: date
    virtual_pnl: Decimal
    live_pnl: Decimal
    virtual_trades: int
    live_trades: int
    win_rate: float | None
    max_drawdown: float
    sharpe_ratio: float | None


def daily_performance(
    capital: Decimal, outcomes: Sequence[Outcome], running: Iterable[date] = ()
) -> list[DailyPerformance]:
    """Return one entry per day, oldest first.

    Parameters
    ----------
    capital
        Equity before the first trade, rupees, above 0.
    outcomes
        Closed trades of one strategy, in any order.
    running
        Dates (IST) on which it ran; a day on which a trade was closed is one anyway.

    Raises
    ------
    DataError
        If the capital is not above 0.
    """
    by_day: dict[date, list[Outcome]] = {day: [] for day in running}
    for outcome in outcomes:
        by_day.setdefault(outcome.day, []).append(outcome)
    virtual, live = _Record(capital), _Record(capital)
    found = []
    for day, closed in sorted(by_day.items()):
        virtual.end_day(_profits(closed, TradeMode.VIRTUAL))
        live_today = _profits(closed, TradeMode.LIVE)
        if live_today or live.profits:  # It begins with the day of the first live trade.
            live.end_day(live_today)
        found.append(_entry(day, closed, live if live.profits else virtual))
    return found


class _Record:
    """What has been earned in one mode so far."""

    def __init__(self, capital: Decimal) -> None:
        self._capital: Final = capital
        self._by_day: list[Decimal] = []
        self.profits: list[Decimal] = []  # By trade.

    def end_day(self, profits: list[Decimal]) -> None:
        self._by_day.append(sum(profits, ZERO))
        self.profits += profits

    def drawdown(self) -> float:
        return max_drawdown(self._capital, self._by_day)

    def sharpe_ratio(self) -> float | None:
        daily = returns(self._capital, self._by_day)
        return None if daily is None else sharpe_ratio(daily)


def _entry(day: date, closed: list[Outcome], record: _Record) -> DailyPerformance:
    virtual, live = _profits(closed, TradeMode.VIRTUAL), _profits(closed, TradeMode.LIVE)
    return DailyPerformance(
        date=day,
        virtual_pnl=sum(virtual, ZERO),
        live_pnl=sum(live, ZERO),
        virtual_trades=len(virtual),
        live_trades=len(live),
        win_rate=win_rate(record.profits),
        max_drawdown=record.drawdown(),
        sharpe_ratio=record.sharpe_ratio(),
    )


def _profits(outcomes: Iterable[Outcome], mode: TradeMode) -> list[Decimal]:
    return [outcome.profit for outcome in outcomes if outcome.trade_mode is mode]
