"""A recorded run of the worker, played again without a worker.

In:  the folder of a run, see `adapters/recordings.py`.
Out: what the same engine and strategies make of it; equal to what the worker made of it.
Next: `core/replay/player.py`, which plays; `backtest/report.py`.
"""

from pathlib import Path

import strategies
from adapters.recordings import RecordedRun, run_at
from core.replay.player import Player
from core.replay.read_facts import Row, facts_of
from core.replay.result import Result
from core.session import TradingCalendar, load_calendar
from core.strategy import Strategy, StrategyConfig


def replay_recording(folder: Path, calendar: TradingCalendar | None = None) -> Result:
    """Play a recorded run.

    Raises
    ------
    DataError
        If the recording cannot be read.
    ConfigError
        If a strategy in it cannot be made any more.
    """
    recorded = RecordedRun(run_at(folder))
    facts = facts_of(recorded.facts, str(folder), _made)
    player = Player(facts, calendar or load_calendar())
    for frame in recorded.frames():
        player.message(*frame)
    player.finish()
    return player.driver.result


def _made(fact: Row, _: StrategyConfig) -> Strategy:
    found = strategies.type_of(fact["module_path"], fact["class_name"])
    return strategies.make(found.name, fact["parameters"])
