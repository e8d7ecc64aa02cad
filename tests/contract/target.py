"""The stack under test: an embedded one started for the purpose, or any other by its addresses.

In:  nothing, or with CONTRACT_STACK=external the variables SUPABASE_URL, SUPABASE_PUBLISHABLE_KEY,
     SUPABASE_SECRET_KEY, DATABASE_URL and, if known, SUPABASE_JWT_SECRET.
Out: `Target`, its database migrated to ``schema/``.
Next: `tests/contract/proxy.py`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from core.settings import SettingsReader
from devstack.supabase.migrations import migrate, read_migrations
from tests.stacks import running_stack

SCHEMA = Path(__file__).parent / "schema"

# What `supabase start` and the embedded stack share; it protects nothing.
LOCAL_JWT_SECRET = "super-secret-jwt-token-with-at-least-32-characters-long"


@dataclass(frozen=True, slots=True)
class Target:
    """Addresses and keys of one stack.

    Parameters
    ----------
    jwt_secret
        The shared secret of legacy tokens; empty where it is not known, as on hosted.
    embedded
        The stack's processes are ours and on this machine.
    """

    url: str
    publishable_key: str
    secret_key: str
    database_url: str
    jwt_secret: str
    embedded: bool

    def execute(self, statement: str) -> None:
        """Run one SQL statement as the role the migrations run as."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            connection.execute(statement.encode())


@contextmanager
def running_target() -> Iterator[Target]:
    """Yield the stack the environment asks for, by default an embedded one of our own."""
    if os.environ.get("CONTRACT_STACK") == "external":
        target = _external()
        with psycopg.connect(target.database_url, autocommit=True) as connection:
            migrate(connection, read_migrations(SCHEMA))
        yield target
        return
    with running_stack(migrations=SCHEMA) as stack:
        yield Target(
            stack.url,
            stack.publishable_key,
            stack.secret_key,
            stack.database_url,
            LOCAL_JWT_SECRET,
            embedded=True,
        )


def _external() -> Target:
    reader = SettingsReader(os.environ)
    target = Target(
        reader.text("SUPABASE_URL").rstrip("/"),
        reader.text("SUPABASE_PUBLISHABLE_KEY"),
        reader.text("SUPABASE_SECRET_KEY", secret=True),
        reader.text("DATABASE_URL", secret=True),
        reader.text("SUPABASE_JWT_SECRET", default="", secret=True),
        embedded=False,
    )
    reader.finish()
    return target
