"""The end-of-day exit over HTTP: each open paper trade once, whoever calls, however often."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from psycopg.sql import SQL, Identifier

from tests.functions.conftest import ROOT, Caller, Database, Environ, problem
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
    """Find no open trade of other tests; leave no claim, no trade and the wall clock behind."""
    database.execute("delete from public.trades where status = 'OPEN'")
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


def test_called_again_and_again_it_finds_nothing_more_to_do(
    cron: Caller, clock: Callable[[str], None], user: Person, orphan: list[Event]
) -> None:
    clock(FRIDAY_1515)
    assert run(cron)["outcomes"] == {"closed": 1}
    for late in (FRIDAY_1515, "2026-11-20T18:00:00+00:00", MONDAY_MORNING):
        clock(late)
        assert run(cron)["outcomes"] == {}
    (sold,) = user.rows("orders?purpose=eq.EXIT")
    assert sold["trade_id"] == orphan[2]["row"]["id"]


def test_on_a_muhurat_evening_it_closes_five_minutes_before_the_end(
    cron: Caller,
    clock: Callable[[str], None],
    worker: Worker,
    deployment: Deployment,
    shard_of: Callable[[Worker, Deployment], None],
) -> None:
    # 1 November 2024, 18:00 to 19:00 in India.
    shard_of(worker, deployment)
    entry = {"entry_time": "2024-11-01T12:40:00+00:00"}
    price = events.last_price(traded_at="2024-11-01T13:20:00+00:00")
    worker.must_write(events.instrument(), *events.opening(deployment, **entry))
    assert worker.write(price)[0]["outcome"] in {"applied", "stale"}
    worker.release()
    clock("2024-11-01T13:24:59.999999+00:00")
    assert run(cron)["outcomes"] == {"not_due": 1}
    clock("2024-11-01T13:25:00+00:00")
    assert run(cron)["outcomes"] == {"closed": 1}


OPTION = "NSE_FNO:61001"
INDEX = "IDX_I:13"
CLOSE = "2026-11-20T10:10:00+00:00"  # 15:40 in India.


@pytest.fixture
def option(
    worker: Worker, deployment: Deployment, shard_of: Callable[[Worker, Deployment], None]
) -> list[Event]:
    """Return what a dead worker wrote when it bought a call that expires today."""
    shard_of(worker, deployment)
    call = {"instrument_key": OPTION, "symbol": "NIFTY 20 NOV 25000 CALL"}
    listed = {"security_id": 61001, "kind": "OPTIDX", "expiry": "2026-11-20", **call}
    index = {"instrument_key": INDEX, "segment": "IDX_I", "security_id": 13, "symbol": "NIFTY"}
    opening = events.opening(deployment, entry_price="100.00", stop_loss=None, **call)[:3]
    for each in opening:
        each["row"] |= {"instrument_key": OPTION}
    opening[0]["row"] |= {"average_price": "100.00"}
    opening[1]["row"] |= {"price": "100.00"}
    worker.must_write(
        events.instrument(strike="25000", option_side="CE", **listed),
        events.instrument(kind="INDEX", underlying=None, expiry=None, lot_size=1, **index),
        *opening,
    )
    worker.write(events.last_price(price="90.00", **call))  # Stale when written by another test.
    worker.release()
    return opening


def closed_trade(user: Person) -> tuple[str, ...]:
    columns = "status,exit_reason,exit_price::text,gross_pnl::text,charges::text"
    return tuple(user.row(f"trades?select={columns}").values())


@pytest.mark.usefixtures("option")
def test_an_expiring_option_is_closed_at_half_past_two(
    cron: Caller, clock: Callable[[str], None], user: Person
) -> None:
    clock("2026-11-20T08:59:59.999999+00:00")
    assert run(cron)["outcomes"] == {"not_due": 1}
    clock("2026-11-20T09:00:00+00:00")
    assert run(cron)["outcomes"] == {"closed": 1}
    assert closed_trade(user)[:4] == ("CLOSED", "EXPIRY", "90.0000", "-650.00")


@pytest.mark.usefixtures("option")
@pytest.mark.parametrize("at", [CLOSE, MONDAY_MORNING])
@pytest.mark.parametrize(
    ("last_price", "candle", "worth", "gross", "charges"),
    [
        # By the index's last price of that day: 65 x (25150.50 - 25000); entry 63.90 + STT 14.67.
        ("25150.50", None, "150.5000", "3282.50", "78.57"),
        # Its last price is of a later day: by the last candle of that day.
        (None, "25020.00", "20.0000", "-5200.00", "65.85"),
        (None, "24000.00", "0.0000", "-6500.00", "63.90"),
    ],
)
def test_an_option_left_at_expiry_is_settled_by_the_index_of_that_day(
    cron: Caller,
    clock: Callable[[str], None],
    database: Database,
    user: Person,
    *,
    at: str,
    last_price: str | None,
    candle: str | None,
    worth: str,
    gross: str,
    charges: str,
) -> None:
    database.execute("delete from public.ohlcv_data where instrument_key = %s", (INDEX,))
    database.execute("delete from public.last_prices where instrument_key = %s", (INDEX,))
    database.execute(
        "insert into public.last_prices (instrument_key, symbol, price, traded_at) "
        "values (%s, 'NIFTY', %s, %s)",
        (INDEX, last_price or "99999", CLOSE if last_price else "2026-11-23T04:00:00Z"),
    )
    if candle is not None:
        for minute, price in (("10:08", "1"), ("10:09", candle)):
            database.execute(
                "insert into public.ohlcv_data (instrument_key, symbol, timeframe, timestamp, "
                "open_price, high_price, low_price, close_price, volume) "
                "values (%s, 'NIFTY', '1m', %s, %s, %s, %s, %s, 0)",
                (INDEX, f"2026-11-20T{minute}:00Z", *(price,) * 4),
            )
    clock(at)
    assert run(cron)["outcomes"] == {"closed": 1}
    assert closed_trade(user) == ("CLOSED", "SETTLEMENT", worth, gross, charges)


@pytest.mark.usefixtures("option")
def test_an_option_is_not_settled_by_the_price_of_another_day(
    cron: Caller, clock: Callable[[str], None], database: Database, user: Person
) -> None:
    for table in ("last_prices", "ohlcv_data"):
        query = SQL("delete from public.{} where instrument_key = %s")
        database.execute(query.format(Identifier(table)), (INDEX,))
    clock(CLOSE)
    body = run(cron)
    assert body["outcomes"] == {"no_price": 1}
    assert "NIFTY has no price of 2026-11-20" in body["problems"][0]["detail"]
    assert user.row("trades")["status"] == "OPEN"


# What runs in a process of its own: it closes one trade, and is killed before it can say so.
KILLED_HALF_WAY = """
import os, signal, sys
import functions.resources.eod_exit as eod_exit
from functions.database import Database
from functions.main import api
from flask import Flask, request

eod_exit._BATCH = 1
rpc = Database.rpc

def deadly(self, function, arguments=None, **params):
    result = rpc(self, function, arguments, **params)
    if function == "eod_exit_without_worker":
        os.kill(os.getpid(), signal.SIGKILL)
    return result

Database.rpc = deadly
headers = {"Authorization": "Bearer " + os.environ["CRON_SECRET"]}
with Flask("killed").test_request_context("/api/cron/eod-exit", method="POST", headers=headers):
    api(request)
"""


def test_a_run_that_is_killed_half_way_is_finished_once_by_the_next(
    cron: Caller,
    clock: Callable[[str], None],
    worker: Worker,
    deployment: Deployment,
    *,
    shard_of: Callable[[Worker, Deployment], None],
    database: Database,
    environ: Environ,
    user: Person,
) -> None:
    shard_of(worker, deployment)
    worker.must_write(
        events.instrument(), events.instrument(instrument_key="NSE_FNO:2", security_id=2)
    )
    for key in (events.INSTRUMENT, "NSE_FNO:2"):
        worker.write(events.last_price(instrument_key=key))
        worker.must_write(*events.opening(deployment, instrument_key=key))
    worker.release()
    clock(FRIDAY_1515)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_HALF_WAY],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environ},
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert len(user.rows("trades?status=eq.CLOSED")) == 1
    # Its claim holds the next one off until it ends.
    assert run(cron)["note"] == "busy"
    database.execute("update public.job_runs set lease_until = now() - interval '1 second'")
    assert run(cron)["outcomes"] == {"closed": 1}
    sold = user.rows("orders?purpose=eq.EXIT")
    assert len({each["trade_id"] for each in sold}) == len(sold) == 2
