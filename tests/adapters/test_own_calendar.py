"""The operator's calendar file: what it adds, and what cannot be used."""

from datetime import date
from pathlib import Path

import pytest

from adapters.own_calendar import read_calendar
from core.errors import ConfigError
from core.session import Market

MUHURAT = date(2026, 11, 8)
OWN = f"""
[[special]]
date = {MUHURAT}
name = "Muhurat"
windows = ["18:00-19:00"]
"""


def test_hours_announced_late_come_from_the_own_file(tmp_path: Path) -> None:
    own = tmp_path / "calendar.toml"
    own.write_text(OWN)
    session = read_calendar(own).session(MUHURAT, Market.DERIVATIVES)
    assert session is not None
    assert session.close_ns - session.open_ns == 3_600 * 10**9


def test_without_a_file_the_shipped_calendar_is_used() -> None:
    assert read_calendar(None).session(date(2026, 11, 20), Market.DERIVATIVES) is not None


@pytest.mark.parametrize("text", [None, b"\xff", b"[[special]]\ndate = 3\n"])
def test_a_file_that_cannot_be_used_is_named(tmp_path: Path, text: bytes | None) -> None:
    own = tmp_path / "calendar.toml"
    if text is not None:
        own.write_bytes(text)
    with pytest.raises(ConfigError, match=r"CALENDAR_FILE .*calendar\.toml cannot be used: "):
        read_calendar(own)
