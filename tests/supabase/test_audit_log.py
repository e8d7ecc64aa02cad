"""The audit log: what is written to it, by whom, and that nobody changes it."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import psycopg
import pytest

from tests.stacks import RunningStack
from tests.supabase import events
from tests.supabase.conftest import Database
from tests.supabase.deployments import Deployment, Worker, deploy
from tests.supabase.people import Person, refusal, sign_up

WRITERS = 8
USERS = 5
BATCHES = 8
NOBODY = "00000000-0000-0000-0000-000000000000"


def log_of(user: Person, after: int = 0) -> list[dict[str, Any]]:
    """Return what the log says about a user."""
    return user.rows(f"audit_log?sequence=gt.{after}&order=sequence")


def subject_of(user: Person) -> str:
    return str(user.row("audit_subjects")["subject"])


def test_a_user_reads_what_they_made(user: Person, deployment: Deployment) -> None:
    told = [(row["actor"], row["action"], row["entity"]) for row in log_of(user)]
    assert told == [
        ("user", "insert", "portfolios"),
        ("user", "insert", "strategies"),
        ("user", "insert", "strategy_configs"),
    ]
    assert [row["sequence"] for row in log_of(user)] == [1, 2, 3]
    assert log_of(user)[2]["entity_id"] == deployment.config_id


def test_the_account_is_named_by_a_pseudonym_only(
    user: Person, deployment: Deployment, worker: Worker
) -> None:
    worker.must_write(*events.opening(deployment))
    assert user.id not in str(log_of(user))
    assert {row["subject"] for row in log_of(user)} == {subject_of(user)} != {user.id}


def test_an_order_is_logged_from_placing_to_filling_by_the_worker(
    user: Person, deployment: Deployment, worker: Worker
) -> None:
    placed = events.order(deployment, version=1, status="PENDING", filled_quantity=0)
    filled = events.order(deployment, id=placed["row"]["id"], version=2)
    worker.must_write(placed, filled)
    first, second = log_of(user, after=3)
    assert (first["actor"], first["action"]) == ("worker", "insert")
    assert (first["detail"]["status"], first["detail"]["quantity"]) == ("PENDING", 65)
    assert (second["actor"], second["action"]) == ("worker", "update")
    assert second["detail"]["old"] == {"status": "PENDING", "filled_quantity": 0}
    assert second["detail"]["new"] == {"status": "TRADED", "filled_quantity": 65}
    assert {first["entity_id"], second["entity_id"]} == {placed["row"]["id"]}


def test_a_command_is_logged_when_given_and_when_executed(
    user: Person, deployment: Deployment, worker: Worker
) -> None:
    row = {"strategy_config_id": deployment.config_id, "command": "START"}
    given = user.insert("strategy_commands", row)
    worker.must_write(events.command_end(deployment, given["id"]))
    told = [(entry["actor"], entry["action"]) for entry in log_of(user, after=3)]
    assert told == [("user", "insert"), ("worker", "update")]


def test_a_signal_is_logged_when_the_risk_checks_refuse_it(
    user: Person, deployment: Deployment, worker: Worker
) -> None:
    refused = events.signal(
        deployment, executed=False, refused_by="cooldown", refusal_reason="12 minutes of 30"
    )
    worker.must_write(events.signal(deployment), refused)
    (entry,) = log_of(user, after=3)
    assert entry["entity_id"] == refused["row"]["id"]
    assert entry["detail"]["refusal_reason"] == "12 minutes of 30"


def test_a_change_of_design_is_logged_without_what_the_user_wrote(
    user: Person, deployment: Deployment
) -> None:
    strategy = f"strategies?id=eq.{deployment.strategy_id}"
    config = f"strategy_configs?id=eq.{deployment.config_id}"
    user.update(strategy, {"name": "my secret sauce", "description": "secret"})
    user.update(strategy, {"python_code": "secret = 1"})
    user.update(config, {"name": "another secret", "auto_start": True})
    user.update(config, {"auto_start": True})
    code, start = log_of(user, after=3)
    assert code["detail"]["old"] == {"python_code": None}
    assert code["detail"]["new"]["python_code"].startswith("sha256:")
    assert start["detail"] == {"old": {"auto_start": False}, "new": {"auto_start": True}}
    assert "secret" not in str(log_of(user))


def test_a_trade_that_only_moves_figures_logs_nothing_about_the_strategy(
    user: Person, deployment: Deployment, worker: Worker
) -> None:
    opened = events.trade(deployment)
    worker.must_write(opened, events.closed(opened), events.ledger(deployment))
    assert log_of(user, after=3) == []


def test_a_report_of_the_worker_is_logged_as_the_worker_s(
    user: Person, deployment: Deployment, worker: Worker
) -> None:
    worker.must_write(events.config_status(deployment, "ACTIVE", 1))
    told = {(row["actor"], row["entity"]) for row in log_of(user, after=3)}
    assert told == {("worker", "strategy_configs"), ("worker", "strategies")}


def test_what_the_owner_of_the_tables_does_is_the_operator_s(
    user: Person, deployment: Deployment, database: Database
) -> None:
    database.execute(
        "update public.strategy_configs set shard = 'other' where id = %s", (deployment.config_id,)
    )
    (entry,) = log_of(user, after=3)
    assert entry["actor"] == "operator"
    assert entry["detail"]["new"] == {"shard": "other"}


def test_what_concerns_nobody_is_logged_about_the_system(database: Database, user: Person) -> None:
    database.execute("select private.audit(null, 'tested', 'system', null, null)")
    row = database.execute(
        "select * from public.audit_log where subject = %s order by sequence desc limit 1",
        (NOBODY,),
    ).fetchone()
    assert row is not None
    assert (row["action"], row["detail"], row["actor"]) == ("tested", {}, "operator")
    assert user.rows(f"audit_log?subject=eq.{NOBODY}") == []


def test_the_rows_stay_when_the_account_goes_and_nothing_leads_back(
    user: Person, deployment: Deployment, secret: Person
) -> None:
    subject = subject_of(user)
    reply = secret.http.delete(f"/auth/v1/admin/users/{user.id}")
    assert reply.status_code == 200, reply.text
    rows = secret.rows(f"audit_log?subject=eq.{subject}&order=sequence")
    assert [row["action"] for row in rows] == ["insert", "insert", "insert", "account_deleted"]
    assert secret.row(f"audit_subjects?subject=eq.{subject}")["user_id"] is None
    assert rows[1]["entity_id"] == deployment.strategy_id


@pytest.mark.parametrize("table", ["audit_log", "audit_seals"])
@pytest.mark.parametrize(
    "statement",
    ["update public.{} set subject = subject", "delete from public.{}", "truncate public.{}"],
)
def test_not_even_the_owner_of_the_table_changes_it_by_mistake(
    database: Database, table: str, statement: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="only ever appended to"):
        database.execute(statement.format(table).encode())


@pytest.mark.usefixtures("deployment")
def test_nobody_writes_to_it_over_the_api(user: Person, secret: Person) -> None:
    row = log_of(user)[0] | {"sequence": 99}
    path = f"audit_log?subject=eq.{row['subject']}"
    for person in (user, secret):
        assert refusal(person.call("POST", "audit_log", row))[0] == "42501"
        assert refusal(person.call("PATCH", path, {"action": "x"}))[0] == "42501"
        assert refusal(person.call("DELETE", path))[0] == "42501"
    assert len(log_of(user)) == 3


@pytest.fixture
def crowd(publishable: httpx.Client) -> list[Deployment]:
    """Return configs of several users."""
    return [deploy(sign_up(publishable)) for _ in range(USERS)]


@pytest.fixture
def writers(secret: Person) -> Iterator[list[Worker]]:
    """Yield workers of different shards, who do not wait for each other's lease."""
    workers = [Worker(secret) for _ in range(WRITERS)]
    for worker in workers:
        worker.acquire(300)
    yield workers
    for worker in workers:
        worker.release()


def test_eight_writers_of_many_users_leave_no_gap_and_no_circle(
    stack: RunningStack, crowd: list[Deployment], writers: list[Worker], database: Database
) -> None:
    users = [deployment.user_id for deployment in crowd]

    def write(number: int) -> None:
        shuffled = random.Random(number)
        for _ in range(BATCHES):
            batch = [events.order(shuffled.choice(crowd)) for _ in range(5)]
            writers[number].must_write(*batch)

    def append(number: int) -> None:
        """Write for several users in one transaction, the rows of each in any order."""
        shuffled = random.Random(number)
        with psycopg.connect(stack.database_url) as connection:
            for _ in range(BATCHES):
                some = shuffled.sample(users, 3)
                connection.execute("select private.lock_users(%s::uuid[])", (some,))
                for user_id in some:
                    connection.execute(
                        "select private.audit(%s, 'tested', 'orders', null, '{}')", (user_id,)
                    )
                connection.commit()

    with ThreadPoolExecutor(WRITERS) as pool:
        half = WRITERS // 2
        running = [pool.submit(write, number) for number in range(half)]
        running += [pool.submit(append, number) for number in range(half)]
        for finished in running:
            finished.result()

    rows = database.execute(
        """
        select
          count(*) as rows, max(entry.sequence) as last, max(subject.last_sequence) as counted,
          bool_and(entry.occurred_at >= entry.before) as in_order
        from public.audit_subjects as subject
        inner join lateral (
          select
            sequence, occurred_at,
            lag(occurred_at, 1, '-infinity') over (order by sequence) as before
          from public.audit_log
          where subject = subject.subject
        ) as entry on true
        where subject.user_id = any (%s)
        group by subject.subject
        """,
        (users,),
    ).fetchall()
    assert len(rows) == USERS
    assert all(row["rows"] == row["last"] == row["counted"] for row in rows)
    assert all(row["in_order"] for row in rows)
    half = WRITERS // 2
    assert sum(int(str(row["rows"])) for row in rows) == (
        USERS * 3 + half * BATCHES * 5 + half * BATCHES * 3
    )
