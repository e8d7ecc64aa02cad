"""What an earlier run left in the database: open trades, today's figures, orders on their way.

In:  a config; rows of `trades`, `fills` and `orders`.
Out: values the engine takes up; the events that end orders nobody waits for any more.
Next: `core/engine.py`, `Engine.restore`.
"""

from collections.abc import AsyncIterator, Iterable
from itertools import batched
from typing import Any, Final, NamedTuple

from core.loss_watch import PortfolioLimits
from core.rows import iso_time
from core.session import ist_date, ist_midnight_ns
from core.stored_rows import KeptTrade, instant_of, kept_of, limits_of
from worker.store.supabase import Supabase

_TRADE: Final = (
    "id,user_id,strategy_id,strategy_config_id,portfolio_id,signal_id,trade_mode,instrument_key,"
    "symbol,trade_type,side,quantity,open_quantity,entry_time,entry_price::text,stop_loss::text,"
    "target_price::text,entry_delta::text,stop_premium::text,target_premium::text,exit_time,exit_price::text,exit_reason,gross_pnl::text,charges::text,"
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
_LIMITS: Final = "initial_capital::text,max_open_trades,daily_loss_limit_pct,max_outlay_pct"
_ON_THEIR_WAY: Final = "in.(TRANSIT,PENDING,PART_TRADED)"
_IDS_PER_CALL: Final = 100
_PAGE: Final = 1000


class Left(NamedTuple):
    """What a config has in the database.

    Attributes
    ----------
    trades
        Open ones, and those that were closed today; oldest first.
    rows
        The same as they were read, for a recording: each its ``trade``, ``fills``, ``signal``.
    orders
        Rows of those that were on their way.
    """

    trades: tuple[KeptTrade, ...] = ()
    rows: tuple[dict[str, Any], ...] = ()
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
        fills = await self._fills([row["id"] for row in rows])
        signals = await self._signals(row["signal_id"] for row in rows if row["status"] == "OPEN")
        orders = await self._pages(
            "orders", select=_ORDER, **mine, status=_ON_THEIR_WAY, order="placed_at,id"
        )
        left = tuple(
            {"trade": row, "fills": fills[row["id"]], "signal": signals.get(row["signal_id"])}
            for row in rows
        )
        return Left(tuple(kept_of(each) for each in left), left, tuple(orders))

    async def limits_of(self, portfolio_id: str) -> PortfolioLimits | None:
        """Return what all configs of a portfolio may do together; raises as `of`."""
        rows = await self._supabase.rows("portfolios", select=_LIMITS, id=f"eq.{portfolio_id}")
        return limits_of(rows[0]) if rows else None

    async def configs_with_open_trades(self) -> set[str]:
        """Return the ids of all configs that hold something; raises as `of`."""
        rows = await self._pages(
            "trades", select="strategy_config_id", status="eq.OPEN", trade_mode="eq.VIRTUAL"
        )
        return {str(row["strategy_config_id"]) for row in rows}

    async def _fills(self, trade_ids: list[str]) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {each: [] for each in trade_ids}
        async for rows in self._by_ids("fills", _FILL, "trade_id", trade_ids):
            for row in rows:
                found[row["trade_id"]].append(row)
        return found

    async def _signals(self, ids: Iterable[str | None]) -> dict[str, dict[str, Any]]:
        """Return, by id, signals of open trades: they say where levels are watched."""
        found: dict[str, dict[str, Any]] = {}
        wanted = [each for each in ids if each]
        async for rows in self._by_ids("trading_signals", _SIGNAL, "id", wanted):
            found |= {row["id"]: row for row in rows}
        return found

    async def _by_ids(
        self, table: str, columns: str, column: str, ids: list[str]
    ) -> AsyncIterator[list[dict[str, Any]]]:
        """Yield the rows that name one of some ids, so many ids at a time."""
        order = "filled_at,created_at,id" if table == "fills" else "id"
        for some in batched(dict.fromkeys(ids), _IDS_PER_CALL):
            named = {column: f"in.({','.join(some)})"}
            yield await self._pages(table, select=columns, order=order, **named)

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
