"""The replication slot: made, streamed from, dropped, over libpq.

In:  a `Source`: whom to connect to, our slot's name, the publications.
Out: a connection in COPY BOTH mode, or `StreamLostError` with what Postgres said.
Next: `devstack/supabase/realtime/stream.py`, which reads it.

psycopg has no API for replication; `psycopg.pq` gives libpq itself. Everything here blocks.
"""

from dataclasses import dataclass
from typing import Final

import psycopg
from psycopg import pq

from core.errors import StoreError
from devstack.supabase.realtime.position import Position

# Shut down by somebody, starting up, or the old connection has not let go of the slot yet.
_PASSING_TROUBLE: Final = frozenset({b"57P01", b"57P02", b"57P03", b"55006"})


class StreamLostError(StoreError):
    """Raised when the replication connection ends.

    Parameters
    ----------
    resumable
        False when Postgres refuses to go on from where we are.
    """

    def __init__(self, message: str, *, resumable: bool = True) -> None:
        super().__init__(message)
        self.resumable = resumable


@dataclass(frozen=True, slots=True)
class Source:
    """What to stream: a superuser's connection string, a slot of ours, publication names."""

    conninfo: str
    slot: str
    publications: str


def open_stream(source: Source, position: Position, *, fresh: bool) -> pq.abc.PGconn:
    """Connect and start streaming; blocks, so call it in a thread.

    Parameters
    ----------
    fresh
        Make a new slot, dropping the one that is there.

    Raises
    ------
    StreamLostError
        Postgres cannot be reached, or refuses.
    """
    connection = _connect(source)
    try:
        if fresh:
            _make_slot(connection, source.slot)
            position.restart()
        _execute(
            connection,
            f"START_REPLICATION SLOT {source.slot} LOGICAL {position.lsn_text()} "
            f"(proto_version '1', publication_names '{source.publications}')",
            pq.ExecStatus.COPY_BOTH,
        )
        connection.nonblocking = 1
    except BaseException:  # Whatever happens, Postgres must not be left with a connection of ours.
        connection.finish()
        raise
    return connection


def drop_slot(source: Source) -> None:
    """Let Postgres forget the slot, so that it keeps no WAL for nobody; blocks.

    Raises
    ------
    StreamLostError
        Postgres cannot be reached, or the slot is in use or unknown.
    """
    connection = _connect(source)
    try:
        command = f"DROP_REPLICATION_SLOT {source.slot} WAIT"
        _execute(connection, command, pq.ExecStatus.COMMAND_OK)
    finally:
        connection.finish()


def _connect(source: Source) -> pq.abc.PGconn:
    connection = pq.PGconn.connect(source.conninfo.encode())
    if connection.status == pq.ConnStatus.OK:
        return connection
    message = connection.get_error_message().strip()
    connection.finish()
    raise StreamLostError(message)


def _make_slot(connection: pq.abc.PGconn, slot: str) -> None:
    _execute(
        connection,
        "SELECT pg_catalog.pg_drop_replication_slot(slot_name) "  # noqa: S608 - a name of ours
        f"FROM pg_catalog.pg_replication_slots WHERE slot_name = '{slot}'",
        pq.ExecStatus.TUPLES_OK,
    )
    _execute(
        connection,
        f"CREATE_REPLICATION_SLOT {slot} LOGICAL pgoutput (SNAPSHOT 'nothing')",
        pq.ExecStatus.TUPLES_OK,
    )


def _execute(connection: pq.abc.PGconn, command: str, expected: pq.ExecStatus) -> None:
    try:
        result = connection.exec_(command.encode())
    except psycopg.OperationalError as error:
        raise StreamLostError(str(error).strip()) from error
    if result.status != expected:
        raise refusal(result)


def refusal(result: pq.abc.PGresult) -> StreamLostError:
    """Return what Postgres said when it refused a command or ended the stream."""
    state = result.error_field(pq.DiagnosticField.SQLSTATE)
    message = result.get_error_message().strip() or "Postgres ended the stream"
    return StreamLostError(message, resumable=state is None or state in _PASSING_TROUBLE)
