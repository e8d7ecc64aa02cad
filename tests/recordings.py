"""What a worker under test has recorded."""

from pathlib import Path
from typing import Any

from adapters.recordings import RecordedRun, days_of, run_at, runs_of


def run_folder(recordings: Path) -> Path:
    """Return the folder of the one run of the one day that is recorded."""
    (day,) = days_of(recordings)
    (run,) = runs_of(recordings, day)
    (folder,) = run.folders
    return folder


def facts_in(folder: Path, kind: str) -> list[dict[str, Any]]:
    """Return the recorded facts of one kind."""
    return [each for each in RecordedRun(run_at(folder)).facts if each["fact"] == kind]
