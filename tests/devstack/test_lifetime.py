"""Processes that die with their parents, and ports nobody holds."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import ConfigError
from devstack.lifetime import dies_with_us, free_port, is_free_port, require_free_port

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 20
# What would outlive its parent, unless it asks not to or was started so that it does not.
ASKS = "from devstack.lifetime import die_with_parent; die_with_parent(); "
GRANDCHILD = "import signal; print('here', flush=True); signal.pause()"
STARTED_SO = "preexec_fn=dies_with_us(signal.SIGTERM)"


@pytest.mark.parametrize(
    ("code", "started"), [(ASKS + GRANDCHILD, "preexec_fn=None"), (GRANDCHILD, STARTED_SO)]
)
def test_a_process_ends_when_its_parent_is_killed(code: str, started: str) -> None:
    parent_code = (
        "import signal, subprocess, sys\n"
        "from devstack.lifetime import dies_with_us\n"
        f"subprocess.run([sys.executable, '-c', {code!r}], {started})\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", parent_code], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == "here\n"
    parent.kill()
    # The pipe ends when the last process that holds it has ended: the grandchild.
    out, _ = parent.communicate(timeout=PATIENCE_SECONDS)
    assert out == ""


def test_a_child_gets_the_signal_that_was_chosen_and_no_other_while_we_live() -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", GRANDCHILD],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=dies_with_us(signal.SIGKILL),  # noqa: PLW1509 - a prctl call only
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "here\n"
    assert child.poll() is None
    child.terminate()
    assert child.wait(PATIENCE_SECONDS) == -signal.SIGTERM
    child.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_being_asked_to_stop_amid_generated_source_is_an_orderly_end(
    number: signal.Signals,
) -> None:
    # As while a dataclass is made by an import: CPython would end by SIGINT in spite of `except`.
    asked = f"import os; os.kill(os.getpid(), {int(number)}); [None for _ in range(1000)]"
    code = (
        "import sys\n"
        "from devstack.lifetime import exit_when_asked\n"
        "exit_when_asked()\n"
        "try:\n"
        f"    exec({asked!r})\n"
        "except BaseException as end:\n"
        "    print('tidied', flush=True)\n"
        "    sys.exit(end.code)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], check=False, cwd=ROOT, capture_output=True, text=True
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "tidied\n", "")


def test_a_port_somebody_holds_is_refused_with_the_setting_that_chooses_another() -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        assert not is_free_port(port)
        with pytest.raises(ConfigError, match=rf"port {port} cannot be used .*with --port-x"):
            require_free_port(port, "--port-x")


def test_a_free_port_is_found() -> None:
    found = [free_port() for _ in range(5)]  # Somebody else may take one between the two looks.
    assert any(is_free_port(port) for port in found)
