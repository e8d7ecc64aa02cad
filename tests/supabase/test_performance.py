"""Performance by day and as a whole: what the database computes is what `core` defines."""

import json
import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.daily_performance import daily_performance
from core.metrics import Outcome, Performance, performance
from core.session import NS_PER_SECOND
from core.strategy import TradeMode
from tests.core.shared_data import shared
from tests.core.test_metrics import real_trades
from tests.supabase import events
from tests.supabase.closed_trades import (
    Closed,
    market_held_at,
    noon,
    put_long_history,
    put_metrics,
    put_trades,
)
from tests.supabase.conftest import Database
from tests.supabase.deployments import Deployment, deploy
from tests.supabase.people import Person, refusal

MONDAY = date(2026, 11, 16)
DAYS = [MONDAY + timedelta(days=number) for number in range(5)]
CAPITAL = Decimal(1000)
COLUMNS = (
    "date,virtual_pnl::text,live_pnl::text,virtual_trades,live_trades,virtual_equity::text,"
    "live_equity::text,measured,win_rate,max_drawdown,sharpe_ratio,profit_factor,payoff_ratio,"
    "expectancy::text"
)


def close_to(value: float | None) -> Any:
    return None if value is None else pytest.approx(value, rel=1e-9, abs=1e-12)


def analyse(user: Person, deployment: Deployment, *sessions: date) -> dict[str, Any]:
    figures: dict[str, Any] = user.rpc(
        "analyse_strategy",
        p_strategy_id=deployment.strategy_id,
        p_sessions=[str(day) for day in sessions],
    )
    return figures


def stored(user: Person) -> list[dict[str, Any]]:
    return user.rows(f"strategy_performance?select={COLUMNS}&order=date")


def small(user: Person) -> Deployment:
    deployment = deploy(user)
    user.rpc(
        "update_strategy",
        p_strategy_id=deployment.strategy_id,
        p_changes={"capital": str(CAPITAL)},
    )
    return deployment


def outcomes_of(trades: list[Closed]) -> list[Outcome]:
    return [
        Outcome(int(trade.exit_time.timestamp()) * NS_PER_SECOND, trade.pnl, TradeMode(trade.mode))
        for trade in trades
    ]


def some_trades(seed: int, count: int, mean: float) -> list[Closed]:
    """Make trades of five days, with ties at zero and, when the mean is low, a lost capital."""
    chance = random.Random(seed)
    return [
        Closed(
            noon(chance.choice(DAYS), 4) + timedelta(seconds=number),
            Decimal(round(chance.gauss(mean, 150) * 100)) / 100
            if chance.random() < 0.9
            else Decimal(0),
            chance.choice(["VIRTUAL", "VIRTUAL", "LIVE"]),
        )
        for number in range(count)
    ]


@pytest.mark.parametrize(
    ("seed", "count", "mean"),
    [(1, 40, 20.0), (2, 40, -5.0), (3, 25, -150.0), (4, 3, 10.0), (5, 1, 10.0), (6, 2, -900.0)],
)
def test_days_equal_those_that_core_computes(
    user: Person, database: Database, seed: int, count: int, mean: float
) -> None:
    deployment = small(user)
    trades = some_trades(seed, count, mean)
    put_trades(database, deployment, trades)
    put_metrics(database, deployment, [noon(day) for day in DAYS[:4]])
    analyse(user, deployment, *DAYS[1:])
    expected = daily_performance(CAPITAL, outcomes_of(trades), DAYS[1:4])
    rows = stored(user)
    assert [row["date"] for row in rows] == [str(day.date) for day in expected]
    for row, day in zip(rows, expected, strict=True):
        assert Decimal(row["virtual_pnl"]) == day.virtual_pnl
        assert Decimal(row["live_pnl"]) == day.live_pnl
        assert (row["virtual_trades"], row["live_trades"]) == (day.virtual_trades, day.live_trades)
        assert row["win_rate"] == close_to(day.win_rate)
        assert row["max_drawdown"] == close_to(day.max_drawdown)
        assert row["sharpe_ratio"] == close_to(day.sharpe_ratio)
        assert Decimal(row["virtual_equity"]) == CAPITAL + sum(
            each.virtual_pnl for each in expected if each.date <= day.date
        )


@pytest.mark.parametrize(
    ("seed", "count", "mean"), [(1, 40, 20.0), (2, 40, -5.0), (3, 25, -150.0), (4, 2, 10.0)]
)
def test_the_whole_record_equals_that_of_core_in_each_mode(
    user: Person, database: Database, seed: int, count: int, mean: float
) -> None:
    deployment = small(user)
    trades = some_trades(seed, count, mean)
    put_trades(database, deployment, trades)
    figures = analyse(user, deployment)
    outcomes = outcomes_of(trades)
    days = sorted({outcome.day for outcome in outcomes})
    for mode in TradeMode:
        own = [each for each in outcomes if each.trade_mode is mode]
        ran = days
        if mode is TradeMode.LIVE:
            ran = [day for day in days if own and day >= min(each.day for each in own)]
        found = figures[mode.value.lower()]
        if mode is TradeMode.LIVE and not own:
            assert found is None
            continue
        assert_figures(found, performance(CAPITAL, own, ran))
    assert figures["capital"] == str(CAPITAL)
    assert user.row("strategies")["performance_metrics"].items() <= figures.items()


def assert_figures(found: dict[str, Any], expected: Performance) -> None:
    for name in ("net_profit", "gross_profit", "gross_loss", "final_equity", "drawdown_rupees"):
        assert Decimal(found[name]) == getattr(expected, name), name
    for name in ("average_win", "average_loss", "expectancy"):
        exact = getattr(expected, name)
        rounded = None if exact is None else round(exact, 4)
        assert (None if found[name] is None else Decimal(found[name])) == rounded, name
    for name in ("trades", "wins", "losses", "break_even", "days"):
        assert found[name] == getattr(expected, name), name
    for name in (
        "win_rate", "payoff_ratio", "profit_factor", "total_return", "sharpe_ratio",
        "sortino_ratio", "drawdown_by_day", "drawdown_by_trade",
    ):  # fmt: skip
        assert found[name] == close_to(getattr(expected, name)), name


def test_the_reference_of_real_trades_is_met(user: Person, database: Database) -> None:
    reference = json.loads(shared("oracles/metrics_nifty26000.json").read_text())
    deployment = deploy(user)
    user.rpc(
        "update_strategy", p_strategy_id=deployment.strategy_id, p_changes={"capital": "500000"}
    )
    outcomes = real_trades()
    moment = datetime(1970, 1, 1, tzinfo=UTC)
    put_trades(
        database,
        deployment,
        [
            # Several end in the same second: the reference takes them as they are listed.
            Closed(
                moment + timedelta(seconds=each.closed_ns // NS_PER_SECOND, microseconds=number),
                each.profit,
            )
            for number, each in enumerate(outcomes)
        ],
    )
    figures = analyse(user, deployment)
    assert_figures(figures["virtual"], performance(Decimal(500_000), outcomes))
    assert [(row["date"], float(row["virtual_pnl"])) for row in stored(user)] == [
        (day["date"], day["pnl"]) for day in reference["daily"]
    ]


def test_a_day_without_trades_counts_only_when_it_ran_and_a_session_was_held(
    user: Person, deployment: Deployment, database: Database
) -> None:
    put_metrics(database, deployment, [noon(day) for day in DAYS[:2]])
    figures = analyse(user, deployment, DAYS[1], DAYS[2])
    (row,) = stored(user)
    assert (row["date"], row["virtual_pnl"], row["virtual_trades"]) == (str(DAYS[1]), "0", 0)
    assert (row["win_rate"], row["sharpe_ratio"], row["max_drawdown"]) == (None, None, 0)
    assert (figures["as_of"], figures["live"]) == (str(DAYS[1]), None)


def test_a_day_once_found_stays_when_its_metrics_are_gone(
    user: Person, deployment: Deployment, database: Database
) -> None:
    put_metrics(database, deployment, [noon(DAYS[0])])
    analyse(user, deployment, DAYS[0])
    database.execute(
        "delete from public.strategy_metrics where user_id = %s", (deployment.user_id,)
    )
    put_trades(database, deployment, [Closed(noon(DAYS[1]), Decimal(50))])
    analyse(user, deployment, DAYS[0])
    assert [row["date"] for row in stored(user)] == [str(day) for day in DAYS[:2]]


def test_an_analysis_can_be_repeated(
    user: Person, deployment: Deployment, database: Database
) -> None:
    put_trades(database, deployment, some_trades(7, 20, 5.0))
    analyse(user, deployment)
    first = stored(user)
    analyse(user, deployment)
    assert stored(user) == first != []


def test_a_long_history_is_analysed_within_a_users_statement(
    user: Person, deployment: Deployment, database: Database
) -> None:
    put_long_history(database, deployment, days=400, daily=50)
    figures = analyse(user, deployment)
    assert (figures["virtual"]["days"], figures["virtual"]["trades"]) in {
        (400, 20_000),
        (401, 20_000),  # The newest seconds of each day may lie before a midnight in India.
    }


def test_what_never_ran_has_no_figures(user: Person, deployment: Deployment) -> None:
    figures = analyse(user, deployment)
    assert (figures["as_of"], figures["virtual"], figures["live"]) == (None, None, None)
    assert stored(user) == []


def test_only_its_owner_and_the_secret_key_analyse_a_strategy(
    deployment: Deployment, stranger: Person, secret: Person
) -> None:
    body = {"p_strategy_id": deployment.strategy_id}
    assert refusal(stranger.call("POST", "rpc/analyse_strategy", body))[0] == "TB404"
    assert secret.rpc("analyse_strategy", **body)["strategy_id"] == deployment.strategy_id
    unknown = {"p_strategy_id": events.new_id()}
    assert refusal(secret.call("POST", "rpc/analyse_strategy", unknown))[0] == "TB404"


def due(secret: Person, *sessions: date) -> set[str]:
    found: set[str] = set()
    after = None
    while True:
        page = secret.rpc(
            "strategies_to_analyse",
            p_sessions=[str(day) for day in sessions],
            p_after=after,
            p_limit=50,
        )
        found |= {row["strategy_id"] for row in page}
        if len(page) < 50:
            return found
        after = page[-1]["strategy_id"]


def test_what_has_changed_since_its_analysis_is_due_and_nothing_else(
    user: Person, deployment: Deployment, database: Database, secret: Person
) -> None:
    idle = deploy(user)
    strategy = deployment.strategy_id

    def is_due(*sessions: date) -> bool:
        found = due(secret, *sessions)
        assert idle.strategy_id not in found
        return strategy in found

    assert not is_due(*DAYS)
    put_trades(database, deployment, [Closed(noon(DAYS[0]), Decimal(10))])
    assert is_due()
    analyse(user, deployment)
    assert not is_due(*DAYS)
    put_metrics(database, deployment, [noon(DAYS[1])])
    assert not is_due(DAYS[0], DAYS[2])
    assert is_due(*DAYS)
    analyse(user, deployment, *DAYS)
    assert not is_due(*DAYS)
    user.rpc("update_strategy", p_strategy_id=strategy, p_changes={"capital": "5000"})
    assert is_due()


# -- profit curves -----------------------------------------------------------------------------


def test_the_curve_by_day_adds_up_and_has_the_days_without_trades(
    user: Person, deployment: Deployment, database: Database
) -> None:
    other = deploy(user)
    put_trades(
        database,
        deployment,
        [
            Closed(noon(DAYS[0]), Decimal("10.10")),
            Closed(noon(DAYS[0]), Decimal("-0.05")),
            Closed(noon(DAYS[2]), Decimal("5.00"), "LIVE"),
        ],
    )
    put_trades(database, other, [Closed(noon(DAYS[2]), Decimal("1.00"))])
    put_metrics(database, deployment, [noon(DAYS[1])])
    analyse(user, deployment, DAYS[1])
    span = {"p_from": str(DAYS[0]), "p_to": str(DAYS[4])}
    own = user.rpc("pnl_by_day", p_strategy_id=deployment.strategy_id, **span)
    assert [
        (row["date"], row["virtual_pnl"], row["live_pnl"], row["virtual_total"], row["live_total"])
        for row in own
    ] == [
        (str(DAYS[0]), "10.05", "0", "10.05", "0"),
        (str(DAYS[1]), "0", "0", "10.05", "0"),
        (str(DAYS[2]), "0", "5.00", "10.05", "5.00"),
    ]
    assert [row["virtual_total"] for row in user.rpc("pnl_by_day", **span)] == [
        "10.05", "10.05", "11.05",
    ]  # fmt: skip
    later = user.rpc("pnl_by_day", p_from=str(DAYS[2]), p_to=str(DAYS[2]))
    assert [row["virtual_total"] for row in later] == ["11.05"]


def test_the_curve_of_a_day_has_a_point_for_each_trade(
    user: Person, deployment: Deployment, database: Database, stranger: Person
) -> None:
    times = [noon(DAYS[3], hour) for hour in (4, 5, 6)]
    put_trades(
        database,
        deployment,
        [
            Closed(times[0], Decimal("10.00")),
            Closed(times[1], Decimal("-3.50"), "LIVE"),
            Closed(times[2], Decimal("-20.25")),
            Closed(noon(DAYS[2]), Decimal("99.00")),
        ],
    )
    with market_held_at(database, f"{DAYS[3]}T10:00:00Z"):
        rows = user.rpc("pnl_by_trade")
        assert stranger.rpc("pnl_by_trade") == []
    assert [(row["pnl"], row["virtual_total"], row["live_total"]) for row in rows] == [
        ("-20.25", "-10.25", "-3.50"),
        ("-3.50", "10.00", "-3.50"),
        ("10.00", "10.00", "0"),
    ]
    given = {"p_strategy_id": deployment.strategy_id, "p_day": str(DAYS[2])}
    assert [row["pnl"] for row in user.rpc("pnl_by_trade", **given)] == ["99.00"]


def test_a_curve_of_a_foreign_strategy_or_of_too_many_days_is_refused(
    user: Person, deployment: Deployment, stranger: Person
) -> None:
    body = {"p_strategy_id": deployment.strategy_id}
    for function in ("pnl_by_day", "pnl_by_trade"):
        assert refusal(stranger.call("POST", f"rpc/{function}", body))[0] == "TB404"
    for span in (
        {"p_from": "2020-01-01", "p_to": "2026-01-01"},
        {"p_from": "2026-01-02", "p_to": "2026-01-01"},
    ):
        assert refusal(user.call("POST", "rpc/pnl_by_day", span))[0] == "TB422"
