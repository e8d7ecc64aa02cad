"""Record the feed's raw messages, so that a day can be played again.

In:  each message as it arrived.
Out: a file in the form of `core/brokers/dhan/recording.py`, and beside it what else the day needs.
Next: `python -m backtest run --recording`, which plays it to the same engine.

`<directory>/<run>/frames.dhanraw` holds the messages, `run.json` what was watched and deployed
with the candles the strategies were warmed up with.
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
        except OSError as error:
            raise ConfigError(
                f"WORKER_RECORD_DIR {directory} cannot be written to: {error.strerror}"
            ) from error
        self._file.write(HEAD)
        self._facts: dict[str, Any] = {"run_id": str(run_id), "instruments": [], "configs": []}
        self._count = 0
        self.messages = 0

    def write(self, received_ns: int, message: bytes) -> None:
        """Add a message."""
        self._file.write(encode_record(received_ns, message))
        self.messages += 1

    def note(self, kind: str, after_ticks: int, fact: dict[str, Any]) -> None:
        """Add a fact to `run.json`, whole and at once, so that a killed run can be played too.

        Parameters
        ----------
        after_ticks
            How many ticks the engine had taken when it became true. Facts after the same tick
            are told apart by their `number`.
        """
        self._count += 1
        place_in_run = {"after_ticks": after_ticks, "number": self._count}
        self._facts.setdefault(kind, []).append({**place_in_run, **fact})
        text = json.dumps(self._facts, indent=1, default=str)
        place = self.folder / "run.json"
        part = place.with_suffix(".part")
        part.write_text(text, encoding="utf-8")
        part.rename(place)

    def close(self) -> None:
        """Finish the file."""
        self._file.close()
