"""Closed trades and days of running, put straight into the tables: what a long history leaves.

In:  a deployment, what each trade brought and when; days on which it ran.
Out: rows; the market's clock, held while a test looks at "today".
Next: `tests/supabase/test_performance.py`.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import uuid4

import psycopg

from tests.supabase.deployments import Deployment

Database = psycopg.Connection[dict[str, object]]


class Closed(NamedTuple):
    """One closed trade: when, what it brought after charges, in which mode."""

    exit_time: datetime
    pnl: Decimal
    mode: str = "VIRTUAL"


def put_trades(database: Database, deployment: Deployment, trades: Iterable[Closed]) -> None:
    """Store closed trades of a deployment."""
    rows = [
        {
            "id": str(uuid4()),
            "user": deployment.user_id,
            "strategy": deployment.strategy_id,
            "config": deployment.config_id,
            "portfolio": deployment.portfolio_id,
            **trade._asdict(),
        }
        for trade in trades
    ]
    with database.cursor() as cursor:
        cursor.executemany(
            """
            insert into public.trades (
              id, user_id, strategy_id, strategy_config_id, portfolio_id, trade_mode,
              instrument_key, symbol, trade_type, side, quantity, open_quantity, entry_time,
              entry_price, exit_time, exit_price, exit_reason, gross_pnl, charges, pnl, status,
              closed_by, version
            )
            values (
              %(id)s, %(user)s, %(strategy)s, %(config)s, %(portfolio)s, 'VIRTUAL',
              'NSE_FNO:49543', 'NIFTY-Dec2026-FUT', 'LONG', 'BUY', 65, 0, %(exit_time)s,
              25000, %(exit_time)s, 25001, 'TARGET', %(pnl)s, 0, %(pnl)s, 'CLOSED', 'worker', 1
            )
            """,
            rows,
        )
        # The gate lets nothing begin live here; a history may say that it did.
        cursor.executemany(
            "update public.trades set trade_mode = 'LIVE' where id = %(id)s",
            [row for row in rows if row["mode"] == "LIVE"],
        )


def put_long_history(database: Database, deployment: Deployment, days: int, daily: int) -> None:
    """Store many trades at once, past the triggers that would tell everybody of each."""
    with database.transaction():
        database.execute("alter table public.trades disable trigger user")
        database.execute(
            """
            insert into public.trades (
              id, user_id, strategy_id, strategy_config_id, portfolio_id, instrument_key, symbol,
              trade_type, side, quantity, open_quantity, entry_time, entry_price, exit_time,
              exit_price, exit_reason, gross_pnl, pnl, status, closed_by, version
            )
            select
              gen_random_uuid(), %s, %s, %s, %s, 'NSE_FNO:1', 'X', 'LONG', 'BUY', 1, 0, at, 1, at,
              1, 'EOD', number %% 7 - 2, number %% 7 - 2, 'CLOSED', 'worker', 1
            from generate_series(1, %s) as day
            cross join generate_series(1, %s) as number
            cross join lateral (
              select now() - make_interval(days => day, secs => number) as at
            ) as trade
            """,
            (
                deployment.user_id,
                deployment.strategy_id,
                deployment.config_id,
                deployment.portfolio_id,
                days,
                daily,
            ),
        )
        database.execute("alter table public.trades enable trigger user")


def put_metrics(
    database: Database,
    deployment: Deployment,
    times: Iterable[datetime],
    positions: int = 0,
) -> None:
    """Store metrics of a deployment, one for each time."""
    with database.cursor() as cursor:
        cursor.executemany(
            """
            insert into public.strategy_metrics
              (id, user_id, strategy_config_id, timestamp, pnl, positions_count)
            values (gen_random_uuid(), %s, %s, %s, 1.50, %s)
            """,
            [(deployment.user_id, deployment.config_id, at, positions) for at in times],
        )


@contextmanager
def market_held_at(database: Database, at: str) -> Iterator[None]:
    """Hold the market's time while a test looks at what is today's."""
    hold = "update public.market_clock set source = 'FEED', market_time = %s"
    database.execute(hold, (at,))
    try:
        yield
    finally:
        database.execute("update public.market_clock set source = 'WALL'")


def noon(day: date, hour: int = 6) -> datetime:
    """Return a time of a day, in UTC; India is 5:30 ahead."""
    return datetime.fromisoformat(f"{day}T{hour:02}:30:00+00:00")
