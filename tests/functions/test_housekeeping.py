"""Housekeeping over HTTP: each step done once however often it is called, or by the next run."""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.functions.conftest import CRON_SECRET, Caller, Database, Environ, problem, running_app
from tests.supabase import events
from tests.supabase.deployments import Deployment, Worker
from tests.supabase.people import Person

PATH = "/api/cron/housekeeping"
KEY = "k1:" + b64encode(bytes(range(32))).decode()
CALLS = 24


@pytest.fixture(autouse=True)
def cleaned(database: Database) -> Iterator[None]:
    """Leave no claim behind, in front of a test or after it."""
    database.execute("delete from public.job_runs")
    yield
    database.execute("delete from public.job_runs")


@pytest.fixture
def run(cron: Caller, database: Database) -> Callable[[], dict[str, Any]]:
    """Return what keeps house again, as if another minute had come."""

    def call() -> dict[str, Any]:
        database.execute("delete from public.job_runs")
        return answer(cron)

    return call


@pytest.fixture
def heads(tmp_path: Path) -> Path:
    return tmp_path / "heads"


@pytest.fixture
def sealing(environ: Environ, heads: Path) -> Iterator[Caller]:
    """Yield the scheduler of functions that have a key to seal with."""
    added = {"AUDIT_SEAL_KEY": KEY, "AUDIT_SEAL_FILE": str(heads)}
    with running_app({**environ, **added}) as app:
        yield Caller(app, CRON_SECRET)


def answer(cron: Caller, method: str = "POST") -> dict[str, Any]:
    reply = cron.call(method, PATH)
    assert reply.status_code == 200, reply.text
    body: dict[str, Any] = reply.get_json()
    return body


def kept(database: Database) -> dict[str, object]:
    row = database.execute(
        "select status::text, attempt, detail from public.job_runs where job = 'housekeeping'"
    ).fetchone()
    assert row is not None
    return row


def test_a_run_is_told_in_one_summary_that_is_kept(cron: Caller, database: Database) -> None:
    said = answer(cron)
    assert said["ran"]
    assert said["problems"] == []
    assert said["sealed"]["note"] == "AUDIT_SEAL_KEY is not set: the audit log is not sealed"
    row = kept(database)
    assert row["status"] == "ok"
    assert row["detail"] == said


@pytest.mark.parametrize(("first", "second"), [("POST", "GET"), ("GET", "POST")])
def test_a_minute_is_kept_once_by_whichever_method(cron: Caller, first: str, second: str) -> None:
    said = [answer(cron, method) for method in (first, second)]
    if said[1]["ran"]:  # A minute ended between the two.
        said.append(answer(cron, second))
    assert [each["ran"] for each in said[-2:]] == [True, False]
    assert said[-1]["note"] == "done"


def test_nobody_keeps_house_without_the_secret(anybody: Caller, caller: Caller) -> None:
    problem(anybody.post(PATH), 401, "not_signed_in")
    problem(caller.post(PATH), 401, "invalid_cron_secret")


def test_of_many_calls_at_once_one_runs(cron: Caller, database: Database) -> None:
    with ThreadPoolExecutor(CALLS) as pool:
        said = list(pool.map(lambda _: answer(cron), range(CALLS)))
    slots = database.execute("select status::text, attempt from public.job_runs").fetchall()
    assert sum(each["ran"] for each in said) == len(slots), "one per minute, of one or two"
    assert {(row["status"], row["attempt"]) for row in slots} == {("ok", 1)}


def test_a_run_that_was_killed_is_taken_over_when_its_claim_ends(
    cron: Caller, database: Database
) -> None:
    database.execute(
        "insert into public.job_runs (job, slot, lease_until) "
        "select job, date_trunc('minute', now()), now() - interval '1 s' "
        "from unnest('{housekeeping,forgotten-job}'::text[]) as job"
    )
    said = answer(cron)
    assert said["ran"]
    assert said["done"]["job_runs_closed"] == 1, "also of a job that nobody calls any more"
    lost = database.execute(
        "select detail from public.job_runs where job = 'forgotten-job' and status = 'failed'"
    ).fetchone()
    assert lost == {"detail": {"error": "lease expired"}}


def test_a_run_that_is_alive_is_left_alone(cron: Caller, database: Database) -> None:
    database.execute(
        "insert into public.job_runs (job, slot, lease_until) "
        "values ('housekeeping', date_trunc('minute', now()), now() + interval '1 hour')"
    )
    assert answer(cron)["note"] == "busy"


@pytest.mark.usefixtures("deployment")
def test_the_audit_log_is_sealed_and_the_head_is_kept_outside(
    sealing: Caller, database: Database, heads: Path
) -> None:
    said = answer(sealing)
    assert said["sealed"]["seals"] >= 1
    assert said["sealed"]["missing"] == 0
    newest = database.execute(
        "select number, chain, key_id from public.audit_seals order by number desc limit 1"
    ).fetchone()
    assert newest is not None
    lines = [json.loads(line) for line in heads.read_text().splitlines()]
    assert lines[-1] == newest
    unsealed = database.execute(
        "select count(*) as rows from public.audit_subjects as counter where last_sequence > ("
        "select coalesce(max(last_sequence), 0) from public.audit_seals as seal "
        "where seal.subject = counter.subject)"
    ).fetchone()
    assert unsealed == {"rows": 0}


def test_a_step_that_fails_keeps_no_other_from_being_done_and_is_tried_again(
    sealing: Caller, database: Database, heads: Path, deployment: Deployment
) -> None:
    heads.mkdir()  # The file of heads cannot be written.
    old = "insert into public.worker_events (id, shard, kind, applied_at) values (%s, 'x', 'x', %s)"
    database.execute(old, (events.new_id(), "2020-01-01T00:00:00Z"))
    said = answer(sealing)
    assert [each["step"] for each in said["problems"]] == ["audit_seals"]
    assert said["deleted"]["worker_events"] == 1
    assert kept(database)["status"] == "failed"
    heads.rmdir()
    database.execute("select private.audit(%s, 'tested', 'x', null, null)", (deployment.user_id,))
    again = answer(sealing)
    assert (again["ran"], again["problems"]) == (True, [])
    assert again["sealed"]["rows"] >= 1
    assert heads.exists()


def silence(database: Database, worker: Worker, seconds: int) -> None:
    database.execute(
        "update public.worker_heartbeats set beat_at = now() - make_interval(secs => %s) "
        "where shard = %s",
        (seconds, worker.shard),
    )


@pytest.fixture
def watched(
    worker: Worker, deployment: Deployment, shard_of: Callable[[Worker, Deployment], None]
) -> Deployment:
    """Return a config on the worker's shard."""
    shard_of(worker, deployment)
    return deployment


def test_a_silent_worker_is_told_once_per_outage_to_whose_configs_should_run(
    run: Callable[[], dict[str, Any]],
    user: Person,
    worker: Worker,
    watched: Deployment,
    database: Database,
) -> None:
    told = "notifications?kind=eq.worker_down&order=created_at"
    worker.must_write(events.heartbeat())
    silence(database, worker, 600)
    run()
    assert user.rows(told) == [], "nothing of the user's should run"

    worker.must_write(events.heartbeat(), events.config_status(watched, "ACTIVE", 1))
    run()
    assert user.rows(told) == [], "the worker has just beaten"
    silence(database, worker, 120)
    assert run()["done"]["silent_workers_told"] >= 1
    run()
    (row,) = user.rows(told)
    assert "strategies that it should run: 1" in row["body"]
    assert row["data"]["shard"] == worker.shard

    worker.must_write(events.heartbeat())
    silence(database, worker, 90)
    run()
    assert len(user.rows(told)) == 2, "another outage"


def test_a_token_that_ends_soon_is_told_once(
    run: Callable[[], dict[str, Any]], user: Person, database: Database
) -> None:
    database.execute(
        "insert into public.broker_accounts "
        "(user_id, broker, client_id, token_last_four, token_expires_at) "
        "values (%s, 'dhan', '1000000001', 'abcd', now() + interval '3 hours')",
        (user.id,),
    )
    told = "notifications?kind=eq.token_expiring"
    run()
    assert user.rows(told) == []
    database.execute(
        "update public.broker_accounts set token_expires_at = now() + interval '1 hour' "
        "where user_id = %s",
        (user.id,),
    )
    run()
    run()
    (row,) = user.rows(told)
    assert row["title"] == "The access token of Dhan ends"
    assert row["body"].startswith("it is valid until ")


def test_a_price_is_not_watched_after_its_time(
    run: Callable[[], dict[str, Any]], user: Person, database: Database
) -> None:
    alert = user.insert(
        "price_alerts",
        {"instrument_key": "NSE_EQ:1", "symbol": "X", "side": "ABOVE", "price": 1},
    )
    database.execute(
        "update public.price_alerts set expires_at = now() where id = %s", (alert["id"],)
    )
    assert run()["done"]["price_alerts_expired"] >= 1
    assert user.row("price_alerts")["is_active"] is False
