"""Strategies over HTTP: listed by page, created with checks, toggled; foreign ones do not exist."""

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.functions.conftest import Caller, Database, pointers, problem
from tests.supabase import events
from tests.supabase.deployments import Deployment, Worker
from tests.supabase.people import Person

LIST = "/api/strategies/list"
CREATE = "/api/strategies/create"


def design(**changes: Any) -> dict[str, Any]:
    return {
        "name": uuid4().hex,
        "strategy_type": "momentum",
        "symbols": ["NIFTY-FUT"],
    } | changes


def create(caller: Caller, **changes: Any) -> dict[str, Any]:
    reply = caller.post(CREATE, design(**changes))
    assert reply.status_code == 201, reply.text
    made: dict[str, Any] = reply.get_json()
    return made


def listed(caller: Caller, query: str = "") -> list[dict[str, Any]]:
    reply = caller.get(f"{LIST}?{query}")
    assert reply.status_code == 200, reply.text
    items: list[dict[str, Any]] = reply.get_json()["items"]
    return items


def toggle(caller: Caller, strategy_id: str, *, active: object = True, query: str = "") -> Any:
    return caller.post(f"/api/strategies/toggle/{strategy_id}{query}", {"active": active})


def test_a_created_strategy_is_listed_with_its_default_config(caller: Caller) -> None:
    made = create(
        caller,
        description="with the trend",
        parameters={"fast": 5, "slow": 12},
        risk_parameters={"max_open_trades": 1},
        capital_allocated="250000.50",
        timeframes=["5m"],
        max_positions=2,
    )
    (item,) = listed(caller)
    assert item["id"] == made["strategy_id"]
    assert item["capital_allocated"] == "250000.50"
    assert item["parameters"] == {"fast": 5, "slow": 12}
    assert item["risk_parameters"] == {"max_open_trades": 1}
    assert (item["status"], item["total_pnl"], item["win_rate"]) == ("draft", "0", None)
    (config,) = item["configs"]
    assert (config["id"], config["status"]) == (made["config_id"], "STOPPED")
    assert made["command_id"] is None


def test_a_type_is_given_the_candles_it_needs_where_none_are_named(caller: Caller) -> None:
    create(caller, strategy_type="pva", parameters={"signal_5m": False, "signal_15m": True})
    assert listed(caller)[0]["timeframes"] == ["1m", "15m"]


def test_the_worker_gets_the_registered_module_and_class(caller: Caller, user: Person) -> None:
    made = create(caller)
    row = user.row(f"strategy_configs?id=eq.{made['config_id']}")
    assert (row["module_path"], row["class_name"]) == ("strategies.momentum", "Momentum")


def test_auto_start_queues_a_start(caller: Caller, user: Person) -> None:
    user.insert("portfolios", {"name": "paper", "initial_capital": 100000})
    made = create(caller, auto_start=True)
    command = user.row(f"strategy_commands?id=eq.{made['command_id']}")
    assert (command["command"], command["status"]) == ("START", "PENDING")


def test_auto_start_without_a_portfolio_is_refused_and_leaves_nothing(caller: Caller) -> None:
    body = problem(caller.post(CREATE, design(auto_start=True)), 422, "invalid_value")
    assert "portfolio" in body["detail"]
    assert listed(caller) == []


def test_pages_together_hold_every_strategy_once_newest_first(caller: Caller) -> None:
    made = [create(caller)["strategy_id"] for _ in range(5)]
    seen: list[str] = []
    query = "limit=2"
    for _ in range(3):
        page = caller.get(f"{LIST}?{query}").get_json()
        seen += [item["id"] for item in page["items"]]
        query = f"limit=2&cursor={page['next_cursor']}"
    assert seen == made[::-1]
    assert page["next_cursor"] is None


def test_a_page_does_not_move_when_a_strategy_is_added(caller: Caller) -> None:
    made = [create(caller)["strategy_id"] for _ in range(3)]
    first = caller.get(f"{LIST}?limit=2").get_json()
    create(caller)
    (item,) = listed(caller, f"limit=2&cursor={first['next_cursor']}")
    assert item["id"] == made[0]


def test_status_filters_and_archived_ones_show_only_when_asked_for(
    caller: Caller, database: Database
) -> None:
    kept, gone = create(caller)["strategy_id"], create(caller)["strategy_id"]
    database.execute(
        "update public.strategies set archived_at = now(), status = 'archived' where id = %s",
        (gone,),
    )
    assert [item["id"] for item in listed(caller)] == [kept]
    assert [item["id"] for item in listed(caller, "status=draft")] == [kept]
    assert [item["id"] for item in listed(caller, "status=archived")] == [gone]
    assert listed(caller, "status=running") == []


def test_nobody_sees_the_strategies_of_another(caller: Caller, stranger: Caller) -> None:
    create(caller)
    assert listed(stranger) == []


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "/limit"),
        ("limit=101", "/limit"),
        ("limit=ten", "/limit"),
        ("limit=1&limit=2", "/limit"),
        ("status=RUNNING", "/status"),
        ("page=2", "/page"),
        ("cursor=!", "/cursor"),
        ("cursor=e30", "/cursor"),
        (f"cursor={'x' * 300}", "/cursor"),
    ],
)
def test_a_bad_query_is_refused_by_name(stranger: Caller, query: str, pointer: str) -> None:
    reply = stranger.get(f"{LIST}?{query}")
    assert reply.status_code == 422, reply.text
    body = reply.get_json(force=True)
    assert (pointers(body), body["errors"][0]["place"]) == ([pointer], "query")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": " x"}, "/name"),
        ({"name": "x" * 101}, "/name"),
        ({"name": "a\x00b"}, "/name"),
        ({"name": 5}, "/name"),
        ({"strategy_type": "Momentum"}, "/strategy_type"),
        ({"strategy_type": "astrology"}, "/strategy_type"),
        ({"parameters": {"fast": 30, "slow": 20}}, "/parameters"),
        ({"parameters": {"fast": "nine"}}, "/parameters"),
        ({"parameters": {"speed": 9}}, "/parameters"),
        ({"parameters": []}, "/parameters"),
        ({"parameters": {"fast": 10**400}}, "/parameters"),
        ({"parameters": {"stop_atr": 10**400}}, "/parameters"),
        ({"parameters": {"stop_atr": float("nan")}}, "/parameters"),
        ({"risk_parameters": {"risk_per_trade_pct": 50}}, "/risk_parameters"),
        ({"symbols": []}, "/symbols"),
        ({"symbols": ["a;b"]}, "/symbols/0"),
        ({"symbols": "NIFTY-FUT"}, "/symbols"),
        ({"timeframes": ["2m"]}, "/timeframes/0"),
        ({"strategy_type": "pva", "timeframes": ["1m"]}, "/timeframes"),
        ({"max_positions": 0}, "/max_positions"),
        ({"max_positions": 2.5}, "/max_positions"),
        ({"max_positions": "3"}, "/max_positions"),
        ({"capital_allocated": 100000}, "/capital_allocated"),
        ({"capital_allocated": "0"}, "/capital_allocated"),
        ({"capital_allocated": "-1"}, "/capital_allocated"),
        ({"capital_allocated": "1.005"}, "/capital_allocated"),
        ({"capital_allocated": "99999999999"}, "/capital_allocated"),
        ({"portfolio_id": "mine"}, "/portfolio_id"),
        ({"auto_start": "yes"}, "/auto_start"),
        ({"is_live_mode": True}, "/is_live_mode"),
        ({"user_id": str(uuid4())}, "/user_id"),
    ],
)
def test_a_bad_design_is_refused_by_name_and_nothing_is_made(
    caller: Caller, change: dict[str, Any], pointer: str
) -> None:
    body = problem(caller.post(CREATE, design(**change)), 422, "invalid_value")
    assert (pointers(body), body["errors"][0]["place"]) == ([pointer], "body")
    assert listed(caller) == []


def test_all_that_is_wrong_is_named_at_once(stranger: Caller) -> None:
    body = problem(stranger.post(CREATE, {"name": "", "limit": 1}), 422, "invalid_value")
    assert sorted(pointers(body)) == ["/limit", "/name", "/strategy_type", "/symbols"]


def test_a_whole_number_may_be_written_with_a_point(caller: Caller) -> None:
    create(caller, max_positions=4.0)
    assert listed(caller)[0]["max_positions"] == 4


def test_a_name_is_taken_once_per_user(caller: Caller, stranger: Caller) -> None:
    name = uuid4().hex
    create(caller, name=name)
    body = problem(caller.post(CREATE, design(name=name)), 409, "name_taken")
    assert pointers(body) == ["/name"]
    create(stranger, name=name)


def test_a_portfolio_of_another_does_not_exist(caller: Caller, deployment: Deployment) -> None:
    create(caller, portfolio_id=deployment.portfolio_id)
    foreign = str(uuid4())
    body = problem(caller.post(CREATE, design(portfolio_id=foreign)), 404, "not_found")
    assert foreign in body["detail"]


def test_toggling_on_queues_a_start_once(caller: Caller, deployment: Deployment) -> None:
    first = toggle(caller, deployment.strategy_id).get_json()
    second = toggle(caller, deployment.strategy_id).get_json()
    assert (first["command"], first["status"], first["active"]) == ("START", "STOPPED", True)
    assert first["config_id"] == deployment.config_id
    assert second == first


def test_toggling_off_what_is_off_queues_nothing(caller: Caller, deployment: Deployment) -> None:
    done = toggle(caller, deployment.strategy_id, active=False).get_json()
    assert (done["command"], done["command_id"]) == (None, None)


def test_toggling_resumes_a_paused_config_and_stops_an_active_one(
    caller: Caller, deployment: Deployment, worker: Worker
) -> None:
    worker.must_write(events.config_status(deployment, "PAUSED", 1))
    chosen = f"?config_id={deployment.config_id}"
    resumed = toggle(caller, deployment.strategy_id, query=chosen).get_json()
    stopped = toggle(caller, deployment.strategy_id, active=False).get_json()
    assert (resumed["command"], stopped["command"]) == ("RESUME", "STOP")


def test_a_strategy_or_config_of_another_does_not_exist(
    caller: Caller, stranger: Caller, deployment: Deployment
) -> None:
    problem(toggle(stranger, deployment.strategy_id), 404, "not_found")
    problem(toggle(caller, str(uuid4())), 404, "not_found")
    other = create(stranger)["config_id"]
    reply = toggle(caller, deployment.strategy_id, query=f"?config_id={other}")
    problem(reply, 404, "not_found")


def test_toggling_on_without_a_portfolio_is_refused(caller: Caller) -> None:
    body = problem(toggle(caller, create(caller)["strategy_id"]), 422, "invalid_value")
    assert "portfolio" in body["detail"]


@pytest.mark.parametrize("active", ["true", 1, None])
def test_a_toggle_is_true_or_false(stranger: Caller, active: object) -> None:
    body = problem(toggle(stranger, str(uuid4()), active=active), 422, "invalid_value")
    assert pointers(body) == ["/active"]


def test_an_id_that_is_none_is_refused_by_name(stranger: Caller) -> None:
    body = problem(toggle(stranger, "momentum"), 422, "invalid_value")
    assert (pointers(body), body["errors"][0]["place"]) == (["/strategy_id"], "path")
    body = problem(toggle(stranger, str(uuid4()), query="?config_id=1"), 422, "invalid_value")
    assert pointers(body) == ["/config_id"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.dictionaries(st.sampled_from([*design(), "parameters", "description"]), JSON, max_size=3))
def test_whatever_is_sent_it_is_made_or_refused_never_our_mistake(
    stranger: Caller, change: dict[str, Any]
) -> None:
    assert stranger.post(CREATE, design() | change).status_code in {201, 409, 422}
