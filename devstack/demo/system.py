"""Start the whole system in order, and stop it in the opposite order.

In:  `DemoSettings`.
Out: a running `System`: its addresses, its figures, and a clean end.
Next: `devstack/demo/view.py`.

Order: the embedded Supabase and the simulator with its clock held, functions and their scheduler,
then the worker; when the
worker has subscribed, the clock is let go. So the worker sees the first tick of the day, learns
the time from it, and lets the market wait until its strategies have started.
"""

import json
import shutil
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from secrets import token_bytes
from typing import Any

import httpx

from core.errors import FeedError
from devstack.demo.figures import Figures, Observer
from devstack.demo.parts import Part, plain_environment
from devstack.demo.settings import DemoSettings
from devstack.lifetime import free_port, is_free_port

CRON_SECRET = "demo-cron-secret-on-loopback-only-0123456789"  # noqa: S105 - play money
_READY_SECONDS = 60.0
_BUILD_SECONDS = 300.0  # The first start builds the dashboard.
_API_PORT = 8080
_HEALTH_PORT = 9464
_WEB_PORT = 3000
_CALL_SECONDS = 10.0


class System:
    """The demo's processes.

    Parameters
    ----------
    settings
        What to play.
    """

    def __init__(self, settings: DemoSettings) -> None:
        self._settings = settings
        self._folder = Path(tempfile.mkdtemp(prefix="tradebase-demo-"))
        self._parts: list[Part] = []
        self._environ = plain_environment()
        self._observer: Observer | None = None
        self.api_url = ""
        self.web_url = ""

    def start(self) -> None:
        """Start every part; the market begins to move when this returns.

        Raises
        ------
        ConfigError, FeedError
            If a part cannot be started; its last words are shown.
        """
        self._say("embedded Supabase")
        stack = self._add("supabase", ["-m", "devstack.supabase", *self._stack_ports()])
        self._say("Dhan simulator")
        dhan = self._add("simulator", ["-m", "devstack.dhan", *self._dhan_arguments()])
        self._environ |= stack.read_addresses("DATABASE_URL", _READY_SECONDS)
        self._environ |= dhan.read_addresses("DHAN_CONTROL_URL", _READY_SECONDS)
        self._observer = Observer(self._environ["DATABASE_URL"])
        if self._settings.source is not None:
            self._observer.play_symbol(self._settings.symbol)
        self._say("dashboard")
        self._start_dashboard()
        self._say("functions")
        self._start_functions()
        self._say("cron")
        self._start_cron()
        self._say("worker")
        self._start_worker()

    def look(self) -> Figures:
        """Return the figures of now.

        Raises
        ------
        FeedError
            If a part has ended.
        """
        for part in self._parts:
            if not part.is_running:
                raise part.failure("ended")
        return self._observed().look()

    def finish(self) -> tuple[Figures, int]:
        """Stop the worker first, so that it writes all it holds; return figures and exit status."""
        self._control({"hold": True})
        status = self._parts.pop().stop()
        figures = self._observed().look()
        if self._settings.record is not None:
            trades = json.dumps(self._observed().trades(), default=str, indent=1)
            (self._settings.record / "trades.json").write_text(trades)
        return figures, status

    def stop(self) -> None:
        """Stop what is left, newest first, and remove what the demo wrote."""
        if self._observer is not None:
            self._observer.close()
        while self._parts:
            self._parts.pop().stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def addresses(self) -> dict[str, str]:
        """What a person may want to open or call."""
        return {
            "dashboard": self.web_url,
            "Supabase": self._environ["SUPABASE_URL"],
            "API": self.api_url,
            "simulator": self._environ["DHAN_CONTROL_URL"],
            "login": "demo@tradebase.local / tradebase-demo",
            "try": f"curl {self.api_url}/api/health",
        }

    def _start_dashboard(self) -> None:
        api_port = _API_PORT if self._are_usable(_API_PORT) else free_port()
        self.api_url = f"http://127.0.0.1:{api_port}"
        self._environ["WEB_API_URL"] = self.api_url
        port = _WEB_PORT if self._are_usable(_WEB_PORT) else 0
        part = self._add("dashboard", ["-m", "devstack.web", f"--port={port}"])
        self.web_url = part.read_addresses("WEB_URL", _BUILD_SECONDS)["WEB_URL"]

    def _start_functions(self) -> None:
        port = self.api_url.rpartition(":")[2]
        self._environ["CORS_ORIGINS"] = self.web_url
        self._environ["CRON_SECRET"] = CRON_SECRET
        self._environ["AUDIT_SEAL_KEY"] = f"demo:{b64encode(token_bytes(32)).decode()}"
        gunicorn = ["-m", "gunicorn", "functions.wsgi:app", "--threads=4", "--no-control-socket"]
        part = self._add("functions", [*gunicorn, f"--bind=127.0.0.1:{port}"])
        self._wait(part, "did not answer", lambda: _answers(f"{self.api_url}/api/health"))

    def _start_cron(self) -> None:
        part = self._add("cron", ["-m", "devstack.demo.cron"])
        part.read_addresses("CRON", _READY_SECONDS)

    def _start_worker(self) -> None:
        self._environ["MARKET_SPEED"] = f"{self._settings.speed:g}"
        self._environ["MARKET_CLOCK"] = "feed"  # A simulated day is never today, even at 1x.
        self._environ["WORKER_STATE_DIR"] = str(self._folder / "worker")
        if not self._are_usable(_HEALTH_PORT):
            self._environ["WORKER_HEALTH_ADDRESS"] = "127.0.0.1:0"
        if self._settings.record is not None:
            self._settings.record.mkdir(parents=True, exist_ok=True)
            self._environ["WORKER_RECORD_DIR"] = str(self._settings.record)
        part = self._add("worker", ["-m", "worker", "run"])
        self._wait(part, "did not subscribe", self._is_subscribed)
        self._control({"hold": False})

    def _is_subscribed(self) -> bool:
        sockets = self._simulator("state")["sockets"]
        return any(socket["instruments"] for socket in sockets)

    def _wait(self, part: Part, otherwise: str, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while not condition():
            if not part.is_running or time.monotonic() > deadline:
                raise part.failure(f"{otherwise} within {_READY_SECONDS:.0f} s")
            time.sleep(0.1)

    def _add(self, name: str, arguments: list[str]) -> Part:
        part = Part(name, arguments, self._environ, self._folder / f"{name}.log")
        self._parts.append(part)
        return part

    def _are_usable(self, *usual: int) -> bool:
        return self._settings.usual_ports and all(map(is_free_port, usual))

    def _stack_ports(self) -> list[str]:
        usual = self._are_usable(54321, 54322)
        return ["--ephemeral", *([] if usual else ["--port=0"])]

    def _dhan_arguments(self) -> list[str]:
        usual = self._are_usable(8765, 8766)
        ports = [] if usual else ["--port-feed=0", "--port-rest=0"]
        chosen = self._settings
        common = ["--hold", f"--speed={chosen.speed:g}", *ports]
        if chosen.source is None:
            return [*common, f"--seed={chosen.seed}"]
        return [*common, f"--candles={chosen.source.resolve()}", f"--symbol={chosen.symbol}"]

    def _control(self, change: dict[str, object]) -> None:
        address = f"{self._environ['DHAN_CONTROL_URL']}/clock"
        _checked(lambda: httpx.post(address, json=change, timeout=_CALL_SECONDS))

    def _simulator(self, what: str) -> dict[str, Any]:
        address = f"{self._environ['DHAN_CONTROL_URL']}/{what}"
        state: dict[str, Any] = _checked(lambda: httpx.get(address, timeout=_CALL_SECONDS)).json()
        return state

    def _observed(self) -> Observer:
        if self._observer is None:
            raise FeedError("the demo has not been started")
        return self._observer

    def _say(self, what: str) -> None:
        print(f"  starting {what}", file=sys.stderr, flush=True)


def _checked(call: Callable[[], httpx.Response]) -> httpx.Response:
    """Return the simulator's answer, or say that it gave none that can be used."""
    try:
        return call().raise_for_status()
    except httpx.HTTPError as error:
        raise FeedError(f"the simulator cannot be used: {error}") from error


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, timeout=2.0).is_success
    except httpx.TransportError:
        return False
