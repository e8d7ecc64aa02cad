"""Accounts: the seed's demo user signs in, a new user has a profile, a deleted one is gone."""

import httpx
from psycopg.sql import SQL, Identifier

from core.candle import Interval
from core.hooks import intervals_for
from strategies import load, make
from tests.supabase import events
from tests.supabase.cast import make_rows
from tests.supabase.conftest import Database
from tests.supabase.deployments import Deployment, Worker
from tests.supabase.people import Person, sign_up

DEMO = {"email": "demo@tradebase.local", "password": "tradebase-demo"}


def sign_in(http: httpx.Client) -> Person:
    reply = http.post("/auth/v1/token?grant_type=password", json=DEMO)
    assert reply.status_code == 200, reply.text
    return Person(http, reply.json()["access_token"], reply.json()["user"]["id"])


def test_the_demo_user_signs_in_and_finds_capital_and_strategies(
    publishable: httpx.Client,
) -> None:
    demo = sign_in(publishable)
    assert demo.row("profiles")["display_name"] == "Demo"
    assert demo.row("portfolios?select=balance::text")["balance"] == "5000000"
    configs = demo.rows("strategy_configs?select=*,strategies(name,symbols,strategy_type)&order=id")
    assert [(config["class_name"], config["strategies"]["symbols"]) for config in configs] == [
        ("Momentum", ["NIFTY-FUT"]),
        ("Momentum", ["BANKNIFTY-FUT"]),
        ("MeanReversion", ["NIFTY-FUT"]),
        ("Pva", ["NIFTY-FUT"]),
        ("Arbitrage", ["NIFTY", "NIFTY-FUT"]),
        ("Code", ["NIFTY-FUT"]),
    ]
    assert [config["runner"] for config in configs] == ["worker"] * 5 + ["cron"]
    for config in configs:
        assert load(config["module_path"], config["class_name"])
        timeframes = tuple(Interval(each) for each in config["config_json"]["timeframes"])
        if config["runner"] == "worker":
            assert intervals_for(make(config["strategies"]["strategy_type"], {}), timeframes)
        assert (config["auto_start"], config["is_default"], config["status"]) == (
            True,
            True,
            "STOPPED",
        )
        assert config["config_json"]["capital"] == "1000000"


def test_the_demo_user_can_give_a_command(publishable: httpx.Client) -> None:
    demo = sign_in(publishable)
    config = demo.rows("strategy_configs?limit=1")[0]
    row = {"strategy_config_id": config["id"], "command": "START"}
    assert demo.insert("strategy_commands", row)["status"] == "PENDING"


def test_a_new_account_has_a_profile(user: Person) -> None:
    assert user.row("profiles")["id"] == user.id


def places_that_name(database: Database, *texts: str) -> set[str]:
    """Return every table of ours, and of Auth and Realtime, with a row that holds one of them."""
    tables = database.execute(
        """
        select relnamespace::regnamespace::text as schema, relname as name from pg_class
        where relnamespace::regnamespace::text in ('public', 'auth', 'realtime', 'private')
          and relkind = 'r'
        """
    ).fetchall()
    assert len(tables) > 30
    found = set()
    for table in tables:
        schema, name = str(table["schema"]), str(table["name"])
        query = SQL("select from {} as row where to_jsonb(row)::text like any (%s) limit 1")
        patterns = [f"%{text}%" for text in texts]
        where = query.format(Identifier(schema, name))
        if database.execute(where, (patterns,)).fetchone() is not None:
            found.add(f"{schema}.{name}")
    return found


def test_a_deleted_account_is_named_nowhere_any_more(
    publishable: httpx.Client, secret: Person, database: Database
) -> None:
    user = sign_up(publishable)
    worker = Worker(secret)
    worker.acquire()
    make_rows(user, worker, database)
    row = database.execute("select email from auth.users where id = %s", (user.id,)).fetchone()
    assert row is not None
    before = places_that_name(database, user.id, str(row["email"]))
    assert {"public.trades", "public.user_events", "auth.users"} <= before

    reply = secret.http.delete(f"/auth/v1/admin/users/{user.id}")
    assert reply.status_code == 200, reply.text
    # Realtime keeps what it has sent for three days, and nobody else can read it.
    assert places_that_name(database, user.id, str(row["email"])) <= {"realtime.messages"}


def test_an_account_with_open_live_trades_is_not_deleted(
    user: Person, deployment: Deployment, worker: Worker, secret: Person, database: Database
) -> None:
    worker.must_write(events.trade(deployment))
    # As the worker stores it once it trades live; the paths to there are under test elsewhere.
    live = "update public.trades set trade_mode = %s where user_id = %s"
    database.execute(live, ("LIVE", user.id))
    reply = secret.http.delete(f"/auth/v1/admin/users/{user.id}")
    assert reply.status_code >= 400
    assert len(user.rows("trades")) == 1
    database.execute(
        "update public.trades set trade_mode = 'VIRTUAL' where user_id = %s", (user.id,)
    )
    assert secret.http.delete(f"/auth/v1/admin/users/{user.id}").status_code == 200
