"""PostgREST as a child process on a Unix socket.

In:  the installed program, the database's socket and the keys that verify tokens.
Out: the REST interface of the ``public`` schema, for the gateway to pass on.
Next: `devstack/supabase/rest_proxy.py`.
"""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from core.errors import StoreError
from devstack.lifetime import dies_with_us
from devstack.supabase.account import Account
from devstack.supabase.keys import Keys
from devstack.supabase.postgres import DATABASE
from devstack.supabase.state import State

_READY_SECONDS: Final = 15.0
_STOP_SECONDS: Final = 5.0
_POLL_SECONDS: Final = 0.005
_MAX_ROWS: Final = 1000  # The default of hosted projects: longer answers are cut.


class PostgRest:
    """The server's life: start, wait, stop.

    Parameters
    ----------
    program
        Path of the binary.
    state
        Locked state whose ``run`` holds Postgres's socket and will hold ours.
    account
        Who the server runs as.
    """

    def __init__(self, program: Path, state: State, account: Account) -> None:
        self._program = program
        self._state = state
        self._account = account
        self._log = state.logs / "postgrest.log"
        self.socket = state.run / "postgrest.sock"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, database_port: int, keys: Keys) -> None:
        """Start the server; Postgres must be ready, or it would wait a second before it retries."""
        self.socket.unlink(missing_ok=True)
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [self._program],
                env=self._environment(database_port, keys),  # Nothing of ours: no secrets leak.
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                process_group=0,
                preexec_fn=dies_with_us(signal.SIGTERM),  # noqa: PLW1509 - a prctl call only
                **self._account.identity(),
            )

    async def wait_ready(self) -> None:
        """Return once requests are answered from a loaded schema.

        Raises
        ------
        StoreError
            The server ended or was not ready after 15 s; carries the end of its log.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_READY_SECONDS):
                while not await self._answers():
                    if self.process is None or self.process.poll() is not None:
                        raise StoreError(f"PostgREST ended while starting: {self.last_words()}")
                    await asyncio.sleep(_POLL_SECONDS)
                return
        raise StoreError(f"PostgREST was not ready after {_READY_SECONDS:g} s: {self.last_words()}")

    def stop(self) -> None:
        """Stop the server and wait for its end, by force when it takes longer than 5 s."""
        if self.process is None:
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            self.process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(_STOP_SECONDS)
                break
        self.process = None

    def last_words(self) -> str:
        """Return the last line of the server's log, with the log's path."""
        lines = self._log.read_text(errors="replace").splitlines()
        return f"{lines[-1] if lines else 'it said nothing'} (log: {self._log})"

    async def _answers(self) -> bool:
        """Ask for a table that does not exist: 503 until the schema is loaded, then 404."""
        try:
            reader, writer = await asyncio.open_unix_connection(self.socket)
        except OSError:
            return False
        try:
            writer.write(b"HEAD /ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            status_line = await reader.readline()
        finally:
            writer.close()
        return b" 404 " in status_line

    def _environment(self, database_port: int, keys: Keys) -> dict[str, str]:
        query = urlencode({"host": self._state.run, "port": database_port})
        password = keys.authenticator_password
        return {
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "PGRST_DB_URI": f"postgresql://authenticator:{password}@/{DATABASE}?{query}",
            "PGRST_DB_SCHEMAS": "public",
            "PGRST_DB_EXTRA_SEARCH_PATH": "public,extensions",
            "PGRST_DB_ANON_ROLE": "anon",
            "PGRST_DB_MAX_ROWS": str(_MAX_ROWS),
            "PGRST_SERVER_UNIX_SOCKET": str(self.socket),
            "PGRST_JWT_SECRET": json.dumps(keys.verifying_keys()),
        }
