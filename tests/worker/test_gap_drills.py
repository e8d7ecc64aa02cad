"""A morning in which the feed is lost again and again: afterwards nothing of it is missing."""

from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

import strategies
from backtest.recording import replay_recording
from core.candle import Candle, Interval
from core.candle_series import CandleSeries, News
from core.instrument import Segment
from core.rows import candle_row, iso_time
from core.session import NS_PER_MINUTE, NS_PER_SECOND, Market, load_calendar
from tests.recordings import facts_in, run_folder
from tests.stacks import RunningStack, running_stack
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

SPEED: Final = 150
DAY: Final = datetime.fromisoformat("2026-11-20").date()
MOMENTUM: Final = (NIFTY_CONFIG, BANKNIFTY_CONFIG)
SYMBOLS: Final = ("NIFTY", "NIFTY-Nov2026-FUT", "BANKNIFTY-Nov2026-FUT")
LOSSES: Final = 6
KINDS: Final = {"IDX_I": "INDEX", "NSE_FNO": "FUTIDX"}
PAGE: Final = 1000


class Morning:
    """What is there after the morning, and what was true."""

    def __init__(self, folder: Path) -> None:
        with running_stack() as stack, running_simulator(f"--speed={SPEED}", "--hold") as simulator:
            self.stopped = _live_through(stack, simulator, folder)
            database = Database(stack)
            self.candles = _all_candles(database)
            self.signals = database.rows("trading_signals", order="candle_time", limit="1000")
            self.trades = database.rows("trades", select="id,entry_price::text,pnl::text")
            self.notices = database.rows("strategy_logs", message="like.*has a gap*")
            self.true = {symbol: _true(simulator, self._key(symbol)) for symbol in SYMBOLS}
        self.recording = run_folder(folder / "recordings")

    def _key(self, symbol: str) -> tuple[Segment, int]:
        text = next(row["instrument_key"] for row in self.candles if row["symbol"] == symbol)
        segment, _, number = text.partition(":")
        return Segment(segment), int(number)

    def stored(self, symbol: str, interval: Interval) -> list[dict[str, Any]]:
        """Return the rows of one series."""
        wanted = (symbol, str(interval))
        return [row for row in self.candles if (row["symbol"], row["timeframe"]) == wanted]


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Morning:
    return Morning(tmp_path_factory.mktemp("morning"))


def _live_through(stack: RunningStack, simulator: RunningSimulator, folder: Path) -> dict[str, Any]:
    """Run a worker through a morning of trouble; return what it says at its end."""
    with running_worker(
        stack,
        simulator,
        folder / "state",
        MARKET_SPEED=str(SPEED),
        WORKER_RECORD_DIR=str(folder / "recordings"),
        DHAN_PIN=simulator.environment["DHAN_PIN"],
        DHAN_TOTP_SECRET=simulator.environment["DHAN_TOTP_SECRET"],
    ) as worker:
        wait_for("all to be subscribed", lambda: _subscribed(simulator) >= len(SYMBOLS))
        simulator.control("clock", hold=False)
        worker.wait_said("ready")
        _wait_until(simulator, "09:18:20")
        _lose(simulator, worker, kind="reset")
        _wait_until(simulator, "09:22:57")
        simulator.control("faults", kind="rest_status", code=429, count=2, path="/v2/charts")
        _lose(simulator, worker, kind="disconnect", code=800)
        for nuisance in ("truncated", "unknown", "text"):
            simulator.control("faults", kind=nuisance, count=3)
        simulator.control("faults", kind="stacked", seconds=2)
        _wait_until(simulator, "09:27:30")
        simulator.control("faults", kind="rest_empty", count=1, path="/v2/charts")
        _lose(simulator, worker, kind="reset")
        _lose(simulator, worker, kind="reset")
        _wait_until(simulator, "09:31:00")
        _lose(simulator, worker, kind="token_expiry")
        _wait_until(simulator, "09:34:00")
        _stall(simulator, worker)
        back = simulator.control("clock")["now_ns"]
        wait_for(
            "a while after the last gap",
            lambda: simulator.control("clock")["now_ns"] > back + 5 * NS_PER_MINUTE,
        )
        assert worker.stop() == 0
        return worker.said("stopped")[0]


def _subscribed(simulator: RunningSimulator) -> int:
    return sum(socket["instruments"] for socket in simulator.control("state")["sockets"])


def _lose(simulator: RunningSimulator, worker: RunningWorker, **fault: Any) -> None:
    """Break the feed and wait until it is back."""
    before = len(worker.said("feed connected"))
    simulator.control("faults", **fault)
    wait_for("the feed to be back", lambda: len(worker.said("feed connected")) > before)


def _stall(simulator: RunningSimulator, worker: RunningWorker) -> None:
    """Let the feed fall silent until the worker has noticed."""
    before = len(worker.said("feed connected"))
    simulator.control("faults", kind="stall", seconds=120)
    worker.wait_said("silent for")
    simulator.clear_faults()
    wait_for("the feed to be back", lambda: len(worker.said("feed connected")) > before)


def _wait_until(simulator: RunningSimulator, clock: str) -> None:
    """Wait until it is that late in the market."""
    wait_for(clock, lambda: simulator.control("clock")["now"][11:19] >= clock, 120)


def _all_candles(database: Database) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    order = "instrument_key,timeframe,timestamp"
    while len(found) % PAGE == 0:
        page = database.rows("ohlcv_data", order=order, limit=str(PAGE), offset=str(len(found)))
        if not page:
            break
        found += page
    return found


def _true(simulator: RunningSimulator, key: tuple[Segment, int]) -> list[Candle]:
    """Return the minutes of an instrument as the broker has them."""
    # The worker asks too, and both share what the account may ask in a second.
    answer = wait_for("the broker's minutes", lambda: _asked(simulator, key))
    columns = [answer[name] for name in ("open", "high", "low", "close", "volume")]
    interests = [interest or None for interest in answer["open_interest"]]
    return [
        Candle(key, Interval.M1, start, start + NS_PER_MINUTE, *values)
        for start, *values in zip(
            (second * NS_PER_SECOND for second in answer["timestamp"]),
            *columns,
            interests,
            strict=True,
        )
    ]


def _asked(simulator: RunningSimulator, key: tuple[Segment, int]) -> dict[str, Any]:
    """Return the broker's answer, nothing where it refused."""
    answer = httpx.post(
        f"{simulator.environment['DHAN_API_URL']}/charts/intraday",
        headers={
            "access-token": simulator.token,
            "client-id": simulator.environment["DHAN_CLIENT_ID"],
        },
        json={
            "securityId": str(key[1]),
            "exchangeSegment": str(key[0]),
            "instrument": KINDS[str(key[0])],
            "interval": "1",
            "oi": True,
            "fromDate": f"{DAY} 09:15:00",
            "toDate": f"{DAY} 15:30:00",
        },
    )
    found: dict[str, Any] = answer.json() if answer.is_success else {}
    return found


def _comparable(row: dict[str, Any]) -> tuple[Any, ...]:
    # Open interest is that of the last packet here, and of the last trade at the broker.
    prices = ("open_price", "high_price", "low_price", "close_price")
    when = datetime.fromisoformat(row["timestamp"])
    return (when, *(float(row[name]) for name in prices), row["volume"])


@pytest.mark.parametrize("symbol", SYMBOLS)
@pytest.mark.parametrize("interval", [Interval.M1, Interval.M5, Interval.M15])
def test_stored_candles_are_the_true_ones(
    morning: Morning, symbol: str, interval: Interval
) -> None:
    minutes = morning.true[symbol]
    series, made = CandleSeries(minutes[0].instrument, (interval,)), News()
    session = load_calendar().session(DAY, Market.DERIVATIVES)
    assert session is not None
    for minute in minutes:
        series.complete(minute.open_ns, made)
        series.add(minute, session, made)
    expected = [_comparable(candle_row(each, symbol)) for each in made if isinstance(each, Candle)]
    stored = [_comparable(row) for row in morning.stored(symbol, interval)]
    assert len(stored) * interval.length_ns >= 30 * NS_PER_MINUTE
    assert stored == expected[: len(stored)]


def test_what_the_feed_did_not_bring_is_marked(morning: Morning) -> None:
    rows = morning.stored("NIFTY-Nov2026-FUT", Interval.M1)
    true = {each.open_ns: each for each in morning.true["NIFTY-Nov2026-FUT"]}
    marked = [row for row in rows if row["origin"] == "backfilled"]
    assert rows[0]["origin"] == rows[-1]["origin"] == "live"
    assert len(marked) >= LOSSES
    for row in marked:
        when = datetime.fromisoformat(row["timestamp"])
        assert row["open_interest"] == true[int(when.timestamp()) * NS_PER_SECOND].open_interest


def test_signals_are_those_of_an_undisturbed_morning(morning: Morning) -> None:
    compared = 0
    for fact in facts_in(morning.recording, "configs"):
        if fact["id"] not in MOMENTUM:
            continue
        strategy = strategies.make("momentum", fact["parameters"])
        symbol = SYMBOLS[1] if fact["id"] == NIFTY_CONFIG else SYMBOLS[2]
        minutes = morning.true[symbol][: len(morning.stored(symbol, Interval.M1))]
        for key, interval, *values in fact["warm_up"]:
            strategy.on_candle(Candle((Segment(key[0]), key[1]), Interval(interval), *values))
        wanted = [signal for each in minutes if (signal := strategy.on_candle(each)) is not None]
        expected = [
            (iso_time(each.candle_close_ns)[:19], str(each.type), each.price, each.indicators)
            for each in wanted
        ]
        made = [
            (row["candle_time"][:19], row["signal_type"], float(row["price"]), row["indicators"])
            for row in morning.signals
            if row["strategy_config_id"] == fact["id"]
        ]
        assert made == expected
        compared += len(made)
    assert compared > 0


def test_a_replay_of_the_recording_makes_the_same_trades(morning: Morning) -> None:
    replayed = {trade.id: trade for trade in replay_recording(morning.recording).trades}
    assert {row["id"] for row in morning.trades} == set(replayed)
    for row in morning.trades:
        profit = replayed[row["id"]].net_pnl
        assert float(row["entry_price"]) == float(replayed[row["id"]].entry_price)
        assert (row["pnl"] is None) == (profit is None)
        if profit is not None:
            assert float(row["pnl"]) == float(profit)


def test_every_loss_is_counted_and_nobody_storms_the_broker(morning: Morning) -> None:
    feed, gaps = morning.stopped["feed"], morning.stopped["gaps"]
    assert LOSSES + 1 <= feed["attempts"] <= LOSSES + 10
    assert feed["reason_800"] == 1
    assert feed["reason_807"] == morning.stopped["token"]["logins"] == 1
    assert morning.stopped["malformed"] >= 3
    assert morning.stopped["unknown_packets"] >= 3
    assert morning.stopped["odd"]["text_message"] >= 3
    assert feed["silences"] >= 1
    assert gaps["feed_back"] >= LOSSES + 1
    assert gaps["repaired"] >= LOSSES
    assert gaps.get("unrepaired", 0) == 0
    assert morning.stopped["dropped"] == morning.stopped["restarts"] == 0


def test_the_user_of_a_strategy_reads_of_its_gaps(morning: Morning) -> None:
    told = {row["strategy_config_id"] for row in morning.notices}
    assert told >= set(MOMENTUM)
    assert all(row["level"] == "info" for row in morning.notices)
