"""The market feed server: who may connect, who gets what, and which faults are played on whom.

In:  handshakes and requests of sockets, slices of the tape from the player, faults.
Out: packets on every socket, counted.
Next: `devstack/dhan/feed/player.py`.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import numpy as np

from devstack.dhan.accounts import Accounts, Refusal, Token
from devstack.dhan.counters import Counters, Traffic
from devstack.dhan.encode import Encoder, Mode
from devstack.dhan.fault_board import FaultBoard
from devstack.dhan.faults import Fault, FaultKind
from devstack.dhan.feed.connection import Connection
from devstack.dhan.feed.feed_faults import FeedFaults
from devstack.dhan.feed.greeting import Greeting
from devstack.dhan.feed.keep_alive import Timing
from devstack.dhan.feed.requests import Reason
from devstack.dhan.feed.subscriptions import MOST_PER_SOCKET
from devstack.dhan.tape import Tape

_log: Final = logging.getLogger(__name__)
_AFTER_STALL_SECONDS: Final = 0.01  # A timer may fire a moment early, when the stall still holds.


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client may hold (reference 2.1)."""

    sockets: int = 5
    per_socket: int = MOST_PER_SOCKET


class FeedServer:
    """All sockets of the market feed.

    Parameters
    ----------
    tape
        Names the instruments and knows their last state.
    encoder
        Makes bytes of slices of what is played.
    greeting
        Makes what a subscription begins with.
    accounts, board, counters
        Shared with the REST side.
    timing, limits
        Dhan's; shorter or smaller in tests.
    seed
        For what is drawn at random, such as how packets are stacked.
    """

    def __init__(  # noqa: PLR0913 - the composition root hands in every part by name
        self,
        tape: Tape,
        encoder: Encoder,
        greeting: Greeting,
        *,
        accounts: Accounts,
        board: FaultBoard,
        counters: Counters,
        timing: Timing | None = None,
        limits: Limits | None = None,
        seed: int = 1,
    ) -> None:
        self.tape = tape
        self.timing = timing or Timing()
        self.limits = limits or Limits()
        self.counters = counters
        self.faults = FeedFaults(board)
        self.on_subscription: list[Callable[[], None]] = []
        """Called whenever a socket has subscribed."""
        self._encoder = encoder
        self._greeting = greeting
        self._accounts = accounts
        self._stacking = np.random.default_rng(seed)
        self._connections: dict[int, Connection] = {}
        self._serial = 0
        self._server: asyncio.Server | None = None
        accounts.on_death.append(self._token_died)

    async def start(self, port: int) -> int:
        """Listen on loopback; return the port, chosen by the system if `port` is 0."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._new, "127.0.0.1", port)
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    async def stop(self) -> None:
        """Stop listening and cut every socket off."""
        if self._server is not None:
            self._server.close()
            for connection in tuple(self._connections.values()):
                connection.reset("simulator stopped")
            await self._server.wait_closed()

    def _new(self) -> Connection:
        self._serial += 1
        return Connection(self, self._serial)

    def connected(self, connection: Connection) -> None:
        """Remember a TCP connection."""
        self._connections[connection.number] = connection

    def disconnected(self, connection: Connection, reason: str) -> None:
        """Forget a connection and keep its numbers."""
        del self._connections[connection.number]
        self.counters.closed[reason] += 1
        self.counters.ended.add(connection.traffic)
        _log.info("socket %d of %s: %s", connection.number, connection.client_id or "?", reason)

    def admit(self, connection: Connection, path: str) -> tuple[int, str]:
        """Check the query of a handshake; return HTTP status and text.

        A token that is wrong is admitted here and refused by a packet afterwards, as Dhan does.
        """
        query = {name: values[-1] for name, values in parse_qs(urlsplit(path).query).items()}
        client_id = query.get("clientId", "")
        if self.faults.refuses_handshake(client_id):
            return 429, "Too Many Requests"
        for name in ("version", "token", "clientId", "authType"):
            if not query.get(name):
                return 400, f"query parameter {name} is missing"
        for name in ("version", "authType"):
            if query[name] != "2":
                return 400, f"query parameter {name} is {query[name]!r}, must be 2"
        connection.client_id = client_id
        connection.token = query["token"]
        return 101, ""

    def opened(self, connection: Connection) -> None:
        """Refuse a bad token by packet; drop the oldest socket of a client that has too many."""
        account = self._accounts.check(connection.token, connection.client_id)
        if isinstance(account, Refusal):
            connection.disconnect(account)
            return
        mine = [c for c in self._open() if c.client_id == connection.client_id]
        if len(mine) > self.limits.sockets:
            mine[0].disconnect(Reason.TOO_MANY_SOCKETS)

    def subscribed(self, connection: Connection, mode: Mode, new: Sequence[int]) -> None:
        """Send what a new subscription begins with, unless a fault ends it here."""
        if self.faults.end_subscription(connection):
            return
        if not self.faults.withholds(connection.client_id):
            connection.send_burst(self._greeting.burst(mode, new))
        for listener in self.on_subscription:
            listener()

    @property
    def has_subscribers(self) -> bool:
        """Whether anybody would receive data."""
        return any(c.subscriptions.wanted.any() for c in self._open())

    def deliver(self, start: int, stop: int) -> None:
        """Send the rows ``[start, stop)`` of what is played to everybody who wants them."""
        for connection in self._open():
            client_id = connection.client_id
            stack = self._stacking if self.faults.stacks(client_id) else None
            burst = self._encoder.burst(start, stop, connection.subscriptions.wanted, stack)
            if not burst.packets:
                continue
            if self.faults.withholds(client_id):
                connection.traffic.withheld_packets += burst.packets
                continue
            for injected in self.faults.injections(client_id):
                connection.send_burst(injected)
            connection.send_burst(burst)

    def broadcast(self, packet: bytes) -> None:
        """Send one packet to every socket that holds a subscription."""
        for connection in self._open():
            if connection.subscriptions.count and not self.faults.withholds(connection.client_id):
                connection.send_packet(packet)

    def slow_readers(self) -> list[Connection]:
        """Return the sockets whose client does not keep up."""
        return [c for c in self._connections.values() if not c.is_writable]

    def play(self, fault: Fault) -> int:
        """Play a fault on the open sockets it is meant for; return how many those are."""
        meant = [c for c in self._open() if fault.client in (None, c.client_id)]
        self.faults.begin(fault, meant)
        if fault.kind is FaultKind.STALL and fault.seconds is not None:
            loop = asyncio.get_running_loop()
            loop.call_later(fault.seconds + _AFTER_STALL_SECONDS, self.flush)
        return len(meant)

    def flush(self) -> None:
        """Send what a stall has kept back, now that it is over."""
        for connection in self._connections.values():
            connection.flush()

    def sockets_as_json(self) -> list[dict[str, Any]]:
        """Return one description per socket, oldest first."""
        return [connection.as_json() for connection in self._connections.values()]

    def traffic(self) -> Traffic:
        """Return the sum over all sockets, those that are gone included."""
        total = Traffic()
        total.add(self.counters.ended)
        for connection in self._connections.values():
            total.add(connection.traffic)
        return total

    def _open(self) -> list[Connection]:
        return [c for c in self._connections.values() if c.is_open]

    def _token_died(self, token: Token) -> None:
        for connection in self._open():
            if connection.token == token.text:
                connection.disconnect(Reason.TOKEN_EXPIRED)
