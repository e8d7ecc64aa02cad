"""Health: open to anybody, degraded without a worker, 503 without a database."""

from tests.functions.conftest import Caller, Database, Environ, problem, running_app
from tests.supabase import events
from tests.supabase.deployments import Worker


def test_anybody_may_ask_and_is_told_that_no_worker_beats(
    anybody: Caller, database: Database
) -> None:
    database.execute("delete from public.worker_heartbeats")  # Of other tests' workers.
    reply = anybody.get("/api/health")
    assert reply.status_code == 200
    body = reply.get_json()
    assert (body["status"], body["schema_version"], body["market_source"]) == (
        "degraded",
        1,
        "WALL",
    )
    assert body["worker"] == {"heartbeat_age_seconds": None, "feed_age_seconds": None}


def test_a_beating_worker_is_health(anybody: Caller, worker: Worker) -> None:
    worker.must_write(events.heartbeat())
    body = anybody.get("/api/health").get_json()
    assert body["status"] == "ok"
    assert body["worker"]["heartbeat_age_seconds"] < 15
    assert body["worker"]["feed_age_seconds"] >= 0.2


def test_a_database_that_is_away_is_said_in_a_sentence(environ: Environ) -> None:
    with running_app(environ | {"SUPABASE_URL": "http://127.0.0.1:9"}) as away:
        reply = Caller(away).get("/api/health")
    body = problem(reply, 503, "database_unreachable")
    assert body["detail"].startswith("the database does not answer")
    assert reply.headers["Retry-After"] == "5"
