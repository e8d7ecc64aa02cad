"""The recording: whole after a kill, bounded on disk, never in the way of the ticks."""

import logging
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from adapters.recordings import RecordedRun, days_of, run_at, runs_of
from core.errors import DataError
from core.session import ist_midnight_ns
from tests.worker.running import PROJECT, wait_for
from worker.replay import record_files, recorder
from worker.replay.record_files import RecordLimits
from worker.replay.recorder import Recorder

MONDAY, TUESDAY, WEDNESDAY = date(2026, 11, 16), date(2026, 11, 17), date(2026, 11, 18)
NOON_NS = 12 * 3600 * 10**9


class Clock:
    """The market's time, moved by hand."""

    def __init__(self, day: date = MONDAY) -> None:
        self.now_ns = ist_midnight_ns(day) + NOON_NS

    def go_to(self, day: date) -> None:
        self.now_ns = ist_midnight_ns(day) + NOON_NS


@contextmanager
def recording(
    folder: Path, clock: Clock, limits: RecordLimits | None = None, run: UUID | None = None
) -> Iterator[Recorder]:
    made = Recorder(folder, run or uuid4(), limits)
    made.market_ns = lambda: clock.now_ns
    try:
        yield made
    finally:
        made.close()


def the_run(folder: Path, day: date) -> RecordedRun:
    (where,) = runs_of(folder, day)
    return RecordedRun(where)


def marks(folder: Path) -> int:
    """Return how often messages were written down so far."""
    try:
        runs = [RecordedRun(each) for day in days_of(folder)[-1:] for each in runs_of(folder, day)]
    except DataError:  # It begins this very moment.
        return 0
    return sum(each["fact"] == "mark" for run in runs for each in run.facts)


def _wait_marks(folder: Path, count: int) -> None:
    wait_for("the message on disk", lambda: marks(folder) == count)


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "FLUSH_SECONDS", 0.01)


def test_messages_and_facts_come_back_in_their_order(tmp_path: Path) -> None:
    run = uuid4()
    with recording(tmp_path, Clock(), run=run) as made:
        made.write(1, b"one")
        made.note("commands", 5, {"config_id": "c", "command": "PAUSE"})
        made.write(2, b"two")
    found = the_run(tmp_path, MONDAY)
    assert [tuple(each) for each in found.frames()] == [(1, b"one"), (2, b"two")]
    first, second = found.facts[:2]
    assert first["run_id"] == str(run)
    assert second == {"fact": "commands", "after": 5, "number": 1, "config_id": "c",
                      "command": "PAUSE"}  # fmt: skip
    assert found.has_ended
    assert found.lost == 0


def test_of_the_clock_only_the_last_word_before_something_else_is_kept(tmp_path: Path) -> None:
    with recording(tmp_path, Clock()) as made:
        for now_ns in (10, 20, 30):
            made.clock(7, now_ns)
        made.write(1, b"tick")
        made.clock(8, 40)
    clocks = [each for each in the_run(tmp_path, MONDAY).facts if each["fact"] == "clock"]
    assert [(each["after"], each["now_ns"]) for each in clocks] == [(7, 30), (8, 40)]


def test_a_run_over_night_is_read_from_its_first_day_on(tmp_path: Path) -> None:
    clock, run = Clock(), uuid4()
    with recording(tmp_path, clock, run=run) as made:
        made.write(1, b"monday")
        wait_for("the first day on disk", lambda: marks(tmp_path) == 1)
        clock.go_to(TUESDAY)
        made.write(2, b"tuesday")
    assert days_of(tmp_path) == [MONDAY, TUESDAY]
    assert [each.message for each in the_run(tmp_path, MONDAY).frames()] == [b"monday"]
    both = the_run(tmp_path, TUESDAY)
    assert [each.message for each in both.frames()] == [b"monday", b"tuesday"]
    assert run_at(tmp_path / str(TUESDAY) / str(run)).folders[0].parent.name == str(MONDAY)


def test_a_large_part_is_followed_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record_files, "PART_BYTES", 1_000)
    messages = [os.urandom(400) for _ in range(10)]
    with recording(tmp_path, Clock()) as made:
        for number, message in enumerate(messages):
            made.write(number, message)
            _wait_marks(tmp_path, number + 1)
    found = the_run(tmp_path, MONDAY)
    assert len(list(tmp_path.rglob("frames-*"))) > 3
    assert [each.message for each in found.frames()] == messages


def test_the_oldest_days_go_first_and_whole_with_a_line_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for day in (MONDAY, TUESDAY):
        with recording(tmp_path, Clock(day)) as made:
            made.write(1, day.isoformat().encode())
    with recording(tmp_path, Clock(WEDNESDAY), RecordLimits(days=2)) as made:
        made.write(1, b"wednesday")
    assert days_of(tmp_path) == [TUESDAY, WEDNESDAY]
    (line,) = (each for each in caplog.records if "recording removed" in each.message)
    assert line.__dict__["facts"]["day"] == str(MONDAY)


def test_a_day_that_is_too_large_ends_the_recording_and_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with recording(tmp_path, Clock(MONDAY)) as made:
        made.write(1, os.urandom(50_000))
    with recording(tmp_path, Clock(TUESDAY), RecordLimits(most_bytes=100_000)) as made:
        made.write(1, os.urandom(80_000))
        wait_for("the older day to go", lambda: days_of(tmp_path) == [TUESDAY])
        wait_for("the message on disk", lambda: marks(tmp_path) == 1)
        made.write(2, os.urandom(80_000))
        wait_for("the end of the recording", lambda: made.figures()["failed"])
        made.write(3, b"lost")
        assert made.lost == 1
    assert "recording ended, the worker goes on" in caplog.text
    assert "the limit of WORKER_RECORD_MAX_GB" in caplog.text
    found = the_run(tmp_path, TUESDAY)
    assert not found.has_ended


def test_what_a_slow_disk_does_not_take_is_left_out_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "BUFFER_BYTES", 1_000)
    clock = Clock()
    clock.now_ns, day_ns = 0, clock.now_ns  # Nothing is written while the day is not known.
    with recording(tmp_path, clock) as made:
        for number in range(100):
            made.write(number, bytes(84))
        assert (made.messages, made.lost) == (10, 90)
        clock.now_ns = day_ns
    found = the_run(tmp_path, MONDAY)
    assert found.lost == 90
    assert [each.received_ns for each in found.frames()] == list(range(10))


def test_a_folder_that_vanishes_ends_the_recording_and_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "recordings"
    clock = Clock()
    with recording(folder, clock) as made:
        made.write(1, b"one")
        wait_for("the message on disk", lambda: marks(folder) == 1)
        shutil.rmtree(folder)
        folder.write_text("a file is in the way")
        clock.go_to(TUESDAY)
        made.write(2, b"two")
        wait_for("the end of the recording", lambda: made.figures()["failed"])
    assert "recording ended, the worker goes on" in caplog.text


_WRITER = """
import sys, time, uuid
from pathlib import Path
from worker.replay.recorder import Recorder
made = Recorder(Path(sys.argv[1]), uuid.uuid4())
made.market_ns = lambda: int(sys.argv[2])
number = 0
while True:
    number += 1
    made.write(number, b"%d" % number * 20)
    made.note("commands", number, {"number_too": number})
    if number % 1000 == 0:
        print(number, flush=True)
        time.sleep(0.001)
"""


def test_what_was_written_before_a_kill_can_be_read(tmp_path: Path) -> None:
    arguments = [str(tmp_path), str(Clock().now_ns)]
    writer = subprocess.Popen(
        [sys.executable, "-c", _WRITER, *arguments],
        cwd=PROJECT, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        wait_for("two flushes", lambda: marks(tmp_path) >= 2)
    finally:
        writer.send_signal(signal.SIGKILL)
        writer.communicate()
    found = the_run(tmp_path, MONDAY)
    frames = list(found.frames())
    assert not found.has_ended
    assert len(frames) > 100
    assert [each.received_ns for each in frames] == list(range(1, len(frames) + 1))
    assert all(each.message == b"%d" % each.received_ns * 20 for each in frames)
    last = max(at for at, each in enumerate(found.facts) if each["fact"] == "mark")
    noted = [each["number_too"] for each in found.facts[:last] if each["fact"] == "commands"]
    assert noted == list(range(1, len(noted) + 1))
    assert abs(len(noted) - len(frames)) <= 1, "both were written down together"
