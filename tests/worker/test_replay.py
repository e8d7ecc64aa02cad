"""A replay decides what was decided; where it does not, it names the first difference."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from adapters.recordings import RecordedRun, run_at
from backtest.recording import replay_recording
from core.candle import Candle, InstrumentKey
from core.errors import ConfigError, DataError
from core.hearing import Heard
from core.replay.decided import Decided, decided, hash_of
from core.replay.facts import DeployFact, RunFacts
from core.replay.player import Player
from core.replay.read_facts import facts_of
from core.session import NS_PER_SECOND, load_calendar
from core.signals import Signal, SignalType
from core.strategy import Strategy
from tests.backtest.market_files import (
    CONFIG,
    a_config_fact,
    a_day_of_messages,
    a_walk,
    full,
    write_run,
)
from tests.core.market import DAY, FUTURE, at
from tests.recordings import run_folder
from worker.__main__ import _parser
from worker.lease.lease import Lease
from worker.market.market import Market
from worker.replay.record_files import RecordFiles, RecordLimits
from worker.replay.recorder import Recorder
from worker.replay.replay import EXIT_DIFFERENT
from worker.replay.replay import replay as worker_replay
from worker.store.journal import Journal
from worker.store.store import Store
from worker.store.supabase import Supabase

from core import hooks  # isort: skip

SECONDS = 6_000
MESSAGES = a_day_of_messages(SECONDS)


# -- the command -----------------------------------------------------------------------------


def decisions_of(folder: Path) -> list[Decided]:
    """Return what a recording decides when it is played."""
    return [decided(each) for each in replay_recording(folder).decisions]


def as_facts(made: Sequence[Decided]) -> list[dict[str, Any]]:
    return [{"fact": "decisions", "day": str(DAY), "decided": each} for each in made]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Decided]:
    """Return what the day decides."""
    found = decisions_of(write_run(tmp_path_factory.mktemp("plain"), MESSAGES))
    assert len(found) > 5
    return found


def replay(folder: Path, *arguments: str, day: str = str(DAY)) -> int:
    options = _parser().parse_args(["replay", day, *arguments])
    return worker_replay(options, {"WORKER_RECORD_DIR": str(folder)})


def said(capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, Any], str]:
    captured = capsys.readouterr()
    found: dict[str, Any] = json.loads(captured.out)
    return found, captured.err


def test_a_day_that_decides_the_same_says_so(
    tmp_path: Path, made: list[Decided], capsys: pytest.CaptureFixture[str]
) -> None:
    write_run(tmp_path, MESSAGES, others=as_facts(made))
    assert replay(tmp_path) == 0
    line, errors = said(capsys)
    assert errors == ""
    assert line["same"]
    assert line["hash"] == line["recorded_hash"] == hash_of(made)
    assert (line["decisions"], line["runs"], line["late"]) == (len(made), 1, 0)
    assert line["messages"] == SECONDS


def test_a_changed_parameter_is_named_by_the_first_decision_that_differs(
    tmp_path: Path, made: list[Decided], capsys: pytest.CaptureFixture[str]
) -> None:
    changed = a_config_fact(parameters={**CONFIG["parameters"], "fast": 3})
    other = decisions_of(write_run(tmp_path / "other", MESSAGES, configs=[changed]))
    number = next(n for n, pair in enumerate(zip(made, other, strict=False), 1) if len({*pair}) > 1)
    write_run(tmp_path / "day", MESSAGES, configs=[changed], others=as_facts(made))
    assert replay(tmp_path / "day") == EXIT_DIFFERENT
    line, errors = said(capsys)
    assert not line["same"]
    assert f"decision {number} differs" in errors
    assert f"there: {made[number - 1]}" in errors
    assert f"here: {other[number - 1]}" in errors
    assert CONFIG["id"] in errors


def test_a_changed_tick_is_named_too(
    tmp_path: Path, made: list[Decided], capsys: pytest.CaptureFixture[str]
) -> None:
    at_close = (made[3].candle_close_ns - at("09:15")) // NS_PER_SECOND
    messages = list(MESSAGES)
    price = a_walk(SECONDS)[at_close - 1]
    messages[at_close - 1] = full(
        FUTURE, at("09:15") + (at_close - 1) * NS_PER_SECOND, price + 0.1, 75 * at_close
    )
    write_run(tmp_path, messages, others=as_facts(made))
    assert replay(tmp_path) == EXIT_DIFFERENT
    assert "decision 4 differs" in said(capsys)[1]


def test_a_missing_and_a_surplus_decision_are_differences(
    tmp_path: Path, made: list[Decided], capsys: pytest.CaptureFixture[str]
) -> None:
    write_run(tmp_path / "less", MESSAGES, others=as_facts(made[:-1]))
    assert replay(tmp_path / "less") == EXIT_DIFFERENT
    assert "there: nothing more was decided" in said(capsys)[1]
    write_run(tmp_path / "more", MESSAGES, others=as_facts([*made, made[-1]]))
    assert replay(tmp_path / "more") == EXIT_DIFFERENT
    assert "here: nothing more was decided" in said(capsys)[1]


def test_a_day_can_be_held_against_a_hash_and_other_recordings(
    tmp_path: Path, made: list[Decided], capsys: pytest.CaptureFixture[str]
) -> None:
    write_run(tmp_path / "a", MESSAGES, others=as_facts(made))
    write_run(tmp_path / "b", MESSAGES, others=as_facts(made[1:]))
    assert replay(tmp_path / "a", f"--against={hash_of(made)}") == 0
    assert replay(tmp_path / "a", f"--against={'0' * 64}") == EXIT_DIFFERENT
    assert "though not from what was recorded" in capsys.readouterr().err
    assert replay(tmp_path / "b", f"--against={tmp_path / 'a'}") == 0
    assert replay(tmp_path / "a", f"--against={tmp_path / 'b'}") == EXIT_DIFFERENT
    assert "decision 1 differs" in capsys.readouterr().err


def test_one_config_can_be_looked_at_alone(
    tmp_path: Path, made: list[Decided], capsys: pytest.CaptureFixture[str]
) -> None:
    strange = [each._replace(config_id="another") for each in made]
    write_run(tmp_path, MESSAGES, others=as_facts([*made, *strange]))
    assert replay(tmp_path) == EXIT_DIFFERENT
    assert replay(tmp_path, f"--config={CONFIG['id']}") == 0
    capsys.readouterr()


def test_a_day_with_two_runs_is_one_day(
    tmp_path: Path, made: list[Decided], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_run(tmp_path, MESSAGES, others=as_facts(made), started_ns=2)
    folder.rename(folder.with_name(str(uuid4())))
    write_run(tmp_path, MESSAGES[:10], started_ns=1)
    assert replay(tmp_path) == 0
    line, _ = said(capsys)
    assert (line["runs"], line["messages"], line["hash"]) == (2, SECONDS + 10, hash_of(made))


def test_the_end_of_a_run_that_was_killed_is_not_held_against_it(
    tmp_path: Path, made: list[Decided], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write_run(tmp_path, MESSAGES, others=as_facts(made[:-2]))
    whole = RecordedRun(run_at(folder))
    facts = [json.dumps(each) for each in whole.facts if each["fact"] != "end"]
    (folder / "facts-0001.jsonl.zst").unlink()
    files = RecordFiles(tmp_path / "again", folder.name, RecordLimits())
    files.write(DAY, b"", "".join(f"{each}\n" for each in facts).encode())
    files.close()
    again = tmp_path / "again" / str(DAY) / folder.name
    (folder / "frames-0001.dhanraw.zst").rename(again / "frames-0001.dhanraw.zst")
    assert replay(tmp_path / "again") == 0
    line, errors = said(capsys)
    assert "was cut off" in errors
    assert line["hash"] == hash_of(made[:-2])


def test_what_cannot_be_replayed_is_told_in_a_sentence(tmp_path: Path) -> None:
    write_run(tmp_path / "day", MESSAGES[:5])
    with pytest.raises(DataError, match=f"has no recording of .*; there are: {DAY}"):
        replay(tmp_path / "day", day=str(DAY + timedelta(1)))
    with pytest.raises(ConfigError, match="--against is 'yesterday', must be DATABASE, a hash"):
        replay(tmp_path / "day", "--against=yesterday")
    write_run(tmp_path / "resumed", MESSAGES[:5], others=[{"fact": "resumed"}])
    with pytest.raises(DataError, match="went on with an earlier one"):
        replay(tmp_path / "resumed")
    with pytest.raises(ConfigError, match="WORKER_RECORD_DIR is not set"):
        worker_replay(_parser().parse_args(["replay", str(DAY)]), {})


# -- real time -------------------------------------------------------------------------------


class Nervous:
    """Says something about every third candle, and of ticks whenever two shown in a row rise."""

    name = "nervous"
    warm_up = 0
    execution_interval = 1

    def __init__(self) -> None:
        self.prices: list[float] = []
        self.candles = 0

    def on_candle(self, candle: Candle) -> Signal | None:
        self.candles += 1
        if self.candles % 3:
            return None
        return self._signal(candle.instrument, candle.close_ns, candle.close, SignalType.LONG)

    def on_tick(
        self, instrument: InstrumentKey, time_ns: int, price: float, _volume: int
    ) -> Signal | None:
        self.prices = [*self.prices[-2:], price]
        if self.prices != sorted(self.prices):
            return None
        return self._signal(instrument, time_ns, price, SignalType.EXIT)

    def _signal(self, key: InstrumentKey, close_ns: int, price: float, kind: SignalType) -> Signal:
        stop, target = (price - 20, price + 40) if kind is SignalType.LONG else (None, None)
        seen = {"seen": float(len(self.prices))}
        return Signal(kind, key, close_ns, price, stop, target, 50, "", seen)


class SlowChild:
    """A strategy process that thinks for some ticks before it answers."""

    def __init__(self, market: Market, strategy: Strategy, thinks: Sequence[int]) -> None:
        self.id = str(CONFIG["id"])
        self._market = market
        self._strategy = strategy
        self._thinks = thinks
        self._waiting: list[tuple[int, int, tuple[Heard, ...]]] = []

    def hear(self, number: int, heard: tuple[Heard, ...]) -> bool:
        due = self._market.intake.ticks + self._thinks[number % len(self._thinks)]
        self._waiting.append((max([due, *(each[0] for each in self._waiting)]), number, heard))
        return True

    def is_late(self, number: int) -> None:
        raise AssertionError(f"round {number} was not answered")

    def answer_what_is_due(self) -> None:
        while self._waiting and self._waiting[0][0] <= self._market.intake.ticks:
            _, number, heard = self._waiting.pop(0)
            said = [hooks.hear(self._strategy, each) for each in heard]
            self._market.rounds.answered(self, number, [each for each in said if each is not None])


class Wall:
    """The time of day, moved by hand."""

    def __init__(self) -> None:
        self.now_ns = at("09:15")

    def __call__(self) -> int:
        return self.now_ns


@contextmanager
def recorded_market(folder: Path, wall: Wall) -> Iterator[Market]:
    """Yield a market in real time that is recorded."""
    run, journal = uuid4(), Journal(Path(":memory:"))
    supabase = Supabase("http://127.0.0.1:9", "nobody")
    store = Store(supabase, Lease(supabase, "test", "test"), journal)
    recorder = Recorder(folder, run, follows_feed=False)
    options: dict[str, Any] = {"follows_feed": False, "repairs_gaps": True, "wall_ns": wall}
    try:
        yield Market(run, load_calendar(), store, recorder=recorder, **options)
    finally:
        recorder.close()
        journal.close()


def deploy(market: Market, strategy: Strategy, thinks: Sequence[int]) -> SlowChild:
    """Deploy a strategy as `worker/configs/launch.py` does."""
    market.watch(FUTURE, has_derivatives=False)
    fact = a_config_fact()
    rows = [{"fact": "run", "run_id": str(UUID(int=1))}, {"fact": "configs", **fact}]
    (deployed,) = facts_of(rows, "by hand", lambda *_: strategy).facts
    assert isinstance(deployed, DeployFact)
    config = deployed.deployment.config
    child = SlowChild(market, strategy, thinks)
    hooks.start(strategy, config)
    market.digests[config.id] = fact["digest"]
    market.engine.deploy(config)
    market.rounds.join(child, config.instruments, config.intervals)
    market.pace.listen(config.id, config.instruments, hooks.tick_seconds_of(strategy))
    market.set_pace()
    market.note("configs", fact)
    return child


def live_through(folder: Path, thinks: Sequence[int], seconds: int = 1_200) -> str:
    """Live through a morning by the wall; return the hash of what was decided."""
    wall = Wall()
    with recorded_market(folder, wall) as market:
        child = deploy(market, Nervous(), thinks)
        for second, price in enumerate(a_walk(seconds)):
            wall.now_ns = at("09:15") + second * NS_PER_SECOND + NS_PER_SECOND // 2
            for part in range(3):
                # Trades of a second come one after the other, and the clock moves between them.
                time_ns = at("09:15") + second * NS_PER_SECOND
                volume = 75 * (3 * second + part + 1)
                market.intake.take(full(FUTURE, time_ns, round(price + part / 10, 1), volume))
                child.answer_what_is_due()
                if part:
                    wall.now_ns += NS_PER_SECOND // 8
                    market.advance()
        assert market.intake.dropped == 0
        return market.notes.decided.decisions.hash


def played(folder: Path) -> tuple[RunFacts, Player]:
    recorded = RecordedRun(run_at(run_folder(folder)))
    facts = facts_of(recorded.facts, "the run", lambda *_: Nervous())
    player = Player(facts, load_calendar())
    for frame in recorded.frames():
        player.message(*frame)
    player.finish()
    return facts, player


async def test_in_real_time_signals_are_applied_where_they_were_and_late_ones_are_listed(
    tmp_path: Path,
) -> None:
    live = live_through(tmp_path, thinks=[0, 1, 7, 2, 40, 3])
    facts, player = played(tmp_path)
    result = player.driver.result
    assert not facts.follows_feed
    assert len(result.decisions) > 30
    assert hash_of([made for _, made in facts.decisions]) == live
    assert hash_of([decided(each) for each in result.decisions]) == live
    assert {each.ticks for each in player.driver.late} >= {1, 7}
    assert all(each.waited_ns >= 0 for each in player.driver.late)
    assert player.driver.raised == []


async def test_in_real_time_a_strategy_that_never_thinks_is_never_late(tmp_path: Path) -> None:
    live = live_through(tmp_path, thinks=[0], seconds=400)
    _, player = played(tmp_path)
    assert player.driver.late == []
    assert hash_of([decided(each) for each in player.driver.result.decisions]) == live


async def test_where_answers_came_matters_or_these_tests_could_not_fail(tmp_path: Path) -> None:
    quick = live_through(tmp_path / "quick", thinks=[0])
    slow = live_through(tmp_path / "slow", thinks=[5, 30])
    assert quick != slow
