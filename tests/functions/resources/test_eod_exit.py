"""The end-of-day exit over HTTP: each open paper trade once, whoever calls, however often."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from tests.functions.conftest import Caller, Database, problem
from tests.supabase import events
from tests.supabase.deployments import Deployment, Event, Worker
from tests.supabase.people import Person

PATH = "/api/cron/eod-exit"
FRIDAY_1514 = "2026-11-20T09:44:59.999999+00:00"
FRIDAY_1515 = "2026-11-20T09:45:00+00:00"
SATURDAY = "2026-11-21T09:45:00+00:00"
MONDAY_MORNING = "2026-11-23T02:00:00+00:00"
HOLIDAY = "2026-11-24T09:45:00+00:00"
NEXT_YEAR = "2027-01-04T09:45:00+00:00"


@pytest.fixture(autouse=True)
def cleaned(database: Database) -> Iterator[None]:
    """Leave no claim, no open trade and the wall clock behind."""
    yield
    database.execute("delete from public.job_runs")
    database.execute("delete from public.trades where status = 'OPEN'")
    database.execute("update public.market_clock set source = 'WALL'")


@pytest.fixture
def clock(database: Database) -> Callable[[str], None]:
    """Return what sets market time, and lets the current minute be run again."""

    def set_market_time(at: str) -> None:
        database.execute("delete from public.job_runs")
        database.execute("update public.market_clock set source = 'FEED', market_time = %s", (at,))

    return set_market_time


@pytest.fixture
def orphan(
    worker: Worker, deployment: Deployment, shard_of: Callable[[Worker, Deployment], None]
) -> list[Event]:
    """Return what a worker wrote when it entered a trade, before it died."""
    shard_of(worker, deployment)
    opening = events.opening(deployment)
    worker.must_write(events.instrument(), events.last_price(), *opening)
    worker.release()
    return opening


def run(cron: Caller, method: str = "POST") -> dict[str, Any]:
    reply = cron.call(method, PATH)
    assert reply.status_code == 200, reply.text
    body: dict[str, Any] = reply.get_json()
    return body


def balance(user: Person) -> Decimal:
    return Decimal(user.row("portfolios?select=balance::text")["balance"])


@pytest.mark.usefixtures("orphan")
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_at_1515_an_orphaned_trade_is_closed_at_its_last_price_with_charges(
    cron: Caller, clock: Callable[[str], None], user: Person, method: str
) -> None:
    clock(FRIDAY_1515)
    body = run(cron, method)
    assert (body["ran"], body["outcomes"], body["problems"]) == (True, {"closed": 1}, [])
    trade = user.row("trades?select=*,exit_price::text,charges::text,gross_pnl::text,pnl::text")
    assert (trade["status"], trade["exit_reason"], trade["closed_by"]) == (
        "CLOSED",
        "EOD",
        "database",
    )
    assert trade["exit_price"] == "25100.0000"
    # Selling 65 x 25100 = 1631500: brokerage 20, STT 815.75, exchange 29.8548, SEBI 1.6315,
    # IPFT 0.0016, GST 18 % of all but STT 9.2678: together 876.51, and 63.90 of the entry.
    assert (trade["gross_pnl"], trade["charges"], trade["pnl"]) == ("6467.50", "940.41", "5527.09")
    assert balance(user) == Decimal("1005527.09")


@pytest.mark.usefixtures("orphan")
def test_the_minute_is_run_once_and_the_trade_closed_once(
    cron: Caller, clock: Callable[[str], None], user: Person
) -> None:
    clock(FRIDAY_1515)
    with ThreadPoolExecutor(24) as pool:
        bodies = [call.result() for call in [pool.submit(run, cron) for _ in range(24)]]
    # The minute of the wall may end between two calls: then a second one runs and finds nothing.
    ran = [body["outcomes"] for body in bodies if body["ran"]]
    assert ran in ([{"closed": 1}], [{"closed": 1}, {}], [{}, {"closed": 1}])
    assert {body["note"] for body in bodies if not body["ran"]} <= {"busy", "done"}
    assert len(user.rows("orders?purpose=eq.EXIT")) == 1


@pytest.mark.usefixtures("orphan")
@pytest.mark.parametrize(
    ("at", "outcome"),
    [(FRIDAY_1514, "not_due"), (SATURDAY, "no_session"), (HOLIDAY, "no_session")],
)
def test_before_its_time_and_on_a_day_off_nothing_is_done(
    cron: Caller, clock: Callable[[str], None], user: Person, at: str, outcome: str
) -> None:
    clock(at)
    body = run(cron)
    assert (body["outcomes"], body["problems"]) == ({outcome: 1}, [])
    assert user.row("trades")["status"] == "OPEN"


@pytest.mark.usefixtures("orphan")
def test_a_square_off_that_was_missed_is_made_up_on_the_next_session_day(
    cron: Caller, clock: Callable[[str], None]
) -> None:
    clock(MONDAY_MORNING)
    assert run(cron)["outcomes"] == {"closed": 1}


@pytest.mark.usefixtures("orphan")
def test_a_living_worker_closes_its_trades_itself(
    cron: Caller, clock: Callable[[str], None], worker: Worker, user: Person
) -> None:
    worker.acquire()
    clock(FRIDAY_1515)
    assert run(cron)["outcomes"] == {"worker_alive": 1}
    assert user.row("trades")["status"] == "OPEN"


def test_a_trade_without_a_price_is_reported_and_holds_up_no_other(
    cron: Caller,
    clock: Callable[[str], None],
    worker: Worker,
    deployment: Deployment,
    orphan: list[Event],
) -> None:
    worker.acquire()
    unpriced = events.opening(deployment, instrument_key="NSE_FNO:49999", symbol="NEW-FUT")
    worker.must_write(*unpriced)
    worker.release()
    clock(FRIDAY_1515)
    body = run(cron)
    assert body["outcomes"] == {"closed": 1, "no_price": 1}
    (trouble,) = body["problems"]
    assert trouble["trade_id"] == unpriced[2]["row"]["id"] != orphan[2]["row"]["id"]
    assert trouble["detail"] == "NEW-FUT has no last price"


@pytest.mark.usefixtures("orphan")
def test_a_year_without_a_calendar_is_reported_not_guessed(
    cron: Caller, clock: Callable[[str], None], database: Database
) -> None:
    clock(NEXT_YEAR)
    body = run(cron)
    assert body["outcomes"] == {"unknown_hours": 1}
    assert "no calendar for 2027" in body["problems"][0]["detail"]
    row = database.execute("select status, detail from public.job_runs").fetchone()
    assert row is not None
    assert row["status"] == "failed"


@pytest.mark.usefixtures("orphan")
def test_a_run_that_died_is_taken_over_when_its_claim_ends_and_works_once(
    cron: Caller, clock: Callable[[str], None], database: Database, user: Person
) -> None:
    clock(FRIDAY_1515)
    database.execute(
        "insert into public.job_runs (job, slot, lease_until) "
        "values ('eod-exit', date_trunc('minute', now()), now() + interval '1 hour')"
    )
    assert (run(cron)["note"], user.row("trades")["status"]) == ("busy", "OPEN")
    database.execute("update public.job_runs set lease_until = now() - interval '1 second'")
    assert run(cron)["outcomes"] == {"closed": 1}


def test_more_trades_than_one_page_and_one_batch_are_all_closed(
    cron: Caller,
    clock: Callable[[str], None],
    worker: Worker,
    deployment: Deployment,
    *,
    shard_of: Callable[[Worker, Deployment], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("functions.resources.eod_exit._PAGE", 50)  # A full last page, too.
    monkeypatch.setattr("functions.resources.eod_exit._BATCH", 20)
    shard_of(worker, deployment)
    worker.must_write(events.instrument(), events.last_price())
    for begin in (1, 51, 101):
        batch: list[Event] = []
        for number in range(begin, begin + 50):
            key = f"NSE_FNO:{number}"
            batch += [
                events.instrument(instrument_key=key, security_id=number),
                events.last_price(instrument_key=key),
                *events.opening(deployment, instrument_key=key)[:3],
            ]
        worker.must_write(*batch)
    worker.release()
    clock(FRIDAY_1515)
    assert run(cron)["outcomes"] == {"closed": 150}


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "Bearer ",
        "Bearer wrong",
        "Bearer geheimnis-für-den-wecker-0123456789-abc",
        "Basic YTpi",
        "a-cron-secret-for-tests-0123456789-abcdef",
        "Bearer a-cron-secret-for-tests-0123456789-abcdefg",
    ],
)
def test_without_the_cron_secret_nobody_runs_it(
    anybody: Caller, database: Database, authorization: str | None
) -> None:
    headers = (
        {} if authorization is None else {"Authorization": authorization.encode().decode("latin-1")}
    )
    reply = anybody.post(PATH, headers=headers)
    assert reply.status_code == 401
    assert reply.headers["WWW-Authenticate"].startswith("Bearer")
    assert database.execute("select from public.job_runs").fetchone() is None


def test_a_user_is_no_scheduler_and_a_scheduler_no_user(caller: Caller, cron: Caller) -> None:
    problem(caller.post(PATH), 401, "invalid_cron_secret")
    problem(cron.get("/api/trades/all"), 401, "invalid_token")


def test_what_a_scheduler_sends_along_is_not_looked_at(cron: Caller) -> None:
    reply = cron.call("POST", PATH, data=b"{", content_type="application/json")
    assert reply.status_code == 200
