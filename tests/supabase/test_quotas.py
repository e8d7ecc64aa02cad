"""What a user may have at most: configs, and different symbols over all of them."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.supabase.deployments import deploy
from tests.supabase.people import Person, refusal, sign_up

Policy = Callable[..., None]


@pytest.fixture
def policy(secret: Person) -> Iterator[Policy]:
    """Yield what changes the policy until the test ends."""
    before = secret.row("operator_policy?select=max_configs_per_user,max_symbols_per_user")

    def change(**values: int) -> None:
        secret.rpc("update_operator_policy", p_changes=values)

    yield change
    change(**before)


def create(user: Person, name: str, *symbols: str) -> httpx.Response:
    body: dict[str, Any] = {
        "p_name": name,
        "p_strategy_type": "momentum",
        "p_symbols": list(symbols or ("NIFTY-FUT",)),
    }
    return user.call("POST", "rpc/create_strategy", body)


def test_one_config_too_many_is_refused_with_the_limit(user: Person, policy: Policy) -> None:
    policy(max_configs_per_user=2)
    assert create(user, "one").is_success
    assert create(user, "two").is_success
    assert refusal(create(user, "three")) == (
        "TB422",
        "you have 2 strategy configs, at most 2 are allowed",
    )
    assert [row["name"] for row in user.rows("strategies?order=name")] == ["one", "two"]


def test_what_is_archived_does_not_count(user: Person, policy: Policy) -> None:
    policy(max_configs_per_user=1, max_symbols_per_user=1)
    made = create(user, "one", "NIFTY-FUT").json()
    assert create(user, "two").status_code == 400
    user.rpc("archive_strategy", p_strategy_id=made["strategy_id"])
    assert create(user, "two", "BANKNIFTY-FUT").is_success


def test_two_configs_made_at_once_are_not_both_the_last_one(user: Person, policy: Policy) -> None:
    policy(max_configs_per_user=3)
    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(create, user, f"number {number}") for number in range(8)]
        assert sum(call.result().is_success for call in calls) == 3
    assert len(user.rows("strategy_configs")) == 3


def test_symbols_are_counted_once_over_all_configs(user: Person, policy: Policy) -> None:
    policy(max_symbols_per_user=2)
    assert create(user, "one", "NIFTY-FUT", "BANKNIFTY-FUT").is_success
    assert create(user, "two", "NIFTY-FUT").is_success
    assert refusal(create(user, "three", "NIFTY-FUT", "RELIANCE")) == (
        "TB422",
        "your strategies would name 3 different symbols, at most 2 are allowed",
    )


def test_an_edit_is_held_to_the_same_limit(user: Person, policy: Policy) -> None:
    policy(max_symbols_per_user=1)
    deployment = deploy(user)
    for symbols, is_done in ((["NIFTY-FUT", "RELIANCE"], False), (["RELIANCE"], True)):
        command = {
            "strategy_config_id": deployment.config_id,
            "command": "UPDATE_CONFIG",
            "parameters": {"symbols": symbols},
        }
        assert user.call("POST", "strategy_commands", command).is_success is is_done
        change = {"p_strategy_id": deployment.strategy_id, "p_changes": {"symbols": symbols}}
        if not is_done:
            assert refusal(user.call("POST", "rpc/update_strategy", change))[0] == "TB422"


def test_the_quota_of_one_user_is_not_anothers(
    user: Person, publishable: httpx.Client, policy: Policy
) -> None:
    policy(max_configs_per_user=1)
    assert create(user, "one").is_success
    assert create(sign_up(publishable), "one").is_success
