"""Ends the replication connection of an embedded stack, as an operator or a failure would.

In:  a stack whose processes are on this machine.
Out: nothing; the stack has connected anew by then, or an error says that it did not.
Next: `tests/contract/proxy.py`, whose control side calls this for both kinds of client.
"""

import os
import signal
import time

import psycopg

from tests.contract.target import Target

_RECOVERY_SECONDS = 10.0


def terminate_replication(target: Target) -> None:
    """End the replication connections as pg_terminate_backend does; return when there are new ones.

    SIGTERM is sent from outside because they belong to a superuser and our role is none.
    """
    with psycopg.connect(target.database_url, autocommit=True) as connection:

        def senders() -> set[int]:
            rows = connection.execute("select pid from pg_stat_replication").fetchall()
            return {row[0] for row in rows}

        before = senders()
        assert before, "the stack has no replication connection"
        for pid in before:
            os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + _RECOVERY_SECONDS
        while senders() & before or not senders():
            assert time.monotonic() < end, "no new replication connection appeared"
            connection.execute("select pg_sleep(0.01)")
