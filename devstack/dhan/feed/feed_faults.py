"""Faults as the market feed plays them.

In:  the faults in force, a socket's client.
Out: what is withheld, put in between, refused or broken.
Next: `devstack/dhan/feed/server.py`, which asks at every turn.

`stall`, `silence` and `stacked` hold for every socket of the client while they last, new ones
included. `reset` and `disconnect` break the sockets that are open now; with `count` or `seconds`
they break each of the next subscriptions instead, which is how Dhan treats some dead tokens
(reference 1.5).
"""

from collections.abc import Iterable, Iterator
from typing import Final

from core.errors import ConfigError
from devstack.dhan import packets
from devstack.dhan.fault_board import FaultBoard
from devstack.dhan.faults import LASTING, Fault, FaultKind
from devstack.dhan.feed.connection import Connection
from devstack.dhan.layouts import FINAL_TEXT, frame_prefix
from devstack.dhan.messages import Burst

_TEXT: Final = b'{"message":"this feed is binary"}'
_INJECTED: Final = {
    FaultKind.TRUNCATED: frame_prefix(len(packets.truncated())) + packets.truncated(),
    FaultKind.UNKNOWN: frame_prefix(len(packets.unknown())) + packets.unknown(),
    FaultKind.TEXT: frame_prefix(len(_TEXT), FINAL_TEXT) + _TEXT,
}


class FeedFaults:
    """Ask the board on behalf of sockets.

    Parameters
    ----------
    board
        The faults in force, shared with the REST side.
    """

    def __init__(self, board: FaultBoard) -> None:
        self._board = board

    def stalls(self, client_id: str) -> bool:
        """Tell whether nothing at all may be sent to a client now."""
        return self._board.find(FaultKind.STALL, client_id) is not None

    def withholds(self, client_id: str) -> bool:
        """Tell whether market data is kept from a client now."""
        return self.stalls(client_id) or (
            self._board.find(FaultKind.SILENCE, client_id) is not None
        )

    def stacks(self, client_id: str) -> bool:
        """Tell whether packets for a client share messages now."""
        return self._board.find(FaultKind.STACKED, client_id) is not None

    def refuses_handshake(self, client_id: str) -> bool:
        """Tell whether this handshake is refused; that counts as played."""
        return self._board.take(FaultKind.HANDSHAKE_429, client_id) is not None

    def injections(self, client_id: str) -> Iterator[Burst]:
        """Yield the messages to put before a client's next data; each counts as played."""
        for kind, frame in _INJECTED.items():
            if self._board.take(kind, client_id):
                yield Burst(frame, packets=1, frames=1)

    def end_subscription(self, connection: Connection) -> bool:
        """Break a socket that has just subscribed if that is wanted; tell whether it was."""
        if self._board.take(FaultKind.RESET, connection.client_id):
            connection.reset("fault reset")
            return True
        fault = self._board.take(FaultKind.DISCONNECT, connection.client_id)
        if fault is not None:
            connection.disconnect(fault.code)
        return fault is not None

    def begin(self, fault: Fault, sockets: Iterable[Connection]) -> None:
        """Put a fault in force, or break these sockets with it.

        Raises
        ------
        ConfigError
            If this is no fault of the feed.
        """
        if fault.kind.value.startswith("rest_") or fault.kind is FaultKind.TOKEN_EXPIRY:
            raise ConfigError(f"fault {fault.kind} is not one of the feed")
        breaks = fault.kind in {FaultKind.RESET, FaultKind.DISCONNECT}
        if breaks and fault.count is None and fault.seconds is None:
            for connection in sockets:
                self._break(connection, fault)
            return
        self._board.add(fault)
        if fault.kind in LASTING:
            self._board.played(fault.kind)

    def _break(self, connection: Connection, fault: Fault) -> None:
        self._board.played(fault.kind)
        if fault.kind is FaultKind.RESET:
            connection.reset("fault reset")
        else:
            connection.disconnect(fault.code)
