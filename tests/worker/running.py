"""A worker with everything around it: stack, simulator and worker as a user would start them.

In:  options of the simulator, settings of the worker.
Out: context managers that leave no process running; a client of the database; waiting.
"""

import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from tests.stacks import RunningStack

PROJECT = Path(__file__).resolve().parents[2]
DEMO = ("demo@tradebase.local", "tradebase-demo")
PORTFOLIO = "00000000-0000-4000-8000-000000000002"
NIFTY_CONFIG = "00000000-0000-4000-8000-000000000021"
BANKNIFTY_CONFIG = "00000000-0000-4000-8000-000000000022"
DEADLINE = 40.0
_STOP_SECONDS = 15.0


def wait_for[T](what: str, look: Callable[[], T], seconds: float = DEADLINE) -> T:
    """Return the first answer of `look` that is true; fail after so many seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds:g} s in vain for {what}; last seen: {look()!r}")


class Rest:
    """Requests to PostgREST with one key and one token."""

    def __init__(self, url: str, key: str, token: str) -> None:
        self._base = f"{url}/rest/v1"
        self._headers = {"apikey": key, "Authorization": f"Bearer {token}"}

    def get(self, path: str, **query: str) -> list[dict[str, Any]]:
        """Return rows."""
        url = f"{self._base}/{path}"
        rows: list[dict[str, Any]] = _checked(
            httpx.get(url, params=query, headers=self._headers, timeout=20)
        )
        return rows

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """Insert a row or call a function; return what came of it."""
        headers = {**self._headers, "Prefer": "return=representation"}
        return _checked(httpx.post(f"{self._base}/{path}", json=body, headers=headers, timeout=20))

    def patch(self, path: str, row_id: str, changes: dict[str, Any]) -> None:
        """Change a row."""
        query = {"id": f"eq.{row_id}"}
        _checked(
            httpx.patch(f"{self._base}/{path}", params=query, json=changes, headers=self._headers)
        )


class Database:
    """What the database says, with the secret key or as a user."""

    def __init__(self, stack: RunningStack) -> None:
        self.url = stack.url
        self._key = stack.publishable_key
        self._rest = Rest(stack.url, stack.secret_key, stack.secret_key)

    def rows(self, table: str, **query: str) -> list[dict[str, Any]]:
        """Return rows of a table."""
        return self._rest.get(table, **query)

    def call(self, function: str, **arguments: Any) -> Any:
        """Call a function with the secret key."""
        return self._rest.post(f"rpc/{function}", arguments)

    def user(self, email: str = DEMO[0], password: str = DEMO[1]) -> "User":
        """Return a signed-in user."""
        answer = httpx.post(
            f"{self.url}/auth/v1/token?grant_type=password",
            headers={"apikey": self._key},
            json={"email": email, "password": password},
        )
        return User(Rest(self.url, self._key, _checked(answer)["access_token"]))

    def config(self, config_id: str) -> dict[str, Any]:
        """Return one strategy config."""
        (row,) = self.rows("strategy_configs", id=f"eq.{config_id}")
        return row

    def wait_status(self, config_id: str, status: str) -> dict[str, Any]:
        """Wait until a config has a status; return its row."""
        query = {"id": f"eq.{config_id}", "status": f"eq.{status}"}
        what = f"config {config_id[-2:]} to be {status}"
        return wait_for(what, lambda: self.rows("strategy_configs", **query))[0]


class User:
    """A signed-in user at the database."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    def call(self, function: str, **arguments: Any) -> Any:
        """Call a function."""
        return self._rest.post(f"rpc/{function}", arguments)

    def insert(self, table: str, **row: Any) -> dict[str, Any]:
        """Insert a row; return it as it is stored."""
        stored: dict[str, Any] = self._rest.post(table, row)[0]
        return stored

    def change(self, table: str, row_id: str, **changes: Any) -> None:
        """Change a row."""
        self._rest.patch(table, row_id, changes)

    def send(self, config_id: str, command: str, **parameters: Any) -> str:
        """Insert a command; return its id."""
        row = {"strategy_config_id": config_id, "command": command, "parameters": parameters}
        return str(self._rest.post("strategy_commands", row)[0]["id"])

    def outcome(self, command_id: str) -> dict[str, Any]:
        """Wait until a command has ended; return its row."""
        query = {"id": f"eq.{command_id}", "status": "neq.PENDING"}
        return wait_for("the command to end", lambda: self._rest.get("strategy_commands", **query))[
            0
        ]

    def do(self, config_id: str, command: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and wait for its end."""
        return self.outcome(self.send(config_id, command, **parameters))


@dataclass
class RunningSimulator:
    """A ready simulator and what it printed."""

    process: subprocess.Popen[str]
    environment: dict[str, str]

    def control(self, path: str, /, **body: Any) -> dict[str, Any]:
        """Tell it something; an empty body asks."""
        url = f"{self.environment['DHAN_CONTROL_URL']}/{path}"
        # As fast as possible it plays a while before it answers.
        answer = httpx.post(url, json=body, timeout=30) if body else httpx.get(url, timeout=30)
        found: dict[str, Any] = _checked(answer)
        return found

    @property
    def token(self) -> str:
        """The first account's token that is alive."""
        rows: Any = self.control("accounts")
        return str(rows[0]["access_token"])

    def clear_faults(self, client: str | None = None) -> None:
        """Take all faults back, or those for one client."""
        query = {} if client is None else {"client": client}
        _checked(httpx.delete(f"{self.environment['DHAN_CONTROL_URL']}/faults", params=query))


@contextmanager
def running_simulator(*arguments: str) -> Iterator[RunningSimulator]:
    """Yield a simulator on free ports."""
    command = [sys.executable, "-m", "devstack.dhan", "--port-feed=0", "--port-rest=0", *arguments]
    process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    try:
        yield RunningSimulator(process, _printed(process))
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=_STOP_SECONDS)


@dataclass
class RunningWorker:
    """A worker process and the lines it has logged so far."""

    process: subprocess.Popen[str]
    lines: list[dict[str, Any]] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)
    has_ended: bool = False
    """Whether its log has been read to its end."""

    def said(self, message: str) -> list[dict[str, Any]]:
        """Return the lines whose message contains this."""
        return [line for line in list(self.lines) if message in line["message"]]

    def wait_said(self, message: str, seconds: float = DEADLINE) -> dict[str, Any]:
        """Wait for a line, as long as it may come."""

        def look() -> list[dict[str, Any]]:
            is_all = self.has_ended
            found = self.said(message)
            assert found or not is_all, f"it ended and did not say {message!r}"
            return found

        try:
            return wait_for(f"the line {message!r}", look, seconds)[0]
        except AssertionError as error:
            error.add_note(f"its last lines: {''.join(self.raw[-10:]) or 'none'}")
            raise

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop; return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(_STOP_SECONDS)

    def descendants(self) -> list[psutil.Process]:
        """Return the processes it started, and those they started."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def collect(self) -> None:
        """Read its log until it ends."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.raw.append(line)
            try:
                self.lines.append(json.loads(line))
            except ValueError:
                self.lines.append({"message": line, "level": "raw"})
        self.has_ended = True


@contextmanager
def running_worker(
    stack: RunningStack, simulator: RunningSimulator, state: Path, **settings: str
) -> Iterator[RunningWorker]:
    """Yield a worker; MARKET_CLOCK is the feed unless said otherwise."""
    environment = worker_environment(stack, simulator, state, **settings)
    with started_worker(environment) as worker:
        yield worker


def worker_environment(
    stack: RunningStack, simulator: RunningSimulator, state: Path, **settings: str
) -> dict[str, str]:
    """Return the environment of a worker; it cannot log in at the broker by itself."""
    given = {
        name: value
        for name, value in simulator.environment.items()
        if name not in {"DHAN_PIN", "DHAN_TOTP_SECRET"}
    }
    return {
        "PATH": os.environ["PATH"],
        **given,
        "SUPABASE_URL": stack.url,
        "SUPABASE_SECRET_KEY": stack.secret_key,
        "WORKER_STATE_DIR": str(state),
        "MARKET_CLOCK": "feed",
        "WORKER_HEALTH_ADDRESS": "off",  # Tests run beside each other.
        **settings,
    }


@contextmanager
def started_worker(environment: dict[str, str], *command: str) -> Iterator[RunningWorker]:
    """Yield a worker in exactly this environment."""
    process = subprocess.Popen(
        [sys.executable, "-m", "worker", *(command or ("run",))],
        cwd=PROJECT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with watched(process) as worker:
        yield worker


@contextmanager
def watched(process: subprocess.Popen[str]) -> Iterator[RunningWorker]:
    """Yield a worker whose process was started with stdout and stderr in one pipe."""
    worker = RunningWorker(process)
    reader = threading.Thread(target=worker.collect, daemon=True)
    reader.start()
    try:
        yield worker
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        reader.join(_STOP_SECONDS)
        if process.stdout is not None:
            process.stdout.close()


def run_worker(environment: dict[str, str], command: str = "run") -> RunningWorker:
    """Run a worker that ends by itself; return it with its exit code and lines."""
    with started_worker(environment, command) as worker:
        worker.process.wait(DEADLINE)
    return worker


def _printed(process: subprocess.Popen[str]) -> dict[str, str]:
    assert process.stdout is not None
    found: dict[str, str] = {}
    while "DHAN_CONTROL_URL" not in found:
        line = process.stdout.readline()
        assert line, f"the simulator ended with status {process.wait()}"
        name, value = shlex.split(line.removeprefix("export "))[0].split("=", 1)
        found[name] = value
    return found


def _checked(answer: httpx.Response) -> Any:
    assert answer.is_success, f"{answer.request.url.path}: {answer.status_code} {answer.text}"
    return answer.json() if answer.content else None
