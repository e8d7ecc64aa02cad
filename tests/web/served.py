"""The dashboard over a stack alone, without worker and functions: its data come from the test.

In:  settings of the stack.
Out: a running stack, the dashboard's address, a connection that writes trades as the worker does.
Next: `tests/web/test_live_data.py`.
"""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import uuid4

import psycopg

from tests.stacks import RunningStack, running_stack
from tests.worker.running import PROJECT

DEMO_USER = "00000000-0000-4000-8000-000000000001"
_NOWHERE = "http://127.0.0.1:9"  # The discard port: no API is there.
_MAKE_TRADE = """
insert into public.trades (
  id, user_id, strategy_id, strategy_config_id, portfolio_id, instrument_key, symbol, trade_type,
  side, quantity, open_quantity, entry_time, entry_price, status, version
)
select %(id)s, user_id, strategy_id, id, %(portfolio)s, %(key)s, %(symbol)s, 'LONG',
       'BUY', 65, 65, now() + make_interval(secs => %(after)s), 25000, 'OPEN', 1
from public.strategy_configs
where user_id = %(user)s
order by created_at
limit 1
"""
_PORTFOLIO = "00000000-0000-4000-8000-000000000002"


@dataclass(frozen=True)
class Served:
    """A dashboard and the stack it looks at."""

    address: str
    stack: RunningStack
    connection: psycopg.Connection

    def make_trade(self, number: int) -> str:
        """Write a trade of the demo user, later than those of lower numbers; return its id."""
        trade_id = str(uuid4())
        values = {
            "id": trade_id,
            "user": DEMO_USER,
            "portfolio": _PORTFOLIO,
            "key": f"NSE_FNO:{number}",  # A config holds one trade of an instrument at a time.
            "symbol": f"TEST-{number}",
            "after": number,
        }
        self.connection.execute(_MAKE_TRADE, values)
        return trade_id

    def rows(self, query: str, **values: object) -> list[tuple[object, ...]]:
        """Return the rows of a query; `%(user)s` is the demo user."""
        return self.connection.execute(query.encode(), {"user": DEMO_USER, **values}).fetchall()

    def row(self, query: str, **values: object) -> tuple[object, ...]:
        """Return the one row of a query."""
        (row,) = self.rows(query, **values)
        return row

    def value(self, query: str, **values: object) -> object:
        """Return the one value of a query."""
        (found,) = self.row(query, **values)
        return found

    def do(self, statements: str, **values: object) -> None:
        """Carry out one statement or several."""
        for statement in filter(None, map(str.strip, statements.split(";"))):
            self.connection.execute(statement.encode(), {"user": DEMO_USER, **values})

    def trade_ids(self) -> list[str]:
        """Return the ids of the demo user's trades, newest first."""
        found = self.connection.execute(
            "select id::text from public.trades where user_id = %s"
            " order by entry_time desc, id desc",
            (DEMO_USER,),
        )
        return [row[0] for row in found]


@contextmanager
def served_dashboard(**settings: str) -> Iterator[Served]:
    """Yield a dashboard over a fresh stack; `settings` are the stack's."""
    with running_stack(environment=settings) as stack:
        environ = {
            **os.environ,
            "SUPABASE_URL": stack.url,
            "SUPABASE_PUBLISHABLE_KEY": stack.publishable_key,
            "WEB_API_URL": _NOWHERE,
        }
        command = [sys.executable, "-m", "devstack.web", "--port=0"]
        process = subprocess.Popen(
            command, cwd=PROJECT, env=environ, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        try:
            _, _, address = shlex.split(process.stdout.readline())[0].partition("=")
            with psycopg.connect(stack.database_url, autocommit=True) as connection:
                yield Served(address, stack, connection)
        finally:
            process.terminate()
            process.wait()
            process.stdout.close()
