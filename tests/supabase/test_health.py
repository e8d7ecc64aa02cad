"""Health: what anybody may know, in ages that the database itself measures."""

from tests.supabase import events
from tests.supabase.conftest import Database
from tests.supabase.deployments import Worker
from tests.supabase.people import Person


def test_anybody_sees_how_old_the_beat_and_the_data_are(
    anonymous: Person, worker: Worker, database: Database
) -> None:
    database.execute("delete from public.worker_heartbeats where process = 'supervisor'")
    assert anonymous.rpc("health")["worker"] == {
        "heartbeat_age_seconds": None,
        "feed_age_seconds": None,
    }
    worker.must_write(events.heartbeat(feed_age_seconds=0.5))
    database.execute(
        "update public.worker_heartbeats set beat_at = now() - interval '10 s' where shard = %s",
        (worker.shard,),
    )
    health = anonymous.rpc("health")
    assert health["schema_version"] == 1
    assert 10 <= health["worker"]["heartbeat_age_seconds"] < 60
    assert 10.5 <= health["worker"]["feed_age_seconds"] < 60


def test_health_names_nobody(anonymous: Person, worker: Worker) -> None:
    worker.must_write(events.heartbeat())
    assert set(anonymous.rpc("health")) == {
        "schema_version",
        "database_time",
        "market_time",
        "market_source",
        "simulated",
        "worker",
    }
