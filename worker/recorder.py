"""Record the feed's raw messages, so that a day can be played again.

In:  each message as it arrived.
Out: a file in the form of `core/brokers/dhan/recording.py`, and beside it what else the day needs.
Next: `python -m backtest run --recording`, which plays it to the same engine.

`<directory>/<run>/frames.dhanraw` holds the messages, `run.jsonl` what was watched and deployed
with the candles the strategies were warmed up with, and what else came between the ticks: one
fact a line, each written at once, so that a killed run can be played too.
"""

import json
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from core.brokers.dhan.recording import HEAD, encode_record
from core.errors import ConfigError

_BUFFER_BYTES: Final = 1 << 18


class Recorder:
    """Write one run down.

    Parameters
    ----------
    directory
        Where recordings are kept.
    run_id
        Names this run, and its folder.

    Raises
    ------
    ConfigError
        If the folder cannot be written to.
    """

    def __init__(self, directory: Path, run_id: UUID) -> None:
        self.run_id: Final = run_id
        self.folder: Final = directory / str(run_id)
        try:
            self.folder.mkdir(parents=True)
            self._file = (self.folder / "frames.dhanraw").open("wb", buffering=_BUFFER_BYTES)
            self._run = (self.folder / "run.jsonl").open("w", encoding="utf-8")
        except OSError as error:
            raise ConfigError(
                f"WORKER_RECORD_DIR {directory} cannot be written to: {error.strerror}"
            ) from error
        self._file.write(HEAD)
        self._count = 0
        self.messages = 0
        self._say({"fact": "run", "run_id": str(run_id), "repairs_gaps": True})

    def write(self, received_ns: int, message: bytes) -> None:
        """Add a message."""
        self._file.write(encode_record(received_ns, message))
        self.messages += 1

    def note(self, kind: str, after_ticks: int, fact: dict[str, Any]) -> None:
        """Add a fact.

        Parameters
        ----------
        after_ticks
            How many ticks the engine had taken when it became true. Facts after the same tick
            are told apart by their `number`.
        """
        self._count += 1
        self._say({"fact": kind, "after_ticks": after_ticks, "number": self._count, **fact})

    def close(self) -> None:
        """Finish the files."""
        self._file.close()
        self._run.close()

    def _say(self, fact: dict[str, Any]) -> None:
        self._run.write(json.dumps(fact, default=str) + "\n")
        self._run.flush()
