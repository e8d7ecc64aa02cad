"""Accounts: the seed's demo user signs in, a new user has a profile, a deleted one is gone."""

import httpx
from psycopg.sql import SQL, Identifier

from core.candle import Interval
from core.hooks import intervals_for
from strategies import load, make
from tests.supabase import events
from tests.supabase.conftest import Database
from tests.supabase.deployments import Deployment, Worker
from tests.supabase.people import Person

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
    ]
    for config in configs:
        assert load(config["module_path"], config["class_name"])
        timeframes = tuple(Interval(each) for each in config["config_json"]["timeframes"])
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


def test_a_deleted_account_takes_everything_of_its_own_with_it(
    user: Person, deployment: Deployment, worker: Worker, secret: Person, database: Database
) -> None:
    signal = events.signal(deployment)
    worker.must_write(
        signal,
        *events.opening(deployment, signal_id=signal["row"]["id"]),
        events.metric(deployment),
        events.log(deployment),
        events.heartbeat(deployment),
    )
    user.rpc("toggle_strategy", p_strategy_id=deployment.strategy_id, p_active=True)
    reply = secret.http.delete(f"/auth/v1/admin/users/{user.id}")
    assert reply.status_code == 200, reply.text
    owned = database.execute(
        "select table_name as name from information_schema.columns "
        "where table_schema = 'public' and column_name = 'user_id'"
    ).fetchall()
    assert len(owned) > 10
    for table in owned:
        query = SQL("select from public.{} where user_id = %s").format(
            Identifier(str(table["name"]))
        )
        assert database.execute(query, (user.id,)).fetchall() == [], table["name"]
