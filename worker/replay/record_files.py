"""The files of a recording: compressed, in parts, by market day, and never more than allowed.

In:  bytes of messages and of facts, and the market day they belong to.
Out: files in the form of `adapters/recordings.py`; old days removed, each with a line in the log.
Next: `worker/replay/recorder.py`, whose thread calls this.
"""

import logging
import shutil
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

import zstandard

from adapters.recordings import FACTS, FRAMES, days_of
from core.brokers.dhan.recording import HEAD
from core.errors import StoreError

PART_BYTES: Final = 128 << 20
"""Compressed; a part that has grown so large is followed by the next."""
LEVEL: Final = 3

_log: Final = logging.getLogger(__name__)


class RecordLimits(NamedTuple):
    """How much is kept: so many days, and no more bytes than that."""

    days: int = 5
    most_bytes: int = 20 * 10**9


class RecordFiles:
    """Write one run.

    Parameters
    ----------
    directory
        Of all recordings.
    run_id
        Names the run's folders.
    limits
        What is kept of all runs together.
    """

    def __init__(self, directory: Path, run_id: str, limits: RecordLimits) -> None:
        self._directory: Final = directory
        self._run_id: Final = run_id
        self._limits: Final = limits
        self._day: date | None = None
        self._number = 0
        self._part: _Part | None = None
        self._others_bytes = 0  # Of all parts but the open one.
        self._written = 0  # In parts of this run that are closed.

    @property
    def bytes_written(self) -> int:
        """How much this run takes on disk."""
        return self._written + (0 if self._part is None else self._part.size)

    def write(self, day: date, frames: bytes | bytearray, facts: bytes) -> None:
        """Append; when this returns, what was given survives the end of this process.

        Raises
        ------
        StoreError
            If the disk is full, or the day alone takes all that is allowed.
        """
        try:
            if self._part is None or day != self._day or self._part.size > PART_BYTES:
                self._next_part(day)
            if self._part is not None:
                self._part.write(frames, facts)
                if self._others_bytes + self._part.size > self._limits.most_bytes:
                    self._make_room()
        except OSError as error:
            raise StoreError(f"{self._directory}: {error.strerror}") from error

    def close(self) -> None:
        """Finish the open part; raises as `write`."""
        part, self._part = self._part, None
        if part is not None:
            try:
                part.close()
            except OSError as error:
                raise StoreError(f"{self._directory}: {error.strerror}") from error
            self._written += part.size

    def _next_part(self, day: date) -> None:
        self.close()
        self._number = self._number + 1 if day == self._day else 1
        self._day = day
        folder = self._directory / day.isoformat() / self._run_id
        folder.mkdir(parents=True, exist_ok=True)
        self._make_room()
        self._part = _Part(folder, self._number)

    def _make_room(self) -> None:
        """Remove the oldest days until what is left is within the limits.

        Raises
        ------
        StoreError
            If today alone is too much.
        """
        days = days_of(self._directory)
        sizes = {day: _bytes_below(self._directory / day.isoformat()) for day in days}
        while len(days) > self._limits.days or sum(sizes.values()) > self._limits.most_bytes:
            oldest = days.pop(0)
            if oldest == self._day:
                raise StoreError(
                    f"the recording of {oldest} has reached {self._limits.most_bytes:,} bytes, "
                    "the limit of WORKER_RECORD_MAX_GB"
                )
            shutil.rmtree(self._directory / oldest.isoformat())
            facts = {"day": str(oldest), "bytes": sizes.pop(oldest)}
            _log.info("recording removed: the oldest day", extra={"facts": facts})
        open_bytes = 0 if self._part is None else self._part.size
        self._others_bytes = sum(sizes.values()) - open_bytes


class _Part:
    """One pair of files."""

    def __init__(self, folder: Path, number: int) -> None:
        with ExitStack() as stack:
            frames = stack.enter_context((folder / FRAMES.format(number)).open("xb"))
            facts = stack.enter_context((folder / FACTS.format(number)).open("xb"))
            self._files: Final = stack.pop_all()
        self._frames: Final = _Compressed(frames)
        self._facts: Final = _Compressed(facts)
        self._frames.write(HEAD)

    @property
    def size(self) -> int:
        """Bytes on disk."""
        return self._frames.size + self._facts.size

    def write(self, frames: bytes | bytearray, facts: bytes) -> None:
        """Append to both; facts last: they say how many messages stand before them."""
        self._frames.write(frames)
        self._facts.write(facts)

    def close(self) -> None:
        """Finish both."""
        self._frames.end()
        self._facts.end()
        self._files.close()


class _Compressed:
    """One file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file: Final = file
        self._stream: Final[Any] = zstandard.ZstdCompressor(
            level=LEVEL, write_checksum=True
        ).compressobj()
        self.size = 0

    def write(self, content: bytes | bytearray) -> None:
        """Append so that it can be read from now on."""
        if content:
            begun = self._stream.compress(content)
            self._put(begun + self._stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK))

    def end(self) -> None:
        """Append the checksum."""
        self._put(self._stream.flush())

    def _put(self, compressed: bytes) -> None:
        self._file.write(compressed)
        self._file.flush()
        self.size += len(compressed)


def _bytes_below(folder: Path) -> int:
    return sum(each.stat().st_size for each in folder.rglob("*") if each.is_file())
