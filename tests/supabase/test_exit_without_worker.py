"""The end-of-day exit by the database: each open paper trade once, and books that add up."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from tests.supabase import events
from tests.supabase.conftest import Database
from tests.supabase.deployments import Deployment, Event, Worker
from tests.supabase.people import Person, refusal


@pytest.fixture
def orphan(
    worker: Worker, deployment: Deployment, database: Database
) -> tuple[Worker, list[Event]]:
    """Return a dead worker and what it wrote when it entered a trade."""
    database.execute(
        "update public.strategy_configs set shard = %s where id = %s",
        (worker.shard, deployment.config_id),
    )
    opening = events.opening(deployment)
    worker.must_write(events.last_price(), *opening)
    worker.release()
    return worker, opening


def exit_of(opening: list[Event], **changes: str) -> dict[str, str]:
    return {"trade_id": opening[2]["row"]["id"], "price": "25100.00", "charges": "66.30"} | changes


def close(secret: Person, *exits: dict[str, str]) -> list[str]:
    results = secret.rpc("eod_exit_without_worker", p_exits=list(exits))
    return [result["outcome"] for result in results]


def balance(user: Person) -> Decimal:
    return Decimal(user.row("portfolios?select=balance::text")["balance"])


def test_an_open_trade_is_listed_with_its_last_price(
    orphan: tuple[Worker, list[Event]], secret: Person
) -> None:
    trade_id = orphan[1][2]["row"]["id"]
    (listed,) = [row for row in secret.rpc("open_paper_trades") if row["trade_id"] == trade_id]
    assert (listed["segment"], listed["open_quantity"]) == ("NSE_FNO", 65)
    assert (listed["last_price"], listed["entry_price"]) == ("25100.0000", "25000.5000")
    assert listed["worker_alive"] is False


def test_a_trade_is_closed_with_order_fill_and_ledger(
    orphan: tuple[Worker, list[Event]], secret: Person, user: Person
) -> None:
    assert close(secret, exit_of(orphan[1])) == ["closed"]
    row = user.row("trades?select=*,pnl::text,gross_pnl::text,charges::text,exit_price::text")
    assert (row["status"], row["exit_reason"], row["closed_by"]) == ("CLOSED", "EOD", "database")
    assert (row["gross_pnl"], row["charges"], row["pnl"]) == ("6467.50", "130.20", "6337.30")
    order = user.row("orders?purpose=eq.EXIT")
    assert (order["side"], order["status"], order["quantity"]) == ("SELL", "TRADED", 65)
    assert user.row(f"fills?order_id=eq.{order['id']}")["price"] == 25100
    assert balance(user) == Decimal(1000000) + Decimal("6337.30")
    assert user.rows("positions") == []


def test_a_future_whose_entry_moved_no_cash_brings_its_profit(
    orphan: tuple[Worker, list[Event]], secret: Person, user: Person, deployment: Deployment
) -> None:
    worker, opening = orphan
    worker.acquire()
    # What core/ledger.py writes of a future's entry: its charges, and not what it would cost.
    owned = {name: opening[3]["row"][name] for name in ("trade_id", "fill_id")}
    worker.must_write(events.ledger(deployment, kind="FILL", amount="1625032.50", **owned))
    worker.release()
    assert balance(user) == Decimal("999936.10")
    assert close(secret, exit_of(opening)) == ["closed"]
    assert balance(user) == Decimal("1006337.30")
    exit_order = user.row("orders?purpose=eq.EXIT")["id"]
    booked = user.rows(f"ledger_entries?order_id=eq.{exit_order}&kind=eq.FILL&select=amount::text")
    assert booked == [{"amount": "6467.50"}]


def test_a_trade_is_closed_once_however_often_it_is_asked(
    orphan: tuple[Worker, list[Event]], secret: Person, user: Person
) -> None:
    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(close, secret, exit_of(orphan[1])) for _ in range(8)]
        outcomes = [outcome for call in calls for outcome in call.result()]
    assert sorted(outcomes) == ["already_closed"] * 7 + ["closed"]
    assert len(user.rows("orders?purpose=eq.EXIT")) == 1
    assert balance(user) == Decimal("1006337.30")


def test_a_trade_of_a_living_worker_is_left_to_it(
    orphan: tuple[Worker, list[Event]], secret: Person, user: Person
) -> None:
    orphan[0].acquire()
    assert close(secret, exit_of(orphan[1])) == ["worker_alive"]
    assert user.row("trades")["status"] == "OPEN"


def test_a_live_trade_is_not_closed_on_paper(
    orphan: tuple[Worker, list[Event]], secret: Person, database: Database
) -> None:
    exit_order = exit_of(orphan[1])
    database.execute(
        "update public.trades set trade_mode = 'LIVE' where id = %s", (exit_order["trade_id"],)
    )
    assert close(secret, exit_order) == ["not_paper"]


def test_an_unknown_trade_does_not_hold_up_the_others(
    orphan: tuple[Worker, list[Event]], secret: Person
) -> None:
    unknown = exit_of(orphan[1], trade_id=events.new_id())
    assert sorted(close(secret, unknown, exit_of(orphan[1]))) == ["closed", "not_found"]


@pytest.mark.parametrize(
    "bend", [{"price": "-1"}, {"price": "x"}, {"charges": "0.001"}, {"trade_id": "x"}]
)
def test_an_impossible_exit_is_reported_and_does_not_hold_up_the_others(
    orphan: tuple[Worker, list[Event]], secret: Person, bend: dict[str, str]
) -> None:
    good = exit_of(orphan[1])
    assert close(secret, good | bend) == ["failed"]
    assert sorted(close(secret, {"trade_id": "x"}, good)) == ["closed", "failed"]


def test_a_trade_whose_fills_were_never_written_is_left_alone(
    worker: Worker, deployment: Deployment, secret: Person
) -> None:
    opened = events.trade(deployment)
    worker.must_write(opened)
    worker.release()
    assert close(secret, exit_of([{}, {}, opened])) == ["books_incomplete"]


def test_a_worker_that_died_half_way_through_an_exit_leaves_the_rest_to_close(
    orphan: tuple[Worker, list[Event]], deployment: Deployment, secret: Person, user: Person
) -> None:
    worker, opening = orphan
    worker.acquire()
    owned: dict[str, Any] = {"trade_id": opening[2]["row"]["id"], "side": "SELL"}
    sold = events.order(
        deployment, purpose="EXIT", exit_reason="TARGET", quantity=25, filled_quantity=25, **owned
    )
    filled = events.fill(
        deployment, sold["row"]["id"], quantity=25, price="25200.00", charges="25.00", **owned
    )
    worker.must_write(sold, filled)
    worker.release()
    assert close(secret, exit_of(opening)) == ["closed"]
    assert [row["quantity"] for row in user.rows("fills?side=eq.SELL&order=quantity")] == [25, 40]
    row = user.row("trades?select=gross_pnl::text,charges::text")
    # 25 x 199.50 + 40 x 99.50; 63.90 + 25.00 + 66.30
    assert (row["gross_pnl"], row["charges"]) == ("8967.50", "155.20")


def test_what_a_returning_worker_says_of_the_exit_is_stale(
    orphan: tuple[Worker, list[Event]], deployment: Deployment, secret: Person, user: Person
) -> None:
    worker, opening = orphan
    close(secret, exit_of(opening))
    worker.acquire()
    owned = {"trade_id": opening[2]["row"]["id"]}
    sold = events.order(deployment, purpose="EXIT", exit_reason="TARGET", side="SELL", **owned)
    filled = events.fill(deployment, sold["row"]["id"], side="SELL", **owned)
    booked = events.ledger(deployment, fill_id=filled["row"]["id"], **owned)
    results = worker.write(sold, filled, booked, events.closed(opening[2], version=50))
    assert [result["outcome"] for result in results] == ["stale"] * 4
    assert balance(user) == Decimal("1006337.30")


def test_the_exit_happens_at_market_time(
    orphan: tuple[Worker, list[Event]], secret: Person, user: Person, database: Database
) -> None:
    database.execute(
        "update public.market_clock set source = 'FEED', market_time = '2026-11-20T09:45:00Z'"
    )
    try:
        close(secret, exit_of(orphan[1]))
    finally:
        database.execute("update public.market_clock set source = 'WALL'")
    assert user.row("trades")["exit_time"] == "2026-11-20T09:45:00+00:00"


def test_something_that_is_no_list_of_exits_is_refused(secret: Person) -> None:
    reply = secret.call("POST", "rpc/eod_exit_without_worker", {"p_exits": {}})
    assert refusal(reply) == ("TB422", "p_exits is not an array")
