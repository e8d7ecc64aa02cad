"""A few database connections that requests take turns on.

In:  the connection string of ``supabase_auth_admin``.
Out: transactions whose rows are dictionaries.
Next: `devstack/supabase/auth/users.py`.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import psycopg
from psycopg.rows import dict_row

Row = dict[str, Any]
Connection = psycopg.AsyncConnection[Row]
_MOST: Final = 5


class Connections:
    """At most five connections, opened when first needed; a broken one is replaced.

    Parameters
    ----------
    conninfo
        libpq connection string.
    """

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._idle: list[Connection] = []
        self._free = asyncio.Semaphore(_MOST)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Lend a connection for one transaction, committed unless the block raises."""
        async with self._free:
            connection = await self._take()
            try:
                async with connection.transaction():
                    yield connection
            finally:
                if connection.closed:
                    await connection.close()
                else:
                    self._idle.append(connection)

    async def close(self) -> None:
        """Close the idle connections."""
        while self._idle:
            await self._idle.pop().close()

    async def _take(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if not connection.closed:
                return connection
        return await psycopg.AsyncConnection.connect(
            self._conninfo, autocommit=True, row_factory=dict_row
        )
