"""Strategies: made in one call, switched on and off; state and totals follow the facts."""

from typing import Any

import httpx
import pytest

from core.candle import Interval
from core.hooks import intervals_for
from strategies import REGISTRY, make
from tests.stacks import RunningStack
from tests.supabase import events
from tests.supabase.conftest import Database
from tests.supabase.deployments import Deployment, Worker, deploy
from tests.supabase.people import Person, refusal, sign_up
from tests.supabase.turns import second_of


def create(user: Person, **arguments: Any) -> dict[str, Any]:
    made: dict[str, Any] = user.rpc(
        "create_strategy", **({"p_name": "Mine", "p_strategy_type": "mean_reversion"} | arguments)
    )
    return made


def create_refused(user: Person, **arguments: Any) -> tuple[str, str]:
    body = {"p_name": "Mine", "p_strategy_type": "momentum"} | arguments
    return refusal(user.call("POST", "rpc/create_strategy", body))


def toggle(user: Person, deployment: Deployment, *, active: bool) -> dict[str, Any]:
    answer: dict[str, Any] = user.rpc(
        "toggle_strategy", p_strategy_id=deployment.strategy_id, p_active=active
    )
    return answer


def state(user: Person) -> tuple[str, bool]:
    row = user.row("strategies")
    return row["status"], row["is_simulation_active"]


def test_a_new_strategy_has_a_default_config_with_everything_the_worker_needs(user: Person) -> None:
    made = create(
        user,
        p_config={"fast": 5},
        p_risk_parameters={"daily_loss_limit_pct": 4},
        p_symbols=["NIFTY-FUT"],
        p_timeframes=["5m"],
        p_capital_allocated="250000.50",
    )
    config = user.row(f"strategy_configs?id=eq.{made['config_id']}")
    assert (config["name"], config["is_default"], config["status"]) == ("default", True, "STOPPED")
    assert (config["module_path"], config["class_name"]) == (
        "strategies.mean_reversion",
        "MeanReversion",
    )
    assert config["config_json"] == {
        "parameters": {"fast": 5},
        "risk_parameters": {"daily_loss_limit_pct": 4},
        "symbols": ["NIFTY-FUT"],
        "asset_class": "index_future",
        "timeframes": ["5m"],
        "max_positions": 3,
        "capital": "250000.50",
    }
    assert state(user) == ("draft", False)


@pytest.mark.parametrize("name", REGISTRY)
def test_where_no_candles_are_named_a_type_is_given_those_it_needs(user: Person, name: str) -> None:
    if REGISTRY[name].brings_code:
        expected = [Interval.M1]
    else:
        expected = list(intervals_for(make(name, {}), ()))
    user.insert("portfolios", {"name": "Paper", "initial_capital": 100})
    code = {"p_python_code": "def strategy(context): ..."} if REGISTRY[name].brings_code else {}
    create(user, p_strategy_type=name, **code)
    assert user.row("strategies")["timeframes"] == expected


def test_a_strategy_takes_the_users_oldest_paper_portfolio(user: Person) -> None:
    first = user.insert("portfolios", {"name": "first", "initial_capital": 100})
    user.insert("portfolios", {"name": "second", "initial_capital": 100})
    create(user)
    assert user.row("strategies")["portfolio_id"] == first["id"]


def test_auto_start_queues_a_start(user: Person) -> None:
    user.insert("portfolios", {"name": "Paper", "initial_capital": 100})
    made = create(user, p_auto_start=True)
    command = user.row("strategy_commands")
    assert (command["id"], command["command"]) == (made["command_id"], "START")


def test_a_strategy_that_cannot_start_is_not_made_by_halves(user: Person) -> None:
    code, sentence = create_refused(user, p_auto_start=True)
    assert (code, sentence) == (
        "TB422",
        "START is not possible: neither the config nor its strategy has a portfolio",
    )
    assert user.rows("strategies") == user.rows("strategy_configs") == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"p_name": ""}, "23514"),
        ({"p_name": " padded "}, "23514"),
        ({"p_name": "x" * 101}, "23514"),
        ({"p_name": None}, "23502"),
        ({"p_strategy_type": "Momentum; drop"}, "23514"),
        ({"p_module_path": "os.path"}, "23514"),
        ({"p_module_path": "strategies.__init__.x y"}, "23514"),
        ({"p_class_name": "momentum"}, "23514"),
        ({"p_timeframes": ["2m"]}, "23514"),
        ({"p_timeframes": []}, "23514"),
        ({"p_symbols": [None]}, "23514"),
        ({"p_symbols": ["X"] * 51}, "23514"),
        ({"p_max_positions": 0}, "23514"),
        ({"p_capital_allocated": "0"}, "23514"),
        ({"p_capital_allocated": "NaN"}, "23514"),
        ({"p_capital_allocated": "1.005"}, "23514"),
        ({"p_config": []}, "23514"),
        ({"p_config": {"x": "y" * 70_000}}, "23514"),
        ({"p_portfolio_id": events.new_id()}, "TB404"),
    ],
)
def test_a_strategy_with_impossible_values_is_refused(
    user: Person, arguments: dict[str, Any], code: str
) -> None:
    assert create_refused(user, **arguments)[0] == code


def test_the_portfolio_of_another_does_not_exist(user: Person, stranger: Person) -> None:
    foreign = user.insert("portfolios", {"name": "Paper", "initial_capital": 100})["id"]
    assert create_refused(stranger, p_portfolio_id=foreign) == (
        "TB404",
        f"portfolio {foreign} does not exist",
    )


def test_a_name_is_unique_per_user_and_free_again_once_archived(
    user: Person, publishable: httpx.Client, database: Database
) -> None:
    made = create(user, p_name="Twice")
    assert create_refused(user, p_name="Twice")[0] == "23505"
    create(sign_up(publishable), p_name="Twice")
    database.execute(
        "update public.strategies set archived_at = now() where id = %s", (made["strategy_id"],)
    )
    create(user, p_name="Twice")


@pytest.mark.parametrize(
    ("status", "active", "command"),
    [
        ("STOPPED", True, "START"),
        ("ERROR", True, "START"),
        ("PAUSED", True, "RESUME"),
        ("ACTIVE", True, None),
        ("ACTIVE", False, "STOP"),
        ("PAUSED", False, "STOP"),
        ("ERROR", False, "STOP"),
        ("STOPPED", False, None),
    ],
)
def test_toggle_queues_what_leads_there(  # noqa: PLR0917 - pytest passes by name
    user: Person,
    deployment: Deployment,
    worker: Worker,
    status: str,
    active: bool,  # noqa: FBT001 - a parameter of the table above
    command: str | None,
) -> None:
    worker.must_write(events.config_status(deployment, status, 1))
    answer = toggle(user, deployment, active=active)
    assert (answer["status"], answer["command"]) == (status, command)
    assert [row["command"] for row in user.rows("strategy_commands")] == [command] * bool(command)


def test_toggle_is_on_or_off(user: Person, deployment: Deployment) -> None:
    body = {"p_strategy_id": deployment.strategy_id, "p_active": None}
    assert refusal(user.call("POST", "rpc/toggle_strategy", body))[0] == "TB422"


def test_toggle_can_be_repeated(user: Person, deployment: Deployment) -> None:
    answers = [toggle(user, deployment, active=True) for _ in range(3)]
    assert len({answer["command_id"] for answer in answers}) == 1
    assert len(user.rows("strategy_commands")) == 1


def test_two_toggles_at_once_queue_one_command(
    stack: RunningStack, user: Person, deployment: Deployment
) -> None:
    first, second = second_of(
        stack,
        "select public.toggle_strategy(%(strategy)s, true)",
        {"strategy": deployment.strategy_id},
        user,
    )
    assert first["command_id"] == second["command_id"]


def test_toggle_of_a_foreign_or_unknown_strategy_is_refused(
    stranger: Person, deployment: Deployment
) -> None:
    body = {"p_strategy_id": deployment.strategy_id, "p_active": True}
    assert refusal(stranger.call("POST", "rpc/toggle_strategy", body)) == (
        "TB404",
        f"strategy {deployment.strategy_id} does not exist",
    )


def test_toggle_of_a_config_that_is_another_strategys_is_refused(
    user: Person, deployment: Deployment
) -> None:
    other = deploy(user)
    body = {
        "p_strategy_id": deployment.strategy_id,
        "p_active": True,
        "p_config_id": other.config_id,
    }
    assert refusal(user.call("POST", "rpc/toggle_strategy", body)) == (
        "TB404",
        f"strategy {deployment.strategy_id} has no config {other.config_id}",
    )


def test_a_strategys_status_follows_its_config(
    user: Person, deployment: Deployment, worker: Worker
) -> None:
    seen = []
    for version, status in enumerate(("ACTIVE", "PAUSED", "ERROR", "STOPPED"), start=1):
        worker.must_write(
            events.config_status(
                deployment,
                status,
                version,
                started_at=events.MORNING,
                error_message="bad tick" if status == "ERROR" else None,
            )
        )
        seen.append((*state(user), user.row("strategies")["error_message"]))
    assert seen == [
        ("running", True, None),
        ("paused", False, None),
        ("error", False, "bad tick"),
        ("stopped", False, None),
    ]


def test_a_strategy_runs_while_any_of_its_configs_does(
    user: Person, deployment: Deployment, worker: Worker, database: Database
) -> None:
    second = events.new_id()
    database.execute(
        """
        insert into public.strategy_configs
          (id, user_id, strategy_id, name, module_path, class_name, status)
        values (%s, %s, %s, 'second', 'strategies.momentum', 'Momentum', 'ACTIVE')
        """,
        (second, deployment.user_id, deployment.strategy_id),
    )
    worker.must_write(events.config_status(deployment, "ERROR", 1))
    assert state(user) == ("running", True)


def test_totals_follow_the_closed_trades(
    user: Person, deployment: Deployment, worker: Worker
) -> None:
    won, lost, even = (
        events.trade(deployment, instrument_key=f"NSE_EQ:{number}") for number in range(3)
    )
    loss = {"gross_pnl": "-100.10", "charges": "20.00", "pnl": "-120.10"}
    zero = {"gross_pnl": "20.00", "charges": "20.00", "pnl": "0.00"}
    worker.must_write(
        won,
        lost,
        even,
        events.closed(won),
        events.closed(lost, **loss),
        events.closed(even, **zero),
    )
    row = user.row("strategies?select=*,total_pnl::text,win_rate::text")
    assert (row["total_pnl"], row["total_trades"], row["win_rate"]) == ("6217.20", 3, "50.00")


def test_a_strategy_shows_the_time_of_its_last_signal(
    user: Person, deployment: Deployment, worker: Worker
) -> None:
    worker.must_write(
        events.signal(deployment, generated_at=events.NOON), events.signal(deployment)
    )
    assert user.row("strategies")["last_signal_at"] == events.NOON


def test_a_strategy_with_another_users_portfolio_cannot_be_edited_into_being(
    user: Person, deployment: Deployment, stranger: Person
) -> None:
    foreign = stranger.insert("portfolios", {"name": events.new_id(), "initial_capital": 1})["id"]
    path = f"strategies?id=eq.{deployment.strategy_id}"
    assert refusal(user.call("PATCH", path, {"portfolio_id": foreign}))[0] == "23503"
