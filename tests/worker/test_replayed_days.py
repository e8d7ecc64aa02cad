"""Three recorded days: one hash live, replayed and offline; what is planted is named."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from adapters.recordings import RecordedRun, runs_of
from core.brokers.dhan.border import trade_time_ns
from core.brokers.dhan.recording import Frame, encode_record
from core.brokers.dhan.wire import FULL
from core.replay.decided import Decided
from core.session import NS_PER_MINUTE
from tests.stacks import RunningStack, running_stack
from tests.worker.running import (
    BANKNIFTY_CONFIG,
    NIFTY_CONFIG,
    PROJECT,
    Database,
    running_simulator,
    running_worker,
    wait_for,
)
from worker.replay.record_files import RecordFiles, RecordLimits
from worker.replay.replay import EXIT_DIFFERENT
from worker.replay.replay_day import recorded_decisions

pytestmark = [pytest.mark.full, pytest.mark.timeout(600)]

DAYS = {"2026-11-18": 11, "2026-11-19": 12, "2026-11-20": 13}
"""Market days and the seeds they are generated from."""
LAST = "2026-11-20"
_CALENDAR = "".join(
    f'[[special]]\ndate = {day}\nname = "a short day"\nwindows = ["09:15-10:30"]\n' for day in DAYS
)
_QUICK = {
    "parameters": {"fast": 2, "slow": 4, "atr": 3, "stop_atr": 0.8, "reward_risk": 1.5},
    "risk_parameters": {"cooldown_minutes": 0, "min_reward_risk": 0.5, "entry_cutoff_minutes": 1},
    "timeframes": ["1m"],
}


@dataclass
class Recorded:
    """What the days left behind."""

    stack: RunningStack
    folder: Path
    live: dict[str, dict[str, Any]]

    @property
    def recordings(self) -> Path:
        return self.folder / "recordings"

    def replay(self, *arguments: str, recordings: Path | None = None) -> tuple[int, Any, str]:
        """Return exit code, line and sentences of `python -m worker replay`."""
        environment = {
            "PATH": "",
            "WORKER_RECORD_DIR": str(recordings or self.recordings),
            "CALENDAR_FILE": str(self.folder / "calendar.toml"),
            "SUPABASE_URL": self.stack.url,
            "SUPABASE_SECRET_KEY": self.stack.secret_key,
        }
        command = [sys.executable, "-m", "worker", "replay", *arguments]
        done = subprocess.run(
            command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
        )
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout), done.stderr


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    """Return three days that a worker has lived through."""
    folder = tmp_path_factory.mktemp("days")
    (folder / "calendar.toml").write_text(_CALENDAR)
    with running_stack() as stack:
        _make_them_trade(stack)
        live = {day: _live_through(stack, folder, day, seed) for day, seed in DAYS.items()}
        yield Recorded(stack, folder, live)


def _make_them_trade(stack: RunningStack) -> None:
    with psycopg.connect(stack.database_url) as connection:
        connection.execute(
            "update public.strategy_configs set config_json = config_json || %s where id = any(%s)",
            (Jsonb(_QUICK), [NIFTY_CONFIG, BANKNIFTY_CONFIG]),
        )


def _live_through(stack: RunningStack, folder: Path, day: str, seed: int) -> dict[str, Any]:
    """Run a worker for a day; return the decisions' figures of its last words."""
    calendar = f"--calendar={folder / 'calendar.toml'}"
    settings = {
        "MARKET_SPEED": "1000000",
        "CALENDAR_FILE": str(folder / "calendar.toml"),
        "WORKER_RECORD_DIR": str(folder / "recordings"),
    }
    with (
        running_simulator(
            "--speed=max", "--hold", f"--day={day}", f"--seed={seed}", calendar
        ) as simulator,
        running_worker(stack, simulator, folder / "state", **settings) as worker,
    ):
        worker.wait_said("feed connected")
        simulator.control("clock", hold=False)
        wait_for("the day to end", lambda: simulator.control("clock")["rows_left"] == 0, 120)
        ended = {"timeframe": "eq.1d", "timestamp": f"gte.{day}T00:00:00+05:30"}
        wait_for("the last candles", lambda: Database(stack).rows("ohlcv_data", **ended), 120)
        assert worker.stop() == 0
        (stopped,) = worker.said("stopped")
    assert stopped["dropped"] == 0
    assert stopped["recording"]["lost"] == 0
    figures: dict[str, Any] = stopped["decisions"]
    return figures


@pytest.mark.parametrize("day", DAYS)
def test_a_day_has_one_hash_live_replayed_and_offline(recorded: Recorded, day: str) -> None:
    live = recorded.live[day]
    code, line, errors = recorded.replay(day, f"--against={live['hash']}")
    assert (code, errors) == (0, "")
    assert live["day"] == line["day"] == day
    assert live["count"] == line["decisions"] > 10
    assert live["hash"] == line["hash"] == line["recorded_hash"] == _offline(recorded, day)
    assert (line["runs"], line["late"]) == (1, 0)


def test_the_days_are_different_days(recorded: Recorded) -> None:
    assert len({each["hash"] for each in recorded.live.values()}) == len(DAYS)


def test_the_database_says_the_same(recorded: Recorded) -> None:
    code, _, errors = recorded.replay(LAST, "--against=DATABASE")
    assert (code, errors) == (0, "")
    with psycopg.connect(recorded.stack.database_url) as connection:
        connection.execute(
            "update public.trading_signals"
            " set signal_strength = case signal_strength when 0 then 1 else 0 end"
            " where id = (select id from public.trading_signals where generated_at >= %s"
            " order by generated_at limit 1)",
            (LAST,),
        )
    code, _, errors = recorded.replay(LAST, "--against=DATABASE")
    assert code == EXIT_DIFFERENT
    assert "compared with DATABASE: decision " in errors


def test_a_changed_parameter_is_named(recorded: Recorded, tmp_path: Path) -> None:
    def change(fact: dict[str, Any]) -> dict[str, Any]:
        if fact["fact"] == "configs" and fact["id"] == NIFTY_CONFIG:
            fact["parameters"]["slow"] = 6
        return fact

    _copy(recorded, tmp_path, change=change)
    code, line, errors = recorded.replay(LAST, recordings=tmp_path)
    assert code == EXIT_DIFFERENT
    assert line["recorded_hash"] == recorded.live[LAST]["hash"] != line["hash"]
    assert re.search(rf"decision \d+ differs; .*config {NIFTY_CONFIG}", errors)


def test_a_changed_tick_is_named(recorded: Recorded, tmp_path: Path) -> None:
    target = next(
        each
        for each in recorded_decisions(recorded.recordings, date.fromisoformat(LAST))[3:]
        if each.config_id == NIFTY_CONFIG
    )
    _copy(recorded, tmp_path, raised=target)
    code, _, errors = recorded.replay(LAST, recordings=tmp_path)
    assert code == EXIT_DIFFERENT
    # Of that candle or, if nothing is decided on it any more, of the next one on which it is.
    assert f"differs; there: config {NIFTY_CONFIG}, candle of {target.candle}" in errors
    number = int(re.findall(r"decision (\d+) differs", errors)[0])
    before = recorded_decisions(recorded.recordings, date.fromisoformat(LAST))[: number - 1]
    assert all(each.candle_close_ns <= target.candle_close_ns for each in before)
    assert target not in before


def _copy(
    recorded: Recorded,
    folder: Path,
    *,
    change: Callable[[dict[str, Any]], dict[str, Any]] = lambda fact: fact,
    raised: Decided | None = None,
) -> None:
    """Copy the last day's recording, with facts changed, or the last price of a candle raised."""
    (where,) = runs_of(recorded.recordings, date.fromisoformat(LAST))
    run = RecordedRun(where)
    frames = list(run.frames())
    if raised is not None:
        last = max(at for at, frame in enumerate(frames) if _is_in(frame.message, raised))
        fields = list(FULL.unpack(frames[last].message))
        fields[4] += 20.0
        frames[last] = Frame(frames[last].received_ns, FULL.pack(*fields))
    files = RecordFiles(folder, where.run_id, RecordLimits())
    facts = "".join(json.dumps(change(each)) + "\n" for each in run.facts)
    records = b"".join(encode_record(*each) for each in frames)
    files.write(date.fromisoformat(LAST), records, facts.encode())
    files.close()


def _is_in(message: bytes, decision: Decided) -> bool:
    """Return whether a message is a trade in the minute that a decision was made on."""
    if len(message) != FULL.size:
        return False
    fields = FULL.unpack(message)
    since = decision.candle_close_ns - trade_time_ns(fields[6])
    return decision.candle.endswith(f":{fields[3]}") and 0 < since <= NS_PER_MINUTE


def _offline(recorded: Recorded, day: str) -> str:
    """Return the hash that `python -m backtest` finds."""
    (folder,) = (recorded.recordings / day).iterdir()
    calendar = f"--calendar={recorded.folder / 'calendar.toml'}"
    command = [sys.executable, "-m", "backtest", "run", f"--recording={folder}", calendar]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    (whole,) = json.loads(done.stdout)["decision_hashes"].values()
    return str(whole)
