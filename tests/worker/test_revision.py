"""After the close the day is held against the broker's history."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from core.candle import Candle, Interval, Origin
from core.rows import candle_row
from core.session import NS_PER_MINUTE, Market, load_calendar
from tests.core.market import DAY, RELIANCE
from tests.stacks import RunningStack, running_stack
from tests.worker.running import (
    Database,
    running_simulator,
    running_worker,
    wait_for,
)
from worker.market.revision import revised
from worker.market.stored_candles import differing

FUTURE = "NIFTY-Nov2026-FUT"
Row = dict[str, Any]


def _opening() -> int:
    session = load_calendar().session(DAY, Market.CASH)
    assert session is not None
    return session.open_ns


def _minute(number: int, close: float = 100.0, volume: int = 5) -> Candle:
    begin = _opening() + number * NS_PER_MINUTE
    return Candle(
        RELIANCE.key, Interval.M1, begin, begin + NS_PER_MINUTE, 100.0, close, 100.0, close,
        volume, None, Origin.REVISED,
    )  # fmt: skip


def _row(candle: Candle) -> Row:
    return candle_row(candle, "RELIANCE")


def _ought(minutes: list[Candle], official: Candle | None = None) -> list[Candle]:
    session = load_calendar().session(DAY, Market.CASH)
    assert session is not None
    return revised(minutes, session, official)


def test_what_is_stored_as_it_ought_to_be_is_left_alone() -> None:
    ought = _ought([_minute(0), _minute(1)])
    assert differing(ought, [_row(each) for each in ought]) == []


def test_a_minute_that_differs_is_replaced_and_every_candle_made_of_it() -> None:
    before = _ought([_minute(0), _minute(6)])
    after = _ought([_minute(0), _minute(6, close=103.0)])
    found = differing(after, [_row(each) for each in before])
    assert {str(each.interval) for each in found} == {"1m", "5m", "15m", "1h", "4h", "1d"}
    assert all(each.origin is Origin.REVISED and each.high == 103.0 for each in found)
    assert len(found) == 6  # The first minute and its five minutes are right.


def test_a_minute_that_is_missing_is_added() -> None:
    before = _ought([_minute(0)])
    found = differing(_ought([_minute(0), _minute(1)]), [_row(each) for each in before])
    assert [each.open_ns for each in found if each.interval is Interval.M1] == [_minute(1).open_ns]


def test_the_official_candle_of_the_day_takes_the_place_of_ours() -> None:
    session = load_calendar().session(DAY, Market.CASH)
    assert session is not None
    official = Candle(
        RELIANCE.key, Interval.D1, session.open_ns, session.close_ns, 99.0, 105.0, 98.0, 101.5, 11
    )
    (day,) = [each for each in _ought([_minute(0)], official) if each.interval is Interval.D1]
    assert (day, day.origin) == (official, Origin.REVISED)


@pytest.mark.full
@pytest.mark.timeout(240)
def test_after_the_close_a_wrong_row_and_a_missing_one_are_put_right(tmp_path: Path) -> None:
    with (
        running_stack() as stack,
        running_simulator("--speed=30", "--start=15:35", "--hold") as simulator,
        running_worker(stack, simulator, tmp_path, MARKET_SPEED="30") as worker,
    ):
        database = Database(stack)
        wait_for("somebody to listen", lambda: simulator.control("state")["sockets"])
        simulator.control("clock", hold=False)
        first = wait_for("two minutes", _first_two(database), 60)
        _spoil(stack, first)
        simulator.control("clock", speed="max")
        wait_for("the future to be revised", lambda: _is_right(database, first), 90)
        assert worker.stop() == 0
        (stopped,) = worker.said("stopped")
    assert stopped["gaps"]["revised"] >= 2


def _first_two(database: Database) -> Callable[[], list[Row]]:
    def look() -> list[Row]:
        rows = database.rows("ohlcv_data", symbol=f"eq.{FUTURE}", timeframe="eq.1m",
                             order="timestamp")  # fmt: skip
        return rows[:2] if len(rows) > 1 else []

    return look


def _spoil(stack: RunningStack, rows: list[Row]) -> None:
    wrong, gone = (row["timestamp"] for row in rows)
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        connection.execute(
            "update public.ohlcv_data set volume = 1 "
            "where symbol = %s and timeframe = '1m' and timestamp = %s",
            (FUTURE, wrong),
        )
        connection.execute(
            "delete from public.ohlcv_data "
            "where symbol = %s and timeframe = '1m' and timestamp = %s",
            (FUTURE, gone),
        )


def _is_right(database: Database, before: list[Row]) -> bool:
    found = database.rows(
        "ohlcv_data", symbol=f"eq.{FUTURE}", timeframe="eq.1m", origin="eq.revised"
    )
    volumes = {row["timestamp"]: row["volume"] for row in found}
    return all(volumes.get(row["timestamp"]) == row["volume"] for row in before)
