"""A recorded day, played again through the engine and the real strategy classes.

In:  the folder of recordings and a day.
Out: `ReplayedDay`: what was decided then, what is decided now, which signals were late.
Next: `worker/replay/replay.py`, which tells it; `core/replay/player.py`, which plays.

A day may have several runs: the worker was restarted. Each is played by itself, from its own
beginning even if that was an earlier day, with the strategies as their files are now.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

import strategies
from adapters.recordings import RecordedRun, runs_of
from core.replay.decided import Decided, decided
from core.replay.player import Player
from core.replay.read_facts import Row, decision_of, facts_of, instrument_of
from core.replay.recorded import Late
from core.session import TradingCalendar, ist_date
from core.strategy import Strategy, StrategyConfig
from worker.processes.messages import Load, UserCode


@dataclass
class ReplayedDay:
    """What came of playing a day.

    Attributes
    ----------
    recorded
        What the worker decided, in its order.
    replayed
        What is decided now.
    late
        Signals that were acted on after a later packet than the one they are about.
    notes
        Sentences about what could not be played as it was.
    """

    day: date
    runs: int = 0
    messages: int = 0
    ticks: int = 0
    recorded: list[Decided] = field(default_factory=list)
    replayed: list[Decided] = field(default_factory=list)
    late: list[Late] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def of_config(self, config_id: str) -> None:
        """Leave everything out that is about another config."""
        self.recorded = [each for each in self.recorded if each.config_id == config_id]
        self.replayed = [each for each in self.replayed if each.config_id == config_id]
        self.late = [each for each in self.late if each.config_id == config_id]


def replay_day(directory: Path, day: date, calendar: TradingCalendar) -> ReplayedDay:
    """Play all runs of a day.

    Raises
    ------
    DataError
        If there is no recording of it, or one cannot be read.
    ConfigError
        If a strategy in it cannot be made any more.
    """
    done = ReplayedDay(day)
    for run in _runs(directory, day):
        _play(run, calendar, done)
    return done


def recorded_decisions(directory: Path, day: date) -> list[Decided]:
    """Return what the recordings of a day say was decided; nothing is played. Raises as above."""
    noted = (
        decision_of(each)
        for run in _runs(directory, day)
        for each in run.facts
        if each["fact"] == "decisions"
    )
    return [made for on, made in noted if on == day]


def _runs(directory: Path, day: date) -> list[RecordedRun]:
    runs = [RecordedRun(each) for each in runs_of(directory, day)]
    return sorted(runs, key=lambda each: each.started_ns)


def _play(run: RecordedRun, calendar: TradingCalendar, done: ReplayedDay) -> None:
    name = f"run {run.facts[0]['run_id']}"
    facts = facts_of(run.facts, name, _Maker(run.facts).make)
    player = Player(facts, calendar)
    for frame in run.frames():
        player.message(*frame)
        done.messages += 1
    if run.has_ended:
        player.finish()
    recorded = [made for on, made in facts.decisions if on == done.day]
    result = player.driver.result
    replayed = [decided(each) for each in result.decisions if ist_date(each.decided_ns) == done.day]
    if not run.has_ended:
        # What was recorded last was perhaps never looked at by the worker that was killed.
        done.notes.append(f"{name} was cut off; what it decided last is not compared")
        replayed = replayed[: len(recorded)]
    if run.lost:
        done.notes.append(f"{name} lacks {run.lost} messages: the disk was too slow")
    done.notes += player.driver.raised
    done.runs += 1
    done.ticks += result.ticks
    done.recorded += recorded
    done.replayed += replayed
    done.late += player.driver.late


class _Maker:
    """Make strategies as their files, or their own code, say."""

    def __init__(self, facts: Sequence[Row]) -> None:
        self._listed: Final = {
            each.key: each
            for each in (instrument_of(row) for row in facts if row["fact"] == "instruments")
        }

    def make(self, fact: Row, config: StrategyConfig) -> Strategy:
        """Return the strategy of a deployed config."""
        found = strategies.type_of(fact["module_path"], fact["class_name"])
        if not found.brings_code:
            return strategies.make(found.name, fact["parameters"])
        from worker.processes.code_strategy import make_code  # noqa: PLC0415 - it brings the sandbox.

        code = UserCode(fact["code"], tuple(self._listed[key] for key in config.instruments))
        load = Load(fact["module_path"], fact["class_name"], {}, config, code=code)
        return make_code(load, fact["parameters"])[0]
