"""`python -m worker replay DAY`: whether a recorded day decides today what it decided then.

In:  the command line; recordings; what to compare with.
Out: one line of JSON on stdout, sentences on stderr; exit code 0 where nothing differs, 3 where
     something does.
Next: `worker/replay/replay_day.py`, which plays; `worker/replay/replay_rows.py`, which asks the
      database.
"""

import argparse
import json
import re
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from adapters.own_calendar import read_calendar
from core.errors import ConfigError
from core.replay.decided import Decided, Difference, first_difference, hash_of
from core.session import NS_PER_SECOND
from core.settings import SettingsReader
from worker.replay.replay_day import ReplayedDay, recorded_decisions, replay_day
from worker.replay.replay_rows import as_stored, signals_of

DATABASE: Final = "DATABASE"
EXIT_DIFFERENT: Final = 3
LATE_SHOWN: Final = 20

_HASH: Final = re.compile(r"[0-9a-f]{64}")


class Comparison(NamedTuple):
    """What a replayed day was held against."""

    name: str
    is_same: bool
    difference: Difference | None


def replay(options: argparse.Namespace, values: Mapping[str, str]) -> int:
    """Replay a day, tell what came of it, return the exit code.

    Raises
    ------
    TradingError
        If the recording or what it is to be compared with cannot be had.
    """
    reader = SettingsReader(values)
    directory, calendar_file = reader.path("WORKER_RECORD_DIR"), reader.path("CALENDAR_FILE")
    if directory is None:
        reader.problem("WORKER_RECORD_DIR is not set: where are the recordings?")
    reader.finish()
    began = time.monotonic()
    done = replay_day(directory or Path(), options.day, read_calendar(calendar_file))
    seconds = time.monotonic() - began
    if options.config is not None:
        done.of_config(options.config)
    compared = _compared(done, options, values)
    _tell(done, compared, seconds)
    return 0 if compared.is_same else EXIT_DIFFERENT


def _compared(
    done: ReplayedDay, options: argparse.Namespace, values: Mapping[str, str]
) -> Comparison:
    against = options.against
    if against is None:
        return _held("what was recorded", done.recorded, done.replayed)
    if _HASH.fullmatch(against):
        if hash_of(done.replayed) == against:
            return Comparison("the hash", is_same=True, difference=None)
        # A hash says nothing about where; what was recorded may.
        recorded = _held("", done.recorded, done.replayed)
        return Comparison("the hash", is_same=False, difference=recorded.difference)
    if against == DATABASE:
        there, here = signals_of(values, done.day), as_stored(done.replayed)
    elif Path(against).is_dir():
        there, here = recorded_decisions(Path(against), done.day), done.replayed
    else:
        raise ConfigError(
            f"--against is {against!r}, must be {DATABASE}, a hash of 64 hexadecimal digits, or "
            "a folder of recordings"
        )
    if options.config is not None:
        there = [each for each in there if each.config_id == options.config]
    return _held(against, there, here)


def _held(name: str, there: list[Decided], here: list[Decided]) -> Comparison:
    difference = first_difference(there, here)
    return Comparison(name, difference is None, difference)


def _tell(done: ReplayedDay, compared: Comparison, seconds: float) -> None:
    say = sys.stderr.write
    for note in done.notes:
        say(f"{note}\n")
    for late in done.late[:LATE_SHOWN]:
        say(
            f"late: config {late.config_id}, {late.signal.type} of the candle closed at "
            f"{late.signal.candle_close_ns}: acted on {late.ticks} ticks and "
            f"{late.waited_ns / NS_PER_SECOND:.3f} s of the market later\n"
        )
    if len(done.late) > LATE_SHOWN:
        say(f"late: {len(done.late) - LATE_SHOWN} more\n")
    if compared.difference is not None:
        say(f"compared with {compared.name}: {compared.difference}\n")
    elif not compared.is_same:
        say(f"compared with {compared.name}: it differs, though not from what was recorded\n")
    line = {
        "day": str(done.day),
        "runs": done.runs,
        "messages": done.messages,
        "ticks": done.ticks,
        "seconds": round(seconds, 1),
        "decisions": len(done.replayed),
        "hash": hash_of(done.replayed),
        "recorded_hash": hash_of(done.recorded),
        "late": len(done.late),
        "same": compared.is_same,
    }
    sys.stdout.write(json.dumps(line) + "\n")
