"""Connect to the database, or say in one sentence why not.

In:  a libpq connection string.
Out: an open psycopg connection, closed when its block ends.
Next: `devstack/supabase/bootstrap.py`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from core.errors import StoreError

if TYPE_CHECKING:
    import psycopg


@contextmanager
def connect(conninfo: str) -> "Iterator[psycopg.Connection]":
    """Yield a connection whose work is committed when the block ends well.

    Raises
    ------
    StoreError
        The server does not let us in, or the connection is lost.
    """
    import psycopg  # noqa: PLC0415 - imported while Postgres starts, see stack.py

    try:
        connection = psycopg.connect(conninfo)
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[-1]
        raise StoreError(f"Postgres does not let us in: {reason}") from error
    try:
        with connection:
            yield connection
    except psycopg.OperationalError as error:
        raise StoreError(f"the connection to Postgres was lost: {str(error).strip()}") from error
