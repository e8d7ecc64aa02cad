"""The whole stack: what is started in which order, and stopped in the opposite one.

In:  `Options`.
Out: four shell lines when everything answers; then it serves until asked to stop.
Next: `devstack/supabase/gateway.py`.

A start takes as long as its longest chain, so the order matters: Postgres is started before the
heavy imports, PostgREST before aiohttp is imported, and waiting is done last.
"""

import logging
import os
import shlex
import shutil
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from core.errors import ConfigError
from devstack.lifetime import require_free_port
from devstack.supabase.account import server_account
from devstack.supabase.database import Database, reset
from devstack.supabase.install import install_postgrest
from devstack.supabase.keys import PUBLISHABLE_KEY, SECRET_KEY, Keys, load_keys
from devstack.supabase.leftover import stop_leftover
from devstack.supabase.options import Options
from devstack.supabase.postgrest import PostgRest
from devstack.supabase.schema import read_schema
from devstack.supabase.scratch import ephemeral_state, require_no_ephemeral, scratch_of
from devstack.supabase.state import State, main_state, open_home

log = logging.getLogger(__name__)

_BACKLOG = 128


def run_stack(options: Options, announce: Callable[[str], None]) -> None:
    """Run the stack until it is asked to stop (SIGINT, SIGTERM) or a server of it ends.

    Parameters
    ----------
    announce
        Called with each shell line once everything answers.

    Raises
    ------
    ConfigError, DataError, StoreError
        It cannot start, or a server ended; nothing is left running.
    """
    began = time.monotonic()
    with ExitStack() as running:
        listener = running.enter_context(_listen(options.host, options.port))
        home = open_home(options.home)
        keys = load_keys(home)
        state = _open_state(options, home, running)
        database = start_database(options, state, keys, running)
        rest = PostgRest(install_postgrest(home), state, server_account())
        running.callback(rest.stop)
        rest.start(database.server.port, keys)
        # aiohttp reads the machine's certificates when imported, 40 ms; nothing here speaks TLS.
        os.environ.update(SSL_CERT_FILE=os.devnull, SSL_CERT_DIR=os.devnull)
        from devstack.supabase.serve import Services, serve  # noqa: PLC0415 - 0.2 s

        url = f"http://{options.host}:{listener.getsockname()[1]}"

        def ready() -> None:
            log.info("ready after %.2f s on %s", time.monotonic() - began, url)
            for line in shell_lines(url, database.url):
                announce(line)

        serve(Services(listener, url, database, rest, keys, options.token_seconds), ready)


def start_database(options: Options, state: State, keys: Keys, running: ExitStack) -> Database:
    """Start Postgres, bring its schema up to date, and have it stopped by `running`."""
    schema = read_schema(options.migrations, options.seed)
    database = Database(state, keys)
    if options.ephemeral:
        from devstack.supabase.template import fill_from_template  # noqa: PLC0415 - not always

        fill_from_template(database, keys, schema)
    running.callback(database.stop)
    database.start(options.db_port)
    import psycopg  # noqa: F401, PLC0415 - 0.1 s, which Postgres needs anyway

    database.wait_ready()
    applied = 0
    if not database.has_schema(schema.digest()):
        applied = schema.apply(database.postgres_conninfo)
        database.note_schema(schema.digest())
    log.info("Postgres on port %d, %d migrations applied", database.server.port, applied)
    return database


def shell_lines(url: str, database_url: str) -> list[str]:
    """Return the stack's addresses and keys as assignments that a shell reads."""
    values = {
        "SUPABASE_URL": url,
        "SUPABASE_PUBLISHABLE_KEY": PUBLISHABLE_KEY,
        "SUPABASE_SECRET_KEY": SECRET_KEY,
        "DATABASE_URL": database_url,
    }
    return [f"{name}={shlex.quote(value)}" for name, value in values.items()]


def remove_state(options: Options) -> None:
    """Delete everything kept: servers, keys, templates and data.

    Raises
    ------
    ConfigError
        The directory is not safely ours, or a stack is running on it.
    """
    home = open_home(options.home)
    state = main_state(home)
    require_no_ephemeral(home)
    reset(state)
    for directory in (scratch_of(home), home):
        shutil.rmtree(directory, ignore_errors=True)
    state.close()


def _open_state(options: Options, home: Path, running: ExitStack) -> State:
    if options.ephemeral:
        if options.db_port:
            require_free_port(options.db_port, "--db-port")
        state = ephemeral_state(home)
        running.callback(state.remove)
        return state
    state = main_state(home)
    running.callback(state.close)
    if options.reset:
        reset(state)
    if options.db_port:
        stop_leftover(state.data)  # Its port may be the one we want.
        require_free_port(options.db_port, "--db-port")
    return state


def _listen(host: str, port: int) -> socket.socket:
    """Take the port at once: nothing is started when somebody else has it."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)  # Only this excludes others; early callers wait in line.
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"port {port} cannot be used ({error.strerror}); choose another with --port"
        ) from error
    return listener
