"""Every list begins at an index: Postgres is asked how it would read them, as the user who asks."""

import json
from collections.abc import Iterator
from typing import Any, LiteralString

import httpx
import psycopg
import pytest

from tests.stacks import RunningStack
from tests.supabase.deployments import deploy
from tests.supabase.people import Person, sign_up

BIG = {
    "audit_log",
    "notification_deliveries",
    "notifications",
    "orders",
    "price_alerts",
    "strategy_commands",
    "strategy_logs",
    "strategy_metrics",
    "strategy_performance",
    "trades",
    "trading_signals",
    "user_events",
}
# What the functions of the overview, of the curves and of the lists read, and what pages of the
# HTTP interface ask for.
LISTS: dict[str, LiteralString] = {
    "trades of a user": """
        select id from public.trades
        order by entry_time desc, id desc limit 11
    """,
    "trades of a strategy": """
        select id from public.trades
        where strategy_id = gen_random_uuid() and trade_mode = 'VIRTUAL'
        order by entry_time desc, id desc limit 11
    """,
    "closed trades by day": """
        select sum(pnl) from public.trades
        where user_id = (select auth.uid()) and status = 'CLOSED'
        group by (exit_time at time zone 'Asia/Kolkata')::date
    """,
    "closed trades of a day": """
        select id from public.trades
        where user_id = (select auth.uid()) and status = 'CLOSED'
          and exit_time >= public.market_day_start() order by exit_time desc, id desc
    """,
    "closed trades of a strategy": """
        select id from public.trades
        where strategy_id = gen_random_uuid() and status = 'CLOSED'
        order by exit_time desc, id desc
    """,
    "positions": "select * from public.positions",
    "orders of today": """
        select count(*) from public.orders
        where user_id = (select auth.uid()) and placed_at >= public.market_day_start()
    """,
    "last commands of a user": """
        select id from public.strategy_commands order by created_at desc limit 20
    """,
    "last commands of a config": """
        select id from public.strategy_commands
        where strategy_config_id = gen_random_uuid() order by created_at desc limit 3
    """,
    "last metrics of a config": """
        select pnl from public.strategy_metrics
        where strategy_config_id = gen_random_uuid() order by timestamp desc limit 24
    """,
    "log of a config": """
        select id from public.strategy_logs
        where strategy_config_id = gen_random_uuid() order by logged_at desc limit 100
    """,
    "signals of a config": """
        select id from public.trading_signals
        where strategy_config_id = gen_random_uuid() order by generated_at desc limit 100
    """,
    "performance of a strategy": """
        select * from public.strategy_performance
        where strategy_id = gen_random_uuid() order by date desc limit 31
    """,
    "audit log of a user": """
        select * from public.audit_log order by sequence desc limit 50
    """,
    "notifications of a user": """
        select * from public.notifications order by created_at desc, id desc limit 50
    """,
    "number on the bell": """
        select count(*) from public.notifications where read_at is null and dismissed_at is null
    """,
    "messages of a user": """
        select * from public.notification_deliveries order by created_at desc limit 50
    """,
    "price alerts of a user": """
        select * from public.price_alerts order by created_at desc, id desc limit 50
    """,
    "events after a number": """
        select * from public.user_events where sequence > 5 order by sequence limit 1000
    """,
}


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a plan and all below it."""
    return [plan, *(each for child in plan.get("Plans", []) for each in nodes(child))]


@pytest.fixture(scope="module")
def planner(
    stack: RunningStack, publishable: httpx.Client, stranger: Person
) -> Iterator[psycopg.Connection]:
    """Yield a transaction of a user beside whom twenty others have a history."""
    others = [deploy(sign_up(publishable)) for _ in range(20)]
    with psycopg.connect(stack.database_url) as connection:
        connection.execute("alter table public.trades disable trigger user")
        connection.cursor().executemany(
            """
            insert into public.trades (
              id, user_id, strategy_id, strategy_config_id, portfolio_id, instrument_key, symbol,
              trade_type, side, quantity, open_quantity, entry_time, entry_price, exit_time,
              exit_price, exit_reason, gross_pnl, pnl, status, closed_by, version
            )
            select
              gen_random_uuid(), %s, %s, %s, %s, 'NSE_FNO:1', 'X', 'LONG', 'BUY', 1, 0, at, 1, at,
              1, 'EOD', 0, 0, 'CLOSED', 'worker', 1
            from generate_series(now() - interval '300 minutes', now(), '1 minute') as at
            """,
            [
                (each.user_id, each.strategy_id, each.config_id, each.portfolio_id)
                for each in others
            ],
        )
        connection.execute("analyze public.trades")
        claims = json.dumps({"sub": stranger.id, "role": "authenticated"})
        connection.execute("select set_config('request.jwt.claims', %s, true)", (claims,))
        connection.execute("set local role authenticated")
        # The other tables of a test are small, and reading them whole would be right.
        connection.execute("set local enable_seqscan = off")
        yield connection
        connection.rollback()


@pytest.mark.parametrize("name", LISTS)
def test_a_list_begins_at_an_index(planner: psycopg.Connection, name: str) -> None:
    query: LiteralString = f"explain (format json) {LISTS[name]}"
    row = planner.execute(query).fetchone()
    assert row is not None
    found = nodes(row[0][0]["Plan"])
    whole = [
        node["Relation Name"]
        for node in found
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in BIG
    ]
    assert whole == []
    scans = [
        node
        for node in found
        if node["Node Type"] == "Bitmap Index Scan"
        or (node["Node Type"] != "Bitmap Heap Scan" and node.get("Relation Name") in BIG)
    ]
    assert scans
    for scan in scans:
        assert "Index Cond" in scan, json.dumps(scan)
