"""Record the feed's raw messages, so that a day can be played again.

In:  each message as it arrived; what else decided what the worker did: instruments, strategies
     with the candles they were warmed up with, commands, the clock, gaps, decisions.
Out: files in the form of `adapters/recordings.py`; what could not be recorded is counted.
Next: `worker/replay/record_files.py`; `worker/replay/replay.py`, which plays a day to the same
      engine.

The path of the ticks only appends to a buffer in memory. A thread compresses it and writes it
down every second, so a worker that is killed loses the last second of its recording. When the
disk is too slow for that, messages are left out of the recording, never of the market; when it is
full, the recording ends and the worker goes on.
"""

import json
import logging
import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from core.brokers.dhan.recording import encode_record
from core.errors import ConfigError, StoreError
from core.session import ist_date
from worker.replay.record_files import RecordFiles, RecordLimits

BUFFER_BYTES: Final = 64 << 20
"""What waits for the disk; more is lost."""
FLUSH_SECONDS: Final = 1.0

_WAKE_BYTES: Final = 1 << 20
_CLOSE_SECONDS: Final = 10.0

_log: Final = logging.getLogger(__name__)


class Recorder:
    """Write one run down.

    Parameters
    ----------
    directory
        Where recordings are kept.
    run_id
        Names this run, and its folders.
    limits
        How much is kept.
    follows_feed
        Whether the feed is the clock.

    Attributes
    ----------
    market_ns
        Answers the market's time, ns UTC; 0 while it is not known.
    messages, lost
        Recorded, and left out.

    Raises
    ------
    ConfigError
        If the folder cannot be written to.
    """

    def __init__(
        self,
        directory: Path,
        run_id: UUID,
        limits: RecordLimits | None = None,
        *,
        follows_feed: bool = True,
    ) -> None:
        self.run_id: Final = run_id
        self.market_ns: Callable[[], int] = _not_known
        self.messages = 0
        self.lost = 0
        self._files: Final = RecordFiles(directory, str(run_id), limits or RecordLimits())
        _require_writable(directory)
        self._lock: Final = threading.Lock()
        self._frames = bytearray()
        self._facts: list[str] = []
        self._facts_bytes = 0
        self._count = 0
        self._lost_untold = 0
        self._clock: tuple[int, int] | None = None
        self._day: date | None = None
        self._has_failed = False
        self._is_closing = False
        self._wake: Final = threading.Event()
        self._thread: Final = threading.Thread(target=self._run, name="recorder", daemon=True)
        about = {"run_id": str(run_id), "started_ns": time.time_ns(), "follows_feed": follows_feed}
        self._say({"fact": "run", **about, "repairs_gaps": True})
        self._thread.start()

    def write(self, received_ns: int, message: bytes) -> None:
        """Add a message."""
        if self._clock is not None:
            self._tell_clock()
        record = encode_record(received_ns, message)
        with self._lock:
            if self._has_failed or len(self._frames) + len(record) > BUFFER_BYTES:
                self.lost += 1
                self._lost_untold += 1
                return
            self._frames += record
            self.messages += 1
            is_much = len(self._frames) > _WAKE_BYTES
        if is_much:
            self._wake.set()

    def note(self, kind: str, after: int, fact: dict[str, Any]) -> None:
        """Add a fact.

        Parameters
        ----------
        after
            How many packets the engine had been given when it became true. Facts after the same
            packet are told apart by their `number`.
        """
        if self._clock is not None:
            self._tell_clock()
        self._note(kind, after, fact)

    def clock(self, after: int, now_ns: int) -> None:
        """Add that the market's time was told; of several in a row only the last counts."""
        self._clock = (after, now_ns)

    def figures(self) -> dict[str, Any]:
        """Return what was recorded, and what was not."""
        return {
            "messages": self.messages,
            "lost": self.lost,
            "bytes": self._files.bytes_written,
            "waiting_bytes": len(self._frames),
            "failed": self._has_failed,
        }

    def close(self) -> None:
        """Write down what waits, and finish the files."""
        if self._clock is not None:
            self._tell_clock()
        self._is_closing = True
        self._wake.set()
        self._thread.join(_CLOSE_SECONDS)
        if self._thread.is_alive():
            _log.error("the end of the recording is lost: the disk does not take it")

    def _tell_clock(self) -> None:
        told, self._clock = self._clock, None
        if told is not None:
            self._note("clock", told[0], {"now_ns": told[1]})

    def _note(self, kind: str, after: int, fact: dict[str, Any]) -> None:
        self._count += 1
        self._say({"fact": kind, "after": after, "number": self._count, **fact})

    def _say(self, fact: dict[str, Any]) -> None:
        line = json.dumps(fact, default=str)
        with self._lock:
            if self._has_failed or self._facts_bytes > BUFFER_BYTES:
                self.lost += 1
                self._lost_untold += 1
                return
            self._facts.append(line)
            self._facts_bytes += len(line)

    # -- the thread --------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._is_closing:
            self._wake.wait(FLUSH_SECONDS)
            self._wake.clear()
            try:
                self._flush(is_last=False)
            except StoreError as error:
                self._fail(error)
        try:
            self._flush(is_last=True)
            self._files.close()
        except StoreError as error:
            self._fail(error)

    def _flush(self, *, is_last: bool) -> None:
        """Write down what has come since the last time."""
        if self._frames or self._day is None:
            now_ns = self.market_ns()
            day = ist_date(now_ns) if now_ns else None
            if day is None and is_last:
                day = ist_date(time.time_ns())
            if day is not None and (self._day is None or day > self._day):
                self._day = day
        if self._day is None or self._has_failed:
            return  # The market's day is not known yet: it all waits.
        with self._lock:
            frames, self._frames = self._frames, bytearray()
            facts, self._facts, self._facts_bytes = self._facts, [], 0
            lost, self._lost_untold = self._lost_untold, 0
            messages = self.messages
        if lost:
            facts.append(json.dumps({"fact": "lost", "messages": lost}))
        if frames:
            facts.append(json.dumps({"fact": "mark", "messages": messages}))
        if is_last:
            facts.append(json.dumps({"fact": "end"}))
        if facts:
            self._files.write(self._day, frames, ("\n".join(facts) + "\n").encode())

    def _fail(self, error: StoreError) -> None:
        with self._lock:
            is_first, self._has_failed = not self._has_failed, True
            self._frames, self._facts, self._facts_bytes = bytearray(), [], 0
        if is_first:
            _log.error("recording ended, the worker goes on: %s", error)


def _require_writable(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        probe = directory / ".probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise ConfigError(
            f"WORKER_RECORD_DIR {directory} cannot be written to: {error.strerror}"
        ) from error


def _not_known() -> int:
    """Stand in for the market until there is one."""
    return 0
