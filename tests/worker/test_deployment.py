"""Deployment files: they hold together, and a worker lives in what they make.

There is no Docker here; what its files say is read, and the image's tree is laid out and run as
they say: another user, nothing writable but the two folders and /tmp.
"""

import configparser
import fnmatch
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from devstack.worker_requirements import wanted
from tests.stacks import running_stack
from tests.worker.running import (
    RunningWorker,
    running_simulator,
    wait_for,
    watched,
    worker_environment,
)

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "worker" / "Dockerfile").read_text()
UNIT = ROOT / "worker" / "tradebase-worker.service"
FLY = tomllib.loads((ROOT / "worker" / "fly.toml").read_text())
SETTINGS = set(re.findall(r"^([A-Z][A-Z_]*)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
OF_PYTHON = {"PATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"}
LONGEST_STOP_SECONDS = 10
NOBODY = 65534


def instructions(stage: str = "") -> list[list[str]]:
    """Return the instructions of the Dockerfile, those of a stage or of the last one."""
    joined = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE))
    stages = re.split(r"^(?=FROM )", joined, flags=re.MULTILINE)[1:]
    chosen = next(each for each in stages if f"AS {stage}" in each) if stage else stages[-1]
    return [shlex.split(line) for line in chosen.splitlines() if line.strip()]


def copied() -> Iterator[tuple[str, str]]:
    """Yield what the build stage copies out of the checkout, and where to."""
    for name, *words in instructions("build"):
        if name == "COPY":
            *sources, target = words
            yield from ((each, target) for each in sources)


def environment() -> dict[str, str]:
    """Return what the image sets."""
    return dict(
        pair.split("=", 1) for name, *words in instructions() if name == "ENV" for pair in words
    )


@pytest.mark.parametrize("path", wanted(), ids=lambda path: path.name)
def test_requirements_of_the_image_are_those_of_development(path: Path) -> None:
    again = "python -m devstack.worker_requirements"
    assert path.read_text() == wanted()[path], f"write it anew: {again}"


def test_everything_the_image_copies_is_there_and_reaches_the_build() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    admitted = {line[1:] for line in ignored if line.startswith("!")}
    assert "*" in ignored, "nothing goes in that is not named"
    for source, _ in copied():
        assert (ROOT / source).exists(), source
        assert any(f"{source}/".startswith(f"{each}/") for each in admitted), source


def test_everything_the_worker_imports_is_in_the_image() -> None:
    packages = {Path(source).parts[0] for source, _ in copied()}
    assert {"adapters", "core", "strategies", "worker"} <= packages


def test_packages_are_wheels_held_to_their_hashes() -> None:
    installs = [line for line in DOCKERFILE.splitlines() if "pip install" in line]
    assert len(installs) == 2
    assert all("--require-hashes" in line and "--only-binary :all:" in line for line in installs)
    for path, text in wanted().items():
        blocks = re.findall(r"^[^#\s].*\n(?:    .*\n)*", text, re.MULTILINE)
        assert blocks, path
        assert all("--hash=sha256:" in block for block in blocks)


def test_the_image_runs_as_nobody_in_particular_and_is_asked_how_it_is() -> None:
    last = {name: words for name, *words in instructions()}
    assert int(last["USER"][0]) > 0
    assert last["STOPSIGNAL"] == ["SIGTERM"]
    assert last["ENTRYPOINT"] == ["[python,", "-m,", "worker]"]
    assert "/healthz" in " ".join(last["HEALTHCHECK"])
    assert environment()["WORKER_STATE_DIR"] in " ".join(last["VOLUME"])


def test_every_setting_that_is_made_is_one() -> None:
    unit = unit_file()
    made = {*environment(), *FLY["env"]}
    made |= {pair.split("=", 1)[0] for pair in unit["Service"]["Environment"].split()}
    assert made - OF_PYTHON <= SETTINGS


def unit_file() -> configparser.ConfigParser:
    unit = configparser.ConfigParser(interpolation=None, delimiters=("=",), strict=True)
    unit.optionxform = str  # type: ignore[method-assign,assignment]
    unit.read_string(UNIT.read_text())
    return unit


def test_the_unit_starts_again_what_may_pass_and_not_what_must_be_configured() -> None:
    service = unit_file()["Service"]
    assert service["Restart"] == "on-failure"
    assert service["RestartPreventExitStatus"] == "2"
    assert service["KillSignal"] == "SIGTERM"
    assert int(service["TimeoutStopSec"]) > LONGEST_STOP_SECONDS


def test_the_unit_gives_no_right_that_is_not_needed() -> None:
    service = unit_file()["Service"]
    assert service["NoNewPrivileges"] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert service["DynamicUser"] == "yes"
    assert service["CapabilityBoundingSet"] == ""
    assert service["Environment"].split()[0] == f"WORKER_STATE_DIR=%S/{service['StateDirectory']}"
    assert {"MemoryMax", "LimitNOFILE", "EnvironmentFile"} <= set(service)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
def test_systemd_understands_the_unit() -> None:
    command = [shutil.which("systemd-analyze") or "", "verify", str(UNIT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    # The program of the unit is not installed here; of anything else nothing is said.
    said = [line for line in done.stderr.splitlines() if UNIT.name in line]
    assert [line for line in said if "is not executable" not in line] == []


def test_fly_keeps_the_state_and_waits_for_the_end() -> None:
    assert (ROOT / "worker" / FLY["build"]["dockerfile"]).resolve() == ROOT / "worker/Dockerfile"
    assert FLY["mounts"]["destination"] == environment()["WORKER_STATE_DIR"]
    assert int(FLY["kill_timeout"].removesuffix("s")) > LONGEST_STOP_SECONDS
    assert FLY["kill_signal"] == "SIGTERM"
    port = FLY["env"]["WORKER_HEALTH_ADDRESS"].rpartition(":")[2]
    assert {FLY["metrics"]["port"], FLY["checks"]["healthz"]["port"]} == {int(port)}


def lay_out(app: Path) -> None:
    """Lay out the image's tree as the Dockerfile does; core stays as it is, not compiled."""
    leave_out = shutil.ignore_patterns("__pycache__", "Dockerfile")
    for source, target in copied():
        if target.startswith("/app/"):
            shutil.copytree(ROOT / source, app / target.removeprefix("/app/"), ignore=leave_out)
    shutil.copytree(ROOT / "core", app / "core", ignore=leave_out)


def confined(app: Path, writable: Path) -> list[str]:
    """Return what runs a command as another user who may write in one folder only.

    Root may let it see a tree that is read-only; whoever else runs this test is held by the
    rights of the files, which are taken away.
    """
    if os.geteuid() != 0:
        for path in (app, *app.rglob("*")):
            path.chmod(path.stat().st_mode & ~0o222)
        return []
    os.chown(writable, NOBODY, NOBODY)
    # The interpreter may be where nobody may look (a home): to read is allowed, to write is not.
    drop = [
        *("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
        *("--no-new-privs", "--bounding-set=-all,+dac_read_search"),
        *("--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"),
    ]
    unshare = shutil.which("unshare") or "unshare"
    if subprocess.run([unshare, "--mount", "true"], check=False).returncode != 0:
        return drop
    place = shlex.quote(str(writable))
    mounts = f'mount --bind {place} {place} && mount -o remount,bind,ro / && exec "$@"'
    return [unshare, "--mount", "--propagation", "private", "sh", "-c", mounts, "sh", *drop]


@pytest.fixture
def short_path() -> Iterator[Path]:
    """Return a folder whose name has room for a socket's: `tmp_path` names the test and the run."""
    with tempfile.TemporaryDirectory(prefix="tb-") as folder:
        yield Path(folder)


@pytest.mark.full
@pytest.mark.timeout(300)
@pytest.mark.skipif(
    os.geteuid() == 0 and shutil.which("setpriv") is None, reason="setpriv is not here"
)
def test_a_worker_lives_where_nothing_can_be_written_but_its_folder(short_path: Path) -> None:
    app, writable = short_path / "app", short_path / "state"
    app.mkdir()
    writable.mkdir()
    lay_out(app)
    prefix = confined(app, writable)
    trial = subprocess.run(
        [*prefix, "touch", str(app / "worker" / "new")], capture_output=True, check=False
    )
    assert trial.returncode != 0
    with running_stack() as stack, running_simulator("--speed=60", "--start=09:30") as simulator:
        given = worker_environment(
            stack, simulator, writable, MARKET_SPEED="60", WORKER_HEALTH_ADDRESS="127.0.0.1:0"
        )
        given |= {"TMPDIR": str(writable), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [*prefix, sys.executable, "-m", "worker", "run"]
        with watched(subprocess_in(app, command, given)) as worker:
            worker.wait_said("ready", 120)
            address = worker.wait_said("health")["address"]
            wait_for("its health", lambda: httpx.get(f"{address}/healthz").status_code == 200)
            if os.geteuid() == 0:
                assert owner_of(worker) == NOBODY
            assert worker.stop(signal.SIGTERM) == 0
    assert {each.name for each in writable.iterdir()} >= {"journal.sqlite3", "holder", "lease"}


def subprocess_in(folder: Path, command: list[str], given: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command,
        cwd=folder,
        env=given,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def owner_of(worker: RunningWorker) -> int:
    return Path(f"/proc/{worker.process.pid}").stat().st_uid


def test_no_file_of_the_image_is_ignored_by_a_later_pattern() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    later = [line.removeprefix("**/") for line in ignored if line.startswith("**/")]
    for source, _ in copied():
        assert not any(fnmatch.fnmatch(Path(source).name, pattern) for pattern in later)
