"""What the profit curves are drawn of, of all strategies or of one.

In:  the days wanted, and the day whose trades are wanted one by one.
Out: points with totals, virtual and live apart; money as text.
Next: `supabase/migrations/20261120193800_create_pnl_series.sql`.
"""

from datetime import date
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from functions.cursors import Cursor, CursorText, newest_first, page_of
from functions.database_errors import INVALID, DatabaseRefusalError
from functions.models import Answer, Day, Money, Query
from functions.problems import invalid
from functions.routing import Call

_ORDER: Final = "exit_time"
_ID: Final = "trade_id"
_DAYS_MAX: Final = 1000


class PnlQuery(Query):
    """Which days, and which day's trades."""

    since: Day | None = Field(
        default=None, alias="from", description="First day; absent: 89 days before the last."
    )
    until: Day | None = Field(default=None, alias="to", description="Last day; absent: today.")
    day: Day | None = Field(default=None, description="Whose trades are listed; absent: today.")
    limit: Annotated[int, Field(ge=1, le=500, description="Trades of one page.")] = 500
    cursor: CursorText | None = None


class PnlDay(Answer):
    """Profit of a day in India after charges, and since the beginning."""

    date: date
    virtual_pnl: Money
    live_pnl: Money
    virtual_trades: int
    live_trades: int
    virtual_total: Money
    live_total: Money


class PnlTrade(Answer):
    """Profit of a trade after charges, and since its day began."""

    trade_id: UUID
    exit_time: AwareDatetime
    strategy_id: UUID
    strategy_config_id: UUID
    trade_mode: Literal["VIRTUAL", "LIVE"]
    symbol: str
    pnl: Money
    virtual_total: Money
    live_total: Money


class PnlSeries(Answer):
    """Days, oldest first; trades of one day, newest first."""

    days: list[PnlDay]
    trades: list[PnlTrade]
    next_cursor: str | None


def read_pnl(call: Call, query: PnlQuery) -> PnlSeries:
    """Profit of all strategies, by day and within a day by trade."""
    return _series(call, query, None)


def read_strategy_pnl(call: Call, strategy_id: UUID, query: PnlQuery) -> PnlSeries:
    """Profit of one strategy, by day and within a day by trade."""
    return _series(call, query, strategy_id)


def _series(call: Call, query: PnlQuery, strategy_id: UUID | None) -> PnlSeries:
    _check_range(query)
    after = {} if query.cursor is None else Cursor.read(query.cursor).filters(_ORDER, _ID)
    strategy = {} if strategy_id is None else {"p_strategy_id": str(strategy_id)}
    days = _days(call, query, strategy)
    trades = call.database.rpc(
        "pnl_by_trade",
        strategy | _given(p_day=query.day),
        **after,
        **newest_first(_ORDER, query.limit, _ID),
    )
    page = page_of(trades, query.limit, _ORDER, _ID)
    return PnlSeries.model_validate(
        {"days": days, "trades": page.rows, "next_cursor": page.next_cursor}
    )


def _days(call: Call, query: PnlQuery, strategy: dict[str, str]) -> Any:
    days = _given(p_from=query.since, p_to=query.until)
    try:
        return call.database.rpc("pnl_by_day", strategy | days)
    except DatabaseRefusalError as error:
        if error.sqlstate != INVALID:
            raise
        # The other end of the range is today, which the database knows.
        pointer = "/to" if query.since is None else "/from"
        raise invalid("query", pointer, error.detail, "bad_range") from error


def _check_range(query: PnlQuery) -> None:
    if query.since is None or query.until is None:
        return
    days = (query.until - query.since).days + 1
    if not 1 <= days <= _DAYS_MAX:
        said = f"a series has 1 to {_DAYS_MAX} days; {query.since} to {query.until} are {days}"
        raise invalid("query", "/to", said, "bad_range")


def _given(**days: date | None) -> dict[str, Any]:
    return {name: str(day) for name, day in days.items() if day is not None}
