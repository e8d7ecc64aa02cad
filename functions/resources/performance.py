"""How a user's strategies do: all of them today, and one of them over its whole record.

In:  a strategy and the days wanted.
Out: counts and profit, virtual and live apart; figures and days of the daily analysis.
Next: `functions/resources/daily_analysis.py`, which writes them.
"""

from datetime import UTC, date, datetime, time
from typing import Final, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, Field

from functions.cursors import Cursor, CursorText
from functions.database import Row
from functions.models import LIMIT_DEFAULT, Answer, Day, Limit, Money, Query
from functions.problems import ApiError, invalid
from functions.resources.strategies import ConfigStatus, StrategyStatus
from functions.routing import Call

_DAYS: Final = (
    "date,virtual_pnl::text,live_pnl::text,virtual_trades,live_trades,virtual_equity::text,"
    "live_equity::text,measured,win_rate,max_drawdown,sharpe_ratio,profit_factor,payoff_ratio,"
    "expectancy::text"
)


class StrategyToday(Answer):
    """One strategy's trades of today; profit is after charges."""

    strategy_id: UUID
    name: str
    status: StrategyStatus
    virtual_pnl: Money
    live_pnl: Money
    virtual_trades: int
    live_trades: int
    open_trades: int


class Summary(Answer):
    """Today in India by the market's time.

    `open_positions` is the sum of each config's last report, `open_trades` what the books hold.
    """

    market_time: AwareDatetime
    market_date: date
    simulated: bool
    configs_by_status: dict[ConfigStatus, int]
    strategies_by_status: dict[StrategyStatus, int]
    pnl_today: Money
    pnl_total: Money
    virtual_pnl_today: Money
    live_pnl_today: Money
    virtual_pnl_total: Money
    live_pnl_total: Money
    unrealised_pnl: Money
    trades_today: int
    orders_today: int
    open_positions: int
    open_trades: int
    strategies: list[StrategyToday]


class Figures(Answer):
    """A whole record in one mode; rates and drawdowns are fractions, null where not defined."""

    days: int
    trades: int
    wins: int
    losses: int
    break_even: int
    net_profit: Money
    gross_profit: Money
    gross_loss: Money
    final_equity: Money
    total_return: float
    average_win: Money | None
    average_loss: Money | None
    expectancy: Money | None
    win_rate: float | None
    payoff_ratio: float | None
    profit_factor: float | None
    sharpe_ratio: float | None
    sortino_ratio: float | None
    drawdown_by_day: float
    drawdown_by_trade: float
    drawdown_rupees: Money


class Analysis(Answer):
    """What the last analysis found; `analysed_at` is null before the first."""

    strategy_id: UUID
    analysed_at: AwareDatetime | None = None
    as_of: date | None = None
    capital: Money | None = None
    virtual: Figures | None = None
    live: Figures | None = None


class PerformanceDay(Answer):
    """One day; the ratios are of the record up to it in the mode that `measured` names."""

    date: date
    virtual_pnl: Money
    live_pnl: Money
    virtual_trades: int
    live_trades: int
    virtual_equity: Money
    live_equity: Money | None
    measured: Literal["VIRTUAL", "LIVE"]
    win_rate: float | None
    max_drawdown: float
    sharpe_ratio: float | None
    profit_factor: float | None
    payoff_ratio: float | None
    expectancy: Money | None


class PerformanceQuery(Query):
    """Which days."""

    since: Day | None = Field(default=None, alias="from", description="This day or later.")
    until: Day | None = Field(default=None, alias="to", description="This day or earlier.")
    limit: Limit = LIMIT_DEFAULT
    cursor: CursorText | None = None


class PerformanceReport(Analysis):
    """The figures and a page of days, newest first."""

    days: list[PerformanceDay]
    next_cursor: str | None

    @classmethod
    def of(cls, strategy_id: UUID, figures: Row, rows: list[Row], limit: int) -> Self:
        """Make it of what was read: one row more than the page shows that there is another."""
        kept = rows[:limit]
        more = None if len(rows) <= limit else _cursor(strategy_id, kept[-1]["date"])
        return cls.model_validate(
            {**figures, "strategy_id": strategy_id, "days": kept, "next_cursor": more}
        )


def read_summary(call: Call) -> Summary:
    """Say how all strategies do today."""
    (row,) = call.database.rpc("system_overview")
    strategies = call.database.rpc("strategies_today")
    return Summary.model_validate({**row, "strategies": strategies})


def read_performance(call: Call, strategy_id: UUID, query: PerformanceQuery) -> PerformanceReport:
    """Read a strategy's performance, virtual and live apart.

    As the last daily analysis found it; `POST /api/analysis/run-daily/{strategy_id}` makes it anew.
    """
    conditions = _conditions(query)
    found = call.database.rows("strategies", select="performance_metrics", id=f"eq.{strategy_id}")
    if not found:
        raise ApiError(404, "not_found", f"strategy {strategy_id} does not exist")
    rows = call.database.rows(
        "strategy_performance",
        select=_DAYS,
        strategy_id=f"eq.{strategy_id}",
        order="date.desc",
        limit=str(query.limit + 1),
        **conditions,
    )
    figures = found[0]["performance_metrics"]
    return PerformanceReport.of(strategy_id, figures, rows, query.limit)


def _conditions(query: PerformanceQuery) -> dict[str, str]:
    if query.since is not None and query.until is not None and query.since > query.until:
        raise invalid("query", "/to", "to must not be before from", "empty_range")
    conditions = [
        *([] if query.since is None else [f"date.gte.{query.since}"]),
        *([] if query.until is None else [f"date.lte.{query.until}"]),
        *([] if query.cursor is None else [f"date.lt.{Cursor.read(query.cursor).at.date()}"]),
    ]
    return {"and": f"({','.join(conditions)})"} if conditions else {}


def _cursor(strategy_id: UUID, day: str) -> str:
    return Cursor(datetime.combine(date.fromisoformat(day), time(), UTC), strategy_id).text()
