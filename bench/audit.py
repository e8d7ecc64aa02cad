"""How long the audit log keeps a writer: eight at once, each a transaction per row.

In:  nothing; ``--writers``, ``--rows`` and ``--users`` for other than 8 writers of 500 rows each
     over 20 users.
Out: rows/s, median, p99 and worst of a transaction that appends one row, beside the same
     transactions without the row (what Postgres and the network take anyway) and the limit of
     25 ms; that nothing was lost; and rows/s of sealing and verifying.
"""

import argparse
import contextlib
import io
import os
import random
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
import psycopg  # noqa: E402 - run as a script, from anywhere

from core.audit_check import AuditCheck  # noqa: E402
from functions.audit_sealing import seal_new_rows  # noqa: E402
from functions.audit_verification import verify  # noqa: E402
from functions.database import Supabase  # noqa: E402
from functions.settings import read_settings  # noqa: E402
from tests.stacks import RunningStack, running_stack  # noqa: E402

LIMIT_MS = 25.0
KEYS = {"bench": bytes(32)}
APPEND = (
    "select private.audit(%s, 'update', 'orders', gen_random_uuid(), "
    '\'{"old": {"status": "PENDING"}, "new": {"status": "TRADED", "filled_quantity": 65}}\')'
)
NOTHING = "select from public.user_event_counters where user_id = %s for update"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--rows", type=int, default=500)
    parser.add_argument("--users", type=int, default=20)
    options = parser.parse_args()
    with contextlib.redirect_stderr(io.StringIO()), running_stack() as stack:
        users = make_users(stack, options.users)
        print(f"load before: {os.getloadavg()[0]:.2f}, {options.writers} writers")
        for name, query in (("lock alone", NOTHING), ("audit row", APPEND)):
            measure(stack, query, users, options.writers, options.rows, name)
        total = options.writers * options.rows
        with psycopg.connect(stack.database_url) as connection:
            row = connection.execute(
                "select count(*), (select sum(last_sequence) from public.audit_subjects) "
                "from public.audit_log"
            ).fetchone()
        if row is None or row[0] != row[1] or row[0] < total:
            raise SystemExit(f"rows were lost: {row}, at least {total} were written")
        seal_and_verify(stack)


def make_users(stack: RunningStack, count: int) -> list[str]:
    """Make accounts, each with its counters."""
    with psycopg.connect(stack.database_url) as connection:
        rows = connection.execute(
            "insert into auth.users (id, email) "
            "select gen_random_uuid(), n || '@bench.example' from generate_series(1, %s) as n "
            "returning id::text",
            (count,),
        ).fetchall()
        users = [str(row[0]) for row in rows]
        connection.execute("select private.lock_users(%s::uuid[])", (users,))
    return users


def measure(  # noqa: PLR0913, PLR0917 - what a measurement is made of.
    stack: RunningStack, query: str, users: list[str], writers: int, rows: int, name: str
) -> None:
    """Let writers at the database at once and print how long their transactions took."""

    def write(number: int) -> list[float]:
        shuffled = random.Random(number)  # noqa: S311 - seeded, so that runs are alike.
        took = []
        with psycopg.connect(stack.database_url, autocommit=True) as connection:
            for _ in range(rows):
                began = time.perf_counter()
                connection.execute(query.encode(), (shuffled.choice(users),))
                took.append(1000 * (time.perf_counter() - began))
        return took

    began = time.perf_counter()
    with ThreadPoolExecutor(writers) as pool:
        times = sorted(ms for part in pool.map(write, range(writers)) for ms in part)
    rate = len(times) / (time.perf_counter() - began)
    p99 = times[int(len(times) * 0.99)]
    print(
        f"{name:12} {rate:7.0f} rows/s   median {statistics.median(times):.2f} ms   "
        f"p99 {p99:.2f} ms   worst {times[-1]:.2f} ms   (limit of p99: {LIMIT_MS:g} ms)"
    )


def seal_and_verify(stack: RunningStack) -> None:
    """Seal everything and follow the seals, over PostgREST."""
    supabase = Supabase(
        read_settings(
            {
                "SUPABASE_URL": stack.url,
                "SUPABASE_PUBLISHABLE_KEY": stack.publishable_key,
                "SUPABASE_SECRET_KEY": stack.secret_key,
                "CRON_SECRET": "c" * 32,
            }
        )
    )
    database = supabase.service()
    sealed = rate_of("sealed", lambda: seal_new_rows(database, KEYS, None).rows)
    verdict = verify(database, AuditCheck(KEYS), [])
    rate_of("verified", lambda: verify(database, AuditCheck(KEYS), []).rows)
    supabase.close()
    if verdict.flaws or verdict.rows != sealed:
        raise SystemExit(f"{sealed} rows were sealed, the verifier says {verdict}")


def rate_of(name: str, work: Callable[[], int]) -> int:
    """Print how many rows a second some work does; returns how many there were."""
    began = time.perf_counter()
    rows = work()
    print(f"{name:12} {rows / (time.perf_counter() - began):7.0f} rows/s   ({rows} rows)")
    return rows


if __name__ == "__main__":
    main()
