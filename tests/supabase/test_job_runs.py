"""Job runs: what fires twice runs once, and a run that dies is run again."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from tests.stacks import RunningStack
from tests.supabase.conftest import Database
from tests.supabase.people import Person, refusal
from tests.supabase.turns import second_of

SLOT = "2026-11-20T09:45:00+00:00"
NEXT_SLOT = "2026-11-20T09:46:00+00:00"


@pytest.fixture
def job() -> str:
    """Return a job nobody has run."""
    return f"job-{uuid4().hex[:12]}"


def claim(secret: Person, job: str, slot: str = SLOT) -> dict[str, Any]:
    answer: dict[str, Any] = secret.rpc("claim_job", p_job=job, p_slot=slot)
    return answer


def finish(secret: Person, job: str, token: str, *, ok: bool) -> bool:
    done: bool = secret.rpc("finish_job", p_job=job, p_slot=SLOT, p_token=token, p_ok=ok)
    return done


def expire(database: Database, job: str) -> None:
    database.execute(
        "update public.job_runs set lease_until = now() - interval '1s' where job = %s", (job,)
    )


def test_of_24_simultaneous_claims_one_wins(secret: Person, job: str) -> None:
    with ThreadPoolExecutor(24) as pool:
        claims = list(pool.map(lambda _: claim(secret, job)["outcome"], range(24)))
    assert sorted(claims) == ["busy"] * 23 + ["claimed"]


def test_a_claim_waits_for_the_one_that_came_first(stack: RunningStack, job: str) -> None:
    first, second = second_of(
        stack, "select public.claim_job(%(job)s, %(slot)s)", {"job": job, "slot": SLOT}
    )
    assert (first["outcome"], second["outcome"]) == ("claimed", "busy")


def test_a_minute_that_has_run_is_done(secret: Person, job: str) -> None:
    assert finish(secret, job, claim(secret, job)["token"], ok=True)
    assert claim(secret, job) == {"outcome": "done", "token": None}
    assert claim(secret, job, NEXT_SLOT)["outcome"] == "claimed"


def test_another_minute_waits_while_the_job_runs(secret: Person, job: str) -> None:
    claim(secret, job)
    assert claim(secret, job, NEXT_SLOT)["outcome"] == "busy"


def test_a_failed_minute_can_be_claimed_three_times(secret: Person, job: str) -> None:
    for _ in range(3):
        assert finish(secret, job, claim(secret, job)["token"], ok=False)
    assert claim(secret, job)["outcome"] == "done"


def test_a_run_that_died_is_claimed_again_and_its_late_finish_refused(
    secret: Person, job: str, database: Database
) -> None:
    first = claim(secret, job)
    expire(database, job)
    second = claim(secret, job)
    assert second["outcome"] == "claimed"
    assert finish(secret, job, first["token"], ok=True) is False
    assert finish(secret, job, second["token"], ok=True) is True


def test_a_slot_is_a_whole_minute(secret: Person, job: str) -> None:
    body = {"p_job": job, "p_slot": "2026-11-20T09:45:30Z"}
    assert refusal(secret.call("POST", "rpc/claim_job", body))[0] == "23514"


@pytest.mark.parametrize("seconds", [0, 3601, None])
def test_a_lease_outside_its_limits_is_refused(
    secret: Person, job: str, seconds: int | None
) -> None:
    body = {"p_job": job, "p_slot": SLOT, "p_lease_seconds": seconds}
    assert refusal(secret.call("POST", "rpc/claim_job", body))[0] == "TB422"
