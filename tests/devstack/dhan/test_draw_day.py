"""The picture of a generated day."""

from pathlib import Path

import pytest

from devstack.dhan.draw_day import main

PNG = b"\x89PNG"


def test_a_picture_is_drawn(tmp_path: Path) -> None:
    out = tmp_path / "made" / "day.png"
    assert main(["--out", str(out), "--day", "2025-10-21"]) == 0
    assert out.read_bytes().startswith(PNG)


def test_a_day_without_a_session_is_one_sentence_and_an_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--out", str(tmp_path / "day.png"), "--day", "2026-11-21"]) == 2
    assert "2026-11-21 is not a session day" in capsys.readouterr().err


def test_a_place_where_nothing_can_be_written_is_one_sentence_and_an_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert main(["--out", str(tmp_path / "file" / "day.png"), "--day", "2025-10-21"]) == 2
    assert "day.png cannot be written: " in capsys.readouterr().err
