"""Retention: what grows goes after its days, what trading and audit rest on stays."""

from collections.abc import Callable

import pytest
from psycopg.sql import SQL, Identifier

from functions.resources.housekeeping import EXPIRING
from tests.supabase import events
from tests.supabase.conftest import Database
from tests.supabase.deployments import Deployment, Worker
from tests.supabase.people import Person, refusal

# Which setting says how long the rows of a table are kept, and how a user's rows are made old.
KEPT = {
    "user_events": "keep_user_events_days",
    "strategy_logs": "keep_strategy_logs_days",
    "strategy_metrics": "keep_strategy_metrics_days",
    "trading_signals": "keep_trading_signals_days",
    "notifications": "keep_notifications_days",
}


def make_old(database: Database, user: Person, table: str, days: int) -> None:
    """Make the rows of a user so many days old."""
    column, clock = "created_at", "now()"
    if table == "strategy_metrics":  # What the market's clock says.
        column, clock = "timestamp", "public.market_now()"
    query = SQL("update public.{} set {} = {} - make_interval(days => %s) where user_id = %s")
    filled = query.format(Identifier(table), Identifier(column), SQL(clock))
    database.execute(filled, (days, user.id))


@pytest.fixture
def rows(user: Person, deployment: Deployment, worker: Worker, database: Database) -> Person:
    """Return a user with one row in each table that forgets."""
    worker.must_write(events.log(deployment), events.metric(deployment), events.signal(deployment))
    database.execute(
        "select private.notify(%s, 'system_info', 'told', '', null, null, null)", (user.id,)
    )
    return user


@pytest.fixture
def forget(secret: Person) -> Callable[[str], int]:
    """Return what removes the old rows of a table."""

    def call(table: str) -> int:
        total = 0
        while count := secret.rpc("delete_expired_rows", p_table=table):
            total += count
        return total

    return call


@pytest.mark.parametrize("table", KEPT)
def test_a_row_goes_after_its_days_and_not_before(
    rows: Person, database: Database, forget: Callable[[str], int], table: str
) -> None:
    policy = database.execute("select * from public.operator_policy").fetchone()
    assert policy is not None
    days = int(str(policy[KEPT[table]]))
    make_old(database, rows, table, days - 1)
    forget(table)
    assert rows.rows(table)
    make_old(database, rows, table, days + 1)
    assert forget(table) >= 1
    assert rows.rows(table) == []


def test_a_signal_that_an_order_follows_stays(
    user: Person,
    deployment: Deployment,
    worker: Worker,
    database: Database,
    forget: Callable[[str], int],
) -> None:
    followed, refused = events.signal(deployment), events.signal(deployment)
    worker.must_write(
        followed, refused, *events.opening(deployment, signal_id=followed["row"]["id"])
    )
    database.execute(
        "update public.orders set signal_id = %s where user_id = %s",
        (followed["row"]["id"], user.id),
    )
    make_old(database, user, "trading_signals", 4000)
    forget("trading_signals")
    assert [row["id"] for row in user.rows("trading_signals")] == [followed["row"]["id"]]


def test_a_notification_with_a_message_under_way_stays(
    user: Person, database: Database, forget: Callable[[str], int]
) -> None:
    user.rpc(
        "set_notification_preference", p_kind="system_info", p_channel="email", p_preference="on"
    )
    database.execute(
        "select private.notify(%s, 'system_info', 'told', '', null, null, null)", (user.id,)
    )
    make_old(database, user, "notifications", 4000)
    forget("notifications")
    assert len(user.rows("notifications")) == 1
    database.execute(
        "update public.notification_deliveries set status = 'dead', next_attempt_at = null, "
        "ended_at = now(), last_error = 'no such address' where user_id = %s",
        (user.id,),
    )
    forget("notifications")
    assert user.rows("notifications") == user.rows("notification_deliveries") == []


def test_old_machinery_goes(database: Database, forget: Callable[[str], int]) -> None:
    database.execute(
        "insert into public.worker_events (id, shard, kind, applied_at) "
        "select gen_random_uuid(), 'x', 'x', '2020-01-01' from generate_series(1, 2500)"
    )
    database.execute(
        "insert into public.worker_heartbeats (shard, process, holder, beat_at) "
        "values ('gone', 'supervisor', 'x', '2020-01-01')"
    )
    database.execute(
        "insert into public.job_runs (job, slot, status, started_at, lease_until, finished_at) "
        "values ('old-job', '2020-01-01', 'ok', '2020-01-01', '2020-01-01', '2020-01-01')"
    )
    assert forget("worker_events") >= 2500, "more than one piece"
    assert forget("worker_heartbeats") >= 1
    assert forget("job_runs") >= 1


def test_a_call_removes_a_bounded_number(
    database: Database, secret: Person, forget: Callable[[str], int]
) -> None:
    forget("worker_events")
    database.execute(
        "insert into public.worker_events (id, shard, kind, applied_at) "
        "select gen_random_uuid(), 'x', 'x', '2020-01-01' from generate_series(1, 30)"
    )
    assert secret.rpc("delete_expired_rows", p_table="worker_events", p_limit=20) == 20
    assert secret.rpc("delete_expired_rows", p_table="worker_events", p_limit=20) == 10


@pytest.mark.parametrize("table", EXPIRING)
def test_every_table_that_housekeeping_names_forgets(secret: Person, table: str) -> None:
    assert secret.rpc("delete_expired_rows", p_table=table, p_limit=1) >= 0


@pytest.mark.parametrize("table", ["orders", "audit_log", "nonsense; drop table x"])
def test_what_must_stay_does_not_expire(secret: Person, table: str) -> None:
    code, sentence = refusal(secret.call("POST", "rpc/delete_expired_rows", {"p_table": table}))
    assert (code, sentence) == ("TB422", f"rows of {table} do not expire")


def test_a_deletion_is_not_published(database: Database) -> None:
    row = database.execute(
        "select pubinsert, pubupdate, pubdelete, pubtruncate from pg_publication "
        "where pubname = 'supabase_realtime'"
    ).fetchone()
    assert row == {"pubinsert": True, "pubupdate": True, "pubdelete": False, "pubtruncate": False}


def test_candles_have_leaves_for_this_month_and_the_next(
    secret: Person, database: Database
) -> None:
    secret.rpc("create_candle_leaves")
    assert secret.rpc("create_candle_leaves") == []
    there = database.execute(
        "select count(*) as leaves from generate_series(0, 1) as ahead where to_regclass("
        "to_char(now() + make_interval(months => ahead), "
        '\'"market_partitions.ohlcv_data_"YYYY"_"MM\')) is not null'
    ).fetchone()
    assert there == {"leaves": 2}
