"""Other parameters for what exists, and the end of a strategy: what runs, what waits."""

from datetime import UTC, datetime, timedelta
from itertools import batched
from typing import Any

import pytest

from tests.stacks import RunningStack
from tests.supabase import events
from tests.supabase.conftest import Database
from tests.supabase.deployments import Deployment, Worker, deploy
from tests.supabase.people import Person, refusal
from tests.supabase.turns import second_of


def change(user: Person, deployment: Deployment, **changes: Any) -> dict[str, Any]:
    answer: dict[str, Any] = user.rpc(
        "update_strategy", p_strategy_id=deployment.strategy_id, p_changes=changes
    )
    return answer


def change_refused(user: Person, deployment: Deployment, **given: Any) -> tuple[str, str]:
    body = {"p_strategy_id": deployment.strategy_id, "p_changes": {"max_positions": 2}} | given
    return refusal(user.call("POST", "rpc/update_strategy", body))


def second_config(user: Person, deployment: Deployment) -> str:
    made = user.rpc(
        "create_config_from_strategy", p_strategy_id=deployment.strategy_id, p_name="second"
    )
    return str(made["config_id"])


def settings_of(user: Person, config_id: str) -> dict[str, Any]:
    settings: dict[str, Any] = user.row(f"strategy_configs?id=eq.{config_id}")["config_json"]
    return settings


def design(user: Person) -> dict[str, Any]:
    return user.row(
        "strategies?select=config,risk_parameters,symbols,asset_class,timeframes,max_positions,"
        "capital_allocated::text"
    )


def commands(user: Person) -> list[tuple[str, str]]:
    rows = user.rows("strategy_commands?order=created_at")
    return [(row["command"], row["status"]) for row in rows]


@pytest.mark.parametrize("status", ["STOPPED", "ERROR"])
def test_what_does_not_run_is_changed_at_once(
    user: Person, deployment: Deployment, worker: Worker, status: str
) -> None:
    worker.must_write(events.config_status(deployment, status, 1))
    change(user, deployment, parameters={"fast": 5, "slow": 12})
    answer = change(
        user,
        deployment,
        parameters={"fast": 3},
        risk_parameters={"daily_loss_limit_pct": 4},
        symbols=["BANKNIFTY-FUT"],
        asset_class="index_option",
        timeframes=["5m", "1m"],
        max_positions=2,
        capital="250000.50",
    )
    assert answer == {
        "strategy_id": deployment.strategy_id,
        "config_id": deployment.config_id,
        "status": status,
        "command_id": None,
    }
    values = {
        "risk_parameters": {"daily_loss_limit_pct": 4},
        "symbols": ["BANKNIFTY-FUT"],
        "asset_class": "index_option",
        "timeframes": ["5m", "1m"],
        "max_positions": 2,
    }
    parameters = {"fast": 3, "slow": 12}
    assert design(user) == values | {"config": parameters, "capital_allocated": "250000.50"}
    assert settings_of(user, deployment.config_id) == values | {
        "parameters": parameters,
        "capital": "250000.50",
    }
    assert commands(user) == []


@pytest.mark.parametrize("status", ["ACTIVE", "PAUSED"])
def test_what_runs_is_told_and_changed_when_the_worker_says_so(
    user: Person, deployment: Deployment, worker: Worker, status: str
) -> None:
    worker.must_write(events.config_status(deployment, status, 1))
    before = settings_of(user, deployment.config_id)
    answer = change(user, deployment, parameters={"fast": 3}, capital="5.5")
    assert design(user)["config"] == {"fast": 3}
    assert settings_of(user, deployment.config_id) == before
    command = user.row("strategy_commands")
    assert command["id"] == answer["command_id"]
    assert (command["command"], command["parameters"]) == (
        "UPDATE_CONFIG",
        {"parameters": {"fast": 3}, "capital": "5.5"},
    )


@pytest.mark.parametrize("status", ["ACTIVE", "PAUSED"])
@pytest.mark.parametrize("limit", ["max_open_trades", "daily_loss_limit_pct", "max_outlay_pct"])
def test_what_runs_is_told_of_other_limits_of_its_portfolio(
    user: Person, deployment: Deployment, worker: Worker, status: str, limit: str
) -> None:
    second = second_config(user, deployment)
    elsewhere = deploy(user)
    worker.must_write(
        events.config_status(deployment, status, 1),
        events.config_status(elsewhere, status, 1),
    )
    portfolio = f"portfolios?id=eq.{deployment.portfolio_id}"
    user.update(portfolio, {limit: 3})
    user.update(portfolio, {limit: 3, "name": "renamed"})
    command = user.row("strategy_commands")
    assert command["strategy_config_id"] == deployment.config_id != second
    assert (command["command"], command["parameters"]) == ("UPDATE_CONFIG", {})


def test_what_is_about_to_start_is_told_after_its_start(
    user: Person, deployment: Deployment
) -> None:
    user.rpc("toggle_strategy", p_strategy_id=deployment.strategy_id, p_active=True)
    change(user, deployment, max_positions=2)
    assert commands(user) == [("START", "PENDING"), ("UPDATE_CONFIG", "PENDING")]


def test_what_is_restarted_after_an_error_is_not_changed_meanwhile(
    user: Person, deployment: Deployment, worker: Worker
) -> None:
    worker.must_write(events.config_status(deployment, "ERROR", 1))
    user.rpc("toggle_strategy", p_strategy_id=deployment.strategy_id, p_active=True)
    code, sentence = change_refused(user, deployment)
    assert (code, "cannot be changed now" in sentence) == ("TB409", True)
    assert design(user)["max_positions"] == 3


def test_what_was_changed_in_error_is_told_to_a_worker_that_starts_it_again_by_itself(
    user: Person, deployment: Deployment, worker: Worker
) -> None:
    before = from_now(hours=-1)
    worker.must_write(
        events.config_status(deployment, "ACTIVE", 1, started_at=before),
        events.config_status(deployment, "ERROR", 2),
        events.config_status(deployment, "ACTIVE", 3, started_at=before),
        events.config_status(deployment, "ERROR", 4),
    )
    assert commands(user) == []
    change(user, deployment, max_positions=2)
    worker.must_write(events.config_status(deployment, "ACTIVE", 5, started_at=from_now(hours=1)))
    assert commands(user) == [("UPDATE_CONFIG", "PENDING")]
    worker.must_write(
        events.config_status(deployment, "ERROR", 6), events.config_status(deployment, "ACTIVE", 7)
    )
    assert len(commands(user)) == 1


def from_now(hours: int) -> str:
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()


def test_another_config_is_changed_alone(user: Person, deployment: Deployment) -> None:
    second = second_config(user, deployment)
    user.rpc(
        "update_strategy",
        p_strategy_id=deployment.strategy_id,
        p_changes={"max_positions": 9},
        p_config_id=second,
    )
    assert settings_of(user, second)["max_positions"] == 9
    assert settings_of(user, deployment.config_id)["max_positions"] == 3
    assert design(user)["max_positions"] == 3
    change(user, deployment, max_positions=4)
    assert settings_of(user, second)["max_positions"] == 9
    assert settings_of(user, deployment.config_id)["max_positions"] == 4


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "nothing is to be changed: p_changes is empty"),
        (None, "a config is an object, not null"),
        ({"name": "x"}, "a config has no name; it has parameters, risk_parameters"),
        ({"symbols": []}, "symbols is [], must be a list of 1 to 50 symbols"),
        ({"capital": "1e5"}, 'capital is "1e5", must be rupees'),
        ({"max_positions": 2, "timeframes": ["9m"]}, 'timeframes is ["9m"], must be a list'),
    ],
)
def test_impossible_changes_are_refused_and_nothing_is_changed(
    user: Person, deployment: Deployment, changes: Any, sentence: str
) -> None:
    before = design(user)
    code, said = change_refused(user, deployment, p_changes=changes)
    assert (code, sentence in said) == ("TB422", True), said
    assert design(user) == before


def test_parameters_beyond_64_kilobytes_are_refused(user: Person, deployment: Deployment) -> None:
    big = {"parameters": {"text": "x" * 70_000}}
    assert change_refused(user, deployment, p_changes=big)[0] == "23514"


def test_a_foreign_strategy_or_config_does_not_exist(
    user: Person, stranger: Person, deployment: Deployment
) -> None:
    assert change_refused(stranger, deployment) == (
        "TB404",
        f"strategy {deployment.strategy_id} does not exist",
    )
    other = deploy(user)
    assert change_refused(user, deployment, p_config_id=other.config_id) == (
        "TB404",
        f"strategy {deployment.strategy_id} has no config {other.config_id}",
    )


def test_what_it_runs_with_is_not_edited_past_the_rpc(user: Person, deployment: Deployment) -> None:
    for column, value in (("config", {}), ("symbols", ["X"]), ("capital_allocated", 5)):
        reply = user.call("PATCH", f"strategies?id=eq.{deployment.strategy_id}", {column: value})
        assert refusal(reply)[0] == "42501"
    assert user.update(f"strategies?id=eq.{deployment.strategy_id}", {"name": "New name"})


def test_more_symbols_than_one_user_may_have_are_refused(
    user: Person, deployment: Deployment, database: Database
) -> None:
    row = database.execute("select max_symbols_per_user as most from public.operator_policy")
    most = int(str((row.fetchone() or {})["most"]))
    names = [f"S{number}" for number in range(most - 1)]
    for some in batched(names, 50):
        full = deploy(user)
        change(user, full, symbols=some)
    code, sentence = change_refused(user, deployment, p_changes={"symbols": ["ONE", "TWO"]})
    assert (code, f"at most {most} are allowed" in sentence) == ("TB422", True)
    # What is archived does not count.
    user.rpc("archive_strategy", p_strategy_id=full.strategy_id)
    change(user, deployment, symbols=["ONE", "TWO"])


# -- archiving -------------------------------------------------------------------------------


def archive(user: Person, deployment: Deployment) -> dict[str, Any]:
    answer: dict[str, Any] = user.rpc("archive_strategy", p_strategy_id=deployment.strategy_id)
    return answer


def test_an_archived_strategy_is_hidden_and_its_name_is_free_again(
    user: Person, deployment: Deployment
) -> None:
    name = user.row("strategies")["name"]
    answer = archive(user, deployment)
    row = user.row("strategies")
    assert (row["status"], row["archived_at"]) == ("archived", answer["archived_at"])
    assert answer["command_ids"] == []
    assert user.rpc("available_strategies") == user.rpc("list_configs") == []
    user.rpc("create_strategy", p_name=name, p_strategy_type="momentum")
    assert len(user.rows("strategies")) == 2


@pytest.mark.parametrize("status", ["ACTIVE", "PAUSED", "ERROR"])
def test_archiving_stops_what_is_not_stopped(
    user: Person, deployment: Deployment, worker: Worker, status: str
) -> None:
    worker.must_write(events.config_status(deployment, status, 1, started_at=events.MORNING))
    (command,) = archive(user, deployment)["command_ids"]
    assert commands(user) == [("STOP", "PENDING")]
    worker.must_write(
        events.command_end(deployment, command), events.config_status(deployment, "STOPPED", 2)
    )
    row = user.row("strategies")
    assert (row["status"], row["is_simulation_active"]) == ("archived", False)
    assert archive(user, deployment)["command_ids"] == []


def test_a_start_that_waits_is_not_carried_out_any_more(
    user: Person, deployment: Deployment, worker: Worker
) -> None:
    user.rpc("toggle_strategy", p_strategy_id=deployment.strategy_id, p_active=True)
    archive(user, deployment)
    command = user.row("strategy_commands")
    assert (command["status"], command["error_message"]) == (
        "FAILED",
        "the strategy was archived before this was carried out",
    )
    (outcome,) = worker.write(events.command_end(deployment, command["id"]))
    assert outcome["outcome"] == "stale"


def test_what_starts_in_spite_of_being_archived_is_stopped_once(
    user: Person, deployment: Deployment, worker: Worker
) -> None:
    archive(user, deployment)
    worker.must_write(
        events.config_status(deployment, "ACTIVE", 1), events.config_status(deployment, "PAUSED", 2)
    )
    assert commands(user) == [("STOP", "PENDING")]


def test_archiving_can_be_repeated(
    stack: RunningStack, user: Person, deployment: Deployment, worker: Worker
) -> None:
    worker.must_write(events.config_status(deployment, "ACTIVE", 1))
    query = "select public.archive_strategy(%(strategy)s)"
    first, second = second_of(stack, query, {"strategy": deployment.strategy_id}, user)
    assert first == second == archive(user, deployment)
    assert commands(user) == [("STOP", "PENDING")]


def test_an_archived_strategy_takes_no_command_and_no_change(
    user: Person, deployment: Deployment
) -> None:
    archive(user, deployment)
    row = {"strategy_config_id": deployment.config_id, "command": "START"}
    assert refusal(user.call("POST", "strategy_commands", row)) == (
        "TB409",
        "START is not possible: the strategy is archived",
    )
    assert change_refused(user, deployment)[0] == "TB409"
    toggle = {"p_strategy_id": deployment.strategy_id, "p_active": True}
    assert refusal(user.call("POST", "rpc/toggle_strategy", toggle))[0] == "TB404"
    assert user.update(f"strategies?id=eq.{deployment.strategy_id}", {"name": "x"}) == []


def test_nobody_archives_the_strategy_of_another(stranger: Person, deployment: Deployment) -> None:
    body = {"p_strategy_id": deployment.strategy_id}
    assert refusal(stranger.call("POST", "rpc/archive_strategy", body))[0] == "TB404"
