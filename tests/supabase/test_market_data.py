"""Market data: candles and their months, prices that only get newer, the market's clock."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.supabase import events
from tests.supabase.conftest import Database
from tests.supabase.deployments import Event, Worker
from tests.supabase.people import Person


def write(worker: Worker, event: Event) -> str:
    (result,) = worker.write(event)
    return str(result["outcome"])


def stored(user: Person, key: str) -> dict[str, Any]:
    return user.row(
        f"ohlcv_data?instrument_key=eq.{key}&select=origin,volume,close_price::text,symbol"
    )


def test_a_candle_is_stored_as_it_came(worker: Worker, user: Person) -> None:
    worker.must_write(events.candle(instrument_key="NSE_EQ:601"))
    row = user.row(
        "market_data?instrument_key=eq.NSE_EQ:601"
        "&select=timestamp,timeframe,open::text,high::text,low::text,close::text,volume,open_interest"
    )
    assert row == {
        "timestamp": events.MORNING,
        "timeframe": "1m",
        "open": "25000.1000",
        "high": "25010.0000",
        "low": "24990.0500",
        "close": "25005.0000",
        "volume": 1300,
        "open_interest": 120000,
    }


def test_a_candle_is_replaced_by_a_better_one_and_never_by_a_worse(
    worker: Worker, user: Person
) -> None:
    key = "NSE_EQ:602"

    def candle(origin: str, volume: int) -> Event:
        return events.candle(instrument_key=key, origin=origin, volume=volume)

    worker.must_write(
        candle("live", 1), candle("live", 2), candle("backfilled", 3), candle("revised", 4)
    )
    assert write(worker, candle("live", 5)) == "stale"
    assert write(worker, candle("backfilled", 6)) == "stale"
    assert (stored(user, key)["origin"], stored(user, key)["volume"]) == ("revised", 4)


@pytest.mark.parametrize(
    "bend",
    [
        {"timeframe": "2m"},
        {"volume": -1},
        {"high_price": "24999.00"},
        {"low_price": "0"},
        {"close_price": "NaN"},
        {"instrument_key": "NIFTY"},
    ],
)
def test_an_impossible_candle_is_poison(worker: Worker, bend: dict[str, Any]) -> None:
    assert write(worker, events.candle(**bend)) == "failed"


@pytest.mark.parametrize(
    ("timestamp", "leaf"),
    [
        ("2026-11-30T23:59:00Z", "ohlcv_data_2026_11"),
        ("2026-12-01T00:00:00Z", "ohlcv_data_2026_12"),
        ("2019-01-01T00:00:00Z", "ohlcv_data_default"),
    ],
)
def test_a_candle_lies_in_the_leaf_of_its_month(
    worker: Worker, database: Database, timestamp: str, leaf: str
) -> None:
    worker.must_write(events.candle(instrument_key="NSE_EQ:603", timestamp=timestamp))
    row = database.execute(
        "select tableoid::regclass::text as leaf from public.ohlcv_data "
        "where instrument_key = 'NSE_EQ:603' and timestamp = %s",
        (timestamp,),
    ).fetchone()
    assert row == {"leaf": f"market_partitions.{leaf}"}


def test_a_month_can_be_given_its_own_leaf_when_it_has_candles_already(
    worker: Worker, database: Database, user: Person
) -> None:
    key = "NSE_EQ:604"
    for timestamp in ("2018-02-01T00:00:00Z", "2018-02-28T23:59:00Z", "2018-03-01T00:00:00Z"):
        worker.must_write(events.candle(instrument_key=key, timestamp=timestamp))
    made = database.execute("select private.create_ohlcv_month('2018-02-11') as leaf").fetchone()
    again = database.execute("select private.create_ohlcv_month('2018-02-01') as leaf").fetchone()
    assert (made, again) == ({"leaf": "ohlcv_data_2018_02"}, {"leaf": None})
    moved = database.execute("select from market_partitions.ohlcv_data_2018_02").fetchall()
    assert len(moved) == 2
    assert len(user.rows(f"ohlcv_data?instrument_key=eq.{key}")) == 3
    assert write(worker, events.candle(instrument_key=key, timestamp="2018-02-01T00:00:00Z")) == (
        "applied"
    )


def test_a_price_only_gets_newer(worker: Worker, user: Person) -> None:
    key = "NSE_EQ:605"
    worker.must_write(
        events.last_price(instrument_key=key, traded_at=events.NOON, previous_close="90.00")
    )
    worker.must_write(events.last_price(instrument_key=key, traded_at=events.NOON, price="101.00"))
    assert write(worker, events.last_price(instrument_key=key, price="5.00")) == "stale"
    row = user.row(f"last_prices?instrument_key=eq.{key}&select=price::text,previous_close::text")
    assert row == {"price": "101.0000", "previous_close": "90.0000"}


def test_an_instrument_is_replaced_by_its_newest_description(worker: Worker, user: Person) -> None:
    listed = {"instrument_key": "NSE_FNO:606", "security_id": 606}
    worker.must_write(events.instrument(**listed), events.instrument(**listed, lot_size=75))
    assert user.row("instruments?instrument_key=eq.NSE_FNO:606")["lot_size"] == 75


def test_a_share_says_whether_futures_on_it_are_traded(worker: Worker, user: Person) -> None:
    share = {"segment": "NSE_EQ", "security_id": 607, "instrument_key": "NSE_EQ:607"}
    listed = {**share, "kind": "EQUITY", "expiry": None, "underlying": None, "lot_size": 1}
    for has_derivatives in (True, False):
        worker.must_write(events.instrument(**listed, has_derivatives=has_derivatives))
        row = user.row("instruments?instrument_key=eq.NSE_EQ:607")
        assert row["has_derivatives"] is has_derivatives


@pytest.mark.parametrize(
    "bend",
    [
        {"security_id": 1},
        {"lot_size": 0},
        {"tick_size": "0.001"},
        {"option_side": "CE"},
    ],
)
def test_an_impossible_instrument_is_poison(worker: Worker, bend: dict[str, Any]) -> None:
    assert write(worker, events.instrument(**bend)) == "failed"


@pytest.fixture
def wall_clock_afterwards(database: Database) -> Iterator[None]:
    """Put the market's clock back."""
    yield
    database.execute("update public.market_clock set source = 'WALL', simulated = false")


@pytest.mark.usefixtures("wall_clock_afterwards")
def test_market_time_is_the_wall_clock_unless_a_feed_says_otherwise(
    worker: Worker, user: Person
) -> None:
    age = datetime.now(UTC) - datetime.fromisoformat(user.rpc("market_now"))
    assert abs(age.total_seconds()) < 60
    at = "2026-11-20T09:45:00+00:00"
    worker.must_write(
        events.event("market_clock", {"market_time": at, "speed": 60, "simulated": True})
    )
    assert user.rpc("market_now") == at
    assert user.row("market_clock")["simulated"] is True
    worker.must_write(events.event("market_clock", {"market_time": at, "source": "WALL"}))
    assert user.rpc("market_now") != at
