"""What a demo shows: read from the database, as the dashboard does, and from the simulator.

In:  a connection to the stack's database and the simulator's control address.
Out: `Figures`, one look at the running system.
Next: `devstack/demo/view.py`.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import dict_row

Row = dict[str, Any]

_HEARTBEAT = """
    select figures, feed_age_seconds, status,
           (select market_time from public.market_clock) as market_time,
           extract(epoch from now() - beat_at)::float as beat_age
      from public.worker_heartbeats where process = 'supervisor'
"""
_STRATEGIES = """
    select s.name, c.status::text, c.error_message, c.runner::text,
           (select split_part(l.message, ' ', 1) from public.strategy_logs l
             where l.strategy_config_id = c.id and c.runner = 'cron'
             order by l.logged_at desc limit 1) as said,
           coalesce(sum(t.pnl) filter (where t.status = 'CLOSED'), 0) as pnl,
           count(t.id) filter (where t.status = 'CLOSED') as closed,
           count(t.id) filter (where t.status = 'OPEN') as open
      from public.strategies s
      join public.strategy_configs c on c.strategy_id = s.id
      left join public.trades t on t.strategy_config_id = c.id
     where s.archived_at is null
     group by s.name, c.id order by s.name
"""
_LAST_TRADES = """
    select symbol, trade_type::text, quantity, entry_time, entry_price, exit_price,
           exit_reason::text, pnl, status::text
      from public.trades order by coalesce(exit_time, entry_time) desc, id limit 8
"""
_TOTALS = """
    select (select coalesce(sum(pnl), 0) from public.trades where status = 'CLOSED') as realised,
           (select coalesce(sum(unrealised_pnl), 0) from public.positions) as unrealised,
           (select count(*) from public.trades) as trades,
           (select count(*) from public.trades t
              join public.strategy_configs c on c.id = t.strategy_config_id
             where c.runner = 'cron') as cron_trades,
           (select count(*) from public.strategy_logs l
              join public.strategy_configs c on c.id = l.strategy_config_id
             where c.runner = 'cron') as cron_runs,
           (select count(*) from public.trading_signals) as signals,
           (select count(*) from public.ohlcv_data) as candles,
           (select coalesce(sum(balance), 0) from public.portfolios) as balance
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """One look at the running system; money in rupees, times aware."""

    market_time: datetime | None
    feed_age_seconds: float | None
    heartbeat_age_seconds: float | None
    worker_status: str
    worker: dict[str, Any]
    strategies: list[Row]
    last_trades: list[Row]
    realised: Decimal
    unrealised: Decimal
    balance: Decimal
    trades: int
    cron_trades: int
    cron_runs: int
    signals: int
    candles: int

    @property
    def ticks(self) -> int:
        """Ticks the worker has taken in."""
        return int(self.worker.get("ticks", 0))


class Observer:
    """Looks at the system through its database.

    Parameters
    ----------
    database_url
        Of the stack, as role ``postgres``.
    """

    def __init__(self, database_url: str) -> None:
        self._connection = psycopg.connect(database_url, autocommit=True, row_factory=dict_row)

    def look(self) -> Figures:
        """Return the figures of now."""
        beat = self._row(_HEARTBEAT) or {}
        totals = self._row(_TOTALS) or {}
        return Figures(
            market_time=beat.get("market_time"),
            feed_age_seconds=beat.get("feed_age_seconds"),
            heartbeat_age_seconds=beat.get("beat_age"),
            worker_status=beat.get("status") or "starting",
            worker=beat.get("figures") or {},
            strategies=self._rows(_STRATEGIES),
            last_trades=self._rows(_LAST_TRADES),
            **totals,
        )

    def play_symbol(self, symbol: str) -> None:
        """Point every strategy of the demo user at one symbol: that of a replayed file."""
        with self._connection.transaction():
            self._connection.execute("update public.strategies set symbols = %s", [[symbol]])
            self._connection.execute(
                "update public.strategy_configs"
                " set config_json = jsonb_set(config_json, '{symbols}', to_jsonb(%s::text[]))",
                [[symbol]],
            )

    def trades(self) -> list[Row]:
        """Return every trade of the worker's, oldest first: those a replay brings again."""
        return self._rows(
            "select t.* from public.trades t"
            " join public.strategy_configs c on c.id = t.strategy_config_id"
            " where c.runner = 'worker' order by t.entry_time, t.id"
        )

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    def _row(self, query: str) -> Row | None:
        return self._connection.execute(query).fetchone()

    def _rows(self, query: str) -> list[Row]:
        return self._connection.execute(query).fetchall()
