"""Orphaned events: kept and shown to their owner, counted nowhere."""

from tests.supabase import events
from tests.supabase.deployments import Deployment, Event, Worker
from tests.supabase.people import Person


def write_orphans(secret: Person, worker: Worker, *given: Event) -> int:
    count: int = secret.rpc(
        "worker_write_orphans",
        p_shard=worker.shard,
        p_holder="somebody who lost it",
        p_token=worker.token,
        p_events=list(given),
    )
    return count


def test_they_are_kept_for_their_owner_once_and_no_table_counts_them(
    secret: Person, user: Person, stranger: Person, worker: Worker, deployment: Deployment
) -> None:
    signal, log = events.signal(deployment), events.log(deployment)
    assert write_orphans(secret, worker, signal, log) == 2
    assert write_orphans(secret, worker, signal, log) == 0
    mine = f"orphaned_events?strategy_config_id=eq.{deployment.config_id}"
    kept = user.rows(mine)
    assert {row["kind"] for row in kept} == {"signal", "log"}
    assert {row["event"]["id"] for row in kept} == {signal["id"], log["id"]}
    assert {row["user_id"] for row in kept} == {user.id}
    assert stranger.rows(mine) == []
    assert user.rows(f"trading_signals?strategy_config_id=eq.{deployment.config_id}") == []


def test_the_owner_is_told_once_per_config_and_lease(
    secret: Person, user: Person, worker: Worker, deployment: Deployment
) -> None:
    for _ in range(2):
        write_orphans(secret, worker, events.log(deployment))
    (incident,) = user.rows(f"incidents?strategy_config_id=eq.{deployment.config_id}")
    assert incident["kind"] == "orphaned_events"
    assert (
        "was still simulated by a worker whose shard another had taken over"
        in (incident["message"])
    )


def test_what_was_applied_before_is_no_orphan(
    secret: Person, user: Person, worker: Worker, deployment: Deployment
) -> None:
    log = events.log(deployment)
    worker.must_write(log)
    assert write_orphans(secret, worker, log) == 0
    assert user.rows("orphaned_events") == []


def test_what_is_the_markets_own_belongs_to_nobody(
    secret: Person, user: Person, worker: Worker
) -> None:
    price = events.last_price(instrument_key="NSE_EQ:77")
    assert write_orphans(secret, worker, price) == 1
    assert user.rows("orphaned_events") == []
    assert secret.rows(f"orphaned_events?id=eq.{price['id']}")
