"""The application as a WSGI server runs it, a stack behind it, and everybody who may call."""

import logging
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from flask import Flask
from psycopg.rows import dict_row
from werkzeug.test import TestResponse

from functions.application import make_application
from functions.settings import Settings, read_settings
from tests.stacks import RunningStack, running_stack
from tests.supabase.cast import Ids, make_rows
from tests.supabase.deployments import Deployment, Worker, deploy
from tests.supabase.people import Person, client_of, sign_up
from tests.worker.running import RunningSimulator, running_simulator

ROOT = Path(__file__).resolve().parents[2]
CRON_SECRET = "a-cron-secret-for-tests-0123456789-abcdef"
ORIGIN = "https://dashboard.example.com"
BROKER_KEYS = "k1:" + b64encode(bytes(range(32))).decode()

Database = psycopg.Connection[dict[str, object]]
Environ = dict[str, str]


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give each generated test an id of its own.

    Those that schemathesis makes of one function have the same id under pytest 9.2, and who shares
    tests out by their ids (pytest-xdist) would run one of them only.
    """
    if item.name.endswith("]") and not item.nodeid.endswith("]"):
        own_id = f"{item.nodeid}[{item.name.partition('[')[2]}"
        item._id = type(item.id).parse(own_id)


@contextmanager
def running_app(environ: Environ) -> Iterator[Flask]:
    """Yield the application as `functions/wsgi.py` makes it, with these settings."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environ.items():
            patch.setenv(name, value)
        # What the program does to its process must not outlast this test in ours.
        patch.setattr(sys, "path", sys.path[:])
        patch.setattr(logging.root, "handlers", logging.root.handlers[:])
        patch.setattr(logging.root, "level", logging.root.level)
        app = make_application()
        service = sys.modules["main"]._service
    try:
        yield app
    finally:
        service.close()


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who calls the application, with a token or without."""

    app: Flask
    token: str | None = None

    def call(self, method: str, path: str, **options: Any) -> TestResponse:
        """Send one request."""
        headers = dict(options.pop("headers", {}))
        if self.token is not None:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        return self.app.test_client().open(path, method=method, headers=headers, **options)

    def get(self, path: str, **options: Any) -> TestResponse:
        """Read something."""
        return self.call("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        """Do something."""
        return self.call("POST", path, json=body, **options)


def problem(response: TestResponse, status: int, code: str) -> dict[str, Any]:
    """Return the body of a refusal, which must be this one."""
    assert (response.status_code, response.mimetype) == (status, "application/problem+json"), (
        response.text
    )
    body: dict[str, Any] = response.get_json(force=True)
    assert (body["status"], body["code"]) == (status, code), body
    assert body["request_id"] == response.headers["X-Request-Id"]
    return body


def pointers(body: dict[str, Any]) -> list[str]:
    """Return where a refusal points."""
    return [error["pointer"] for error in body["errors"]]


@pytest.fixture(scope="session")
def stack() -> Iterator[RunningStack]:
    """Start the project's stack, whose users may ask as often as tests do."""
    with running_stack() as running, psycopg.connect(running.database_url) as connection:
        connection.execute(
            "update public.operator_policy "
            "set requests_per_minute = 1000000, max_configs_per_user = 10000"
        )
        connection.commit()
        yield running


@pytest.fixture(scope="session")
def dhan() -> Iterator[RunningSimulator]:
    """Start a broker."""
    with running_simulator("--hold", "--no-rate-limits") as running:
        yield running


@pytest.fixture(scope="session")
def environ(stack: RunningStack, dhan: RunningSimulator) -> Environ:
    """Return the environment of the application."""
    return {
        "SUPABASE_URL": stack.url,
        "SUPABASE_PUBLISHABLE_KEY": stack.publishable_key,
        "SUPABASE_SECRET_KEY": stack.secret_key,
        "CRON_SECRET": CRON_SECRET,
        "CORS_ORIGINS": ORIGIN,
        "OPEN_REQUESTS_PER_MINUTE": "1000000",
        "DHAN_API_URL": dhan.environment["DHAN_API_URL"],
        "DHAN_CLIENT_ID": dhan.environment["DHAN_CLIENT_ID"],
        "DHAN_ACCESS_TOKEN": dhan.environment["DHAN_ACCESS_TOKEN"],
        "BROKER_KEYS": BROKER_KEYS,
    }


@pytest.fixture(scope="session")
def settings(environ: Environ) -> Settings:
    """Return the application's settings."""
    return read_settings(environ)


@pytest.fixture(scope="session")
def app(environ: Environ) -> Iterator[Flask]:
    """Yield the application."""
    with running_app(environ) as app:
        yield app


@pytest.fixture(scope="session")
def anybody(app: Flask) -> Caller:
    """Return somebody without a token."""
    return Caller(app)


@pytest.fixture(scope="session")
def cron(app: Flask) -> Caller:
    """Return the scheduler."""
    return Caller(app, CRON_SECRET)


@pytest.fixture(scope="session")
def publishable(stack: RunningStack) -> Iterator[httpx.Client]:
    """Yield a client of the stack with the publishable key."""
    with client_of(stack, stack.publishable_key) as http:
        yield http


@pytest.fixture(scope="session")
def secret(stack: RunningStack) -> Iterator[Person]:
    """Yield somebody with the stack's secret key."""
    with client_of(stack, stack.secret_key) as http:
        yield Person(http)


@pytest.fixture(scope="session")
def database(stack: RunningStack) -> Iterator[Database]:
    """Yield a connection of the role that owns the tables."""
    with psycopg.connect(stack.database_url, autocommit=True, row_factory=dict_row) as connection:
        yield connection


@pytest.fixture
def user(publishable: httpx.Client) -> Person:
    """Return a new user, as the stack knows them."""
    return sign_up(publishable)


@pytest.fixture
def caller(app: Flask, user: Person) -> Caller:
    """Return the same user, as the application sees them."""
    return Caller(app, user.token)


@pytest.fixture(scope="session")
def stranger(app: Flask, publishable: httpx.Client) -> Caller:
    """Return another user, who owns nothing."""
    return Caller(app, sign_up(publishable).token)


@pytest.fixture
def deployment(user: Person) -> Deployment:
    """Return a config of the user's."""
    return deploy(user)


@pytest.fixture
def worker(secret: Person) -> Iterator[Worker]:
    """Yield the holder of a shard of its own."""
    worker = Worker(secret)
    worker.acquire()
    yield worker
    worker.release()


@pytest.fixture
def shard_of(database: Database) -> Callable[[Worker, Deployment], None]:
    """Return what puts a config on a worker's shard."""

    def put(worker: Worker, deployment: Deployment) -> None:
        database.execute(
            "update public.strategy_configs set shard = %s where id = %s",
            (worker.shard, deployment.config_id),
        )

    return put


@pytest.fixture(scope="session")
def owner(publishable: httpx.Client) -> Person:
    """Return a user with rows in every relation."""
    return sign_up(publishable)


@pytest.fixture(scope="session")
def owned(owner: Person, secret: Person, database: Database, dhan: RunningSimulator) -> Ids:
    """Make the rows and return their ids."""
    worker = Worker(secret)
    worker.acquire()
    return {
        **make_rows(owner, worker, database),
        "dhan_client": dhan.environment["DHAN_CLIENT_ID"],
        "dhan_token": dhan.environment["DHAN_ACCESS_TOKEN"],
    }
