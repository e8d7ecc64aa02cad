"""Summary, performance, profit curves and the daily analysis over HTTP."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from psycopg.sql import SQL, Literal

from tests.functions.conftest import Caller, Database, pointers, problem
from tests.supabase.closed_trades import Closed, market_held_at, noon, put_metrics, put_trades
from tests.supabase.deployments import Deployment
from tests.supabase.people import Person

FRIDAY = date(2026, 11, 20)
MONDAY = FRIDAY - timedelta(days=4)
SUNDAY = FRIDAY - timedelta(days=5)
EVENING = f"{FRIDAY}T11:00:00+00:00"  # 16:30 in India: the session is over.
FORENOON = f"{FRIDAY}T05:00:00+00:00"


@pytest.fixture(autouse=True)
def market(database: Database) -> Iterator[None]:
    """Hold the market's time in the evening of a Friday."""
    with market_held_at(database, EVENING):
        yield


@pytest.fixture
def traded(database: Database, deployment: Deployment) -> Deployment:
    """Return a deployment with trades of two days and an idle day between."""
    put_trades(
        database,
        deployment,
        [
            Closed(noon(MONDAY), Decimal("1000.00")),
            Closed(noon(FRIDAY, 5), Decimal("-200.50")),
            Closed(noon(FRIDAY, 6), Decimal("50.25"), "LIVE"),
        ],
    )
    idle = [SUNDAY, MONDAY + timedelta(days=1)]
    put_metrics(database, deployment, [noon(day) for day in idle])
    return deployment


def got(caller: Caller, path: str) -> dict[str, Any]:
    reply = caller.get(path)
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.get_json()
    return found


def analysed(caller: Caller, deployment: Deployment) -> dict[str, Any]:
    reply = caller.post(f"/api/analysis/run-daily/{deployment.strategy_id}")
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.get_json()
    return found


def performance(caller: Caller, deployment: Deployment, query: str = "") -> dict[str, Any]:
    return got(caller, f"/api/strategies/{deployment.strategy_id}/performance?{query}")


def test_the_summary_is_of_today_in_india(caller: Caller, traded: Deployment) -> None:
    found = got(caller, "/api/strategies/summary")
    assert (found["market_date"], found["trades_today"]) == (str(FRIDAY), 2)
    assert (found["virtual_pnl_today"], found["live_pnl_today"]) == ("-200.50", "50.25")
    assert (found["pnl_today"], found["pnl_total"]) == ("-150.25", "849.75")
    assert found["configs_by_status"]["STOPPED"] == 1
    (strategy,) = found["strategies"]
    assert strategy["strategy_id"] == traded.strategy_id
    assert (strategy["virtual_pnl"], strategy["live_trades"]) == ("-200.50", 1)


def test_the_summary_of_an_empty_account_is_nothing(caller: Caller) -> None:
    found = got(caller, "/api/strategies/summary")
    assert (found["strategies"], found["pnl_total"], found["open_trades"]) == ([], "0", 0)


def test_an_analysis_counts_idle_days_of_sessions_and_keeps_the_modes_apart(
    caller: Caller, traded: Deployment
) -> None:
    found = analysed(caller, traded)
    assert (found["as_of"], found["capital"]) == (str(FRIDAY), "100000")
    assert (found["virtual"]["days"], found["virtual"]["net_profit"]) == (3, "799.50")
    assert (found["live"]["days"], found["live"]["win_rate"]) == (1, 1.0)
    report = performance(caller, traded)
    assert {name: report[name] for name in found} == found
    days = [str(FRIDAY), str(MONDAY + timedelta(days=1)), str(MONDAY)]
    assert [day["date"] for day in report["days"]] == days
    assert [day["measured"] for day in report["days"]] == ["LIVE", "VIRTUAL", "VIRTUAL"]
    assert report["days"][0]["virtual_equity"] == "100799.50"


def test_before_the_first_analysis_there_are_no_figures(
    caller: Caller, deployment: Deployment
) -> None:
    report = performance(caller, deployment)
    assert (report["analysed_at"], report["virtual"], report["days"]) == (None, None, [])


def test_pages_together_hold_every_day_once(caller: Caller, traded: Deployment) -> None:
    analysed(caller, traded)
    whole = performance(caller, traded)["days"]
    first = performance(caller, traded, "limit=2")
    second = performance(caller, traded, f"limit=2&cursor={first['next_cursor']}")
    assert [*first["days"], *second["days"]] == whole
    assert second["next_cursor"] is None
    some = performance(caller, traded, f"from={MONDAY}&to={MONDAY}")["days"]
    assert [day["date"] for day in some] == [str(MONDAY)]


def test_a_day_counts_when_its_session_is_over(
    caller: Caller, database: Database, deployment: Deployment
) -> None:
    put_metrics(database, deployment, [noon(FRIDAY)])
    with market_held_at(database, FORENOON):
        assert analysed(caller, deployment)["as_of"] is None
    database.execute("update public.market_clock set source = 'FEED', market_time = %s", (EVENING,))
    assert analysed(caller, deployment)["as_of"] == str(FRIDAY)


def run(cron: Caller, method: str = "POST") -> dict[str, Any]:
    reply = cron.call(method, "/api/cron/daily-analysis")
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.get_json()
    return found


def forget_runs(database: Database) -> None:
    """Let the same minute be run again."""
    database.execute("delete from public.job_runs where job = 'daily-analysis'")


def test_the_cron_analyses_what_has_changed_and_then_nothing(
    cron: Caller, caller: Caller, database: Database, traded: Deployment
) -> None:
    forget_runs(database)
    first = run(cron)
    assert (first["ran"], first["failed"], first["problems"]) == (True, 0, [])
    assert first["analysed"] >= 1
    assert performance(caller, traded)["virtual"]["trades"] == 2
    forget_runs(database)
    assert run(cron, "GET")["analysed"] == 0


def test_the_cron_runs_a_minute_once(cron: Caller, database: Database) -> None:
    forget_runs(database)
    notes = [run(cron)["note"] for _ in range(2)]
    # Another minute may have begun between the two.
    runs = database.execute(
        "select count(*) as runs from public.job_runs where job = 'daily-analysis'"
    ).fetchone()
    assert runs is not None
    assert notes.count(None) == runs["runs"]


def test_one_strategy_that_cannot_be_analysed_does_not_keep_the_others_waiting(
    cron: Caller, caller: Caller, user: Person, database: Database, traded: Deployment
) -> None:
    broken = caller.post(
        "/api/strategies/create",
        {"name": "Broken", "strategy_type": "momentum", "symbols": ["NIFTY-FUT"]},
    ).get_json()["strategy_id"]
    # Figures that nothing of ours writes: the row refuses to be counted.
    database.execute(
        SQL(
            "alter table public.strategy_performance add constraint broken "
            "check (strategy_id <> {}) not valid"
        ).format(Literal(broken))
    )
    config = user.row(f"strategy_configs?strategy_id=eq.{broken}")["id"]
    also = Deployment(user.id, traded.portfolio_id, broken, config)
    put_trades(database, also, [Closed(noon(MONDAY), Decimal(1))])
    try:
        forget_runs(database)
        found = run(cron)
    finally:
        database.execute("alter table public.strategy_performance drop constraint broken")
    assert found["failed"] == 1
    assert found["problems"][0]["strategy_id"] == broken
    assert performance(caller, traded)["virtual"]["trades"] == 2
    forget_runs(database)
    assert run(cron)["analysed"] == 1


def test_the_curves_of_one_and_of_all(caller: Caller, traded: Deployment) -> None:
    for path in ("/api/dashboard/pnl", f"/api/dashboard/pnl/{traded.strategy_id}"):
        found = got(caller, path)
        assert [
            (day["date"], day["virtual_total"], day["live_total"]) for day in found["days"]
        ] == [
            (str(MONDAY), "1000.00", "0"),
            (str(FRIDAY), "799.50", "50.25"),
        ]
        assert [(each["pnl"], each["virtual_total"]) for each in found["trades"]] == [
            ("50.25", "-200.50"),
            ("-200.50", "-200.50"),
        ]
    found = got(caller, f"/api/dashboard/pnl?day={MONDAY}&from={FRIDAY}")
    assert [day["date"] for day in found["days"]] == [str(FRIDAY)]
    assert [each["pnl"] for each in found["trades"]] == ["1000.00"]


def test_pages_of_a_days_trades_keep_their_totals(caller: Caller, traded: Deployment) -> None:
    path = f"/api/dashboard/pnl/{traded.strategy_id}?limit=1"
    first = got(caller, path)
    second = got(caller, f"{path}&cursor={first['next_cursor']}")
    assert [page["trades"][0]["live_total"] for page in (first, second)] == ["50.25", "0"]
    assert second["next_cursor"] is None


def test_trades_of_a_strategy_by_mode(caller: Caller, traded: Deployment) -> None:
    for mode, count in (("virtual", 2), ("live", 1)):
        path = f"/api/trades/{mode}/{traded.strategy_id}"
        items = got(caller, path)["items"]
        assert [item["trade_mode"] for item in items] == [mode.upper()] * count
        assert got(caller, f"{path}?status=OPEN")["items"] == []
    path = f"/api/trades/virtual/{traded.strategy_id}?limit=1"
    first = got(caller, path)
    second = got(caller, f"{path}&cursor={first['next_cursor']}")
    assert first["items"][0]["entry_time"] > second["items"][0]["entry_time"]
    entered = datetime.fromisoformat(first["items"][0]["entry_time"])
    assert got(caller, f"{path}&to={noon(MONDAY):%Y-%m-%dT%H:%M:%SZ}")["items"] == []
    assert entered == noon(FRIDAY, 5)


@pytest.mark.parametrize(
    "path",
    ["strategies/{}/performance", "dashboard/pnl/{}", "trades/virtual/{}", "trades/live/{}"],
)
def test_what_is_of_another_is_not_there(
    stranger: Caller, deployment: Deployment, path: str
) -> None:
    problem(stranger.get(f"/api/{path.format(deployment.strategy_id)}"), 404, "not_found")


def test_nobody_analyses_the_strategy_of_another(stranger: Caller, deployment: Deployment) -> None:
    reply = stranger.post(f"/api/analysis/run-daily/{deployment.strategy_id}")
    problem(reply, 404, "not_found")


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("from=2026-11-20&to=2026-11-19", "/to"),
        ("from=2020-01-01&to=2026-01-01", "/to"),
        ("from=yesterday", "/from"),
        ("day=1763600000", "/day"),
        ("day=2026-11-20T10:00:00Z", "/day"),
        ("limit=0", "/limit"),
        ("limit=501", "/limit"),
        ("cursor=!", "/cursor"),
    ],
)
def test_a_bad_query_for_a_curve_is_refused_by_name(
    stranger: Caller, query: str, pointer: str
) -> None:
    body = problem_of(stranger.get(f"/api/dashboard/pnl?{query}"))
    assert pointers(body) == [pointer]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("from=2026-11-20&to=2026-11-19", "/to"),
        ("limit=101", "/limit"),
        ("limit=0", "/limit"),
        ("cursor=e30", "/cursor"),
    ],
)
def test_a_bad_query_for_performance_is_refused_by_name(
    caller: Caller, deployment: Deployment, query: str, pointer: str
) -> None:
    path = f"/api/strategies/{deployment.strategy_id}/performance?{query}"
    assert pointers(problem_of(caller.get(path))) == [pointer]


def problem_of(reply: Any) -> dict[str, Any]:
    assert reply.status_code == 422, reply.text
    body: dict[str, Any] = reply.get_json(force=True)
    return body
