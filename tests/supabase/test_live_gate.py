"""The live gate: who has earned it goes live, and every other way is refused and noted."""

from typing import Any, LiteralString

import pytest

from tests.supabase import events
from tests.supabase.conftest import Database
from tests.supabase.deployments import Deployment, Worker
from tests.supabase.going_live import (
    connect_broker,
    earn,
    enable,
    go_live,
    mode,
    profits,
    settings,
    validate,
)
from tests.supabase.people import Person, refusal

CRITERIA = {
    "net_profit",
    "profitable_trades",
    "days",
    "drawdown",
    "risk_per_trade",
    "daily_loss_limit",
    "open_trades",
    "error_free",
    "runner",
    "code_registered",
    "no_emergency_stop",
    "broker_account",
    "token",
    "static_ip",
}

EDITS: list[dict[str, Any]] = [
    {"parameters": {"fast": 3}},
    {"risk_parameters": {"risk_per_trade_pct": 1}},
    {"symbols": ["BANKNIFTY-FUT"]},
    {"timeframes": ["5m"]},
    {"max_positions": 2},
    {"capital": "5"},
    {"asset_class": "equity"},
    {"python_code": "def evaluate(context): ..."},
]


def change(user: Person, deployment: Deployment, edit: dict[str, Any]) -> None:
    """Edit a design as the browser does."""
    if "python_code" in edit:
        user.update(f"strategies?id=eq.{deployment.strategy_id}", edit)
    else:
        user.rpc("update_strategy", p_strategy_id=deployment.strategy_id, p_changes=edit)


@pytest.fixture
def earned(deployment: Deployment, worker: Worker, secret: Person) -> Deployment:
    """Return a config for which every criterion holds."""
    earn(deployment, worker, secret)
    return deployment


def failed(validation: dict[str, Any]) -> set[str]:
    return {each["criterion"] for each in validation["criteria"] if not each["passed"]}


def objections(answer: dict[str, Any]) -> list[str]:
    assert answer["outcome"] == "refused", answer
    return [each["code"] for each in answer["objections"]]


def audited(user: Person, action: str) -> list[dict[str, Any]]:
    return user.rows(f"audit_log?action=eq.{action}&order=sequence")


def test_who_has_earned_it_and_confirms_goes_live(user: Person, earned: Deployment) -> None:
    validation = validate(user, earned)
    assert (validation["validation_status"], failed(validation)) == ("PASSED", set())
    assert {each["criterion"] for each in validation["criteria"]} == CRITERIA
    answer = enable(user, earned)
    assert (answer["outcome"], answer["trade_mode"]) == ("enabled", "LIVE")
    assert mode(user, earned) == "LIVE"
    assert user.row("strategies")["is_live_mode"] is True
    approval = user.row("live_approvals")
    assert approval["validation_id"] == validation["validation_id"]
    assert approval["code_digest"] == events.DIGEST
    assert answer["approved_until"] == approval["expires_at"]
    assert enable(user, earned)["outcome"] == "already_live"


def test_a_validation_stores_value_threshold_and_verdict_of_each_criterion(
    user: Person, earned: Deployment
) -> None:
    validate(user, earned)
    stored = user.row("live_mode_validations")
    results = {each["criterion"]: each for each in stored["validation_results"]}
    assert results["profitable_trades"] == {
        "criterion": "profitable_trades",
        "value": "10",
        "threshold": "10",
        "passed": True,
        "sentence": "10 simulated trades of this code and these parameters were profitable, "
        "must be at least 10",
    }
    assert results["net_profit"]["value"] == "63373.00"
    assert stored["validation_criteria"]["drawdown"] == "20"


def test_a_new_config_fails_all_that_has_to_be_earned(user: Person, deployment: Deployment) -> None:
    validation = validate(user, deployment)
    assert validation["validation_status"] == "FAILED"
    assert failed(validation) == CRITERIA - {
        "open_trades",
        "error_free",
        "runner",
        "no_emergency_stop",
    }
    assert objections(enable(user, deployment)) == ["validation_failed"]


@pytest.mark.parametrize(
    ("statement", "criteria"),
    [
        (
            (
                "update public.trades set gross_pnl = 130.20, pnl = 0 "
                "where strategy_config_id = %(config)s"
            ),
            {"net_profit", "profitable_trades"},
        ),
        (
            (
                "delete from public.trades where id = (select id from public.trades "
                "where strategy_config_id = %(config)s limit 1)"
            ),
            {"profitable_trades"},
        ),
        (
            "update public.trades set code_digest = 'older' where strategy_config_id = %(config)s",
            {"net_profit", "profitable_trades", "days", "drawdown"},
        ),
        (
            (
                "insert into public.strategy_logs (id, user_id, strategy_id, strategy_config_id, "
                "level, message, logged_at) values (gen_random_uuid(), %(user)s, %(strategy)s, "
                "%(config)s, 'error', 'strategy process ended', now())"
            ),
            {"error_free"},
        ),
        (
            "update public.strategy_configs set status = 'ERROR' where id = %(config)s",
            {"error_free"},
        ),
        (
            "update public.strategy_configs set code_digest = null where id = %(config)s",
            {"code_registered", "net_profit", "profitable_trades", "days", "drawdown"},
        ),
        (
            (
                "update public.strategy_configs set config_json = config_json #- "
                "'{risk_parameters,risk_per_trade_pct}' where id = %(config)s"
            ),
            {"risk_per_trade"},
        ),
        (
            (
                "update public.strategy_configs set config_json = jsonb_set(config_json, "
                "'{risk_parameters,daily_loss_limit_pct}', '6.5') where id = %(config)s"
            ),
            {"daily_loss_limit"},
        ),
        (
            (
                "update public.strategy_configs set config_json = jsonb_set(config_json, "
                "'{max_positions}', '11') where id = %(config)s"
            ),
            {"open_trades"},
        ),
        (
            "update public.broker_accounts set disconnected_at = now() where user_id = %(user)s",
            {"broker_account", "token", "static_ip"},
        ),
        (
            "update public.broker_accounts set token_expires_at = now() where user_id = %(user)s",
            {"token"},
        ),
        (
            "update public.broker_checks set token_valid = false where user_id = %(user)s",
            {"token"},
        ),
        (
            "update public.broker_checks set static_ip_allowed = false where user_id = %(user)s",
            {"static_ip"},
        ),
        (
            (
                "update public.broker_checks set checked_at = now() - interval '16 minutes' "
                "where user_id = %(user)s"
            ),
            {"token", "static_ip"},
        ),
        (
            (
                "update public.broker_accounts set connected_at = now() + interval '1 second' "
                "where user_id = %(user)s"
            ),
            {"token", "static_ip"},
        ),
    ],
)
def test_each_criterion_fails_by_itself(
    user: Person,
    earned: Deployment,
    database: Database,
    statement: LiteralString,
    criteria: set[str],
) -> None:
    database.execute(
        statement,
        {
            "config": earned.config_id,
            "strategy": earned.strategy_id,
            "user": user.id,
        },
    )
    validation = validate(user, earned)
    assert failed(validation) == criteria
    for each in validation["criteria"]:
        assert each["sentence"]
    assert "validation_failed" in objections(enable(user, earned))
    assert mode(user, earned) == "VIRTUAL"


def test_a_drawdown_is_measured_from_the_peak_with_the_capital_in_it(
    user: Person, earned: Deployment, worker: Worker
) -> None:
    # 100000 of capital + 63373 of profit, then 32674.60 lost: 20.00 % of the peak of 163373.
    loss = {"gross_pnl": "-32544.40", "pnl": "-32674.60", "exit_time": "2026-11-20T07:00:00Z"}
    worker.must_write(*profits(earned, 1, **loss))
    by_name = {each["criterion"]: each for each in validate(user, earned)["criteria"]}
    assert (by_name["drawdown"]["value"], by_name["drawdown"]["passed"]) == ("20.00", True)
    worker.must_write(*profits(earned, 1, **loss))
    by_name = {each["criterion"]: each for each in validate(user, earned)["criteria"]}
    assert (by_name["drawdown"]["value"], by_name["drawdown"]["passed"]) == ("40.00", False)


def test_profits_of_other_parameters_are_no_evidence(
    user: Person, earned: Deployment, worker: Worker
) -> None:
    change = {"code_digest": "e" * 64}
    worker.must_write(events.config_status(earned, "ACTIVE", 2, **change))
    assert "profitable_trades" in failed(validate(user, earned))
    worker.must_write(*(each | {"row": each["row"] | change} for each in profits(earned)))
    assert failed(validate(user, earned)) == set()


def test_the_thresholds_are_the_operators(user: Person, earned: Deployment, secret: Person) -> None:
    try:
        changed = secret.rpc("update_operator_policy", p_changes={"minimum_profitable_trades": 11})
        assert changed["minimum_profitable_trades"] == 11
        assert failed(validate(user, earned)) == {"profitable_trades"}
    finally:
        secret.rpc("update_operator_policy", p_changes={"minimum_profitable_trades": 10})


# -- every way around the gate -------------------------------------------------------------------


def test_without_a_validation_nothing_goes_live_and_the_refusal_is_noted(
    user: Person, earned: Deployment
) -> None:
    assert objections(enable(user, earned)) == ["not_validated"]
    (row,) = audited(user, "live_mode_refused")
    assert row["entity_id"] == earned.config_id
    assert row["detail"]["objections"][0]["code"] == "not_validated"


def test_without_the_confirmation_nothing_goes_live(user: Person, earned: Deployment) -> None:
    validate(user, earned)
    assert objections(enable(user, earned, confirm=False)) == ["not_confirmed"]
    reply = user.rpc("enable_live_mode", p_strategy_id=earned.strategy_id, p_confirm=None)
    assert objections(reply) == ["not_confirmed"]
    assert len(audited(user, "live_mode_refused")) == 2


def test_a_validation_can_be_used_for_some_minutes_only(
    user: Person, earned: Deployment, database: Database
) -> None:
    validate(user, earned)
    database.execute(
        "update public.live_mode_validations set validated_at = now() - interval '15 minutes', "
        "expires_at = now() where strategy_config_id = %s",
        (earned.config_id,),
    )
    assert objections(enable(user, earned)) == ["validation_expired"]
    assert len(audited(user, "live_mode_refused")) == 1


def test_the_newest_validation_counts_not_the_best(
    user: Person, earned: Deployment, worker: Worker
) -> None:
    validate(user, earned)
    worker.must_write(events.log(earned, level="error"))
    validate(user, earned)
    assert objections(enable(user, earned)) == ["validation_failed"]


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_after_the_validation_needs_another_one(
    user: Person, earned: Deployment, edit: dict[str, Any]
) -> None:
    validate(user, earned)
    change(user, earned, edit)
    assert objections(enable(user, earned)) == ["edited"]
    assert len(audited(user, "live_mode_refused")) == 1


@pytest.mark.parametrize(
    "edit", [{"config_json": settings(capital="100001")}, {"code_digest": "e" * 64}]
)
def test_what_the_worker_reports_after_the_validation_needs_another_one(
    user: Person, earned: Deployment, worker: Worker, edit: dict[str, Any]
) -> None:
    validate(user, earned)
    worker.must_write(events.config_status(earned, "ACTIVE", 2, **edit))
    assert objections(enable(user, earned)) == ["edited"]


def test_during_an_emergency_stop_nothing_goes_live(user: Person, earned: Deployment) -> None:
    validate(user, earned)
    user.rpc("trigger_emergency_stop", p_reason="drill")
    assert objections(enable(user, earned)) == ["emergency_stop"]
    assert failed(validate(user, earned)) == {"no_emergency_stop"}
    assert mode(user, earned) == "VIRTUAL"
    assert len(audited(user, "live_mode_refused")) == 1


def test_a_config_of_the_minute_cron_does_not_go_live(
    user: Person, earned: Deployment, database: Database
) -> None:
    validate(user, earned)
    database.execute(
        "update public.strategies set strategy_type = 'code', python_code = 'x' where id = %s",
        (earned.strategy_id,),
    )
    database.execute(
        "update public.strategy_configs set runner = 'cron' where id = %s", (earned.config_id,)
    )
    assert objections(enable(user, earned)) == ["runner", "edited"]
    assert failed(validate(user, earned)) == {"runner"}


@pytest.mark.parametrize(
    ("relation", "row"),
    [
        ("strategy_configs", {"trade_mode": "LIVE"}),
        ("live_approvals", {"approval_hash": "x"}),
        ("live_mode_validations", {"validation_status": "PASSED"}),
        ("broker_checks", {"token_valid": True, "static_ip_allowed": True}),
        ("operator_policy", {"minimum_profitable_trades": 1}),
        ("emergency_stops", {"lifted_at": "2026-11-20T09:00:00Z"}),
        ("strategies", {"is_live_mode": True}),
    ],
)
def test_nobody_writes_directly_what_the_gate_rests_on(
    user: Person, secret: Person, earned: Deployment, relation: str, row: dict[str, Any]
) -> None:
    validate(user, earned)
    for person in (user, secret):
        for method in ("POST", "PATCH"):
            assert refusal(person.call(method, f"{relation}?id=not.is.null", row))[0] == "42501"
    assert mode(user, earned) == "VIRTUAL"


def test_the_owner_of_the_tables_cannot_do_it_either(
    user: Person, earned: Deployment, database: Database
) -> None:
    with pytest.raises(Exception, match="no approval is in force"):
        database.execute(
            "update public.strategy_configs set trade_mode = 'LIVE' where id = %s",
            (earned.config_id,),
        )
    assert mode(user, earned) == "VIRTUAL"


def test_a_forged_claim_changes_nothing(user: Person, earned: Deployment) -> None:
    # Metadata that users write themselves say nothing about them.
    claims = {"data": {"role": "admin", "app_metadata": {"role": "admin"}}}
    headers = {"Authorization": f"Bearer {user.token}"}
    assert user.http.put("/auth/v1/user", json=claims, headers=headers).is_success
    reply = user.call("POST", "rpc/update_operator_policy", {"p_changes": {"minimum_days": 1}})
    assert refusal(reply)[0] == "42501"
    # A token that says more than was signed is no token.
    assert user.token is not None
    head, _, signature = user.token.split(".")
    forged = "eyJyb2xlIjoic2VydmljZV9yb2xlIn0"  # {"role":"service_role"}
    liar = Person(user.http, f"{head}.{forged}.{signature}", user.id)
    body = {"p_strategy_id": earned.strategy_id, "p_confirm": True}
    assert liar.call("POST", "rpc/enable_live_mode", body).status_code == 401
    assert mode(user, earned) == "VIRTUAL"


def test_nobody_switches_or_validates_what_is_anothers(
    user: Person, stranger: Person, earned: Deployment
) -> None:
    validate(user, earned)
    for function in ("validate_live_mode", "enable_live_mode", "disable_live_mode"):
        reply = stranger.call("POST", f"rpc/{function}", {"p_strategy_id": earned.strategy_id})
        assert refusal(reply)[0] == "TB404"
    connect_broker_of_another = {"p_broker_account_id": user.row("broker_accounts")["id"]}
    reply = stranger.call("POST", "rpc/disconnect_broker_account", connect_broker_of_another)
    assert refusal(reply)[0] == "TB404"
    assert mode(user, earned) == "VIRTUAL"


def test_only_an_admin_changes_the_policy_and_only_within_its_limits(
    user: Person, secret: Person
) -> None:
    before = user.row("operator_policy")
    wrong: Any
    for wrong in ({"minimum_days": 0}, {"minimum_dayz": 1}, {"id": False}, [], None):
        reply = secret.call("POST", "rpc/update_operator_policy", {"p_changes": wrong})
        assert refusal(reply)[0] in {"23514", "TB422"}
    assert user.row("operator_policy") == before


# -- after going live ----------------------------------------------------------------------------


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_sends_a_live_config_back_to_simulation(
    user: Person, deployment: Deployment, worker: Worker, secret: Person, edit: dict[str, Any]
) -> None:
    go_live(user, deployment, worker, secret)
    change(user, deployment, edit)
    assert mode(user, deployment) == "VIRTUAL"
    assert user.row("live_approvals")["revoked_reason"] == "code or configuration was edited"
    assert len(audited(user, "live_mode_ended")) == 1


def test_an_edit_that_the_worker_has_still_to_carry_out_ends_live_mode_at_once(
    user: Person, deployment: Deployment, worker: Worker, secret: Person
) -> None:
    go_live(user, deployment, worker, secret)
    row = {"strategy_config_id": deployment.config_id, "command": "UPDATE_CONFIG"}
    user.insert("strategy_commands", row | {"parameters": {"capital": "5"}})
    assert mode(user, deployment) == "VIRTUAL"


def test_the_worker_is_told_of_every_change_of_the_mode(
    user: Person, deployment: Deployment, worker: Worker, secret: Person
) -> None:
    go_live(user, deployment, worker, secret)
    user.rpc("disable_live_mode", p_strategy_id=deployment.strategy_id)
    told = user.rows("strategy_commands?command=eq.UPDATE_CONFIG")
    assert [each["parameters"] for each in told] == [{}, {}]


@pytest.mark.parametrize(
    "edit",
    [
        {"config_json": settings(symbols=["BANKNIFTY-FUT"])},
        {"config_json": settings(risk_parameters={})},
        {"code_digest": "e" * 64},
        {"code_digest": None},
    ],
)
def test_another_code_or_configuration_in_the_worker_ends_live_mode(
    user: Person, deployment: Deployment, worker: Worker, secret: Person, edit: dict[str, Any]
) -> None:
    go_live(user, deployment, worker, secret)
    worker.must_write(events.config_status(deployment, "ACTIVE", 2, **edit))
    assert mode(user, deployment) == "VIRTUAL"


def test_another_portfolio_ends_live_mode(
    user: Person, deployment: Deployment, worker: Worker, secret: Person
) -> None:
    go_live(user, deployment, worker, secret)
    other = user.insert("portfolios", {"name": "other", "initial_capital": 5})
    user.update(f"strategy_configs?id=eq.{deployment.config_id}", {"portfolio_id": other["id"]})
    assert mode(user, deployment) == "VIRTUAL"


def test_what_changes_nothing_of_trading_leaves_live_mode_alone(
    user: Person, deployment: Deployment, worker: Worker, secret: Person
) -> None:
    go_live(user, deployment, worker, secret)
    words = {"name": "renamed", "description": "the same"}
    user.update(f"strategies?id=eq.{deployment.strategy_id}", words)
    user.update(f"strategy_configs?id=eq.{deployment.config_id}", {"auto_start": True})
    worker.must_write(
        events.config_status(deployment, "PAUSED", 2, code_digest=events.DIGEST),
        events.config_status(deployment, "ACTIVE", 3, config_json=settings()),
        # As a program writes it that has read 1.5 and 5.
        events.config_status(
            deployment,
            "ACTIVE",
            4,
            config_json=settings(
                max_positions=3.0,
                risk_parameters={"daily_loss_limit_pct": 5.00, "risk_per_trade_pct": 1.50},
            ),
        ),
    )
    assert mode(user, deployment) == "LIVE"


def test_switching_off_always_works_and_may_be_repeated(
    user: Person, deployment: Deployment, worker: Worker, secret: Person
) -> None:
    go_live(user, deployment, worker, secret)
    for outcome in ("disabled", "already_virtual"):
        answer = user.rpc("disable_live_mode", p_strategy_id=deployment.strategy_id)
        assert (answer["outcome"], answer["positions"]) == (outcome, "none")
    assert mode(user, deployment) == "VIRTUAL"
    # An approval that was given back is gone: going live again takes a validation that is newer.
    assert user.row("live_approvals")["revoked_reason"] == "switched off by its user"


def test_an_approval_that_has_expired_ends_live_mode(
    user: Person, deployment: Deployment, worker: Worker, secret: Person, database: Database
) -> None:
    go_live(user, deployment, worker, secret)
    database.execute(
        "update public.live_approvals set approved_at = now() - interval '7 days', "
        "expires_at = now() where strategy_config_id = %s",
        (deployment.config_id,),
    )
    assert secret.rpc("expire_live_approvals") >= 1
    assert mode(user, deployment) == "VIRTUAL"
    assert secret.rpc("expire_live_approvals") == 0


def test_cutting_off_the_broker_destroys_the_secret_and_ends_live_mode(
    user: Person, deployment: Deployment, worker: Worker, secret: Person
) -> None:
    go_live(user, deployment, worker, secret)
    account_id = user.row("broker_accounts")["id"]
    assert len(secret.rows(f"broker_secrets?broker_account_id=eq.{account_id}")) == 1
    assert user.rpc("disconnect_broker_account", p_broker_account_id=account_id) is True
    assert secret.rows(f"broker_secrets?broker_account_id=eq.{account_id}") == []
    assert mode(user, deployment) == "VIRTUAL"
    assert user.row("broker_accounts")["token_last_four"] == ""
    assert user.rpc("disconnect_broker_account", p_broker_account_id=account_id) is False
    connect_broker(secret, user.id)
    assert user.row("broker_accounts")["disconnected_at"] is None
