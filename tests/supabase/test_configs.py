"""Configs of a strategy: made, listed by page, shown whole; the settings they may hold."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.supabase import events
from tests.supabase.conftest import Database
from tests.supabase.deployments import Deployment, Worker, deploy
from tests.supabase.people import Person, refusal

SETTINGS = {"symbols": ["NIFTY-FUT"], "capital": "50000"}


def make(user: Person, deployment: Deployment, name: str = "second", **more: Any) -> dict[str, Any]:
    given = {"p_strategy_id": deployment.strategy_id, "p_name": name, "p_config_json": SETTINGS}
    made: dict[str, Any] = user.rpc("create_strategy_config", **given | more)
    return made


def make_refused(user: Person, deployment: Deployment, **more: Any) -> tuple[str, str]:
    given = {"p_strategy_id": deployment.strategy_id, "p_name": "x", "p_config_json": SETTINGS}
    return refusal(user.call("POST", "rpc/create_strategy_config", given | more))


def listed(user: Person, **given: Any) -> list[str]:
    return [row["name"] for row in user.rpc("list_configs", **given)]


def test_a_config_of_its_own_settings_starts_by_itself(
    user: Person, deployment: Deployment
) -> None:
    made = make(user, deployment)
    config = user.row(f"strategy_configs?id=eq.{made['config_id']}")
    assert config["config_json"] == SETTINGS | {
        "parameters": {},
        "risk_parameters": {},
        "asset_class": "index_future",
        "timeframes": ["1m"],
        "max_positions": 3,
    }
    assert (config["module_path"], config["class_name"]) == ("strategies.momentum", "Momentum")
    assert (config["auto_start"], config["is_default"]) == (True, False)
    command = user.row("strategy_commands")
    assert (command["id"], command["command"]) == (made["command_id"], "START")
    assert command["strategy_config_id"] == made["config_id"]


def test_a_config_that_shall_not_start_gets_no_command(
    user: Person, deployment: Deployment
) -> None:
    assert make(user, deployment, p_auto_start=False)["command_id"] is None
    assert user.rows("strategy_commands") == []


def test_a_config_made_from_its_strategy_is_the_design_with_overrides(user: Person) -> None:
    portfolio = user.insert("portfolios", {"name": "Paper", "initial_capital": 1000000})["id"]
    other = user.insert("portfolios", {"name": "Other", "initial_capital": 1000000})["id"]
    made = user.rpc(
        "create_strategy",
        p_name="Designed",
        p_strategy_type="momentum",
        p_config={"fast": 5, "slow": 12},
        p_risk_parameters={"daily_loss_limit_pct": 4},
        p_symbols=["NIFTY-FUT"],
        p_timeframes=["5m"],
        p_max_positions=2,
        p_capital_allocated="250000.50",
        p_portfolio_id=portfolio,
    )
    second = user.rpc(
        "create_config_from_strategy",
        p_strategy_id=made["strategy_id"],
        p_name="faster",
        p_overrides={"parameters": {"fast": 3}, "timeframes": ["1m"], "capital": 9000.5},
        p_portfolio_id=other,
    )
    assert second["command_id"] is None
    config = user.row(f"strategy_configs?id=eq.{second['config_id']}")
    assert config["config_json"] == {
        "parameters": {"fast": 3, "slow": 12},
        "risk_parameters": {"daily_loss_limit_pct": 4},
        "symbols": ["NIFTY-FUT"],
        "asset_class": "index_future",
        "timeframes": ["1m"],
        "max_positions": 2,
        "capital": "9000.5",
    }
    assert (config["portfolio_id"], config["auto_start"]) == (other, False)
    assert user.row("strategies")["config"] == {"fast": 5, "slow": 12}


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ([], "a config is an object, not array"),
        (None, "a config is an object, not null"),
        ({"capital": "1"}, "a config names its symbols and its capital"),
        ({"symbols": ["X"]}, "a config names its symbols and its capital"),
    ],
)
def test_settings_that_are_not_whole_are_refused(
    user: Person, deployment: Deployment, settings: Any, sentence: str
) -> None:
    assert make_refused(user, deployment, p_config_json=settings) == ("TB422", sentence)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"colour": 1}, "a config has no colour; it has parameters, risk_parameters, symbols"),
        ({"parameters": []}, "parameters is [], must be an object"),
        ({"risk_parameters": None}, "risk_parameters is null, must be an object"),
        ({"symbols": []}, "symbols is [], must be a list of 1 to 50 symbols"),
        ({"symbols": ["X"] * 51}, "must be a list of 1 to 50 symbols"),
        ({"symbols": "NIFTY-FUT"}, 'symbols is "NIFTY-FUT", must be a list of 1 to 50 symbols'),
        ({"symbols": [None]}, "symbols is [null], must be a list of symbols such as NIFTY-FUT"),
        ({"symbols": ["a;b"]}, 'symbols is ["a;b"], must be a list of symbols'),
        ({"symbols": ["x" * 65]}, "of 1 to 64 letters"),
        ({"asset_class": "Equity!"}, 'asset_class is "Equity!", must be a word'),
        ({"timeframes": ["2m"]}, 'timeframes is ["2m"], must be a list of 1m, 5m'),
        ({"timeframes": []}, "timeframes is [], must be a list of 1m, 5m"),
        ({"timeframes": [1]}, "timeframes is [1], must be a list of 1m, 5m"),
        ({"timeframes": "1m"}, 'timeframes is "1m", must be a list of 1m, 5m'),
        ({"max_positions": 0}, "max_positions is 0, must be a whole number from 1 to 100"),
        ({"max_positions": 101}, "max_positions is 101, must be a whole number from 1 to 100"),
        ({"max_positions": 2.5}, "max_positions is 2.5, must be a whole number from 1 to 100"),
        ({"max_positions": "3"}, 'max_positions is "3", must be a whole number'),
        ({"capital": "0"}, 'capital is "0", must be rupees from 0.01 to 10000000000'),
        ({"capital": "-5"}, 'capital is "-5", must be rupees'),
        ({"capital": "1.005"}, 'capital is "1.005", must be rupees'),
        ({"capital": "10000000000.01"}, "must be rupees from 0.01 to 10000000000"),
        ({"capital": "NaN"}, 'capital is "NaN", must be rupees'),
        ({"capital": True}, "capital is true, must be rupees"),
    ],
)
def test_settings_that_are_impossible_are_refused_in_one_sentence(
    user: Person, deployment: Deployment, change: dict[str, Any], sentence: str
) -> None:
    code, said = make_refused(user, deployment, p_config_json=SETTINGS | change)
    assert (code, sentence in said) == ("TB422", True), said
    assert len(user.rows("strategy_configs")) == 1


def test_a_config_is_refused_for_a_strategy_that_is_foreign_archived_or_none(
    user: Person, stranger: Person, deployment: Deployment
) -> None:
    unknown = f"strategy {deployment.strategy_id} does not exist"
    assert make_refused(stranger, deployment) == ("TB404", unknown)
    assert make_refused(user, deployment, p_strategy_id=None)[0] == "TB404"
    user.rpc("archive_strategy", p_strategy_id=deployment.strategy_id)
    archived = ("TB409", f"strategy {deployment.strategy_id} is archived")
    assert make_refused(user, deployment) == archived
    again = {"p_strategy_id": deployment.strategy_id, "p_name": "x"}
    assert refusal(user.call("POST", "rpc/create_config_from_strategy", again)) == archived


def test_a_foreign_portfolio_does_not_exist(
    user: Person, stranger: Person, deployment: Deployment
) -> None:
    foreign = stranger.insert("portfolios", {"name": events.new_id(), "initial_capital": 1})["id"]
    assert make_refused(user, deployment, p_portfolio_id=foreign)[0] == "TB404"


def test_the_minute_cron_runs_code_only(user: Person, deployment: Deployment) -> None:
    assert make_refused(user, deployment, p_runner="cron")[0] == "TB422"


def test_a_config_that_cannot_start_is_not_made_by_halves(
    user: Person, deployment: Deployment, database: Database
) -> None:
    database.execute(
        "update public.strategies set portfolio_id = null where id = %s", (deployment.strategy_id,)
    )
    code, sentence = make_refused(user, deployment)
    assert (code, "portfolio" in sentence) == ("TB422", True)
    assert len(user.rows("strategy_configs")) == 1


def test_of_many_configs_of_one_name_made_at_once_one_is_made(
    user: Person, deployment: Deployment
) -> None:
    given = {
        "p_strategy_id": deployment.strategy_id,
        "p_name": "twin",
        "p_config_json": SETTINGS,
    }
    with ThreadPoolExecutor(6) as pool:
        path = "rpc/create_strategy_config"
        replies = list(pool.map(lambda _: user.call("POST", path, given), range(6)))
    assert sorted(reply.status_code for reply in replies) == [200, *[409] * 5]
    assert len(user.rows("strategy_configs?name=eq.twin")) == 1
    assert len(user.rows("strategy_commands")) == 1


def test_of_many_strategies_of_one_name_made_at_once_one_is_made(user: Person) -> None:
    given = {"p_name": "Twin", "p_strategy_type": "momentum", "p_symbols": ["NIFTY-FUT"]}
    with ThreadPoolExecutor(6) as pool:
        path = "rpc/create_strategy"
        replies = list(pool.map(lambda _: user.call("POST", path, given), range(6)))
    assert sorted(reply.status_code for reply in replies) == [200, *[409] * 5]
    assert len(user.rows("strategies")) == len(user.rows("strategy_configs")) == 1


def test_pages_together_hold_every_config_once_newest_first(
    user: Person, deployment: Deployment
) -> None:
    for number in range(11):
        make(user, deployment, f"c{number:02}", p_auto_start=False)
    expected = [f"c{number:02}" for number in range(10, -1, -1)] + ["default"]
    assert listed(user) == expected[:10]
    seen: list[str] = []
    cursor = None
    for _ in range(4):
        page = user.rpc("list_configs", p_limit=4, p_cursor=cursor)
        seen += [row["name"] for row in page]
        cursor = page[-1]["id"] if page else None
        if len(page) < 4:
            break
    assert seen == expected


def test_a_list_shows_strategy_last_three_commands_and_last_metric(
    user: Person, deployment: Deployment, worker: Worker
) -> None:
    names = ("START", "UPDATE_CONFIG", "UPDATE_CONFIG", "UPDATE_CONFIG")
    for name in names:
        row = {"strategy_config_id": deployment.config_id, "command": name}
        user.insert("strategy_commands", row)
    worker.must_write(
        events.metric(deployment, pnl="-0.05"),
        events.metric(deployment, timestamp=events.NOON, pnl="12.50", positions_count=2),
    )
    (row,) = user.rpc("list_configs")
    assert row["id"] == deployment.config_id
    assert row["strategy"]["id"] == row["strategy_id"] == deployment.strategy_id
    assert row["strategy"]["total_pnl"] == "0"
    assert [each["command"] for each in row["commands"]] == ["UPDATE_CONFIG"] * 3
    assert (row["metric"]["pnl"], row["metric"]["positions_count"]) == ("12.50", 2)
    assert row["portfolio_id"] == deployment.portfolio_id
    assert set(row["allowed_commands"]) == {"START", "UPDATE_CONFIG"}


def test_status_filters_and_what_is_archived_is_not_listed(
    user: Person, deployment: Deployment, worker: Worker
) -> None:
    paused = deploy(user)
    worker.must_write(events.config_status(paused, "PAUSED", 1))
    assert [row["id"] for row in user.rpc("list_configs", p_status="PAUSED")] == [paused.config_id]
    assert user.rpc("list_configs", p_status="ERROR") == []
    user.rpc("archive_strategy", p_strategy_id=deployment.strategy_id)
    assert [row["id"] for row in user.rpc("list_configs")] == [paused.config_id]


def test_nobody_sees_the_configs_of_another(stranger: Person, deployment: Deployment) -> None:
    assert deployment.config_id not in {row["id"] for row in stranger.rpc("list_configs")}


@pytest.mark.parametrize("limit", [0, 101, -1, None])
def test_a_page_has_1_to_100_configs(stranger: Person, limit: int | None) -> None:
    said = refusal(stranger.call("POST", "rpc/list_configs", {"p_limit": limit}))
    shown = "null" if limit is None else limit
    assert said == ("TB422", f"a page has 1 to 100 configs, not {shown}")


@pytest.mark.parametrize("limit", [1, 100])
def test_the_ends_of_the_limit_are_within_it(stranger: Person, limit: int) -> None:
    assert stranger.rpc("list_configs", p_limit=limit) == []


def test_a_cursor_is_the_id_of_an_own_config(stranger: Person, deployment: Deployment) -> None:
    for cursor in (deployment.config_id, events.new_id()):
        reply = stranger.call("POST", "rpc/list_configs", {"p_cursor": cursor})
        assert refusal(reply) == ("TB422", f"cursor {cursor} is not the id of a config of yours")
    reply = stranger.call("POST", "rpc/list_configs", {"p_cursor": "last"})
    assert refusal(reply)[0] == "22P02"


def test_available_strategies_count_their_configs(
    user: Person, deployment: Deployment, worker: Worker
) -> None:
    make(user, deployment, p_auto_start=False)
    gone = deploy(user)
    user.rpc("archive_strategy", p_strategy_id=gone.strategy_id)
    empty = deploy(user)
    worker.must_write(events.config_status(deployment, "ACTIVE", 1))
    rows = user.rpc("available_strategies")
    assert [(row["id"], row["configs"], row["active_configs"]) for row in rows] == [
        (empty.strategy_id, 1, 0),
        (deployment.strategy_id, 2, 1),
    ]
    assert rows[0]["capital_allocated"] == "100000"


def test_details_show_ten_commands_and_24_metrics(
    user: Person, deployment: Deployment, worker: Worker
) -> None:
    for _ in range(11):
        row = {"strategy_config_id": deployment.config_id, "command": "UPDATE_CONFIG"}
        user.insert("strategy_commands", row)
    worker.must_write(
        *[
            events.metric(deployment, timestamp=f"2026-11-20T05:{minute:02}:00+00:00")
            for minute in range(25)
        ]
    )
    (row,) = user.rpc("config_details", p_config_id=deployment.config_id)
    assert (len(row["commands"]), len(row["metrics"])) == (10, 24)
    times = [each["timestamp"] for each in row["metrics"]]
    assert times == sorted(times, reverse=True)
    assert row["strategy"]["capital_allocated"] == "100000"
    assert row["portfolio"]["initial_capital"] == "1000000"
    assert row["config_json"]["symbols"] == ["NIFTY-FUT"]


def test_details_of_what_is_not_ones_own_do_not_exist(
    stranger: Person, deployment: Deployment
) -> None:
    for function in ("config_details", "live_status", "config_metrics"):
        reply = stranger.call("POST", f"rpc/{function}", {"p_config_id": deployment.config_id})
        sentence = f"strategy config {deployment.config_id} does not exist"
        assert refusal(reply) == ("TB404", sentence)
    for function in ("last_commands", "last_metrics"):
        assert stranger.rpc(function, p_config_id=deployment.config_id) == []
