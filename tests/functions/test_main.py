"""The whole program as it is deployed: under gunicorn, and what it loads."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from flask import Flask

from devstack.lifetime import free_port
from functions.routes import ROUTES
from tests.functions.conftest import CRON_SECRET, ROOT, Database, Environ
from tests.functions.stage import Stage
from tests.supabase.cast import Ids
from tests.supabase.people import Person

# Serves what it is told to in one fresh process and prints what is loaded then.
SERVE_ALL = """
import json, sys
from functions.wsgi import app
http = app.test_client()
replies = [http.open(**request) for request in json.load(sys.stdin)]
print(json.dumps([[reply.status_code for reply in replies], sorted(sys.modules)]))
"""
HEAVY = {"numpy", "pandas", "pandas_ta", "numba", "dhanhq", "realtime", "picows"}
OURS_ELSEWHERE = {"worker", "backtest", "devstack"}


@pytest.fixture
def server(environ: Environ, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Yield the address of the application under gunicorn, and its log."""
    port, log = free_port(), tmp_path / "log"
    arguments = ["-m", "gunicorn", "functions.wsgi:app", "--threads=4", "--no-control-socket"]
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [sys.executable, *arguments, f"--bind=127.0.0.1:{port}"],
            cwd=ROOT,
            env={**os.environ, **environ},
            stderr=stderr,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait(address, process)
        yield address, log
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(10)


def _wait(address: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(f"{address}/api/openapi.json", timeout=5)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"the server did not answer; it ended with {process.poll()}")


def test_nothing_heavy_is_loaded_after_serving_every_route(
    environ: Environ, app: Flask, owner: Person, owned: Ids, database: Database
) -> None:
    stages = [Stage(app, owner, owned, database, route) for route in ROUTES]
    done = subprocess.run(
        [sys.executable, "-c", SERVE_ALL],
        input=json.dumps([stage.request() for stage in stages]),
        cwd=ROOT,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    for stage in stages:
        stage.undo()
    assert done.returncode == 0, done.stderr
    statuses, modules = json.loads(done.stdout)
    assert statuses == [route.status for route in ROUTES]
    assert not (HEAVY | OURS_ELSEWHERE) & {name.partition(".")[0] for name in modules}


def test_missing_settings_end_the_start_with_one_sentence_each() -> None:
    bare = {name: value for name, value in os.environ.items() if "SUPABASE" not in name}
    bare.pop("CRON_SECRET", None)
    done = subprocess.run(
        [sys.executable, "-c", "import functions.wsgi"],
        cwd=ROOT,
        env=bare,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    for name in ("SUPABASE_URL", "SUPABASE_SECRET_KEY", "CRON_SECRET"):
        assert f"\n  {name} " in done.stderr


def test_under_gunicorn_it_serves_refuses_long_bodies_and_logs_no_secret(
    server: tuple[str, Path], user: Person, environ: Environ
) -> None:
    address, log = server
    with httpx.Client(base_url=address, headers={"Authorization": f"Bearer {user.token}"}) as http:
        assert http.get("/api/health").status_code == 200
        assert http.get("/api/trades/all").status_code == 200
        pieces = (b"x" * 65536 for _ in range(32))
        for body in (b"x" * 2_000_000, pieces):
            refused = http.post("/api/strategies/create", content=body)
            assert (refused.status_code, refused.json()["code"]) == (413, "too_large")
        assert http.get("/api/trades/all?limit=1").status_code == 200
        wrong = {"Authorization": f"Bearer {CRON_SECRET}x"}
        assert http.post("/api/cron/eod-exit", headers=wrong).status_code == 401
    text = log.read_text()
    assert text.count('"message": "request_served"') >= 6
    assert '"route": "/api/trades/all"' in text
    for secret in (user.token, CRON_SECRET, environ["SUPABASE_SECRET_KEY"], "limit=1"):
        assert secret is not None
        assert secret not in text
