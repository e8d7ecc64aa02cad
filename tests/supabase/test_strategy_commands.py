"""Commands: what a user may ask of a config in each of its states, and how it ends."""

from typing import Any

import pytest

from tests.supabase import events
from tests.supabase.conftest import Database
from tests.supabase.deployments import Deployment, Worker
from tests.supabase.people import Person, refusal

COMMANDS = ("START", "STOP", "RESTART", "PAUSE", "RESUME", "UPDATE_CONFIG")
ALLOWED = {
    "ACTIVE": {"PAUSE", "STOP", "RESTART", "UPDATE_CONFIG"},
    "PAUSED": {"RESUME", "STOP", "RESTART", "UPDATE_CONFIG"},
    "ERROR": {"START", "STOP"},
    "STOPPED": {"START", "UPDATE_CONFIG"},
}


def give(user: Person, deployment: Deployment, command: str, **more: Any) -> dict[str, Any]:
    row = {"strategy_config_id": deployment.config_id, "command": command} | more
    return user.insert("strategy_commands", row)


def refused(user: Person, deployment: Deployment, command: str, **more: Any) -> tuple[str, str]:
    row = {"strategy_config_id": deployment.config_id, "command": command} | more
    return refusal(user.call("POST", "strategy_commands", row))


@pytest.mark.parametrize("status", ALLOWED)
def test_the_present_status_decides_which_commands_are_taken(
    user: Person, deployment: Deployment, worker: Worker, status: str
) -> None:
    worker.must_write(events.config_status(deployment, status, 1))
    for command in COMMANDS:
        if command in ALLOWED[status]:
            assert give(user, deployment, command)["status"] == "PENDING"
        else:
            code, sentence = refused(user, deployment, command)
            assert code == "TB409"
            assert sentence.startswith(f"{command} is not possible while the config is {status}; ")
            assert set(sentence.split(": ")[1].split(", ")) == ALLOWED[status]
    assert set(user.rpc("allowed_commands", p_status=status)) == ALLOWED[status]


def test_somebody_elses_config_does_not_exist(stranger: Person, deployment: Deployment) -> None:
    assert refused(stranger, deployment, "START") == (
        "TB404",
        f"strategy config {deployment.config_id} does not exist",
    )


def test_a_config_without_a_portfolio_cannot_start(
    user: Person, deployment: Deployment, database: Database
) -> None:
    database.execute(
        "update public.strategies set portfolio_id = null where id = %s", (deployment.strategy_id,)
    )
    assert refused(user, deployment, "START") == (
        "TB422",
        "START is not possible: neither the config nor its strategy has a portfolio",
    )


def test_an_archived_strategy_takes_no_commands(
    user: Person, deployment: Deployment, database: Database
) -> None:
    database.execute(
        "update public.strategies set archived_at = now() where id = %s", (deployment.strategy_id,)
    )
    assert refused(user, deployment, "START") == (
        "TB409",
        "START is not possible: the strategy is archived",
    )


@pytest.mark.parametrize(
    "forged", [{"status": "EXECUTED"}, {"user_id": events.new_id()}, {"result": {}}]
)
def test_a_user_cannot_say_how_a_command_ended_or_whose_it_is(
    user: Person, deployment: Deployment, forged: dict[str, Any]
) -> None:
    assert refused(user, deployment, "START", **forged)[0] == "42501"


@pytest.mark.parametrize("parameters", [[], "x", None, {"text": "x" * 70_000}])
def test_parameters_are_an_object_of_reasonable_size(
    user: Person, deployment: Deployment, parameters: Any
) -> None:
    code, _ = refused(user, deployment, "UPDATE_CONFIG", parameters=parameters)
    assert code in {"23514", "23502"}


def test_a_command_with_the_callers_own_id_is_given_once(
    user: Person, deployment: Deployment
) -> None:
    key = events.new_id()
    assert give(user, deployment, "START", id=key)["id"] == key
    assert refused(user, deployment, "START", id=key)[0] == "23505"


def test_the_worker_says_how_a_command_ended(
    user: Person, deployment: Deployment, worker: Worker
) -> None:
    key = give(user, deployment, "START")["id"]
    sentence = "fast 21 is not below slow 9"
    worker.must_write(events.command_end(deployment, key, status="FAILED", error_message=sentence))
    row = user.row(f"strategy_commands?id=eq.{key}")
    assert (row["status"], row["error_message"]) == ("FAILED", sentence)
    assert row["executed_at"] is not None


def test_a_command_ends_once(user: Person, deployment: Deployment, worker: Worker) -> None:
    key = give(user, deployment, "START")["id"]
    worker.must_write(events.command_end(deployment, key))
    again = events.command_end(deployment, key, status="FAILED", error_message="late")
    assert worker.write(again)[0]["outcome"] == "stale"


@pytest.mark.parametrize("end", [{"status": "PENDING"}, {"status": "FAILED"}])
def test_an_end_that_is_none_is_poison(
    user: Person, deployment: Deployment, worker: Worker, end: dict[str, str]
) -> None:
    key = give(user, deployment, "START")["id"]
    assert worker.write(events.command_end(deployment, key, **end))[0]["outcome"] == "failed"
