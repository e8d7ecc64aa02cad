"""One drill: a worker is killed at moments drawn by lot, and the day ends as if nothing had been.

In:  a scene, a seed.
Out: what was killed when, how long restarts took, how the books differ from an undisturbed day's.
Next: `tests/chaos/kill.py`, which plays many.

After each kill the market is held and put back to the last minute that the journal knows; the
worker's folder says which, see `last_minute`.
"""

import os
import random
import shutil
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import psutil

from core.session import NS_PER_MINUTE
from tests.chaos.kill_scene import MINUTES, OPENS, OPENS_NS, PATIENCE, SUBSCRIBED, Books, Scene
from tests.worker.running import RunningWorker, wait_for

BOOT: Final = "boot"
RUN: Final = "run"
COMMIT: Final = "commit"
PROCESS: Final = "process"
STAGES: Final = (BOOT, RUN, RUN, COMMIT, COMMIT)
"""Drawn from; a boot may be the first one or that of a restart."""
LONGEST_BOOT: Final = 3.0
LONGEST_WAIT: Final = 0.1
MOST_COMMITS: Final = 40
QUIET_SECONDS: Final = 1.0
"""Without a write for so long, the day is over."""


@dataclass
class Drill:
    """What came of one seed."""

    seed: int
    kills: list[str] = field(default_factory=list)
    resumed: int = 0
    restart_seconds: list[float] = field(default_factory=list)
    restart_cpu_seconds: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def last_minute(state: Path) -> int | None:
    """Return the last minute that the journal in a worker's folder knows, ns UTC, None for none."""
    journal = state / "journal.sqlite3"
    if not journal.exists():
        return None
    with closing(sqlite3.connect(journal)) as database:
        try:
            found = database.execute(
                "select key from facts where kind = 'checkpoint' order by sequence desc limit 1"
            ).fetchone()
        except sqlite3.OperationalError:  # Killed before there was a table.
            return None
    return None if found is None or not found[0] else int(found[0])


def undisturbed(scene: Scene) -> Books:
    """Play a day that nobody disturbs; return what the database says after it."""
    drill = Drill(0)
    _play(scene, drill, iter(()), random.Random(0))
    assert not drill.problems, drill.problems
    return scene.books()


def drilled(scene: Scene, kind: str, seed: int, expected: Books) -> Drill:
    """Play a day with kills of the worker or of strategy processes; return what came of it."""
    lot = random.Random(f"{kind} {seed}")
    stages = [lot.choice(STAGES) for _ in range(lot.choice((1, 1, 2, 3)))]
    if kind == PROCESS:
        stages = [PROCESS]
    drill = Drill(seed)
    _play(scene, drill, iter(stages), lot)
    drill.problems += differences(expected, scene.books())
    return drill


def differences(expected: Books, found: Books) -> list[str]:
    """Return in words where two days differ."""
    words = []
    for table, rows in expected.items():
        ours, theirs = found[table], list(rows)
        for row in ours:
            if row in theirs:
                theirs.remove(row)
            else:
                words.append(f"{table} has {_short(row)}")
        words += [f"{table} lacks {_short(row)}" for row in theirs]
    return words


def _short(row: tuple[object, ...]) -> str:
    return ", ".join(str(each) for each in row)


def _play(scene: Scene, drill: Drill, stages: Iterator[str], lot: random.Random) -> None:
    """Play the day to its end through all kills."""
    scene.begin()
    state = scene.folder / f"state-{drill.seed}"
    shutil.rmtree(state, ignore_errors=True)
    to: str | int = OPENS
    while True:
        scene.rewind(to)
        life = Life(scene, state, drill, goes_on=to != OPENS)
        with scene.worker(state) as life.worker:
            if not life.ends_early(next(stages, ""), lot):
                break
        to = last_minute(state) or OPENS
    shutil.rmtree(state, ignore_errors=True)


class Life:
    """One worker from its start to its end.

    Parameters
    ----------
    scene, state, drill
        Where it is, its folder, who is told.
    goes_on
        Whether it is to go on with what the one before has begun.
    """

    worker: RunningWorker

    def __init__(self, scene: Scene, state: Path, drill: Drill, *, goes_on: bool) -> None:
        self._scene: Final = scene
        self._state: Final = state
        self._drill: Final = drill
        self._goes_on: Final = goes_on
        self._begun: Final = time.monotonic()

    def ends_early(self, stage: str, lot: random.Random) -> bool:
        """Live through the day, or until the kill of a stage; return whether it was killed."""
        if stage == BOOT:
            seconds = lot.uniform(0.0, LONGEST_BOOT)
            time.sleep(seconds)
            return self._kill(f"boot after {seconds:.3f} s")
        wait_for("all to be subscribed", self._is_subscribed, PATIENCE)
        self._scene.let_go()
        self.worker.wait_said("ready", PATIENCE)
        self._scene.refuse_history()
        self._note_restart()
        if stage == RUN:
            return self._kill(f"run at {self._wait_for_some_minute(lot)}")
        if stage == COMMIT:
            return self._kill(f"commit {self._wait_for_some_commit(lot)}")
        if stage == PROCESS:
            self._kill_processes(lot)
        wait_for("the day to be over", self._scene.is_over, PATIENCE)
        self._scene.wait_stored()
        assert self.worker.stop() == 0, self.worker.raw[-20:]
        return False

    def _is_subscribed(self) -> bool:
        if self.worker.process.poll() is not None:
            raise AssertionError("the worker ended: " + "".join(self.worker.raw[-20:]))
        return self._scene.subscribed() >= SUBSCRIBED

    def _kill(self, when: str) -> bool:
        self.worker.process.send_signal(signal.SIGKILL)
        self.worker.process.wait()
        self._drill.kills.append(when)
        return True

    def _note_restart(self) -> None:
        """Note whether the last run goes on, and how long that took."""
        if not self._drill.kills:
            return
        self._drill.restart_seconds.append(time.monotonic() - self._begun)
        lives = [psutil.Process(self.worker.process.pid), *self.worker.descendants()]
        used = sum(sum(each.cpu_times()[:2]) for each in lives)
        self._drill.restart_cpu_seconds.append(round(used, 2))
        goes_on = bool(self.worker.said("the last run goes on"))
        self._drill.resumed += goes_on
        if goes_on is not self._goes_on:
            reasons = [line["message"] for line in self.worker.said("a new run begins")]
            self._drill.problems.append(f"the last run went on: {goes_on}; {reasons}")

    def _wait_for_some_minute(self, lot: random.Random) -> str:
        """Wait until the journal has come to a minute, and a little longer; return which."""
        minute = lot.randrange(MINUTES)
        wait_for(f"minute {minute} of the day", lambda: self._minute() >= minute, PATIENCE)
        time.sleep(lot.uniform(0.0, LONGEST_WAIT))
        return f"minute {minute}"

    def _minute(self) -> int:
        """Return which minute of the day the journal has come to."""
        last = last_minute(self._state)
        return -1 if last is None else (last - OPENS_NS) // NS_PER_MINUTE

    def _wait_for_some_commit(self, lot: random.Random) -> int:
        """Wait for some write to the journal, without a pause; return which it was."""
        commits = lot.randint(1, MOST_COMMITS)
        log, seen, changed = self._state / "journal.sqlite3-wal", 0, 0
        quiet = time.monotonic()
        while seen < commits and time.monotonic() - quiet < QUIET_SECONDS:
            now = log.stat().st_mtime_ns
            if now != changed:
                seen, changed, quiet = seen + 1, now, time.monotonic()
        return seen

    def _kill_processes(self, lot: random.Random) -> None:
        """Kill strategy processes, one after the other."""
        for _ in range(lot.choice((1, 2))):
            when = self._wait_for_some_minute(lot)
            wait_for("all to run", partial(self._scene.has_replaced, 0), PATIENCE)
            name, pid = lot.choice(self._scene.processes())
            os.kill(pid, signal.SIGKILL)
            self._drill.kills.append(f"process of {name[-2:]} at {when}")
            wait_for("another process", partial(self._scene.has_replaced, pid), PATIENCE)
