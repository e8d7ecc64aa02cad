"""A database as the stack needs it: a running Postgres that has been bootstrapped.

In:  a home, a locked state and the keys.
Out: connection strings, of the superuser for the services and of ``postgres`` for everybody.
Next: `devstack/supabase/stack.py`.
"""

import shutil
from typing import Final

from core.errors import ConfigError, StoreError
from devstack.lifetime import free_port
from devstack.supabase.account import server_account
from devstack.supabase.bootstrap import bootstrap, bootstrap_digest
from devstack.supabase.install import install_postgres
from devstack.supabase.keys import POSTGRES_PASSWORD, Keys
from devstack.supabase.leftover import stop_leftover
from devstack.supabase.postgres import ADMIN, COULD_NOT_BIND, DATABASE, Postgres
from devstack.supabase.state import State

_MARKER: Final = "tradebase"  # Written last: without it the data are half made.
_SCHEMA_MARKER: Final = "tradebase-schema"
_PORT_ATTEMPTS: Final = 3
_ADVICE: Final = "; if the data are damaged, begin anew with --reset"


class Database:
    """One Postgres over one state, created and bootstrapped when the state is new.

    Parameters
    ----------
    state
        Locked state.
    keys
        Keys of the state's home.
    """

    def __init__(self, state: State, keys: Keys) -> None:
        installation = install_postgres(state.home)
        self.state = state
        self._keys = keys
        self.digest = bootstrap_digest(installation.name, keys)
        self._marker = state.data / _MARKER
        self.server = Postgres(installation, state, server_account())
        self.created = False
        self._free_port_will_do = False

    @property
    def admin_conninfo(self) -> str:
        """Connection string of the superuser, over the Unix socket."""
        return self.server.conninfo(ADMIN, self._keys.admin_password)

    @property
    def postgres_conninfo(self) -> str:
        """Connection string of role ``postgres``, who applies migrations."""
        return self.server.conninfo("postgres", POSTGRES_PASSWORD)

    @property
    def auth_conninfo(self) -> str:
        """Connection string of the auth service's role."""
        return self.server.conninfo("supabase_auth_admin", self._keys.auth_password)

    @property
    def url(self) -> str:
        """Address for developers and migrations: role ``postgres`` over TCP."""
        return f"postgresql://postgres:{POSTGRES_PASSWORD}@127.0.0.1:{self.server.port}/{DATABASE}"

    def start(self, port: int) -> None:
        """Start the server on `port`, 0 for any free one; new data are initialised first.

        Raises
        ------
        ConfigError
            The data were made by another version of the stack or with other keys.
        StoreError
            The server cannot be made or started.
        """
        self._drop_half_made()
        self.created = not self._marker.exists()
        if self.created:
            self.server.initialise(self._keys.admin_password)
        elif self._marker.read_text() != self.digest:
            raise ConfigError(
                f"the database in {self.state.directory} was made by another version of the "
                "stack or with other keys; make it anew with --reset"
            )
        self._free_port_will_do = port == 0
        self.server.start(port or free_port())

    def wait_ready(self) -> None:
        """Return once the database can be used, bootstrapped on its first start.

        Raises
        ------
        StoreError
            The server does not get ready, or does not let us in.
        """
        try:
            self._wait_for_server()
        except StoreError as error:
            if COULD_NOT_BIND in str(error):
                raise
            raise StoreError(f"{error}{_ADVICE}") from error
        if self.created:
            bootstrap(self.admin_conninfo, self._keys)
            self._marker.write_text(self.digest)

    def _wait_for_server(self) -> None:
        """Wait; a port that was free when we looked may be taken by now, then another is tried."""
        for attempts_left in range(_PORT_ATTEMPTS, 0, -1):
            try:
                return self.server.wait_ready()
            except StoreError:
                again = self._free_port_will_do and attempts_left > 1
                if not again or COULD_NOT_BIND not in self.server.log_text():
                    raise
                self.server.start(free_port())
        return None

    def has_schema(self, digest: str) -> bool:
        """Tell whether exactly this schema was applied last, so that nothing is left to do."""
        try:
            return (self.state.data / _SCHEMA_MARKER).read_text() == digest
        except FileNotFoundError:
            return False

    def note_schema(self, digest: str) -> None:
        """Remember which schema was applied last."""
        (self.state.data / _SCHEMA_MARKER).write_text(digest)

    def stop(self) -> None:
        """Stop the server; the state stays locked."""
        self.server.stop()

    def _drop_half_made(self) -> None:
        if self.state.data.exists() and not self._marker.exists():
            stop_leftover(self.state.data)
            shutil.rmtree(self.state.data)


def reset(state: State) -> None:
    """Delete the state's database, stopping a server left over from a killed stack."""
    stop_leftover(state.data)
    shutil.rmtree(state.data, ignore_errors=True)
