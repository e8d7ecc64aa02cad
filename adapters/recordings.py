"""Recorded runs of the worker on disk: where they are, and their contents piece by piece.

In:  the folder of all recordings, a day; or the folder of one run.
Out: the runs of a day; of each run its facts and its messages, in order.
Next: `core/replay/player.py`, which plays them; `worker/replay/recorder.py` writes them.

The form: `<day>/<run>/frames-0001.dhanraw.zst` are messages, in the form of
`core/brokers/dhan/recording.py`, and `facts-0001.jsonl.zst` one fact a line; a part that has grown
large is followed by the next number, and a run that goes on over night by a folder of the next
day. So a run that began on an earlier day is read from there. Both are plain zstd: `zstdcat` shows
them. A worker that was killed leaves parts that are cut off: messages count up to the last `mark`
among the facts, which says how many of them were written before it.
"""

import json
import uuid
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

import zstandard

from core.brokers.dhan.recording import Frame, Recording
from core.errors import DataError

FRAMES: Final = "frames-{:04}.dhanraw.zst"
FACTS: Final = "facts-{:04}.jsonl.zst"

_PIECE: Final = 1 << 20


class RunFolders(NamedTuple):
    """Where a run is recorded.

    Attributes
    ----------
    folders
        One for each day, the earliest first.
    """

    run_id: str
    folders: tuple[Path, ...]


class RecordedRun:
    """What is recorded of a run.

    Parameters
    ----------
    where
        Its folders.

    Attributes
    ----------
    facts
        Everything beside the messages, as it was written down; the first is about the run itself.
    has_ended
        Whether the worker closed it; one that was killed did not.
    lost
        Messages that are missing because the disk was too slow, or full.

    Raises
    ------
    DataError
        If it cannot be read, or its beginning is gone.
    """

    def __init__(self, where: RunFolders) -> None:
        self._where: Final = where
        self.facts: Final = list(_facts(where))
        if not self.facts or self.facts[0].get("fact") != "run":
            raise DataError(f"{where.folders[0]}: the beginning of run {where.run_id} is gone")
        self.has_ended: Final = self.facts[-1]["fact"] == "end"
        self.lost: Final = sum(each["messages"] for each in self.facts if each["fact"] == "lost")
        marks = [int(each["messages"]) for each in self.facts if each["fact"] == "mark"]
        self._count: Final = marks[-1] if marks else 0

    @property
    def started_ns(self) -> int:
        """When the run began, ns UTC by the wall."""
        return int(self.facts[0]["started_ns"])

    def frames(self) -> Iterator[Frame]:
        """Yield the messages.

        Raises
        ------
        DataError
            If a part of them cannot be read, or is gone.
        """
        missing = self._count
        for frame in islice(self._all_frames(), self._count):
            missing -= 1
            yield frame
        if missing:
            raise DataError(f"run {self._where.run_id}: {missing} messages of it are gone")

    def _all_frames(self) -> Iterator[Frame]:
        for path in _parts(self._where, "frames-*"):
            try:
                yield from Recording(_pieces(path))
            except DataError as error:
                raise DataError(f"{path}: {error}") from error


def runs_of(directory: Path, day: date) -> list[RunFolders]:
    """Return the runs that recorded a day, in no particular order.

    Raises
    ------
    DataError
        If there is no recording of that day; names the days there are.
    """
    names = _run_names(directory / day.isoformat())
    if not names:
        days = ", ".join(str(each) for each in days_of(directory)) or "none"
        raise DataError(f"{directory} has no recording of {day}; there are: {days}")
    return [_run(directory, name, day) for name in names]


def run_at(folder: Path) -> RunFolders:
    """Return the run of a folder, with its earlier days; raises DataError if it is none."""
    day = _day(folder.parent)
    if day is None or folder.name not in _run_names(folder.parent):
        raise DataError(f"{folder} is no recorded run: it should be <recordings>/<day>/<run>")
    return _run(folder.parent.parent, folder.name, day)


def days_of(directory: Path) -> list[date]:
    """Return the days of which there are recordings, the earliest first."""
    found = (_day(each) for each in directory.iterdir()) if directory.is_dir() else ()
    return sorted(day for day in found if day is not None)


def _run(directory: Path, name: str, last: date) -> RunFolders:
    folders = (directory / day.isoformat() / name for day in days_of(directory) if day <= last)
    return RunFolders(name, tuple(each for each in folders if each.is_dir()))


def _run_names(folder: Path) -> list[str]:
    if not folder.is_dir():
        return []
    return sorted(each.name for each in folder.iterdir() if _is_run(each))


def _is_run(folder: Path) -> bool:
    try:
        return folder.is_dir() and bool(uuid.UUID(folder.name))
    except ValueError:
        return False


def _day(folder: Path) -> date | None:
    try:
        return date.fromisoformat(folder.name)
    except ValueError:
        return None


def _parts(where: RunFolders, pattern: str) -> Iterable[Path]:
    return (path for folder in where.folders for path in sorted(folder.glob(pattern)))


def _facts(where: RunFolders) -> Iterator[dict[str, Any]]:
    for path in _parts(where, "facts-*"):
        whole, _, _ = b"".join(_pieces(path)).rpartition(b"\n")  # The last may be cut off.
        try:
            yield from map(json.loads, whole.splitlines())
        except ValueError as error:
            raise DataError(f"{path}: {error}") from error


def _pieces(path: Path) -> Iterator[bytes]:
    """Yield what a compressed file holds, as far as it was written."""
    try:
        with path.open("rb") as file:
            reader = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
            while piece := reader.read(_PIECE):
                yield piece
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error
    except zstandard.ZstdError as error:
        raise DataError(f"{path} is damaged: {error}") from error
