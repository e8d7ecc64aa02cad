"""worker_write: each event once, poison set aside, owners from the config, growing versions."""

from typing import Any

import httpx
import pytest

from tests.supabase import events
from tests.supabase.deployments import Deployment, Event, Worker, deploy
from tests.supabase.people import Person, refusal, sign_up


def write_raw(secret: Person, worker: Worker, batch: Any) -> tuple[str, str]:
    body = {
        "p_shard": worker.shard,
        "p_holder": worker.holder,
        "p_token": worker.token,
        "p_events": batch,
    }
    return refusal(secret.call("POST", "rpc/worker_write", body))


def outcome(worker: Worker, event: Event) -> str:
    (result,) = worker.write(event)
    return str(result["outcome"])


def failure(worker: Worker, event: Event) -> tuple[str, str]:
    (result,) = worker.write(event)
    assert result["outcome"] == "failed", result
    return result["code"], result["error"]


def test_every_kind_of_event_becomes_its_row(
    worker: Worker, deployment: Deployment, user: Person, secret: Person
) -> None:
    signal = events.signal(deployment)
    opening = events.opening(deployment, signal_id=signal["row"]["id"])
    batch = [
        events.instrument(),
        events.candle(),
        events.last_price(),
        signal,
        *opening,
        events.config_status(deployment, "ACTIVE", 1),
        events.metric(deployment),
        events.log(deployment),
        events.heartbeat(),
        events.heartbeat(deployment),
    ]
    worker.must_write(*batch)

    mine = f"strategy_config_id=eq.{deployment.config_id}"
    for table in (
        "trading_signals",
        "orders",
        "fills",
        "trades",
        "strategy_metrics",
        "strategy_logs",
        "worker_heartbeats",
    ):
        assert user.row(f"{table}?{mine}")["user_id"] == user.id, table
    assert len(user.rows(f"ledger_entries?{mine}")) == 2
    assert user.row(f"strategy_configs?id=eq.{deployment.config_id}")["status"] == "ACTIVE"
    key = f"instrument_key=eq.{events.INSTRUMENT}"
    for table in ("instruments", "ohlcv_data", "last_prices"):
        assert user.rows(f"{table}?{key}"), table
    (supervisor,) = secret.rows(f"worker_heartbeats?shard=eq.{worker.shard}&process=eq.supervisor")
    assert supervisor["holder"] == worker.holder


def test_a_batch_sent_twice_counts_once(
    worker: Worker, deployment: Deployment, user: Person
) -> None:
    batch = events.opening(deployment)
    worker.must_write(*batch)
    assert {result["outcome"] for result in worker.write(*batch)} == {"duplicate"}
    assert len(user.rows("ledger_entries?kind=neq.DEPOSIT")) == 2


def test_one_event_twice_in_a_batch_counts_once(worker: Worker, deployment: Deployment) -> None:
    entry = events.order(deployment)
    assert [result["outcome"] for result in worker.write(entry, entry)] == ["applied", "duplicate"]


def test_every_version_of_an_order_is_kept_as_a_step(
    worker: Worker, deployment: Deployment, user: Person
) -> None:
    signal = events.signal(deployment)
    placed = events.order(deployment, signal_id=signal["row"]["id"], version=1)
    changed = {**placed["row"], "version": 3, "status": "REJECTED", "rejection_reason": "no margin"}
    worker.must_write(signal, placed, events.event("order", changed, deployment))
    steps = user.rows(f"order_events?order_id=eq.{placed['row']['id']}&order=version")
    told = [(step["version"], step["status"], step["rejection_reason"]) for step in steps]
    assert told == [(1, placed["row"]["status"], None), (3, "REJECTED", "no margin")]


def test_outcomes_come_in_the_order_of_the_events(worker: Worker, deployment: Deployment) -> None:
    batch = [events.log(deployment) for _ in range(20)]
    assert [result["id"] for result in worker.write(*batch)] == [event["id"] for event in batch]


def test_a_poison_event_is_reported_and_holds_back_its_own_config_alone(
    worker: Worker, deployment: Deployment, user: Person
) -> None:
    poison = events.order(deployment, quantity=-1)
    before, after = events.order(deployment), events.order(deployment)
    other = events.order(deploy(user))
    beat = events.heartbeat(deployment)
    results = worker.write(before, poison, after, other, beat, events.candle())
    assert [result["outcome"] for result in results] == [
        "applied",
        "failed",
        "held",
        "applied",
        "applied",
        "applied",
    ]
    assert results[1]["code"] == "23514"
    assert {row["id"] for row in user.rows("orders")} == {before["row"]["id"], other["row"]["id"]}
    # Once it is settled, what was held comes again.
    worker.must_write(after)


def test_the_owner_is_told_of_a_poison_event_once(
    worker: Worker, deployment: Deployment, user: Person
) -> None:
    poison = events.order(deployment, quantity=-1)
    for _ in range(2):
        assert outcome(worker, poison) == "failed"
    incident = user.row("incidents")
    assert (incident["kind"], incident["detail"]["event"]["id"]) == ("event_refused", poison["id"])
    told = user.row("notifications?kind=eq.strategy_error")
    assert "what it does is not stored" in told["title"]
    assert told["body"].startswith("an event of kind order was refused: ")


def test_the_worker_brings_incidents_before_a_human(
    worker: Worker, deployment: Deployment, user: Person, secret: Person
) -> None:
    row = {"kind": "journal_damaged", "message": "it was", "detail": {"file": "x"}}
    mine = events.event("incident", {**row, "strategy_config_id": deployment.config_id})
    system = events.event("incident", row)
    worker.must_write(mine, system)
    assert user.row("incidents")["strategy_config_id"] == deployment.config_id
    assert user.row("notifications?kind=eq.strategy_error")["body"] == "it was"
    (stored,) = secret.rows(f"incidents?event_id=eq.{system['id']}")
    assert (stored["user_id"], stored["detail"]) == (None, {"file": "x"})


def test_a_poison_event_can_be_sent_again_once_it_is_mended(
    worker: Worker, deployment: Deployment
) -> None:
    entry = events.order(deployment)
    filled = events.fill(deployment, entry["row"]["id"])
    assert failure(worker, filled)[0] == "23503"
    worker.must_write(entry, filled)


@pytest.mark.parametrize(
    ("bend", "code", "sentence"),
    [
        ({"kind": "rumour"}, "TB422", "there is no kind of event rumour"),
        ({"kind": None}, "TB422", "an event needs an id and a kind"),
        ({"id": None}, "TB422", "an event needs an id and a kind"),
        ({"row": None}, "TB422", "the event has no row"),
        ({"config_id": None}, "TB404", "strategy config null does not exist"),
        ({"config_id": "x"}, "22P02", 'invalid input syntax for type uuid: "x"'),
    ],
)
def test_an_event_without_shape_is_poison(
    worker: Worker, deployment: Deployment, bend: dict[str, Any], code: str, sentence: str
) -> None:
    assert failure(worker, events.order(deployment) | bend) == (code, sentence)


def test_something_that_is_no_event_is_poison(worker: Worker) -> None:
    assert [result["outcome"] for result in worker.write(7, "x", [])] == ["failed"] * 3  # type: ignore[arg-type]


def test_a_key_that_is_no_column_is_poison(worker: Worker, deployment: Deployment) -> None:
    misspelt = events.trade(deployment, stoploss="24900.00")
    assert failure(worker, misspelt) == ("TB422", "public.trades has no column stoploss")


def test_money_with_parts_of_a_paisa_is_refused_not_rounded(
    worker: Worker, deployment: Deployment
) -> None:
    assert failure(worker, events.ledger(deployment, amount="-63.905"))[0] == "23514"


@pytest.mark.parametrize("amount", ["NaN", "Infinity"])
def test_money_is_a_number(worker: Worker, deployment: Deployment, amount: str) -> None:
    assert failure(worker, events.ledger(deployment, amount=amount))[0] == "23514"


def test_more_than_five_hundred_events_are_refused_as_a_whole(
    worker: Worker, secret: Person
) -> None:
    batch = [events.last_price() for _ in range(501)]
    assert write_raw(secret, worker, batch) == (
        "TB422",
        "a batch has at most 500 events, not 501",
    )


def test_something_that_is_no_batch_is_refused(worker: Worker, secret: Person) -> None:
    assert write_raw(secret, worker, {"id": 1}) == ("TB422", "p_events is not an array")


def test_the_owner_is_the_configs_whatever_the_row_says(
    worker: Worker, deployment: Deployment, stranger: Person
) -> None:
    forged = events.order(deployment, user_id=stranger.id)
    assert failure(worker, forged) == (
        "TB422",
        f"user_id differs from that of strategy config {deployment.config_id}",
    )
    assert failure(worker, events.order(deployment) | {"user_id": stranger.id})[0] == "TB422"


def test_nobody_trades_with_the_portfolio_of_another(
    worker: Worker, deployment: Deployment, publishable: httpx.Client
) -> None:
    other = deploy(sign_up(publishable))
    assert failure(worker, events.ledger(deployment, portfolio_id=other.portfolio_id))[0] == "23503"


def test_an_order_without_a_portfolio_is_booked_to_the_strategys(
    worker: Worker, deployment: Deployment, user: Person
) -> None:
    worker.must_write(events.order(deployment))
    assert user.row("orders")["portfolio_id"] == deployment.portfolio_id


def test_an_older_version_of_an_order_changes_nothing(
    worker: Worker, deployment: Deployment, user: Person
) -> None:
    entry = events.order(deployment, version=5)
    worker.must_write(entry)
    older = entry | {
        "id": events.new_id(),
        "row": entry["row"] | {"version": 4, "status": "PENDING"},
    }
    assert outcome(worker, older) == "stale"
    assert user.row("orders")["status"] == "TRADED"


def test_a_closed_trade_stays_as_it_is(
    worker: Worker, deployment: Deployment, user: Person
) -> None:
    opened = events.trade(deployment)
    worker.must_write(opened, events.closed(opened))
    assert outcome(worker, events.closed(opened, version=9, exit_price="1.00")) == "stale"
    row = user.row("trades?select=*,pnl::text,exit_price::text")
    assert (row["status"], row["closed_by"], row["open_quantity"]) == ("CLOSED", "worker", 0)
    assert (row["pnl"], row["exit_price"]) == ("6337.30", "25100.0000")


def test_a_close_without_its_figures_is_poison(worker: Worker, deployment: Deployment) -> None:
    opened = events.trade(deployment)
    assert failure(worker, events.closed(opened, exit_price=None))[0] == "23514"
    assert failure(worker, events.closed(opened, pnl="1.00"))[0] == "23514"


def test_one_open_trade_per_config_instrument_and_direction(
    worker: Worker, deployment: Deployment
) -> None:
    worker.must_write(events.trade(deployment))
    assert failure(worker, events.trade(deployment))[0] == "23505"
    worker.must_write(
        events.trade(deployment, trade_type="SHORT", side="SELL"),
        events.trade(deployment, instrument_key="NSE_FNO:1"),
    )


def test_an_older_report_of_a_config_changes_nothing(
    worker: Worker, deployment: Deployment, user: Person
) -> None:
    worker.must_write(events.config_status(deployment, "ACTIVE", 10, pid=77))
    assert outcome(worker, events.config_status(deployment, "STOPPED", 10)) == "stale"
    row = user.row("strategy_configs")
    assert (row["status"], row["pid"], row["status_version"]) == ("ACTIVE", 77, 10)


def test_a_report_changes_what_it_names_and_clears_what_is_null(
    worker: Worker, deployment: Deployment, user: Person
) -> None:
    worker.must_write(
        events.config_status(deployment, "ERROR", 1, pid=77, error_message="bad tick"),
        events.config_status(deployment, "ACTIVE", 2, error_message=None),
    )
    row = user.row("strategy_configs")
    assert (row["pid"], row["error_message"]) == (77, None)


@pytest.mark.parametrize("column", ["trade_mode", "user_id", "portfolio_id", "runner"])
def test_a_report_cannot_change_whose_a_config_is_or_how_it_trades(
    worker: Worker, deployment: Deployment, column: str
) -> None:
    report = events.config_status(deployment, "ACTIVE", 1, **{column: "LIVE"})
    assert failure(worker, report) == ("TB422", f"a config_status does not set {column}")


def test_a_row_of_one_users_config_cannot_be_changed_through_another_config(
    worker: Worker, deployment: Deployment, user: Person
) -> None:
    mine = events.order(deployment)
    worker.must_write(mine)
    second = deploy(user)
    taken = events.order(second, id=mine["row"]["id"], version=99)
    assert outcome(worker, taken) == "stale"


def test_five_hundred_events_fit_into_the_time_limit(
    worker: Worker, deployment: Deployment, user: Person
) -> None:
    batch = [events.order(deployment) for _ in range(500)]
    worker.must_write(*batch)
    assert user.row(f"user_event_counters?user_id=eq.{user.id}")["last_sequence"] >= 500
