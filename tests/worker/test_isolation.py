"""Strategies that loop, take memory, crash and print without end: the others do not notice."""

from pathlib import Path

import pytest

from tests.worker.isolation_run import BAD, MEMORY_MB, played

SPEED = 800
REASONS = {
    "Looper": "no answer to round",
    "Hog": f"memory above {MEMORY_MB} MB",
    "Crasher": "RuntimeError: this cannot work",
    "Printer": "no answer to round",
}


@pytest.mark.full
@pytest.mark.timeout(400)
def test_the_others_write_the_same_rows_with_four_bad_ones_as_without(tmp_path: Path) -> None:
    alone = played(tmp_path / "alone", good=12, with_bad=False, speed=SPEED)
    beside = played(tmp_path / "beside", good=12, with_bad=True, speed=SPEED)
    assert {name: status for name, (status, _) in beside.errors.items()} == dict.fromkeys(
        BAD, "ERROR"
    )
    for name, reason in REASONS.items():
        lines = beside.errors[name][1]
        assert len(lines) == 3
        assert all(reason in line for line in lines), lines
        assert lines[-1].endswith("it stays stopped")
    assert beside.figures["dropped"] == 0
    for name in ("Candle", "Decision", "Fill"):
        assert beside.figures["effects"][name] == alone.figures["effects"][name]
    assert len(alone.rows["trades"]) > 20
    for table, rows in alone.rows.items():
        assert beside.rows[table] == rows, table
