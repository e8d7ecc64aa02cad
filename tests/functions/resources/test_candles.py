"""Candles downloaded from the simulator over real sockets: paged, complete, and stored once."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.instrument import Instrument
from core.session import IST, NS_PER_SECOND, Market, load_calendar
from tests.functions.conftest import Caller, Database, Environ, pointers, problem, running_app
from tests.supabase.deployments import Worker
from tests.supabase.events import event
from tests.worker.running import RunningSimulator
from worker.market.instrument_rows import instrument_row
from worker.market.symbols import read_master

PATH = "/api/data/candles"


@pytest.fixture(scope="module")
def future(dhan: RunningSimulator, tmp_path_factory: pytest.TempPathFactory) -> Instrument:
    """Return the near-month future of NIFTY that the simulator lists."""
    master = tmp_path_factory.mktemp("master") / "instruments.csv"
    url = f"{dhan.environment['DHAN_MASTER_URL']}/api-scrip-master-detailed.csv"
    master.write_bytes(httpx.get(url).raise_for_status().content)
    return read_master(Path(master)).find("NIFTY-FUT", date.min)


@pytest.fixture
def today(
    dhan: RunningSimulator,
    database: Database,
    worker: Worker,
    future: Instrument,
) -> Iterator[date]:
    """Yield the day being played; it is held at its opening, and the future is listed."""
    clock = httpx.get(f"{dhan.environment['DHAN_CONTROL_URL']}/clock").json()
    now = datetime.fromtimestamp(clock["now_ns"] // NS_PER_SECOND, IST)
    worker.must_write(event("instrument", {**instrument_row(future), "symbol": "HISTORY-FUT"}))
    database.execute(
        "update public.market_clock set source = 'FEED', market_time = %s",
        (now.replace(hour=16, minute=0),),
    )
    yield now.date()
    database.execute("update public.market_clock set source = 'WALL'")
    database.execute("delete from public.ohlcv_data where symbol = 'HISTORY-FUT'")
    httpx.delete(f"{dhan.environment['DHAN_CONTROL_URL']}/faults").raise_for_status()


def before(today: date, sessions: int) -> date:
    """Return the day so many sessions before."""
    day = today
    for _ in range(sessions):
        day = load_calendar().previous_session(day, Market.DERIVATIVES, skip_unconfirmed=True).day
    return day


def download(caller: Caller, first: date, last: date, **more: Any) -> dict[str, Any]:
    body = {"symbol": "HISTORY-FUT", "first_day": str(first), "last_day": str(last), **more}
    reply = caller.post(PATH, body)
    assert reply.status_code == 200, reply.text
    answer: dict[str, Any] = reply.get_json()
    return answer


def stored(database: Database, timeframe: str) -> int:
    row = database.execute(
        "select count(*) as found from public.ohlcv_data"
        " where symbol = 'HISTORY-FUT' and timeframe = %s",
        (timeframe,),
    ).fetchone()
    assert row is not None
    return int(str(row["found"]))


def test_minutes_of_past_days_are_stored_and_held_against_the_sessions(
    caller: Caller, database: Database, today: date
) -> None:
    first, last = before(today, 2), before(today, 1)
    answer = download(caller, first, last)
    assert [(day["day"], day["expected"]) for day in answer["days"]] == [
        (str(first), 385),
        (str(last), 385),
    ]
    received = sum(day["received"] for day in answer["days"])
    assert received > 0
    assert answer["is_complete"] == all(day["received"] == 385 for day in answer["days"])
    assert answer["stored"] == [
        {"timeframe": "1m", "added": received, "revised": 0, "unchanged": 0}
    ]
    assert stored(database, "1m") == received
    assert (answer["next_day"], answer["outside_hours"]) == (None, 0)
    again = download(caller, first, last)["stored"]
    assert again == [{"timeframe": "1m", "added": 0, "revised": 0, "unchanged": received}]


def test_longer_candles_are_sums_of_the_minutes(
    caller: Caller, database: Database, today: date
) -> None:
    day = before(today, 1)
    answer = download(caller, day, day, timeframe="15m")
    assert [each["timeframe"] for each in answer["stored"]] == ["1m", "15m"]
    assert stored(database, "15m") == answer["stored"][1]["added"] == 26
    row = database.execute(
        """
        select longer.volume = sum(minute.volume) as volume,
               longer.high_price = max(minute.high_price) as high
        from public.ohlcv_data as longer
        join public.ohlcv_data as minute
          on minute.instrument_key = longer.instrument_key and minute.timeframe = '1m'
         and minute.timestamp >= longer.timestamp
         and minute.timestamp < longer.timestamp + interval '15 minutes'
        where longer.timeframe = '15m' and longer.symbol = 'HISTORY-FUT'
        group by longer.timestamp, longer.volume, longer.high_price
        order by longer.timestamp limit 1
        """
    ).fetchone()
    assert row == {"volume": True, "high": True}


def test_daily_candles_begin_with_their_session(
    caller: Caller, database: Database, today: date
) -> None:
    first, last = before(today, 3), before(today, 1)
    answer = download(caller, first, last, timeframe="1d")
    assert answer["is_complete"] is True
    assert answer["stored"] == [{"timeframe": "1d", "added": 3, "revised": 0, "unchanged": 0}]
    row = database.execute(
        "select to_char(min(timestamp) at time zone 'Asia/Kolkata', 'HH24:MI') as begin"
        " from public.ohlcv_data where symbol = 'HISTORY-FUT' and timeframe = '1d'"
    ).fetchone()
    assert row == {"begin": "09:15"}


def test_a_candle_that_was_seen_otherwise_is_revised(
    caller: Caller, database: Database, today: date
) -> None:
    day = before(today, 1)
    count = download(caller, day, day)["stored"][0]["added"]
    database.execute(
        "update public.ohlcv_data set volume = volume + 1, origin = 'live' where timestamp = "
        "(select min(timestamp) from public.ohlcv_data where symbol = 'HISTORY-FUT')"
        " and symbol = 'HISTORY-FUT'"
    )
    answer = download(caller, day, day)["stored"]
    assert answer == [{"timeframe": "1m", "added": 0, "revised": 1, "unchanged": count - 1}]
    row = database.execute(
        "select count(*) as revised from public.ohlcv_data"
        " where symbol = 'HISTORY-FUT' and origin = 'revised'"
    ).fetchone()
    assert row == {"revised": 1}


def test_more_than_ninety_days_come_page_by_page(caller: Caller, today: date) -> None:
    first = today - timedelta(days=100)
    answer = download(caller, first, today - timedelta(days=1))
    assert answer["last_day"] == str(first + timedelta(days=89))
    assert answer["next_day"] == str(first + timedelta(days=90))
    rest = download(caller, date.fromisoformat(answer["next_day"]), today - timedelta(days=1))
    assert rest["next_day"] is None
    assert rest["last_day"] == str(today - timedelta(days=1))


def test_a_refusal_for_being_too_much_is_waited_out(
    caller: Caller, dhan: RunningSimulator, today: date
) -> None:
    fault = {"kind": "rest_status", "code": 429, "count": 1, "path": "/v2/charts/intraday"}
    control = dhan.environment["DHAN_CONTROL_URL"]
    httpx.post(f"{control}/faults", json=fault).raise_for_status()
    day = before(today, 1)
    assert download(caller, day, day)["stored"][0]["added"] > 0
    assert httpx.get(f"{control}/faults").json() == []


def test_a_token_that_is_refused_is_said_to_be(
    environ: Environ, caller: Caller, today: date
) -> None:
    with running_app({**environ, "DHAN_ACCESS_TOKEN": "another"}) as app:
        body = {"symbol": "HISTORY-FUT", "first_day": str(today), "last_day": str(today)}
        refused = problem(Caller(app, caller.token).post(PATH, body), 503, "history_unavailable")
    assert "refuses the token" in refused["detail"]


def test_without_an_account_nothing_is_downloaded(
    environ: Environ, caller: Caller, today: date
) -> None:
    with running_app({**environ, "DHAN_ACCESS_TOKEN": ""}) as app:
        body = {"symbol": "HISTORY-FUT", "first_day": str(today), "last_day": str(today)}
        problem(Caller(app, caller.token).post(PATH, body), 503, "history_unavailable")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"first_day": "2019-01-01"}, "/first_day"),
        ({"first_day": "2099-01-01", "last_day": "2099-01-02"}, "/first_day"),
        ({"last_day": "2020-01-01"}, "/last_day"),
        ({"first_day": "yesterday"}, "/first_day"),
        ({"first_day": 20261120}, "/first_day"),
        ({"timeframe": "2m"}, "/timeframe"),
        ({"symbol": "';--"}, "/symbol"),
        ({"more": 1}, "/more"),
    ],
)
def test_a_request_that_cannot_be_served_is_refused_by_field(
    caller: Caller, today: date, change: dict[str, Any], pointer: str
) -> None:
    body = {"symbol": "HISTORY-FUT", "first_day": str(today), "last_day": str(today), **change}
    assert pointers(problem(caller.post(PATH, body), 422, "invalid_value")) == [pointer]


def test_a_symbol_that_nobody_lists_is_not_found(caller: Caller, today: date) -> None:
    body = {"symbol": "NOBODY", "first_day": str(today), "last_day": str(today)}
    problem(caller.post(PATH, body), 404, "not_found")


def test_nobody_downloads_without_signing_in(anybody: Caller) -> None:
    problem(anybody.post(PATH, {}), 401, "not_signed_in")
