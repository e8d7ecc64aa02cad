"""Jobs of the clock against the real claim rows: once a minute, and again after a failure."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import BaseModel

from functions.database import Database as Gateway
from functions.database import Supabase
from functions.jobs import Outcome, run_once
from functions.problems import ApiError
from functions.settings import Settings
from tests.functions.conftest import Database

NOW = datetime(2026, 11, 20, 9, 45, 30, 123456, tzinfo=UTC)
JOB = "test-job"


class Count(BaseModel):
    """What the job keeps."""

    done: int


class Work:
    """Counts how often it was done; leaves something over when told to."""

    def __init__(self, *, is_complete: bool = True) -> None:
        self.is_complete = is_complete
        self.times = 0

    def __call__(self) -> "Work":
        self.times += 1
        return self

    def detail(self) -> Count:
        return Count(done=self.times)


@pytest.fixture
def gateway(settings: Settings, database: Database) -> Iterator[Gateway]:
    """Yield the database as a cron route has it."""
    supabase = Supabase(settings)
    yield supabase.service()
    supabase.close()
    database.execute("delete from public.job_runs where job = %s", (JOB,))


def kept(database: Database) -> tuple[object, object, object]:
    row = database.execute(
        "select status, attempt, detail from public.job_runs where job = %s", (JOB,)
    ).fetchone()
    assert row is not None
    return row["status"], row["attempt"], row["detail"]


def test_a_minute_is_worked_once_and_kept_with_its_detail(
    gateway: Gateway, database: Database
) -> None:
    work = Work()
    assert run_once(gateway, JOB, NOW, work) == (Outcome.CLAIMED, work)
    assert run_once(gateway, JOB, NOW + timedelta(seconds=20), work) == (Outcome.DONE, None)
    assert (work.times, kept(database)) == (1, ("ok", 1, {"done": 1}))


def test_the_next_minute_is_another(gateway: Gateway) -> None:
    work = Work()
    run_once(gateway, JOB, NOW, work)
    run_once(gateway, JOB, NOW + timedelta(minutes=1), work)
    assert work.times == 2


def test_while_it_runs_another_call_is_told_so(gateway: Gateway) -> None:
    inner: list[Outcome] = []
    work = Work()

    def working() -> Work:
        inner.append(run_once(gateway, JOB, NOW, work)[0])
        return work()

    run_once(gateway, JOB, NOW, working)
    assert (inner, work.times) == ([Outcome.BUSY], 1)


def test_what_leaves_something_over_may_be_run_again_three_times_in_all(
    gateway: Gateway, database: Database
) -> None:
    work = Work(is_complete=False)
    outcomes = [run_once(gateway, JOB, NOW, work)[0] for _ in range(4)]
    assert outcomes == [Outcome.CLAIMED] * 3 + [Outcome.DONE]
    assert kept(database)[:2] == ("failed", 3)


def test_a_failure_is_raised_noted_and_does_not_block_the_minute(
    gateway: Gateway, database: Database
) -> None:
    def fail() -> Work:
        raise ApiError(503, "database_busy", "busy")

    with pytest.raises(ApiError, match="busy"):
        run_once(gateway, JOB, NOW, fail)
    assert kept(database) == ("failed", 1, {"error": "ApiError"})
    assert run_once(gateway, JOB, NOW, Work())[0] is Outcome.CLAIMED


def test_a_run_that_outlives_its_claim_says_so(
    gateway: Gateway, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    def taken_over() -> Work:
        database.execute("update public.job_runs set token = gen_random_uuid()")
        return Work()

    run_once(gateway, JOB, NOW, taken_over)
    assert "job_outlived_its_claim" in caplog.messages


def test_a_failure_that_cannot_be_noted_is_still_the_one_that_is_raised(
    gateway: Gateway, settings: Settings
) -> None:
    class Gone(Gateway):
        def rpc(self, function: str, arguments: object = None, **params: str) -> object:
            if function == "finish_job":
                raise ApiError(503, "database_unreachable", "away")
            return gateway.rpc(function, arguments, **params)  # type: ignore[arg-type]

    def fail() -> Work:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_once(Gone(Supabase(settings), {}), JOB, NOW, fail)
