"""One stack for the tests of gateway and auth, and clients that speak plain HTTP to it."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from devstack.supabase.database import Database
from tests.devstack.supabase.clients import Client
from tests.stacks import RunningStack, running_database, running_stack

SCHEMA = Path(__file__).parent / "schema"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def stack() -> Iterator[RunningStack]:
    """Start a stack with the schema beside this file."""
    with running_stack(migrations=SCHEMA) as running:
        yield running


@pytest.fixture
def anybody(stack: RunningStack) -> Iterator[Client]:
    """Yield somebody who has the publishable key only."""
    with httpx.Client(base_url=stack.url, headers={"apikey": stack.publishable_key}) as http:
        yield Client(http)


@pytest.fixture
def admin(stack: RunningStack) -> Iterator[Client]:
    """Yield somebody who has the secret key."""
    with httpx.Client(base_url=stack.url, headers={"apikey": stack.secret_key}) as http:
        yield Client(http)


@pytest.fixture
def email() -> str:
    """Return an address nobody has used yet."""
    return f"user{next(_numbers)}@example.com"


@pytest.fixture
def database() -> Iterator[Database]:
    """Start a database for one test alone."""
    with running_database() as running:
        yield running
