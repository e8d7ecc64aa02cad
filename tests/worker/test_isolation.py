"""Strategies that loop, hoard, crash and print without end change nothing for the others.

The same with 46 good ones, and how long they take to answer then, is `bench/isolation.py`.
"""

from pathlib import Path
from typing import Final

import pytest

from tests.worker.isolation_run import BAD, played

GOOD: Final = 4
SPEED: Final = 600
UNTIL: Final = "12:00"
REASONS: Final = {
    "Looper": "no answer to round",
    "Hog": "memory above 128 MB",
    "Crasher": "RuntimeError: this cannot work",
    "Printer": "no answer to round",
}


@pytest.mark.full
@pytest.mark.timeout(300)
def test_four_bad_ones_end_as_error_and_the_others_write_the_same_rows(tmp_path: Path) -> None:
    alone, beside = (
        played(tmp_path / name, good=GOOD, with_bad=name == "beside", speed=SPEED, until=UNTIL)
        for name in ("alone", "beside")
    )
    assert alone.rows == beside.rows
    assert min(len(rows) for rows in alone.rows.values()) > GOOD
    assert set(beside.errors) == set(BAD)
    for name, (status, reasons) in beside.errors.items():
        assert status == "ERROR"
        assert len(reasons) == 3  # Two restarts, and no third.
        assert all(REASONS[name] in each for each in reasons), reasons
        assert reasons[-1].endswith("it stays stopped")
