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


class TradeQuery(Query):
    """Which trades; times are of the entry."""

    strategy_id: UUID | None = None
    status: TradeStatus | None = None
    mode: TradeMode | None = None
    since: Instant | None = Field(
        default=None, alias="from", description="Entered at this time or later."
    )
    until: Instant | None = Field(default=None, alias="to", description="Entered before this time.")
    limit: Limit = LIMIT_DEFAULT
    cursor: CursorText | None = None


class TradePage(Answer):
    """Trades, newest entry first."""

    items: list[Trade]
    next_cursor: str | None


def list_trades(call: Call, query: TradeQuery) -> TradePage:
    """List trades, newest entry first."""
    rows = call.database.rows(
        "trades", select=_COLUMNS, **_filters(query), **newest_first(_ORDER, query.limit)
    )
    if not rows and query.strategy_id is not None:
        _require_strategy(call, query.strategy_id)
    page = page_of(rows, query.limit, _ORDER)
    items = [Trade.model_validate(row) for row in page.rows]
    return TradePage(items=items, next_cursor=page.next_cursor)


def _filters(query: TradeQuery) -> dict[str, str]:
    if query.since is not None and query.until is not None and query.since >= query.until:
        raise invalid("query", "/to", "to must be later than from", "empty_range")
    conditions = [
        *([] if query.since is None else [f'{_ORDER}.gte."{query.since.isoformat()}"']),
        *([] if query.until is None else [f'{_ORDER}.lt."{query.until.isoformat()}"']),
    ]
    filters = {
        name: f"eq.{value}"
        for name, value in (
            ("strategy_id", query.strategy_id),
            ("status", query.status),
            ("trade_mode", query.mode),
        )
        if value is not None
    }
    if conditions:
        filters["and"] = f"({','.join(conditions)})"
    return filters if query.cursor is None else filters | Cursor.read(query.cursor).filters(_ORDER)


def _require_strategy(call: Call, strategy_id: UUID) -> None:
    if not call.database.rows("strategies", select="id", id=f"eq.{strategy_id}"):
        raise ApiError(404, "not_found", f"strategy {strategy_id} does not exist")
