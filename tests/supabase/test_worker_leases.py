"""Leases: one worker per shard, and a token that fences off whoever lost it."""

import psycopg
import pytest

from tests.stacks import RunningStack
from tests.supabase import events
from tests.supabase.conftest import Database
from tests.supabase.deployments import Worker
from tests.supabase.people import Person, refusal


def acquire(secret: Person, shard: str, holder: str, seconds: int = 60) -> dict[str, object] | None:
    lease: dict[str, object] | None = secret.rpc(
        "worker_acquire_lease", p_shard=shard, p_holder=holder, p_ttl_seconds=seconds
    )
    return lease


def allow_standby(secret: Person, worker: Worker) -> None:
    lease = secret.rpc(
        "worker_acquire_lease",
        p_shard=worker.shard,
        p_holder=worker.holder,
        p_ttl_seconds=60,
        p_standby=True,
    )
    worker.token = lease["token"]


def renew(secret: Person, worker: Worker, token: int) -> dict[str, object] | None:
    lease: dict[str, object] | None = secret.rpc(
        "worker_renew_lease",
        p_shard=worker.shard,
        p_holder=worker.holder,
        p_token=token,
        p_ttl_seconds=15,
    )
    return lease


def expire(database: Database, worker: Worker, seconds_ago: int = 11) -> None:
    database.execute(
        "update public.worker_leases set expires_at = now() - make_interval(secs => %s)"
        " where shard = %s",
        (seconds_ago, worker.shard),
    )


def lose(secret: Person, worker: Worker, database: Database) -> None:
    """Have another worker take the shard over."""
    allow_standby(secret, worker)
    expire(database, worker)
    assert acquire(secret, worker.shard, "another") is not None


def test_a_shard_that_is_held_is_not_given_to_another(secret: Person, worker: Worker) -> None:
    assert acquire(secret, worker.shard, "another") is None


def test_the_same_holder_gets_a_new_token(secret: Person, worker: Worker) -> None:
    lease = acquire(secret, worker.shard, worker.holder)
    assert lease is not None
    assert lease["token"] == worker.token + 1
    worker.acquire()


def test_an_expired_shard_whose_holder_allows_a_standby_goes_to_another_with_a_higher_token(
    secret: Person, worker: Worker, database: Database
) -> None:
    allow_standby(secret, worker)
    expire(database, worker)
    lease = acquire(secret, worker.shard, "another")
    assert lease is not None
    assert lease["token"] == worker.token + 1


def test_it_goes_to_another_ten_seconds_after_it_has_expired_not_before(
    secret: Person, worker: Worker, database: Database
) -> None:
    allow_standby(secret, worker)
    expire(database, worker, seconds_ago=5)
    assert acquire(secret, worker.shard, "another") is None


def test_without_standby_an_expired_shard_is_nobodys_but_its_holders(
    secret: Person, worker: Worker, database: Database
) -> None:
    worker.acquire()
    expire(database, worker, seconds_ago=86_400)
    assert acquire(secret, worker.shard, "another") is None
    assert acquire(secret, worker.shard, worker.holder) is not None
    worker.acquire()


def test_the_operator_lets_the_shard_of_a_dead_worker_go(
    secret: Person, worker: Worker, database: Database
) -> None:
    worker.acquire()
    assert secret.rpc("worker_free_lease", p_shard=worker.shard) == "alive"
    assert acquire(secret, worker.shard, "another") is None
    expire(database, worker)
    assert secret.rpc("worker_free_lease", p_shard=worker.shard) == "freed"
    assert secret.rpc("worker_free_lease", p_shard=worker.shard) == "free"
    assert renew(secret, worker, worker.token) is None
    assert acquire(secret, worker.shard, "another") is not None


def test_the_tenure_says_since_which_token_nobody_else_has_had_the_shard(
    secret: Person, worker: Worker
) -> None:
    first = worker.token
    worker.acquire()
    worker.release()
    mine = acquire(secret, worker.shard, worker.holder)
    assert mine is not None
    assert (mine["tenure"], mine["token"]) == (first, first + 2)
    worker.token = first + 2
    worker.release()
    theirs = acquire(secret, worker.shard, "another")
    assert theirs is not None
    assert theirs["tenure"] == theirs["token"] == first + 3


def test_a_shard_that_nobody_ever_held_is_free(secret: Person) -> None:
    assert secret.rpc("worker_free_lease", p_shard="nobody-ever") == "free"


def test_a_released_shard_is_free_at_once(secret: Person, worker: Worker) -> None:
    assert worker.release() is True
    assert acquire(secret, worker.shard, "another") is not None


def test_a_shard_that_was_lost_cannot_be_released(
    secret: Person, worker: Worker, database: Database
) -> None:
    lose(secret, worker, database)
    assert worker.release() is False


def test_an_expired_lease_that_nobody_took_can_be_renewed(
    secret: Person, worker: Worker, database: Database
) -> None:
    expire(database, worker)
    lease = renew(secret, worker, worker.token)
    assert lease is not None
    assert lease["token"] == worker.token


def test_a_lease_that_was_taken_over_cannot_be_renewed(
    secret: Person, worker: Worker, database: Database
) -> None:
    lose(secret, worker, database)
    assert renew(secret, worker, worker.token) is None


def test_the_old_holder_writes_nothing_any_more(
    secret: Person, worker: Worker, database: Database
) -> None:
    lose(secret, worker, database)
    price = events.last_price(instrument_key="NSE_EQ:1")
    reply = secret.call(
        "POST",
        "rpc/worker_write",
        {
            "p_shard": worker.shard,
            "p_holder": worker.holder,
            "p_token": worker.token,
            "p_events": [price],
        },
    )
    assert refusal(reply)[0] == "TB423"
    assert secret.rows("last_prices?instrument_key=eq.NSE_EQ:1") == []


def test_an_old_token_of_the_same_holder_writes_nothing(worker: Worker, secret: Person) -> None:
    reply = secret.call(
        "POST",
        "rpc/worker_write",
        {
            "p_shard": worker.shard,
            "p_holder": worker.holder,
            "p_token": worker.token - 1,
            "p_events": [],
        },
    )
    code, sentence = refusal(reply)
    assert code == "TB423"
    assert f"does not hold shard {worker.shard} with token {worker.token - 1}" in sentence


def test_whoever_stands_by_does_not_lock_what_writes_share(
    stack: RunningStack, worker: Worker
) -> None:
    with psycopg.connect(stack.database_url) as writing, psycopg.connect(stack.database_url) as by:
        writing.execute(
            "select public.worker_write(%s, %s, %s, '[]')",
            (worker.shard, worker.holder, worker.token),
        )
        by.execute("set lock_timeout = '50ms'")
        (granted,) = by.execute(
            "select public.worker_acquire_lease(%s, 'another', 60)", (worker.shard,)
        ).fetchone() or ("nothing",)
        assert granted is None


def test_a_takeover_waits_for_the_write_that_began_before(
    stack: RunningStack, worker: Worker
) -> None:
    url = stack.database_url
    with psycopg.connect(url) as writing, psycopg.connect(url) as taking:
        writing.execute(
            "select public.worker_write(%s, %s, %s, '[]')",
            (worker.shard, worker.holder, worker.token),
        )
        taking.execute("set lock_timeout = '50ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            taking.execute(
                "select public.worker_acquire_lease(%s, %s, 60)", (worker.shard, worker.holder)
            )


@pytest.mark.parametrize("seconds", [0, 301])
def test_a_lease_outside_its_limits_is_refused(secret: Person, seconds: int) -> None:
    reply = secret.call(
        "POST",
        "rpc/worker_acquire_lease",
        {"p_shard": "s", "p_holder": "h", "p_ttl_seconds": seconds},
    )
    assert refusal(reply) == ("TB422", f"a lease lasts 1 to 300 seconds, not {seconds}")
