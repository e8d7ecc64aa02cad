"""A recorded run, played again, against an engine driven by hand with the same numbers."""

from pathlib import Path

import pytest

import strategies
from backtest.recording import replay_recording
from core.candle import COMPLETION_DELAY_NS, Candle, Interval
from core.engine import Engine
from core.errors import ConfigError, DataError
from core.replay.driver import Driver
from core.replay.facts import DeployFact
from core.replay.read_facts import facts_of
from core.session import NS_PER_MINUTE, NS_PER_SECOND
from core.trade import ExitReason, TradeStatus
from tests.backtest.market_files import (
    CONFIG,
    a_config_fact,
    a_day_of_messages,
    a_walk,
    candle_fact,
    open_interest,
    quote,
    ticker,
    write_run,
)
from tests.core.engine_driver import RUN, depth_of
from tests.core.market import CALENDAR, FUTURE, NIFTY, RELIANCE, at


def test_a_replay_equals_the_engine_driven_with_the_same_numbers(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", a_day_of_messages())
    engine = Engine(RUN, CALENDAR)
    future, index = engine.watch(FUTURE), engine.watch(NIFTY)
    driver = Driver(engine)
    strategy = strategies.make("momentum", CONFIG["parameters"])
    rows = [{"fact": "run", "run_id": str(RUN)}, {"fact": "configs", **a_config_fact()}]
    (fact,) = facts_of(rows, "by hand", lambda *_: strategy).facts
    assert isinstance(fact, DeployFact)
    driver.deploy(fact.deployment)
    for number, price in enumerate(a_walk(9_000)):
        time_ns = at("09:15") + number * NS_PER_SECOND
        book = depth_of(bids=[(7_500, price - 0.1)], asks=[(7_500, price + 0.1)])
        engine.book(future, book)
        driver.take(engine.tick(future, time_ns, price, 75 * (number + 1), 9_000))
        if number % 2:
            driver.take(engine.tick(index, time_ns, round(price - 40, 1), 0))
    replayed = replay_recording(folder)
    assert replayed.trades == driver.result.trades
    assert replayed.fills == driver.result.fills
    assert replayed.decisions == driver.result.decisions
    assert len(replayed.closed) > 5
    assert replayed.ticks == 9_000 + 4_500


def test_a_replay_twice_is_the_same(tmp_path: Path) -> None:
    folder = write_run(tmp_path / "run", a_day_of_messages(3_000))
    assert replay_recording(folder).rows() == replay_recording(folder).rows()


def test_a_strategy_deployed_later_trades_later(tmp_path: Path) -> None:
    messages = a_day_of_messages()
    late = write_run(tmp_path / "late", messages, configs=[a_config_fact(after=6_000)])
    early = write_run(tmp_path / "early", messages)
    first = replay_recording(late).trades[0]
    assert first.entry_ns > at("09:15") + 4_000 * NS_PER_SECOND
    assert replay_recording(early).trades[0].entry_ns < first.entry_ns


def test_warm_up_candles_are_seen_and_not_acted_on(tmp_path: Path) -> None:
    def minute(number: int, close: float) -> Candle:
        start = at("09:00") + number * NS_PER_MINUTE
        end = start + NS_PER_MINUTE
        return Candle(FUTURE.key, Interval.M1, start, end, close, close + 5, close - 5, close, 75)

    falling = [candle_fact(minute(number, 26_400 - 40.0 * number)) for number in range(10)]
    messages = a_day_of_messages(1_500)
    cold = write_run(tmp_path / "cold", messages)
    warm = write_run(tmp_path / "warm", messages, configs=[a_config_fact(warm_up=falling)])
    decided = replay_recording(warm).decisions
    assert all(decision.decided_ns >= at("09:15") for decision in decided)
    assert decided[0].decided_ns < replay_recording(cold).decisions[0].decided_ns


@pytest.mark.parametrize("keep", [False, True])
def test_a_recorded_stop_stops_where_it_did(tmp_path: Path, keep: bool) -> None:  # noqa: FBT001
    messages = a_day_of_messages()
    whole = replay_recording(write_run(tmp_path / "whole", messages))
    entered = whole.trades[0]
    ticks = sum(fill.time_ns < entered.entry_ns for fill in whole.fills)
    seconds = (entered.entry_ns - at("09:15")) // NS_PER_SECOND
    after = int(seconds * 1.5) + 30 + ticks
    stop = {
        "after": after,
        "config_id": CONFIG["id"],
        "command": "STOP",
        "keep_positions": keep,
    }
    stopped = replay_recording(write_run(tmp_path / "stopped", messages, commands=[stop]))
    (trade,) = stopped.trades
    if keep:
        assert trade == entered
    else:
        assert (trade.status, trade.exit_reason) == (
            TradeStatus.CLOSED,
            ExitReason.STRATEGY_STOPPED,
        )


def test_a_paused_config_does_not_enter_until_it_is_resumed(tmp_path: Path) -> None:
    def command(word: str, after: int) -> dict[str, object]:
        return {"after": after, "config_id": CONFIG["id"], "command": word}

    commands = [command("PAUSE", 1), command("RESUME", 6_000)]
    folder = write_run(tmp_path / "run", a_day_of_messages(), commands=commands)
    assert replay_recording(folder).trades[0].entry_ns > at("09:15") + 4_000 * NS_PER_SECOND


def test_what_the_worker_leaves_out_is_left_out(tmp_path: Path) -> None:
    messages = a_day_of_messages(120)
    odd = [
        quote(RELIANCE, at("09:16"), 1_500.0, 10),
        quote(FUTURE, at("09:16"), float("nan"), 10**6),
        quote(FUTURE, at("09:16"), 0.0, 10**6),
        ticker(NIFTY, at("09:16") + 11 * 24 * 60 * NS_PER_MINUTE, 26_000.0),
        open_interest(RELIANCE, 5),
        b"\x07\x08\x00\x00\x00\x00\x00\x00",
        b"garbage",
    ]
    clean = replay_recording(write_run(tmp_path / "clean", messages))
    dirty = replay_recording(write_run(tmp_path / "dirty", messages[:60] + odd + messages[60:]))
    assert dirty == clean


def test_the_end_of_the_session_told_by_the_feed_completes_the_last_candles(
    tmp_path: Path,
) -> None:
    status = b"\x07\x08\x00\x00\x00\x00\x00\x00"
    before = quote(FUTURE, at("15:29:49"), 26_000.0, 75)
    last = [before, quote(FUTURE, at("15:29:50"), 26_000.0, 150), status]
    end = {"fact": "clock", "after": 2, "now_ns": at("15:30") + COMPLETION_DELAY_NS}
    done = replay_recording(write_run(tmp_path / "run", last, others=[end]))
    assert done.candle_count == 6


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"module_path": "os"}, "os.Momentum is not a registered strategy"),
        ({"parameters": {"fast": 99}}, r"fast \(99\) must be below slow \(21\)"),
        ({"risk": {"max_open_trades": 0}}, "max_open_trades is 0"),
    ],
)
def test_a_strategy_that_cannot_be_made_is_refused(
    tmp_path: Path, change: dict[str, object], said: str
) -> None:
    folder = write_run(tmp_path / "run", [], configs=[a_config_fact(**change)])
    with pytest.raises(ConfigError, match=said):
        replay_recording(folder)


def test_a_run_that_cannot_be_read_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is no recorded run: it should be"):
        replay_recording(tmp_path)
    nameless = write_run(tmp_path / "nameless", [], run_id="nobody")
    with pytest.raises(DataError, match="ValueError badly formed"):
        replay_recording(nameless)
    folder = write_run(tmp_path, [], commands=[
        {"after": 0, "config_id": CONFIG["id"], "command": "DANCE"}
    ])  # fmt: skip
    with pytest.raises(DataError, match="command 'DANCE' of the recording is unknown"):
        replay_recording(folder)
    folder = write_run(tmp_path / "gone", a_day_of_messages(20))
    (folder / "frames-0001.dhanraw.zst").unlink()
    with pytest.raises(DataError, match="20 messages of it are gone"):
        replay_recording(folder)
    (folder / "facts-0001.jsonl.zst").unlink()
    with pytest.raises(DataError, match=r"the beginning of run .* is gone"):
        replay_recording(folder)
