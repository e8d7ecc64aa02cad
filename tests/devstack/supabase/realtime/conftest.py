"""A Postgres for all of these tests, and a Realtime of its own for each."""

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import jwt
import psycopg
import pytest
from aiohttp import web

from devstack.supabase.database import Database
from devstack.supabase.realtime.phoenix import Version
from devstack.supabase.realtime.server import Realtime
from tests.devstack.supabase.realtime.clients import DEADLINE_SECONDS, Client
from tests.stacks import running_database

SECRET = "a secret of these tests alone, long enough for HS256"
KEYS = {"anon-key": {"role": "anon"}, "service-key": {"role": "service_role"}}
SCHEMA = Path(__file__).parent / "schema.sql"

type Connect = Callable[..., Awaitable[Client]]
type Execute = Callable[..., list[tuple[Any, ...]]]


def token(user: str | None = None, *, role: str = "authenticated", seconds: float = 3600) -> str:
    """Return a token for a user that is good for some seconds."""
    claims = {"role": role, "sub": user or str(uuid.uuid4()), "exp": int(time.time() + seconds)}
    return jwt.encode(claims, SECRET, algorithm="HS256")


def verify(text: str) -> dict[str, Any]:
    """Return the claims of one of our tokens."""
    return jwt.decode(text, SECRET, algorithms=["HS256"])


async def until(condition: Callable[[], object]) -> None:
    """Wait for a condition that nothing announces."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not condition():  # noqa: ASYNC110 - Postgres and counters set no event
            await asyncio.sleep(0.005)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Database]:
    """Start a Postgres with the tables of `schema.sql`."""
    with running_database() as database:
        with psycopg.connect(database.url) as connection:
            connection.execute(SCHEMA.read_bytes())
        yield database


@pytest.fixture
def execute(cluster: Database) -> Iterator[Execute]:
    """Yield a function that runs one statement as `postgres`, committed at once."""
    with psycopg.connect(cluster.url, autocommit=True) as connection:

        def run(statement: str, *parameters: object) -> list[tuple[Any, ...]]:
            cursor = connection.execute(statement.encode(), parameters or None)
            return cursor.fetchall() if cursor.description else []

        yield run


@pytest.fixture
async def realtime(cluster: Database) -> AsyncIterator[Realtime]:
    """Yield a started service."""
    service = Realtime(cluster.admin_conninfo, verify, KEYS.get)
    await service.start()
    yield service
    await service.stop()


@pytest.fixture
async def url(realtime: Realtime) -> AsyncIterator[str]:
    """Serve Realtime on a port of its own, as the gateway does."""
    async with AsyncExitStack() as running:
        yield await serve(realtime, running)


async def serve(realtime: Realtime, running: AsyncExitStack) -> str:
    """Mount a service and return its address."""
    app = web.Application()
    app.router.add_get("/websocket", realtime.handle_websocket)
    app.router.add_post("/api/broadcast", realtime.handle_http)
    app.router.add_post("/api/broadcast/{topic}/events/{event}", realtime.handle_http)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    running.push_async_callback(runner.cleanup)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return f"http://127.0.0.1:{runner.addresses[0][1]}"


@pytest.fixture
async def http(url: str) -> AsyncIterator[aiohttp.ClientSession]:
    """Yield an HTTP session at the service's address."""
    async with aiohttp.ClientSession(url) as session:
        yield session


@pytest.fixture
async def connect(http: aiohttp.ClientSession) -> Connect:
    """Return a function that opens a client."""

    async def open_client(version: Version = Version.V2, key: str = "anon-key") -> Client:
        address = f"/websocket?apikey={key}&vsn={version}"
        return Client(await http.ws_connect(address, max_msg_size=0), version)

    return open_client


@pytest.fixture
async def client(connect: Connect) -> Client:
    """Open a version 2 client with the anonymous key."""
    return await connect()
