"""One Postgres server over one data directory, a child that never outlives us.

In:  an installation, a state directory and a port.
Out: a running server on 127.0.0.1 and on a Unix socket, or one sentence about what went wrong.
Next: `devstack/supabase/leftover.py`, `devstack/supabase/database.py`.

The server is started directly, not through ``pg_ctl``, so that the kernel stops it when we die.
``synchronous_commit`` stays on: logical decoding reads flushed WAL only, and Realtime would lag.
"""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

from core.errors import StoreError
from devstack.lifetime import dies_with_us
from devstack.supabase.account import Account
from devstack.supabase.leftover import stop_leftover
from devstack.supabase.state import State

ADMIN = "supabase_admin"  # The superuser; migrations and clients never see it.
DATABASE = "postgres"
COULD_NOT_BIND = "could not bind"
_START_SECONDS = 20.0
_STOP_SECONDS = 5.0
_POLL_SECONDS = 0.002


class Postgres:
    """A server's life: initialise, start, wait, stop.

    Parameters
    ----------
    installation
        Directory with ``bin/postgres``.
    state
        Locked state; its ``data``, ``run`` and ``logs`` are used.
    account
        Who the server runs as.
    """

    def __init__(self, installation: Path, state: State, account: Account) -> None:
        self._bin = installation / "bin"
        self._state = state
        self._account = account
        self._log = state.logs / "postgres.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.port = 0

    def initialise(self, password: str) -> None:
        """Make a new data directory whose superuser has `password`."""
        self._own_directory(self._state.data)
        read_end, write_end = os.pipe()  # initdb reads the password here: never on disk.
        os.write(write_end, password.encode() + b"\n")
        os.close(write_end)
        command: list[str | Path] = [
            self._bin / "initdb",
            f"--pgdata={self._state.data}",
            f"--username={ADMIN}",
            f"--pwfile=/dev/fd/{read_end}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--locale=C.UTF-8",
            "--wal-segsize=1",  # Megabytes: a template to copy is 25 MB instead of 40.
            "--no-sync",
        ]
        if self._account.switched:  # The pipe is opened by path, as its owner only.
            os.fchown(read_end, self._account.uid, self._account.gid)
        try:
            done = subprocess.run(  # noqa: PLW1510 - the return code is read below
                command,
                capture_output=True,
                text=True,
                cwd="/",
                pass_fds=[read_end],
                preexec_fn=dies_with_us(signal.SIGKILL),
                **self._account.identity(),
            )
        finally:
            os.close(read_end)
        if done.returncode != 0:
            raise StoreError(f"initdb failed on {self._state.data}: {done.stderr.strip()}")

    def start(self, port: int) -> None:
        """Start the server; `wait_ready` tells when it takes connections.

        A server left over from a stack that was killed is stopped first.
        """
        stop_leftover(self._state.data)
        for directory in (self._state.run, self._state.logs):
            self._own_directory(directory)
        self.port = port
        options = [f"-c{name}={value}" for name, value in self._settings().items()]
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [self._bin / "postgres", "-D", self._state.data, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                process_group=0,  # Ctrl-C in the terminal is ours to handle, in order.
                preexec_fn=dies_with_us(signal.SIGINT),  # noqa: PLW1509 - nothing but a prctl call
                **self._account.identity(),
            )

    def wait_ready(self) -> None:
        """Return once connections are accepted.

        Raises
        ------
        StoreError
            The server ended or did not get ready in 20 s; carries the end of its log.
        """
        process = self._started()
        deadline = time.monotonic() + _START_SECONDS
        while not self._is_ready(process.pid):
            if process.poll() is not None:
                raise StoreError(f"Postgres ended while starting: {self.last_words()}")
            if time.monotonic() > deadline:
                raise StoreError(f"Postgres was not ready after {_START_SECONDS:g} s")
            time.sleep(_POLL_SECONDS)

    def stop(self) -> None:
        """Stop the server and wait for its end, by force when it takes longer than 5 s."""
        if self.process is None:
            return
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            self.process.send_signal(number)  # Fast, then immediate, then none of its business.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(_STOP_SECONDS)
                break
        self.process = None

    def conninfo(self, user: str, password: str) -> str:
        """Return a libpq connection string over the Unix socket."""
        folder = str(self._state.run).replace("\\", "\\\\").replace("'", "\\'")
        return f"host='{folder}' port={self.port} dbname={DATABASE} user={user} password={password}"

    def log_text(self) -> str:
        """Return what the server has logged since its start."""
        return self._log.read_text(errors="replace")

    def last_words(self) -> str:
        """Return the last complaint of the server's log, with the log's path."""
        lines = self.log_text().splitlines()
        complaints = [line for line in lines if "FATAL" in line or "PANIC" in line]
        complaints = [line for line in lines if COULD_NOT_BIND in line] or complaints
        return f"{(complaints or lines or ['it said nothing'])[-1]} (log: {self._log})"

    def _settings(self) -> dict[str, object]:
        return {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self._state.run,
            "wal_level": "logical",
            "max_wal_senders": 5,
            "max_replication_slots": 5,
            "max_slot_wal_keep_size": "512MB",
            "min_wal_size": "32MB",
            "max_wal_size": "1GB",
            "max_connections": 100,
            "shared_buffers": "64MB",
            "dynamic_shared_memory_type": "mmap",  # In the data directory: removed with it.
            "fsync": "off",  # A development machine's database may be lost with its power.
            "full_page_writes": "off",
            "timezone": _timezone(),
            "log_timezone": _timezone(),
        }

    def _is_ready(self, pid: int) -> bool:
        """Read what pg_ctl reads: line 8 of postmaster.pid says so, line 1 by whom."""
        try:
            lines = (self._state.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"

    def _started(self) -> "subprocess.Popen[bytes]":
        if self.process is None:
            raise StoreError("Postgres was not started")
        return self.process

    def _own_directory(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, exist_ok=True)
        self._account.own(directory)


def _timezone() -> str:
    """Return UTC, or GMT on a machine without a zone database, where UTC stops the server."""
    return "UTC" if Path("/usr/share/zoneinfo/UTC").exists() else "GMT"
