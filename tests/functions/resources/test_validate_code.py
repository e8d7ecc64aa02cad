"""A strategy's code, looked at and run dry: findings by line, an explanation, what it would say."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from tests.functions.code_market import (
    BROKEN,
    ENDLESS,
    HOLD,
    SMA,
    SYMBOL,
    CodeMarket,
    deploy_code,
)
from tests.functions.conftest import Caller, Database, pointers, problem
from tests.supabase.deployments import Deployment
from tests.supabase.people import Person


@pytest.fixture(autouse=True)
def market(database: Database) -> Iterator[CodeMarket]:
    """Yield a market of forty minutes that rises, then falls."""
    market = CodeMarket(database)
    market.clean()
    market.closes([25000 + 10 * (20 - abs(number - 20)) for number in range(40)], first=-40)
    market.at(0)
    yield market
    market.clean()


def check(caller: Caller, deployment: Deployment, **body: Any) -> dict[str, Any]:
    reply = caller.post(f"/api/strategies/{deployment.strategy_id}/validate-code", body)
    assert reply.status_code == 200, reply.text
    answer: dict[str, Any] = reply.get_json()
    return answer


def test_the_example_is_explained_and_run_on_the_last_stored_candles(
    caller: Caller, user: Person
) -> None:
    answer = check(caller, deploy_code(user, SMA, start=False, p_config={"period": 5}))
    assert (answer["ok"], answer["entry"], answer["findings"]) == (True, "trading_strategy", [])
    told = answer["explanation"]
    assert told["signals"] == ["buy", "sell", "hold"]
    assert [(each["name"], each["default"]) for each in told["parameters"]] == [("period", 20)]
    run = answer["dry_run"]
    assert (run["candles"], run["symbol"], run["timeframe"]) == ("stored", SYMBOL, "1m")
    assert len(run["steps"]) == 20
    assert run["steps"][0]["signal"] == "buy"
    signals = [step["signal"] for step in run["steps"]]
    # It falls for the whole of the twenty, after the first.
    assert (signals.count("buy"), signals.count("sell")) == (1, 1)
    assert [step["position"] for step in run["steps"]][-1] is None


def test_without_candles_it_runs_on_made_up_ones_and_says_so(caller: Caller, user: Person) -> None:
    deployment = deploy_code(user, SMA, start=False, p_symbols=["NOBODY-KNOWS"])
    run = check(caller, deployment)["dry_run"]
    assert (run["candles"], run["symbol"]) == ("made_up", None)
    assert len(run["steps"]) == 20


def test_other_code_can_be_tried_and_nothing_is_stored(caller: Caller, user: Person) -> None:
    deployment = deploy_code(user, SMA, start=False)
    answer = check(caller, deployment, python_code="import os\nprint(os.environ)\n")
    assert answer["ok"] is False
    assert [(each["kind"], each["line"]) for each in answer["findings"] if each["stops"]] == [
        ("entry", None),
        ("forbidden", 1),
    ]
    assert (answer["dry_run"], answer["entry"]) == (None, None)
    assert user.row("strategies")["python_code"] == SMA


def test_parameters_can_be_tried(caller: Caller, user: Person) -> None:
    code = "def strategy(context):\n    return {'signal': context['parameters']['word']}\n"
    deployment = deploy_code(user, code, start=False)
    assert check(caller, deployment)["ok"] is False
    assert check(caller, deployment, parameters={"word": "hold"})["ok"] is True


@pytest.mark.parametrize(
    ("code", "sentence", "line"),
    [
        (BROKEN, "it raised ZeroDivisionError: division by zero", 2),
        (ENDLESS, "it ran longer than 0.5 seconds", None),
        ("def strategy(context):\n    return 7\n", "the result is 7, must be a dict", None),
    ],
)
def test_what_fails_in_the_dry_run_is_a_finding_with_its_line(
    caller: Caller, user: Person, code: str, sentence: str, line: int | None
) -> None:
    answer = check(caller, deploy_code(user, code, start=False))
    assert answer["ok"] is False
    (found,) = [each for each in answer["findings"] if each["kind"] == "dry_run"]
    assert found["sentence"].startswith(sentence)
    assert found["line"] == line
    assert answer["dry_run"]["steps"] == []


def test_types_that_do_not_fit_are_remarks(caller: Caller, user: Person) -> None:
    code = "def strategy(context):\n    if context is None:\n        return 1 + 'a'\n"
    answer = check(
        caller, deploy_code(user, f"{code}    return {{'signal': 'hold'}}\n", start=False)
    )
    assert answer["ok"] is True
    assert [(each["kind"], each["line"]) for each in answer["findings"]] == [("type", 3)]


def test_what_it_prints_is_shown(caller: Caller, user: Person) -> None:
    code = HOLD.replace("    return", "    print(len(context['candles']))\n    return")
    printed = check(caller, deploy_code(user, code, start=False))["dry_run"]["printed"]
    assert printed == [str(number) for number in range(21, 41)]


def test_a_strategy_of_another_user_or_of_nobody_is_not_found(
    stranger: Caller, caller: Caller, user: Person
) -> None:
    deployment = deploy_code(user, HOLD, start=False)
    path = f"/api/strategies/{deployment.strategy_id}/validate-code"
    problem(stranger.post(path, {}), 404, "not_found")
    problem(caller.post(f"/api/strategies/{uuid4()}/validate-code", {}), 404, "not_found")


def test_a_strategy_without_code_needs_some(caller: Caller, deployment: Deployment) -> None:
    path = f"/api/strategies/{deployment.strategy_id}/validate-code"
    assert pointers(problem(caller.post(path, {}), 422, "invalid_value")) == ["/python_code"]
    assert caller.post(path, {"python_code": HOLD}).get_json()["ok"] is True


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"python_code": ""}, "/python_code"),
        ({"python_code": 7}, "/python_code"),
        ({"python_code": "x" * 65_537}, "/python_code"),
        ({"parameters": []}, "/parameters"),
        ({"code": "x"}, "/code"),
    ],
)
def test_a_body_that_cannot_be_used_is_refused_by_field(
    caller: Caller, user: Person, body: dict[str, Any], pointer: str
) -> None:
    deployment = deploy_code(user, HOLD, start=False)
    path = f"/api/strategies/{deployment.strategy_id}/validate-code"
    assert pointers(problem(caller.post(path, body), 422, "invalid_value")) == [pointer]


def test_code_that_cannot_run_is_not_created(caller: Caller) -> None:
    body = {"name": "mine", "strategy_type": "code", "symbols": ["NIFTY-FUT"]}
    path = "/api/strategies/create"
    missing = problem(caller.post(path, body), 422, "invalid_value")
    assert pointers(missing) == ["/python_code"]
    broken = problem(caller.post(path, {**body, "python_code": "def f(:"}), 422, "invalid_value")
    assert broken["detail"].startswith("line 1: not Python")
    made = caller.post(path, {**body, "python_code": SMA, "runner": "cron"})
    assert made.status_code == 201, made.text
    wrong = {**body, "strategy_type": "momentum", "runner": "cron"}
    assert pointers(problem(caller.post(path, wrong), 422, "invalid_value")) == ["/runner"]
