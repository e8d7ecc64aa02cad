"""The Supabase CLI instead of the embedded stack; the CLI is played by a shell script."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import EXIT_CONFIGURATION, EXIT_OUTSIDE_WORLD, StoreError
from devstack.supabase.cli_backend import shell_lines_from
from tests.devstack.supabase.launching import end, started
from tests.stacks import read_addresses

STATUS = """\
Some advice that is no assignment
API_URL="http://127.0.0.1:54321"
DB_URL="postgresql://postgres:postgres@127.0.0.1:54322/postgres"
PUBLISHABLE_KEY="sb_publishable_x"
SECRET_KEY="sb_secret_x"
GRAPHQL_URL="http://127.0.0.1:54321/graphql/v1"
"""
LINE = [sys.executable, "-m", "devstack.supabase", "--backend=cli"]


def play(folder: Path, name: str, script: str) -> None:
    program = folder / name
    program.write_text(f'#!/bin/sh\necho "{name} $*" >> {folder}/calls\n{script}\n')
    program.chmod(0o755)


def calls(folder: Path) -> list[str]:
    return (folder / "calls").read_text().splitlines()


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a directory that is the whole PATH."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path


def test_the_clis_status_becomes_our_four_lines() -> None:
    assert shell_lines_from(STATUS) == [
        "SUPABASE_URL=http://127.0.0.1:54321",
        "SUPABASE_PUBLISHABLE_KEY=sb_publishable_x",
        "SUPABASE_SECRET_KEY=sb_secret_x",
        "DATABASE_URL=postgresql://postgres:postgres@127.0.0.1:54322/postgres",
    ]


def test_a_status_without_a_key_is_refused() -> None:
    with pytest.raises(StoreError, match="does not name SECRET_KEY, DB_URL"):
        shell_lines_from("API_URL=x\nPUBLISHABLE_KEY=y\n")


@pytest.mark.parametrize(
    ("docker_status", "expected"),
    [
        (0, ["start", "status -o env", "stop"]),
        (
            1,
            [
                "stack start --runtime native",
                "stack status --env --output-format text",
                "stack stop",
            ],
        ),
    ],
)
def test_the_clis_stack_is_started_announced_and_stopped(
    path: Path, docker_status: int, expected: list[str]
) -> None:
    play(path, "docker", f"exit {docker_status}")
    play(path, "supabase", f"case \"$*\" in *status*) cat <<'EOF'\n{STATUS}EOF\n;; esac")
    with started(LINE) as process:
        assert read_addresses(process).url == "http://127.0.0.1:54321"
        process.send_signal(signal.SIGTERM)
        assert end(process).status == 0
    assert calls(path) == ["docker info", *(f"supabase {call}" for call in expected)]


def test_a_cli_that_fails_is_told_with_its_command(path: Path) -> None:
    play(path, "docker", "exit 0")
    play(path, "supabase", "echo no room; exit 3")
    done = subprocess.run(LINE, capture_output=True, text=True, check=False)
    assert done.returncode == EXIT_OUTSIDE_WORLD
    assert done.stderr == "stack: `supabase start` ended with status 3: no room\n"


def test_a_missing_cli_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    done = subprocess.run(LINE, capture_output=True, text=True, check=False)
    assert done.returncode == EXIT_CONFIGURATION
    assert "(`supabase`) is not on the PATH" in done.stderr
