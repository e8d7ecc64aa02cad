"""One connection to Postgres that comes back by itself.

In:  the superuser's connection string, statements.
Out: rows. A connection that was lost is opened again by the next statement.
Next: `devstack/supabase/realtime/tables.py`.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, Final, LiteralString

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from core.errors import StoreError

log = logging.getLogger(__name__)

# Values must be written the same way on every connection, whatever the database's defaults are.
# GMT, not UTC: a machine without a zone database knows only the first.
OUTPUT_SETTINGS: Final = (
    "-c timezone=GMT -c datestyle=ISO -c intervalstyle=postgres "
    "-c extra_float_digits=1 -c bytea_output=hex"
)
_STATEMENT_TIMEOUT_MS: Final = 8000  # Hosted's limit for authenticated; also for policies here.
_CONNECT_TIMEOUT_SECONDS: Final = 5


class Database:
    """A lazily opened connection for short statements, one at a time.

    Parameters
    ----------
    conninfo
        libpq connection string of a superuser.
    name
        Shown as `application_name` in `pg_stat_activity`.
    """

    def __init__(self, conninfo: str, name: str) -> None:
        self._conninfo = make_conninfo(
            conninfo,
            application_name=name,
            connect_timeout=_CONNECT_TIMEOUT_SECONDS,
            options=f"{OUTPUT_SETTINGS} -c standard_conforming_strings=on "
            f"-c statement_timeout={_STATEMENT_TIMEOUT_MS} "
            "-c search_path=public,extensions",
        )
        self._connection: psycopg.AsyncConnection[tuple[Any, ...]] | None = None
        self._turn = asyncio.Lock()

    async def fetch(
        self, query: LiteralString | sql.Composed, parameters: Sequence[Any] = ()
    ) -> list[tuple[Any, ...]]:
        """Run one statement in its own transaction and return its rows.

        A connection found dead is opened anew once: what runs here may safely run twice.

        Raises
        ------
        StoreError
            Postgres cannot be reached.
        psycopg.Error
            The statement failed.
        """
        async with self._turn:
            try:
                return await self._run(query, parameters)
            except psycopg.OperationalError as error:
                if self._connection is not None and not self._connection.closed:
                    raise  # The statement's own fault, such as its time limit.
                log.info("connection to Postgres was lost (%s); opening it again", error)
            try:
                return await self._run(query, parameters)
            except psycopg.OperationalError as error:
                raise StoreError(f"Postgres cannot be reached: {error}") from error

    async def close(self) -> None:
        """Close the connection; the next statement would open it again."""
        if self._connection is not None:
            await self._connection.close()
            self._connection = None

    async def _run(
        self, query: LiteralString | sql.Composed, parameters: Sequence[Any]
    ) -> list[tuple[Any, ...]]:
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(
                self._conninfo, autocommit=True
            )
        cursor = await self._connection.execute(query, parameters)
        return await cursor.fetchall() if cursor.description else []
