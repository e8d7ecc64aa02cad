"""Real databases and stacks for tests, each with its own state and ports.

In:  a directory of migrations, or none.
Out: context managers that start, yield addresses, and leave nothing running.
Next: the test that uses one.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from devstack.supabase.database import Database
from devstack.supabase.keys import load_keys
from devstack.supabase.state import ephemeral_state, open_home


@contextmanager
def running_database() -> Iterator[Database]:
    """Yield a bootstrapped Postgres alone, without gateway, and remove it afterwards."""
    home = open_home(None)
    state = ephemeral_state(home)
    database = Database(state, load_keys(home))
    try:
        database.start(0)
        database.wait_ready()
        yield database
    finally:
        database.stop()
        state.remove()
