"""A whole market day in which the feed is lost again and again, beside the same day undisturbed.

In:  nothing but this checkout.
Out: what the database says of both days; how long each loss lasted; what the worker counted.
Next: `tests/chaos/feed.py`, which holds them against each other.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from tests.stacks import running_stack
from tests.worker.running import (
    BANKNIFTY_CONFIG,
    NIFTY_CONFIG,
    Database,
    RunningSimulator,
    RunningWorker,
    running_simulator,
    running_worker,
    wait_for,
)

SPEED: Final = 60
RESETS: Final = 50
DAY: Final = "2026-11-20"
FIRST: Final = "09:19:00"
LAST: Final = "15:20:00"
SYMBOLS: Final = ("NIFTY", "NIFTY-Nov2026-FUT", "BANKNIFTY-Nov2026-FUT")
CONFIGS: Final = (NIFTY_CONFIG, BANKNIFTY_CONFIG)
OTHERS: Final[dict[int, tuple[dict[str, Any], ...]]] = {
    5: ({"kind": "stall", "seconds": 6},),
    12: ({"kind": "stacked", "seconds": 20}, {"kind": "reset"}),
    20: ({"kind": "disconnect", "code": 800},),
    27: ({"kind": "token_expiry"},),
    34: ({"kind": "handshake_429", "count": 1}, {"kind": "reset"}),
    41: ({"kind": "truncated", "count": 20}, {"kind": "text", "count": 20}, {"kind": "reset"}),
}
"""What happens besides, after so many resets."""
_WHOLE_DAY: Final = 1800.0
_PAGE: Final = 1000
_PRICES: Final = "open_price,high_price,low_price,close_price,volume"


@dataclass
class Day:
    """What is there after a day.

    Attributes
    ----------
    candles
        By series and begin: prices and volume.
    signals
        By config and candle: kind, price and indicators.
    stopped
        What the worker said at its end.
    outages
        Seconds from each loss to the next socket.
    notices
        How many lines strategies' users have of gaps.
    """

    candles: dict[tuple[str, str, str], tuple[Any, ...]]
    signals: dict[tuple[str, str], tuple[Any, ...]]
    stopped: dict[str, Any]
    outages: list[float]
    notices: int


def undisturbed(folder: Path) -> Day:
    """Live through the day as fast as possible."""
    with _system(folder, "max", 1_000_000) as (database, simulator, worker):
        return _ended(database, simulator, worker)


def disturbed(folder: Path) -> Day:
    """Live through the day with all faults."""
    with _system(folder, str(SPEED), SPEED) as (database, simulator, worker):
        for number, clock in enumerate(_times(), start=1):
            wait_for(clock, lambda: simulator.control("clock")["now"][11:19] >= clock, _WHOLE_DAY)  # noqa: B023 - awaited here.
            _break(simulator, worker, {"kind": "reset"})
            for fault in OTHERS.get(number, ()):
                simulator.control("faults", **fault)
        return _ended(database, simulator, worker)


def _times() -> Iterator[str]:
    """Yield when to break the feed: evenly, and each time at another second of the minute."""
    first, last = (datetime.fromisoformat(f"{DAY}T{each}+05:30") for each in (FIRST, LAST))
    for number in range(RESETS):
        yield f"{first + number * (last - first) / (RESETS - 1) + timedelta(seconds=number):%T}"


def _break(simulator: RunningSimulator, worker: RunningWorker, fault: dict[str, Any]) -> None:
    """Break the feed once it is there, and wait until it is back."""
    wait_for("a socket", lambda: _open_sockets(simulator))
    before = len(worker.said("feed connected"))
    simulator.control("faults", **fault)
    wait_for("the feed", lambda: len(worker.said("feed connected")) > before, 120)


def _open_sockets(simulator: RunningSimulator) -> int:
    sockets = simulator.control("state")["sockets"]
    return sum(each["open"] and each["instruments"] > 0 for each in sockets)


@contextmanager
def _system(
    folder: Path, speed: str, market_speed: int
) -> Iterator[tuple[Database, RunningSimulator, RunningWorker]]:
    """Yield a worker on the day, from its opening on."""
    # A login may follow another sooner than at the broker: a day lasts minutes here.
    with (
        running_stack() as stack,
        running_simulator(f"--speed={speed}", "--hold", "--no-rate-limits") as simulator,
    ):
        login = {name: simulator.environment[name] for name in ("DHAN_PIN", "DHAN_TOTP_SECRET")}
        with running_worker(
            stack, simulator, folder, MARKET_SPEED=str(market_speed), **login
        ) as worker:
            wait_for("all to be subscribed", lambda: _open_sockets(simulator))
            simulator.control("clock", hold=False)
            yield Database(stack), simulator, worker


def _ended(database: Database, simulator: RunningSimulator, worker: RunningWorker) -> Day:
    """Wait for the end of the day; return what is there."""
    wait_for("the end", lambda: simulator.control("clock")["rows_left"] == 0, _WHOLE_DAY)
    wait_for("the day's candle", lambda: database.rows("ohlcv_data", timeframe="eq.1d"), 300)
    wait_for("the last gap", lambda: _is_quiet(database), 300)
    if worker.stop() != 0:
        raise AssertionError("the worker did not end well")
    candles = {
        (row["symbol"], row["timeframe"], row["timestamp"]): tuple(
            float(row[name]) for name in _PRICES.split(",")
        )
        for symbol in SYMBOLS
        for row in _all(database, "ohlcv_data", "timeframe,timestamp", symbol=f"eq.{symbol}")
    }
    signals = {
        (config, row["candle_time"]): (row["signal_type"], float(row["price"]), row["indicators"])
        for config in CONFIGS
        for row in _all(
            database, "trading_signals", "candle_time", strategy_config_id=f"eq.{config}"
        )
    }
    notices = _all(database, "strategy_logs", "id", message="like.*has a gap*")
    (stopped,) = worker.said("stopped")
    return Day(candles, signals, stopped, _outages(worker), len(notices))


def _is_quiet(database: Database) -> bool:
    beats = database.rows("worker_heartbeats", process="eq.supervisor")
    return all(each["figures"]["outbox"] == 0 for each in beats)


def _all(database: Database, table: str, order: str, **query: str) -> Sequence[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while True:
        page = {"order": order, "limit": str(_PAGE), "offset": str(len(found))}
        rows = database.rows(table, **query, **page)
        found += rows
        if len(rows) < _PAGE:
            return found


def _outages(worker: RunningWorker) -> list[float]:
    """Return how long it was from each loss, as the worker tells it, to the next socket."""
    found, lost = [], None
    for line in worker.lines:
        if line["message"].startswith("feed lost") and lost is None:
            lost = datetime.fromisoformat(line["at"])
        elif line["message"] == "feed connected" and lost is not None:
            found.append((datetime.fromisoformat(line["at"]) - lost).total_seconds())
            lost = None
    return found
