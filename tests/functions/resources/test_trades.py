"""Trades over HTTP: filtered, by page, money as text, and only one's own."""

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.functions.conftest import Caller, pointers, problem
from tests.supabase import events
from tests.supabase.deployments import Deployment, Event, Worker

ALL = "/api/trades/all"


def listed(caller: Caller, **query: str) -> list[dict[str, Any]]:
    reply = caller.get(ALL, query_string=query)
    assert reply.status_code == 200, reply.text
    items: list[dict[str, Any]] = reply.get_json()["items"]
    return items


def ids(items: list[dict[str, Any]]) -> list[str]:
    return [item["id"] for item in items]


@pytest.fixture
def trades(worker: Worker, deployment: Deployment) -> list[Event]:
    """Write three trades, a minute apart, the first of them closed."""
    opened = [
        events.trade(
            deployment,
            entry_time=f"2026-11-20T04:3{minute}:00+00:00",
            instrument_key=f"NSE_FNO:4954{minute}",
        )
        for minute in range(3)
    ]
    worker.must_write(*opened, events.closed(opened[0]))
    return opened


def id_of(trade: Event) -> str:
    row_id: str = trade["row"]["id"]
    return row_id


def test_trades_come_newest_first_with_money_as_text(caller: Caller, trades: list[Event]) -> None:
    items = listed(caller)
    assert ids(items) == [id_of(trade) for trade in reversed(trades)]
    assert (items[0]["pnl"], items[0]["entry_price"]) == (None, "25000.5000")
    closed = items[2]
    assert (closed["gross_pnl"], closed["charges"], closed["pnl"]) == (
        "6467.50",
        "130.20",
        "6337.30",
    )
    assert (closed["exit_reason"], closed["closed_by"]) == ("TARGET", "worker")


def test_each_filter_narrows_the_list(
    caller: Caller, trades: list[Event], deployment: Deployment
) -> None:
    first, second, third = (id_of(trade) for trade in trades)
    assert ids(listed(caller, status="CLOSED")) == [first]
    assert ids(listed(caller, status="OPEN", mode="VIRTUAL")) == [third, second]
    assert listed(caller, mode="LIVE") == []
    assert len(listed(caller, strategy_id=deployment.strategy_id)) == 3
    later = {"from": "2026-11-20T04:31:00Z", "to": "2026-11-20T04:32:00Z"}
    assert ids(listed(caller, **later)) == [second]
    in_india = {"to": "2026-11-20T10:01:00+05:30"}
    assert ids(listed(caller, **in_india)) == [first]


@pytest.mark.parametrize("filters", [{}, {"from": "2026-11-20T04:30:00Z", "mode": "VIRTUAL"}])
def test_pages_together_hold_every_trade_once(
    caller: Caller, trades: list[Event], filters: dict[str, str]
) -> None:
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for _ in trades:
        page = caller.get(ALL, query_string={"limit": "1", **filters, **cursor}).get_json()
        seen += ids(page["items"])
        cursor = {"cursor": page["next_cursor"]}
    assert seen == [id_of(trade) for trade in reversed(trades)]
    assert page["next_cursor"] is None


def test_trades_of_the_same_instant_are_not_lost_between_pages(
    caller: Caller, worker: Worker, deployment: Deployment
) -> None:
    at_once = [events.trade(deployment, instrument_key=f"NSE_FNO:{n}") for n in range(1, 6)]
    worker.must_write(*at_once)
    first = caller.get(f"{ALL}?limit=3").get_json()
    rest = listed(caller, cursor=first["next_cursor"])
    assert sorted(ids(first["items"]) + ids(rest)) == sorted(id_of(trade) for trade in at_once)


@pytest.mark.usefixtures("trades")
def test_nobody_sees_the_trades_of_another(stranger: Caller) -> None:
    assert listed(stranger) == []


@pytest.mark.usefixtures("trades")
def test_a_strategy_of_another_does_not_exist(
    caller: Caller, stranger: Caller, deployment: Deployment
) -> None:
    reply = stranger.get(f"{ALL}?strategy_id={deployment.strategy_id}")
    body = problem(reply, 404, "not_found")
    assert deployment.strategy_id in body["detail"]
    problem(caller.get(f"{ALL}?strategy_id={uuid4()}"), 404, "not_found")


def test_a_strategy_without_trades_has_none(caller: Caller, deployment: Deployment) -> None:
    assert listed(caller, strategy_id=deployment.strategy_id) == []


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"strategy_id": "1"}, "/strategy_id"),
        ({"status": "open"}, "/status"),
        ({"mode": "PAPER"}, "/mode"),
        ({"from": "yesterday"}, "/from"),
        ({"from": "2026-11-20T10:00:00"}, "/from"),
        ({"since": "2026-11-20T10:00:00Z"}, "/since"),
        ({"from": "2026-11-20T10:00:00Z", "to": "2026-11-20T10:00:00Z"}, "/to"),
        ({"limit": "1000"}, "/limit"),
        ({"cursor": "eyJhIjoxfQ"}, "/cursor"),
        ({"symbol": "NIFTY"}, "/symbol"),
    ],
)
def test_a_bad_query_is_refused_by_name(
    stranger: Caller, query: dict[str, str], pointer: str
) -> None:
    reply = stranger.get(ALL, query_string=query)
    assert reply.status_code == 422, reply.text
    assert pointers(reply.get_json(force=True)) == [pointer]


NOBODYS = "00000000-0000-4000-8000-000000000009"
TEXT = st.text(max_size=50) | st.sampled_from(["2026-11-20T10:00:00Z", "OPEN", "5", NOBODYS])
NAMES = ["strategy_id", "status", "mode", "from", "to", "limit", "cursor", "select", "or"]


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.dictionaries(st.sampled_from(NAMES), TEXT, max_size=4))
def test_whatever_is_asked_it_is_answered_or_refused_never_our_mistake(
    stranger: Caller, query: dict[str, str]
) -> None:
    assert stranger.get(ALL, query_string=query).status_code in {200, 404, 422}
