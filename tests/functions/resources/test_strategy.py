"""One strategy over HTTP: read whole, changed with checks, archived; foreign ones do not exist."""

from typing import Any
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from tests.functions.conftest import Caller, pointers, problem
from tests.supabase import events
from tests.supabase.deployments import Deployment, Worker, deploy
from tests.supabase.people import Person


def read(caller: Caller, strategy_id: str) -> dict[str, Any]:
    reply = caller.get(f"/api/strategies/{strategy_id}")
    assert reply.status_code == 200, reply.text
    found: dict[str, Any] = reply.get_json()
    return found


def change(caller: Caller, strategy_id: str, query: str = "", **changes: Any) -> TestResponse:
    return caller.call("PUT", f"/api/strategies/config/{strategy_id}{query}", json=changes)


def test_a_strategy_is_read_with_its_configs_and_without_code(
    caller: Caller, deployment: Deployment
) -> None:
    found = read(caller, deployment.strategy_id)
    assert (found["id"], found["strategy_type"]) == (deployment.strategy_id, "momentum")
    assert (found["capital_allocated"], found["python_code"]) == ("100000", None)
    assert [config["id"] for config in found["configs"]] == [deployment.config_id]


def test_words_in_the_place_of_an_id_are_other_routes_or_refused(caller: Caller) -> None:
    assert "items" in caller.get("/api/strategies/list").get_json()
    assert "pnl_today" in caller.get("/api/strategies/summary").get_json()
    body = problem(caller.get("/api/strategies/other"), 422, "invalid_value")
    assert pointers(body) == ["/strategy_id"]


def test_an_archived_strategy_is_hidden_and_can_still_be_read(
    caller: Caller, deployment: Deployment, worker: Worker
) -> None:
    worker.must_write(events.config_status(deployment, "ACTIVE", 1))
    path = f"/api/strategies/{deployment.strategy_id}"
    first = caller.call("DELETE", path)
    assert first.status_code == 200, first.text
    assert len(first.get_json()["command_ids"]) == 1
    assert caller.call("DELETE", path).get_json() == first.get_json()
    assert caller.get("/api/strategies/list").get_json()["items"] == []
    found = read(caller, deployment.strategy_id)
    assert found["status"] == "archived"
    assert found["archived_at"] == first.get_json()["archived_at"]
    problem(change(caller, deployment.strategy_id, max_positions=2), 409, "not_possible_now")


def test_what_does_not_run_is_changed_at_once_and_only_where_it_is_said(
    caller: Caller, deployment: Deployment
) -> None:
    change(caller, deployment.strategy_id, parameters={"fast": 5, "slow": 12})
    reply = change(
        caller,
        deployment.strategy_id,
        parameters={"fast": 3},
        risk_parameters={"daily_loss_limit_pct": 4},
        symbols=["BANKNIFTY-FUT"],
        asset_class="index_option",
        timeframes=["5m", "5m"],
        max_positions=2,
        capital_allocated="250000.50",
    )
    assert reply.status_code == 200, reply.text
    assert reply.get_json() == {
        "strategy_id": deployment.strategy_id,
        "config_id": deployment.config_id,
        "status": "STOPPED",
        "command_id": None,
    }
    found = read(caller, deployment.strategy_id)
    assert found["parameters"] == {"fast": 3, "slow": 12}
    assert found["risk_parameters"] == {"daily_loss_limit_pct": 4}
    assert (found["symbols"], found["asset_class"]) == (["BANKNIFTY-FUT"], "index_option")
    assert (found["timeframes"], found["max_positions"]) == (["5m"], 2)
    assert found["capital_allocated"] == "250000.50"


def test_what_runs_gets_a_command(
    caller: Caller, user: Person, deployment: Deployment, worker: Worker
) -> None:
    worker.must_write(events.config_status(deployment, "ACTIVE", 1))
    changed = change(caller, deployment.strategy_id, parameters={"fast": 3}).get_json()
    command = user.row("strategy_commands")
    assert (command["id"], command["command"]) == (changed["command_id"], "UPDATE_CONFIG")
    assert (changed["status"], command["parameters"]) == ("ACTIVE", {"parameters": {"fast": 3}})


def test_a_chosen_config_is_changed_alone(
    caller: Caller, user: Person, deployment: Deployment
) -> None:
    second = user.rpc(
        "create_config_from_strategy", p_strategy_id=deployment.strategy_id, p_name="second"
    )["config_id"]
    query = f"?config_id={second}"
    assert change(caller, deployment.strategy_id, query, max_positions=7).status_code == 200
    assert user.row(f"strategy_configs?id=eq.{second}")["config_json"]["max_positions"] == 7
    assert read(caller, deployment.strategy_id)["max_positions"] == 3
    problem(
        change(caller, deployment.strategy_id, f"?config_id={uuid4()}", max_positions=7),
        404,
        "not_found",
    )


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({}, ""),
        ({"parameters": {"fast": 30, "slow": 20}}, "/parameters"),
        ({"parameters": {"fast": None}}, "/parameters"),
        ({"parameters": {"speed": 9}}, "/parameters"),
        ({"risk_parameters": {"risk_per_trade_pct": 50}}, "/risk_parameters"),
        ({"symbols": []}, "/symbols"),
        ({"symbols": ["a;b"]}, "/symbols/0"),
        ({"symbols": None}, "/symbols"),
        ({"timeframes": []}, "/timeframes"),
        ({"timeframes": ["2m"]}, "/timeframes/0"),
        ({"asset_class": ""}, "/asset_class"),
        ({"max_positions": 101}, "/max_positions"),
        ({"max_positions": None}, "/max_positions"),
        ({"capital_allocated": 5}, "/capital_allocated"),
        ({"capital_allocated": "0"}, "/capital_allocated"),
        ({"name": "x"}, "/name"),
        ({"max_positions": 2, "is_live_mode": True}, "/is_live_mode"),
    ],
)
def test_a_bad_change_is_refused_by_name_and_nothing_is_changed(
    caller: Caller, deployment: Deployment, changes: dict[str, Any], pointer: str
) -> None:
    before = read(caller, deployment.strategy_id)
    refused = change(caller, deployment.strategy_id, **changes)
    assert refused.status_code == 422, refused.text
    assert pointers(refused.get_json(force=True)) == [pointer]
    assert read(caller, deployment.strategy_id) == before


def test_new_parameters_are_held_against_those_that_stay(
    caller: Caller, deployment: Deployment
) -> None:
    assert change(caller, deployment.strategy_id, parameters={"slow": 12}).status_code == 200
    refused = change(caller, deployment.strategy_id, parameters={"fast": 15})
    assert pointers(problem(refused, 422, "invalid_value")) == ["/parameters"]


def test_the_strategies_of_another_are_not_there(stranger: Caller, deployment: Deployment) -> None:
    path = f"/api/strategies/{deployment.strategy_id}"
    problem(stranger.get(path), 404, "not_found")
    problem(stranger.call("DELETE", path), 404, "not_found")
    problem(change(stranger, deployment.strategy_id, max_positions=2), 404, "not_found")


def test_a_change_of_a_config_of_another_strategy_is_refused(
    caller: Caller, user: Person, deployment: Deployment
) -> None:
    other = deploy(user)
    query = f"?config_id={other.config_id}"
    problem(change(caller, deployment.strategy_id, query, max_positions=2), 404, "not_found")
