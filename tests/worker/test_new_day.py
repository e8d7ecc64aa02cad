"""Two market days, one worker: overnight the socket ends, the token dies and a contract expires."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.stacks import running_stack
from tests.worker.running import (
    BANKNIFTY_CONFIG,
    NIFTY_CONFIG,
    Database,
    RunningSimulator,
    RunningWorker,
    running_simulator,
    started_worker,
    wait_for,
    worker_environment,
)
from tests.worker.wire_cut import Line, line_to

pytestmark = pytest.mark.full

EXPIRY, NEXT = "2026-11-23", "2026-11-25"
"""The last day of the November futures, a Monday because the Tuesday is a holiday; the next day."""
NOVEMBER, DECEMBER = "NIFTY-Nov2026-FUT", "NIFTY-Dec2026-FUT"
PORTS = {
    "DHAN_API_URL": "rest",
    "DHAN_AUTH_URL": "rest",
    "DHAN_MASTER_URL": "rest",
    "DHAN_FEED_URL": "feed",
}


class TwoDays:
    """What is there after the evening of one day and the morning of the next."""

    def __init__(self, folder: Path) -> None:
        with running_stack() as stack, ExitStack() as lines:
            self.database = Database(stack)
            played = ("--day", EXPIRY, "--start=15:20", "--speed=120", "--hold")
            with running_simulator(*played) as evening:
                ports = {name: urlsplit(evening.environment[key]).port or 0
                         for key, name in PORTS.items()}  # fmt: skip
                roads = {name: lines.enter_context(line_to(port)) for name, port in ports.items()}
                login = {name: evening.environment[name]
                         for name in ("DHAN_PIN", "DHAN_TOTP_SECRET")}  # fmt: skip
                environment = worker_environment(
                    stack, evening, folder, MARKET_SPEED="120", **login, **_through(evening, roads)
                )
                worker = lines.enter_context(started_worker(environment))
                wait_for("all to be subscribed", lambda: _subscribed(evening) >= 2, 90)
                evening.control("clock", hold=False)
                worker.wait_said("ready", 90)
                wait_for("the evening", lambda: evening.control("clock")["rows_left"] == 0, 120)
                self.evening = self._instruments()
            self._live_through_the_morning(worker, roads)

    def _live_through_the_morning(self, worker: RunningWorker, roads: dict[str, Line]) -> None:
        with _morning(roads, worker) as simulator:
            worker.wait_said("a new day", 90)
            self.listings = [each["is_listed"] for each in worker.said("a new day")]
            simulator.clear_faults()
            wait_for("the listing", lambda: self._listed(worker), 90)
            wait_for("candles of the next contract", lambda: len(self._minutes(DECEMBER)) > 3, 90)
            self.morning = self._instruments()
            self.statuses = [self.database.config(each)["status"]
                             for each in (NIFTY_CONFIG, BANKNIFTY_CONFIG)]  # fmt: skip
            self.minutes = {symbol: self._minutes(symbol) for symbol in (NOVEMBER, DECEMBER)}
            self.notes = self.database.rows("strategy_logs", message="like.goes on with*")
            assert worker.stop() == 0
            (self.stopped,) = worker.said("stopped")

    def _listed(self, worker: RunningWorker) -> bool:
        self.listings = [each["is_listed"] for each in worker.said("a new day")]
        return bool(self.listings[-1])

    def _instruments(self) -> dict[str, dict[str, Any]]:
        return {row["symbol"]: row for row in self.database.rows("instruments")}

    def _minutes(self, symbol: str) -> list[str]:
        rows = self.database.rows(
            "ohlcv_data", symbol=f"eq.{symbol}", timeframe="eq.1m", order="timestamp"
        )
        return [row["timestamp"] for row in rows]


def _subscribed(simulator: RunningSimulator) -> int:
    return sum(each["instruments"] for each in simulator.control("state")["sockets"])


def _through(simulator: RunningSimulator, roads: dict[str, Line]) -> dict[str, str]:
    """Return the addresses as they are at the near ends of lines."""
    found = {}
    for key, name in PORTS.items():
        parts = urlsplit(simulator.environment[key])
        found[key] = parts._replace(netloc=f"127.0.0.1:{roads[name].port}").geturl()
    return found


@contextmanager
def _morning(roads: dict[str, Line], worker: RunningWorker) -> Iterator[RunningSimulator]:
    """Yield the next day's simulator: the same accounts, other tokens, at first no listing."""
    options = ("--day", NEXT, "--speed=60", "--hold", "--no-rate-limits")
    with running_simulator(*options) as simulator:
        simulator.control("faults", kind="rest_status", code=503, seconds=600, path="/api-data")
        before = len(worker.said("feed connected"))
        for key in ("DHAN_API_URL", "DHAN_FEED_URL"):
            roads[PORTS[key]].lead_to(urlsplit(simulator.environment[key]).port or 0)
        simulator.control("clock", hold=False)
        wait_for("the feed", lambda: len(worker.said("feed connected")) > before, 60)
        yield simulator


@pytest.fixture(scope="module")
def days(tmp_path_factory: pytest.TempPathFactory) -> TwoDays:
    return TwoDays(tmp_path_factory.mktemp("days"))


def test_configs_go_on_with_the_contract_that_is_next(days: TwoDays) -> None:
    assert days.statuses == ["ACTIVE", "ACTIVE"]
    assert days.stopped["restarts"] == 0
    assert all(each < NEXT for each in days.minutes[NOVEMBER])
    assert days.minutes[DECEMBER][-1] > NEXT
    told = {row["strategy_config_id"] for row in days.notes if "Dec2026-FUT" in row["message"]}
    assert told >= {NIFTY_CONFIG, BANKNIFTY_CONFIG}


def test_a_listing_that_could_not_be_had_is_asked_for_again(days: TwoDays) -> None:
    assert days.listings[0] is False
    assert days.listings[-1] is True


def test_only_what_is_listed_otherwise_is_stored(days: TwoDays) -> None:
    assert days.evening[NOVEMBER]["is_active"]
    assert not days.morning[NOVEMBER]["is_active"]
    assert days.morning[DECEMBER]["is_active"]
    assert days.morning["NIFTY"] == days.evening["NIFTY"]


def test_the_token_that_died_overnight_was_replaced(days: TwoDays) -> None:
    assert days.stopped["token"]["logins"] >= 1
    assert days.stopped["dropped"] == 0
