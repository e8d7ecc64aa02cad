"""Two transactions that meet: the second begins while the first has not committed.

In:  the address of the database, and the two statements.
Out: what the second returned after it had waited for the first.
Next: `tests/supabase/test_job_runs.py`.
"""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any, LiteralString

import psycopg

from tests.stacks import RunningStack
from tests.supabase.people import Person

DEADLINE = 10.0


def second_of(
    stack: RunningStack, query: LiteralString, values: dict[str, Any], user: Person | None = None
) -> tuple[Any, Any]:
    """Run a query twice, the second time while the first is not committed; return both results.

    Parameters
    ----------
    user
        In whose name; None for the owner of the tables.

    Raises
    ------
    AssertionError
        The second did not wait for the first.
    """
    with (
        psycopg.connect(stack.database_url) as first,
        psycopg.connect(stack.database_url) as second,
        ThreadPoolExecutor(1) as pool,
    ):
        for connection in (first, second):
            _speak_for(connection, user)
        before = first.execute(query, values).fetchone()
        after = pool.submit(lambda: second.execute(query, values).fetchone())
        try:
            _wait_until_blocked(stack, second.info.backend_pid)
        finally:
            first.commit()
        result = after.result(DEADLINE)
        second.commit()
    assert before is not None
    assert result is not None
    return before[0], result[0]


def _speak_for(connection: psycopg.Connection, user: Person | None) -> None:
    claims = {} if user is None else {"sub": user.id, "role": "authenticated"}
    connection.execute("select set_config('request.jwt.claims', %s, false)", (json.dumps(claims),))
    connection.commit()


def _wait_until_blocked(stack: RunningStack, pid: int) -> None:
    deadline = time.monotonic() + DEADLINE
    with psycopg.connect(stack.database_url, autocommit=True) as observer:
        while time.monotonic() < deadline:
            row = observer.execute("select cardinality(pg_blocking_pids(%s))", (pid,)).fetchone()
            if row is not None and row[0]:
                return
    raise AssertionError("the second transaction did not wait for the first")
