"""How far a replication stream has been received, across connections.

In:  every event of the stream, and the positions of its keepalives.
Out: where the next connection has to start, and which events it repeats.
Next: `devstack/supabase/realtime/replication.py`.
"""

from devstack.supabase.realtime.pgoutput import Begin, Change, Commit, Event


class Position:
    """The place reached in the write-ahead log.

    What has been received is in this process's memory and will be dispatched by it, so it counts
    as done: Postgres may forget it. A connection lost in the middle of a transaction makes
    Postgres send that transaction again from its beginning; `admits` drops what came before.
    """

    def __init__(self) -> None:
        self.received = 0
        self._transaction: int | None = None
        self._seen = 0
        self._repeated = 0

    def restart(self) -> None:
        """Begin anew: a new slot starts elsewhere."""
        self.received, self._transaction, self._seen, self._repeated = 0, None, 0, 0

    def lsn_text(self) -> str:
        """Return the position as Postgres writes it, such as ``0/16B3748``."""
        return f"{self.received >> 32:X}/{self.received & 0xFFFFFFFF:X}"

    def admits(self, event: Event) -> bool:
        """Take note of an event; return False when it was received before."""
        if isinstance(event, Change):
            self._seen += 1
            return self._seen > self._repeated
        if isinstance(event, Begin):
            again = event.final_lsn == self._transaction
            self._repeated = max(self._seen, self._repeated) if again else 0
            self._transaction, self._seen = event.final_lsn, 0
        elif isinstance(event, Commit):
            self.received = max(self.received, event.end_lsn)
            self._transaction = None
        return True

    def idle_at(self, lsn: int) -> None:
        """Follow WAL that holds nothing for us, as a keepalive says."""
        if self._transaction is None:
            self.received = max(self.received, lsn)
