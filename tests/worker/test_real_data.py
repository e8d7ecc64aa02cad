"""Real candles through simulator and worker: the stored rows are the file's."""

import csv
import gzip
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.core.shared_data import shared
from tests.stacks import running_stack
from tests.worker.running import (
    BANKNIFTY_CONFIG,
    Database,
    running_simulator,
    running_worker,
    wait_for,
)

Rows = dict[datetime, tuple[float | int, ...]]


@pytest.mark.full  # A quarter of market data, about a minute.
@pytest.mark.timeout(300)
def test_a_quarter_of_real_minutes_is_stored_as_it_is_in_the_file(tmp_path: Path) -> None:
    source = shared("reliance_eq_2025_1m.csv.gz")
    vendor = _file_rows(shared("reliance_eq_2025_15m_vendor.csv.gz"))
    with (
        running_stack() as stack,
        running_simulator(f"--candles={source}", "--symbol=RELIANCE", "--speed=max") as simulator,
    ):
        database = Database(stack)
        database.user().call(
            "create_strategy",
            p_name="Watch RELIANCE",
            p_strategy_type="momentum",
            p_symbols=["RELIANCE"],
            p_auto_start=True,
        )
        with running_worker(stack, simulator, tmp_path, MARKET_SPEED="1000000") as worker:
            wait_for("the end", lambda: simulator.control("clock")["rows_left"] == 0, 200)
            minutes = _file_rows(source)
            wait_for(
                "the last minute",
                lambda: len(_stored_rows(stack.database_url, "1m")) == len(minutes),
                60,
            )
            assert database.config(BANKNIFTY_CONFIG)["status"] == "ERROR"
            assert (
                "symbol 'BANKNIFTY-FUT' is unknown"
                in database.config(BANKNIFTY_CONFIG)["error_message"]
            )
            assert worker.stop() == 0
            (stopped,) = worker.said("stopped")
        stored = _stored_rows(stack.database_url, "1m")
        fifteen = _stored_rows(stack.database_url, "15m")

    assert stopped["dropped"] == 0
    assert stored == minutes
    assert len(vendor) == 1025
    assert {start: fifteen.get(start) for start in vendor} == vendor
    assert len(fifteen) == len(vendor)


def _file_rows(path: Path) -> Rows:
    with gzip.open(path, "rt", newline="") as file:
        return dict(_row(datetime.fromisoformat(row["ts"]), row) for row in csv.DictReader(file))


def _row(start: datetime, row: dict[str, Any]) -> tuple[datetime, Any]:
    prices = (float(row[name]) for name in ("open", "high", "low", "close"))
    return start.astimezone(UTC), (*prices, int(row["volume"]))


def _stored_rows(database_url: str, timeframe: str) -> Rows:
    query = (
        "select timestamp, open_price, high_price, low_price, close_price, volume"
        " from public.ohlcv_data where symbol = 'RELIANCE' and timeframe = %s"
    )
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(query, (timeframe,)).fetchall()
    return {
        start.astimezone(UTC): (*(float(price) for price in prices), int(volume))
        for start, *prices, volume in rows
    }
