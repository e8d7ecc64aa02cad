"""A user's trades, all of them or those of a strategy, a mode, a time.

In:  filters and a page wanted.
Out: trades, newest entry first; money and prices as text.
Next: `supabase/migrations/20261120181700_create_trades.sql`, what the columns mean.
"""

from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from functions.cursors import Cursor, CursorText, newest_first, page_of
from functions.models import LIMIT_DEFAULT, Answer, Instant, Limit, Money, Query
from functions.problems import ApiError, invalid
from functions.routing import Call

_ORDER: Final = "entry_time"
_COLUMNS: Final = (
    "id,strategy_id,strategy_config_id,portfolio_id,trade_mode,instrument_key,symbol,trade_type,"
    "side,quantity,open_quantity,entry_time,entry_price::text,stop_loss::text,target_price::text,"
    "exit_time,exit_price::text,exit_reason,gross_pnl::text,charges::text,pnl::text,status,"
    "closed_by,created_at,updated_at"
)


class TradeStatus(StrEnum):
    """CLOSED is final."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"


class TradeMode(StrEnum):
    """Simulated, or with the broker."""

    VIRTUAL = "VIRTUAL"
    LIVE = "LIVE"


class Trade(Answer):
    """One round trip; `pnl` is after charges and null while it is open."""

    id: UUID
    strategy_id: UUID
    strategy_config_id: UUID
    portfolio_id: UUID
    trade_mode: TradeMode
    instrument_key: str
    symbol: str
    trade_type: Literal["LONG", "SHORT"]
    side: Literal["BUY", "SELL"]
    quantity: int
    open_quantity: int
    entry_time: AwareDatetime
    entry_price: Money
    stop_loss: Money | None
    target_price: Money | None
    exit_time: AwareDatetime | None
    exit_price: Money | None
    exit_reason: str | None
    gross_pnl: Money | None
    charges: Money
    pnl: Money | None
    status: TradeStatus
    closed_by: Literal["worker", "database"] | None
    created_at: AwareDatetime
    updated_at: AwareDatetime


class TradesOfOne(Query):
    """Which trades of a strategy; times are of the entry."""

    status: TradeStatus | None = None
    since: Instant | None = Field(
        default=None, alias="from", description="Entered at this time or later."
    )
    until: Instant | None = Field(default=None, alias="to", description="Entered before this time.")
    limit: Limit = LIMIT_DEFAULT
    cursor: CursorText | None = None


class TradeQuery(TradesOfOne):
    """Which trades; times are of the entry."""

    strategy_id: UUID | None = None
    mode: TradeMode | None = None


class TradePage(Answer):
    """Trades, newest entry first."""

    items: list[Trade]
    next_cursor: str | None


def list_trades(call: Call, query: TradeQuery) -> TradePage:
    """List trades, newest entry first."""
    return _page(call, query, query.strategy_id, query.mode)


def list_virtual_trades(call: Call, strategy_id: UUID, query: TradesOfOne) -> TradePage:
    """List the simulated trades of a strategy, newest entry first."""
    return _page(call, query, strategy_id, TradeMode.VIRTUAL)


def list_live_trades(call: Call, strategy_id: UUID, query: TradesOfOne) -> TradePage:
    """List the live trades of a strategy, newest entry first."""
    return _page(call, query, strategy_id, TradeMode.LIVE)


def require_strategy(call: Call, strategy_id: UUID) -> None:
    """Refuse a strategy that is not the caller's.

    Raises
    ------
    ApiError
        404.
    """
    if not call.database.rows("strategies", select="id", id=f"eq.{strategy_id}"):
        raise ApiError(404, "not_found", f"strategy {strategy_id} does not exist")


def _page(
    call: Call, query: TradesOfOne, strategy_id: UUID | None, mode: TradeMode | None
) -> TradePage:
    filters = {
        name: f"eq.{value}"
        for name, value in (
            ("strategy_id", strategy_id),
            ("status", query.status),
            ("trade_mode", mode),
        )
        if value is not None
    }
    rows = call.database.rows(
        "trades",
        select=_COLUMNS,
        **filters,
        **_entered(query),
        **newest_first(_ORDER, query.limit),
    )
    if not rows and strategy_id is not None:
        require_strategy(call, strategy_id)
    page = page_of(rows, query.limit, _ORDER)
    items = [Trade.model_validate(row) for row in page.rows]
    return TradePage(items=items, next_cursor=page.next_cursor)


def _entered(query: TradesOfOne) -> dict[str, str]:
    """Return PostgREST's parameters for the times and the cursor."""
    if query.since is not None and query.until is not None and query.since >= query.until:
        raise invalid("query", "/to", "to must be later than from", "empty_range")
    conditions = [
        *([] if query.since is None else [f'{_ORDER}.gte."{query.since.isoformat()}"']),
        *([] if query.until is None else [f'{_ORDER}.lt."{query.until.isoformat()}"']),
    ]
    filters = {"and": f"({','.join(conditions)})"} if conditions else {}
    return filters if query.cursor is None else filters | Cursor.read(query.cursor).filters(_ORDER)
