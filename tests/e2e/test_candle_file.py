"""A candle file through simulator and worker: stored candles equal the file and its sums.

The same with a quarter of real minutes is in `tests/worker/test_real_data.py`.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from tests.e2e.candles import Minute, longer, make_minutes, write_file
from tests.e2e.demo import running_demo
from tests.stacks import RunningStack, running_stack
from tests.worker.running import Database, running_simulator, running_worker, wait_for

pytestmark = pytest.mark.timeout(120)
SYMBOL = "RELIANCE"
LENGTHS = {
    "1m": timedelta(minutes=1),
    "5m": timedelta(minutes=5),
    "15m": timedelta(minutes=15),
    "1h": timedelta(hours=1),
    "4h": timedelta(hours=4),
    "1d": timedelta(days=1),
}


@pytest.fixture(scope="module")
def minutes() -> list[Minute]:
    """Return the content of the file."""
    return make_minutes(20261120)


@pytest.fixture(scope="module")
def file(minutes: list[Minute], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file."""
    path: Path = tmp_path_factory.mktemp("candles") / "reliance.csv.gz"
    write_file(path, minutes)
    return path


@pytest.fixture(scope="module")
def played(
    file: Path, minutes: list[Minute], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningStack]:
    """Return a stack after the worker has seen the whole file."""
    with (
        running_stack() as stack,
        running_simulator(f"--candles={file}", f"--symbol={SYMBOL}", "--speed=max") as simulator,
    ):
        made = (
            Database(stack)
            .user()
            .call(
                "create_strategy",
                p_name="all of it",
                p_strategy_type="momentum",
                p_symbols=[SYMBOL],
                p_auto_start=True,
            )
        )
        folder = tmp_path_factory.mktemp("worker")
        with running_worker(stack, simulator, folder, MARKET_SPEED="1000000") as worker:
            Database(stack).wait_status(made["config_id"], "ACTIVE")
            wait_for("the end", lambda: simulator.control("clock")["rows_left"] == 0, 60)
            wait_for("the last minute", lambda: len(_stored(stack, "1m")) == len(minutes))
            assert worker.stop() == 0
            (stopped,) = worker.said("stopped")
            assert stopped["dropped"] == 0
        yield stack


@pytest.mark.parametrize("timeframe", LENGTHS)
def test_stored_candles_equal_the_file_in_all_five_fields(
    played: RunningStack, minutes: list[Minute], timeframe: str
) -> None:
    assert _stored(played, timeframe) == longer(minutes, LENGTHS[timeframe])


@pytest.mark.full
def test_a_demo_of_the_file_trades_its_symbol(file: Path) -> None:
    with running_demo(
        DEMO_SOURCE=str(file), DEMO_SYMBOL=SYMBOL, DEMO_SPEED="1200", DEMO_SECONDS="8"
    ) as demo:
        status, output = demo.wait_ended()
    assert status == 0, "".join(demo.lines)
    summary = json.loads(output)
    assert summary["trades"] > 0
    assert summary["dropped"] == 0
    assert not any("FUT" in line for line in demo.lines), "nothing else is traded"


def _stored(stack: RunningStack, timeframe: str) -> dict[datetime, tuple[float, ...]]:
    query = (
        "select timestamp, open_price, high_price, low_price, close_price, volume"
        " from public.ohlcv_data where symbol = %s and timeframe = %s"
    )
    with psycopg.connect(stack.database_url) as connection:
        rows = connection.execute(query, (SYMBOL, timeframe)).fetchall()
    return {
        start.astimezone(UTC): (*(float(price) for price in prices), int(volume))
        for start, *prices, volume in rows
    }
