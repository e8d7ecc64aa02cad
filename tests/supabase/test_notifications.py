"""Notifications: what is stored, what is broadcast only, what is queued for other channels."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.stacks import RunningStack
from tests.supabase import events
from tests.supabase.conftest import Database
from tests.supabase.deployments import Deployment, Worker
from tests.supabase.people import Person, refusal
from tests.supabase.turns import second_of

IST = timedelta(hours=5, minutes=30)
SLOW = timedelta(minutes=10)  # However slow the machine is.
CRITICAL = {
    "order_rejected",
    "strategy_error",
    "circuit_breaker",
    "live_mode_changed",
    "emergency_stop",
    "token_expiring",
    "worker_down",
}


def notify(database: Database, user: Person, kind: str, title: str = "told", key: str = "") -> Any:
    """Tell a user something, as the database does; returns the notification or None."""
    row = database.execute(
        "select private.notify_once(%s, %s, %s, %s, 'words', null, null, null) as id",
        (key or None, user.id, kind, title),
    ).fetchone()
    assert row is not None
    return row["id"]


def told(user: Person) -> list[dict[str, Any]]:
    return user.rows("notifications?order=created_at")


def broadcasts(database: Database, user: Person) -> list[Any]:
    return [
        row["event"]
        for row in database.execute(
            "select event from realtime.messages where topic = %s order by inserted_at",
            (f"user:{user.id}",),
        )
    ]


def prefer(user: Person, kind: str, channel: str, preference: str) -> None:
    user.rpc("set_notification_preference", p_kind=kind, p_channel=channel, p_preference=preference)


@pytest.mark.parametrize("kind", sorted(CRITICAL))
def test_a_critical_kind_is_stored_and_numbered_whatever_the_preferences(
    user: Person, database: Database, kind: str
) -> None:
    prefer(user, kind, "in_app", "silent")
    stored = notify(database, user, kind)
    (row,) = told(user)
    assert (row["id"], row["is_critical"], row["is_silent"]) == (str(stored), True, True)
    (event,) = user.rows("user_events")
    assert (event["kind"], event["entity_id"]) == ("notification_created", row["id"])
    assert event["row"]["title"] == "told"


def test_what_nobody_asked_for_is_broadcast_and_forgotten(user: Person, database: Database) -> None:
    assert notify(database, user, "trade_opened") is None
    assert told(user) == []
    assert user.rows("user_events") == []
    assert broadcasts(database, user) == ["notification"]


def test_a_kind_is_stored_once_the_user_wants_it_on_any_channel(
    user: Person, database: Database
) -> None:
    prefer(user, "trade_closed", "in_app", "on")
    prefer(user, "trade_opened", "telegram", "on")
    assert notify(database, user, "trade_closed") is not None
    assert notify(database, user, "trade_opened") is not None
    assert [(row["kind"], row["is_silent"]) for row in told(user)] == [
        ("trade_closed", False),
        ("trade_opened", True),
    ]


def test_what_the_user_switched_off_is_not_stored(user: Person, database: Database) -> None:
    assert notify(database, user, "system_info") is not None
    prefer(user, "system_info", "in_app", "off")
    assert notify(database, user, "system_info") is None
    assert len(told(user)) == 1


def test_the_same_is_told_once(user: Person, database: Database) -> None:
    assert notify(database, user, "worker_down", key="outage 1") is not None
    assert notify(database, user, "worker_down", key="outage 1") is None
    assert notify(database, user, "worker_down", key="outage 2") is not None
    assert len(told(user)) == len(user.rows("user_events")) == 2


def test_of_two_who_tell_the_same_at_once_one_does(stack: RunningStack, user: Person) -> None:
    first, second = second_of(
        stack,
        "select private.notify_once('x', %(user)s, 'worker_down', 't', '', null, null, null)",
        {"user": user.id},
    )
    assert first is not None
    assert second is None


def test_a_rejected_order_tells_why_once(
    user: Person, deployment: Deployment, worker: Worker
) -> None:
    sent = events.order(deployment, version=1, status="PENDING", filled_quantity=0)
    reason = "RMS: margin 1000.00 of 25000.00"
    refused = {"status": "REJECTED", "filled_quantity": 0, "rejection_reason": reason}
    rejected = events.order(deployment, id=sent["row"]["id"], version=2, **refused)
    again = events.order(deployment, id=sent["row"]["id"], version=3, **refused)
    worker.must_write(sent, rejected, again)
    (row,) = told(user)
    assert (row["kind"], row["body"]) == ("order_rejected", reason)
    assert row["title"] == f"Order rejected: BUY 65 {events.SYMBOL}"
    assert (row["entity"], row["entity_id"]) == ("orders", sent["row"]["id"])


def test_a_strategy_in_error_is_told_each_time_it_comes_there(
    user: Person, deployment: Deployment, worker: Worker
) -> None:
    worker.must_write(
        events.config_status(deployment, "ERROR", 1, error_message="division by zero"),
        events.config_status(deployment, "ERROR", 2, error_message="division by zero"),
        events.config_status(deployment, "ACTIVE", 3),
        events.config_status(deployment, "ERROR", 4, error_message="no data"),
    )
    assert [row["body"] for row in told(user)] == ["division by zero", "no data"]


def test_a_circuit_breaker_is_told_once_a_day_however_many_trades_it_closes(
    user: Person, deployment: Deployment, worker: Worker
) -> None:
    opened = [events.trade(deployment, instrument_key=f"NSE_FNO:{number}") for number in (1, 2)]
    closed = [events.closed(trade, exit_reason="CIRCUIT_BREAKER") for trade in opened]
    worker.must_write(*opened, *closed)
    (row,) = told(user)
    assert row["kind"] == "circuit_breaker"


def test_trades_and_signals_are_told_to_who_asked(
    user: Person, deployment: Deployment, worker: Worker
) -> None:
    opened = events.trade(deployment)
    worker.must_write(events.signal(deployment), opened)
    assert told(user) == []
    for kind in ("signal", "trade_closed"):
        prefer(user, kind, "in_app", "on")
    worker.must_write(events.signal(deployment), events.closed(opened))
    assert [row["kind"] for row in told(user)] == ["signal", "trade_closed"]
    assert told(user)[1]["body"] == "TARGET at 25100.0000, profit 6337.30 rupees"


def deliveries(user: Person) -> list[dict[str, Any]]:
    return user.rows("notification_deliveries?order=channel")


def test_a_message_is_queued_for_every_channel_in_the_words_of_its_template(
    user: Person, database: Database
) -> None:
    prefer(user, "order_rejected", "email", "on")
    prefer(user, "order_rejected", "telegram", "silent")
    stored = notify(database, user, "order_rejected", "price {body} of {x}")
    email, telegram = deliveries(user)
    assert (email["channel"], email["is_silent"], email["status"]) == ("email", False, "pending")
    assert email["title"] == "Tradebase: price {body} of {x}"
    assert email["body"] == "price {body} of {x}\n\nwords"
    assert (telegram["channel"], telegram["is_silent"]) == ("telegram", True)
    assert {email["notification_id"], telegram["notification_id"]} == {str(stored)}
    assert email["attempts"] == 0


@pytest.mark.parametrize(
    ("starts", "ends", "hours"),
    [(-1, 2, 2), (-3, -1, 0), (1, 3, 0), (-20, 1, 1), (-2, 20, 20)],
)
def test_quiet_hours_put_a_message_off_until_they_end(
    user: Person, database: Database, starts: int, ends: int, hours: int
) -> None:
    india = datetime.now(UTC) + IST
    prefer(user, "system_info", "email", "on")
    prefer(user, "worker_down", "email", "on")
    begin, end = (india + timedelta(hours=offset) for offset in (starts, ends))
    user.rpc("set_quiet_hours", p_starts=f"{begin:%H:%M:%S}", p_ends=f"{end:%H:%M:%S}")
    notify(database, user, "system_info")
    (message,) = deliveries(user)
    due = datetime.fromisoformat(message["next_attempt_at"])
    late = due - (india - IST)
    assert abs(late - timedelta(hours=hours)) < SLOW
    notify(database, user, "worker_down", "critical")
    critical = user.row("notification_deliveries?order=created_at.desc&limit=1")
    at_once = datetime.fromisoformat(critical["next_attempt_at"]) - (india - IST)
    assert at_once < SLOW


def test_quiet_hours_can_be_lifted(user: Person) -> None:
    user.rpc("set_quiet_hours", p_starts="22:00", p_ends="07:00")
    assert user.row("quiet_hours")["ends"] == "07:00:00"
    user.rpc("set_quiet_hours")
    assert user.rows("quiet_hours") == []


@pytest.mark.parametrize("hours", [("22:00", None), (None, "07:00"), ("07:00", "07:00")])
def test_half_a_range_of_quiet_hours_is_refused(user: Person, hours: tuple[Any, Any]) -> None:
    body = {"p_starts": hours[0], "p_ends": hours[1]}
    code, sentence = refusal(user.call("POST", "rpc/set_quiet_hours", body))
    assert code == "TB422"
    assert "quiet hours have a start and another end" in sentence


def test_preferences_show_every_kind_on_every_channel_with_the_defaults(user: Person) -> None:
    prefer(user, "signal", "push", "silent")
    shown = user.rpc("notification_preferences")
    assert len(shown) == 12 * 6
    assert {row["kind"] for row in shown if row["is_critical"]} == CRITICAL
    by = {(row["kind"], row["channel"]): row["preference"] for row in shown}
    assert by["signal", "push"] == "silent"
    assert by["order_rejected", "in_app"] == "on"
    assert by["order_rejected", "email"] == "off"
    assert by["trade_opened", "in_app"] == "off"


def test_a_critical_kind_cannot_be_switched_off_in_the_browser(user: Person) -> None:
    body = {"p_kind": "emergency_stop", "p_channel": "in_app", "p_preference": "off"}
    code, sentence = refusal(user.call("POST", "rpc/set_notification_preference", body))
    assert (code, sentence) == (
        "TB422",
        "emergency_stop is critical: in the browser it can be silent, not off",
    )


def test_notifications_are_read_and_put_away_by_their_owner_only(
    user: Person, stranger: Person, database: Database
) -> None:
    first, second = (notify(database, user, "system_info", title) for title in "ab")
    assert stranger.rpc("mark_notifications_read", p_ids=[str(first)]) == 0
    assert stranger.rpc("dismiss_notifications", p_ids=[str(first)]) == 0
    assert user.rpc("mark_notifications_read", p_ids=[str(first)]) == 1
    assert user.rpc("mark_notifications_read", p_ids=[str(first)]) == 0
    assert [row["read_at"] is None for row in told(user)] == [False, True]
    assert user.rpc("dismiss_notifications", p_ids=[str(second)]) == 1
    assert told(user)[1]["read_at"] is not None
    assert user.rpc("mark_notifications_read") == 0
    too_many = {"p_ids": [events.new_id()] * 1001}
    code, sentence = refusal(user.call("POST", "rpc/mark_notifications_read", too_many))
    assert (code, sentence) == ("TB422", "at most 1000 ids are taken at once, not 1001")
