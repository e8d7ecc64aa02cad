"""The simulator as a process: what it prints, how it ends, what it says when it cannot start."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.devstack.dhan.process import PATIENCE_SECONDS, ROOT, addresses, start

CANDLES = """\
ts,open,high,low,close,volume
2026-11-20T09:15:00+05:30,1500,1501,1499.5,1500.5,1000
2026-11-20T09:16:00+05:30,1500.5,1502,1500,1501.5,800
"""


@pytest.fixture
def candles(tmp_path: Path) -> Path:
    path = tmp_path / "reliance.csv"
    path.write_text(CANDLES)
    return path


@pytest.fixture
def playing(candles: Path) -> Iterator[subprocess.Popen[str]]:
    process = start("--candles", str(candles), "--symbol", "RELIANCE")
    yield process
    if process.poll() is None:
        process.kill()
    process.communicate(timeout=PATIENCE_SECONDS)


def refused(*arguments: str) -> tuple[int, str]:
    """Return exit code and what was said on stderr by a simulator that cannot start."""
    process = start(*arguments)
    out, said = process.communicate(timeout=PATIENCE_SECONDS)
    assert out == ""
    assert "Traceback" not in said
    return process.returncode, said


def test_when_ready_it_prints_addresses_that_work(playing: subprocess.Popen[str]) -> None:
    lines = addresses(playing)
    assert list(lines) == [
        "DHAN_CLIENT_ID",
        "DHAN_ACCESS_TOKEN",
        "DHAN_PIN",
        "DHAN_TOTP_SECRET",
        "DHAN_API_URL",
        "DHAN_AUTH_URL",
        "DHAN_FEED_URL",
        "DHAN_MASTER_URL",
        "DHAN_CONTROL_URL",
    ]
    headers = {"access-token": lines["DHAN_ACCESS_TOKEN"]}
    profile = requests.get(lines["DHAN_API_URL"] + "/profile", headers=headers, timeout=5)
    assert profile.json()["dhanClientId"] == lines["DHAN_CLIENT_ID"]
    master = requests.get(lines["DHAN_MASTER_URL"] + "/api-scrip-master.csv", timeout=5)
    assert "RELIANCE" in master.text
    assert re.fullmatch(r"ws://127\.0\.0\.1:\d+", lines["DHAN_FEED_URL"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_asked_to_stop_it_exits_with_0(
    playing: subprocess.Popen[str], number: signal.Signals
) -> None:
    addresses(playing)
    playing.send_signal(number)
    _, said = playing.communicate(timeout=PATIENCE_SECONDS)
    assert playing.returncode == 0
    assert "Traceback" not in said


def test_it_ends_when_its_parent_is_killed(candles: Path) -> None:
    command = [sys.executable, "-m", "devstack.dhan", "--port-feed=0", "--port-rest=0"]
    command += ["--candles", str(candles), "--symbol", "RELIANCE"]
    code = (
        f"import subprocess, sys\nchild = subprocess.Popen({command!r}, stdout=subprocess.PIPE)\n"
        "child.stdout.readline()\nprint(child.pid, flush=True)\nsys.stdin.read()\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.communicate(timeout=PATIENCE_SECONDS)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while _lives(child):
        assert time.monotonic() < deadline, f"simulator {child} outlived its parent"


def test_a_port_in_use_is_named_with_the_option_that_chooses_another() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        code, said = refused(f"--port-rest={port}")
    assert code == 2
    assert f"port {port} cannot be used" in said
    assert "--port-rest" in said


def test_what_cannot_be_played_is_said_in_one_sentence_with_exit_code_2(candles: Path) -> None:
    candles.write_text(CANDLES.replace("1502,1500,1501.5", "1502,many,1501.5"))
    code, said = refused("--candles", str(candles), "--symbol", "RELIANCE")
    assert code == 2
    assert "reliance.csv line 3" in said
    assert "'many'" in said
    assert said.count("\n") == 1


def test_help_tells_of_the_control_endpoint() -> None:
    process = start("--help")
    out, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0
    for word in ("--speed", "DHAN_FEED_URL", "/_control/faults", "handshake_429"):
        assert word in out


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"
