"""One stack with the project's own migrations and seed, and everybody who may knock at it."""

from collections.abc import AsyncIterator, Iterator

import httpx
import psycopg
import pytest
from psycopg.rows import dict_row

from tests.stacks import RunningStack, running_stack
from tests.supabase.cast import administrator
from tests.supabase.deployments import Deployment, Worker, deploy
from tests.supabase.listening import Listeners
from tests.supabase.people import Person, client_of, sign_up

Database = psycopg.Connection[dict[str, object]]


@pytest.fixture(scope="session")
def stack() -> Iterator[RunningStack]:
    """Start the project's stack."""
    with running_stack() as running:
        yield running


@pytest.fixture(scope="session")
def publishable(stack: RunningStack) -> Iterator[httpx.Client]:
    """Yield a client with the publishable key."""
    with client_of(stack, stack.publishable_key) as http:
        yield http


@pytest.fixture(scope="session")
def anonymous(publishable: httpx.Client) -> Person:
    """Return somebody who has the publishable key only."""
    return Person(publishable)


@pytest.fixture(scope="session")
def secret(stack: RunningStack) -> Iterator[Person]:
    """Yield somebody who has the secret key."""
    with client_of(stack, stack.secret_key) as http:
        yield Person(http)


@pytest.fixture(scope="session")
def database(stack: RunningStack) -> Iterator[Database]:
    """Yield a connection of the role that owns the tables, each statement its own transaction."""
    with psycopg.connect(stack.database_url, autocommit=True, row_factory=dict_row) as connection:
        yield connection


@pytest.fixture
def user(publishable: httpx.Client) -> Person:
    """Return a new user."""
    return sign_up(publishable)


@pytest.fixture(scope="session")
def stranger(publishable: httpx.Client) -> Person:
    """Return a user who owns nothing."""
    return sign_up(publishable)


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
async def listeners(stack: RunningStack) -> AsyncIterator[Listeners]:
    """Yield connections that are closed afterwards."""
    listeners = Listeners(stack)
    yield listeners
    await listeners.close()


@pytest.fixture
def everybody(
    user: Person, stranger: Person, anonymous: Person, secret: Person, publishable: httpx.Client
) -> dict[str, Person]:
    """Return whoever may knock, by what they are called."""
    return {
        "owner": user,
        "other": stranger,
        "admin": administrator(publishable, secret),
        "anonymous": anonymous,
        "secret": secret,
    }
