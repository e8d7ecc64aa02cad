"""What an earlier run left in the database: open trades, today's figures, orders on their way.

In:  a config; rows of `trades`, `fills` and `orders`.
Out: values the engine takes up; the events that end orders nobody waits for any more.
Next: `core/engine.py`, `Engine.restore`.
"""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from core.levels import Guard
from core.order import Fill
from core.rows import iso_time
from core.session import ist_date, ist_midnight_ns
from core.stored_rows import fill_of, guard_of, instant_of, trade_of
from core.trade import Trade, TradeStatus
from worker.supabase import Supabase

_TRADE: Final = (
    "id,user_id,strategy_id,strategy_config_id,portfolio_id,signal_id,trade_mode,instrument_key,"
    "symbol,trade_type,side,quantity,open_quantity,entry_time,entry_price::text,stop_loss::text,"
    "target_price::text,exit_time,exit_price::text,exit_reason,gross_pnl::text,charges::text,"
    "pnl::text,status,code_digest,version"
)
_FILL: Final = (
    "id,user_id,strategy_id,strategy_config_id,order_id,trade_id,instrument_key,side,quantity,"
    "price::text,charges::text,filled_at"
)
_ORDER: Final = (
    "id,version,portfolio_id,signal_id,trade_id,trade_mode,instrument_key,symbol,side,order_type,"
    "purpose,exit_reason,quantity,limit_price::text,filled_quantity,average_price::text,"
    "code_digest,placed_at"
)
_SIGNAL: Final = "id,instrument_key,price::text,indicators"
_ON_THEIR_WAY: Final = "in.(TRANSIT,PENDING,PART_TRADED)"
_IDS_PER_CALL: Final = 100
_PAGE: Final = 1000


class Kept(NamedTuple):
    """A trade with its fills, and where its levels are watched: None where that is not known."""

    trade: Trade
    fills: tuple[Fill, ...]
    guard: Guard | None = None


class Left(NamedTuple):
    """What a config has in the database.

    Attributes
    ----------
    trades
        Open ones, and those that were closed today; oldest first.
    orders
        Rows of those that were on their way.
    """

    trades: tuple[Kept, ...] = ()
    orders: tuple[dict[str, Any], ...] = ()


class Books:
    """Read what was left.

    Parameters
    ----------
    supabase
        Where from.
    """

    def __init__(self, supabase: Supabase) -> None:
        self._supabase: Final = supabase

    async def of(self, config_id: str, now_ns: int) -> Left:
        """Return what a config has, its closed trades from the day (IST) of `now_ns` on.

        Raises
        ------
        StoreError
            If the database is away.
        DataError
            If a row cannot be read.
        """
        mine = {"strategy_config_id": f"eq.{config_id}", "trade_mode": "eq.VIRTUAL"}
        today = iso_time(ist_midnight_ns(ist_date(now_ns)))
        rows = await self._pages(
            "trades",
            select=_TRADE,
            **mine,
            **{"or": f"(status.eq.OPEN,exit_time.gte.{today})"},
            order="entry_time,id",
        )
        trades = [trade_of(row) for row in rows]
        fills = await self._fills(trades)
        orders = await self._pages(
            "orders", select=_ORDER, **mine, status=_ON_THEIR_WAY, order="placed_at,id"
        )
        guards = await self._guards(trades)
        kept = (
            Kept(trade, tuple(fills[trade.id]), guards.get(trade.signal_id)) for trade in trades
        )
        return Left(tuple(kept), tuple(orders))

    async def configs_with_open_trades(self) -> set[str]:
        """Return the ids of all configs that hold something; raises as `of`."""
        rows = await self._pages(
            "trades", select="strategy_config_id", status="eq.OPEN", trade_mode="eq.VIRTUAL"
        )
        return {str(row["strategy_config_id"]) for row in rows}

    async def _fills(self, trades: list[Trade]) -> dict[str, list[Fill]]:
        found: dict[str, list[Fill]] = {trade.id: [] for trade in trades}
        portfolios = {trade.id: trade.owner.portfolio_id for trade in trades}
        ids = list(found)
        for start in range(0, len(ids), _IDS_PER_CALL):
            wanted = ",".join(ids[start : start + _IDS_PER_CALL])
            rows = await self._pages(
                "fills", select=_FILL, trade_id=f"in.({wanted})", order="filled_at,created_at,id"
            )
            for row in rows:
                found[row["trade_id"]].append(fill_of(row, portfolios[row["trade_id"]]))
        return found

    async def _guards(self, trades: list[Trade]) -> dict[str, Guard]:
        """Return, by signal, where the levels of the open trades are watched."""
        found: dict[str, Guard] = {}
        ids = list(
            dict.fromkeys(
                trade.signal_id for trade in trades
                if trade.signal_id and trade.status is TradeStatus.OPEN
            )
        )  # fmt: skip
        for start in range(0, len(ids), _IDS_PER_CALL):
            wanted = ",".join(ids[start : start + _IDS_PER_CALL])
            rows = await self._pages(
                "trading_signals", select=_SIGNAL, id=f"in.({wanted})", order="id"
            )
            found |= {row["id"]: guard_of(row) for row in rows}
        return found

    async def _pages(self, table: str, **query: str) -> list[dict[str, Any]]:
        """Return all rows: PostgREST cuts an answer off at a thousand."""
        found: list[dict[str, Any]] = []
        while True:
            page = await self._supabase.rows(
                table, **query, limit=str(_PAGE), offset=str(len(found))
            )
            found += page
            if len(page) < _PAGE:
                return found


def cancelled(rows: Iterable[dict[str, Any]], now_ns: int) -> list[dict[str, Any]]:
    """Return order rows as they are to be stored: nobody waits for these orders any more."""
    return [
        {
            **row,
            "version": row["version"] + 1,
            "status": "CANCELLED",
            "changed_at": iso_time(max(now_ns, instant_of(row["placed_at"]))),
            "rejection_reason": "the worker was started anew while the order was on its way",
        }
        for row in rows
    ]
