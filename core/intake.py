"""The feed's messages on their way into the engine: taken as they come, or kept while it waits.

In:  messages of the feed as they arrive.
Out: their packets, through `core/tick_gate.py`, into the engine.
Next: `core/tick_gate.py`; `worker/market/market.py`, which takes the effects.

While somebody holds the market still (strategy processes think, a strategy is being warmed up)
messages queue here untouched, and above `PAUSE_AT` of them reading stops; nothing is ever dropped.
Only why the server closes a socket is told at once: it is the last thing that comes of it.
"""

from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from core.brokers.dhan.border import LTT_OFFSET_SECONDS
from core.brokers.dhan.wire import (
    FULL,
    FULL_TICK,
    Fields,
    Message,
    PacketKind,
    WireCounters,
    decode,
)
from core.effects import Effects
from core.engine import Engine
from core.session import NS_PER_SECOND
from core.tick_gate import ID_BITS, TickGate

PAUSE_AT: Final = 512
"""Messages in the queue at which reading stops."""

_TICKER: Final = int(PacketKind.TICKER)
_FULL: Final = int(PacketKind.FULL)
_PRICES: Final = frozenset((_TICKER, int(PacketKind.QUOTE), _FULL))
_DISCONNECT: Final = int(PacketKind.DISCONNECT)
_DISCONNECT_BYTES: Final = 10


class Intake(TickGate):
    """Take messages in.

    Parameters
    ----------
    engine, on_effects, on_control, latest_ns
        As of `TickGate`.
    record
        Called with every message, None for nobody.

    Attributes
    ----------
    wire
        What came, by kind, and what could not be read.
    source
        Whose message is being taken; set by whoever calls `take`.
    pauses
        How often reading was stopped.
    """

    def __init__(
        self,
        engine: Engine,
        on_effects: Callable[[Effects], None],
        on_control: Callable[[Fields], None],
        latest_ns: Callable[[int], int],
        record: Callable[[bytes], None] | None = None,
    ) -> None:
        super().__init__(engine, on_effects, on_control, latest_ns)
        self._record: Final = record
        self._queue: Final[deque[bytes | Callable[[], None]]] = deque()
        self._rest: list[Fields] = []
        self._playing = False
        self.on_pause: Callable[[bool], None] = _nobody_reads
        self.wire: Final = WireCounters()
        self.source: object = None
        self.messages = 0
        self.pauses = 0
        self.dropped = 0

    @property
    def queued(self) -> int:
        """Messages that wait."""
        return len(self._queue)

    def take(self, message: Message) -> None:
        """Take one message of the feed; the buffer may be reused afterwards."""
        self.messages += 1
        if self._record is not None:
            self._record(bytes(message))
        if self._holds or self._playing:
            if _may_end_with_goodbye(message):
                self._take_goodbye(message)
            else:
                self._queue.append(bytes(message))
            if len(self._queue) >= PAUSE_AT:
                self.pauses += len(self._queue) == PAUSE_AT
                self.on_pause(True)
            return
        if len(message) == FULL.size and message[0] == _FULL:
            self._take_full(message)
            return
        self._play(decode(message, self.wire))
        if self._rest and self._rest[-1][0] == _DISCONNECT:
            self._on_control(self._rest.pop())

    def _take_full(self, message: Message) -> None:
        """Take a message that is one full packet, as nearly all are: no list is made for it."""
        length, segment, security_id, told, ltt, volume, interest, depth = FULL_TICK.unpack(message)
        if length != FULL.size:  # Which the decoder has to make sense of.
            self._play(decode(message, self.wire))
            return
        self.wire.by_code[_FULL] += 1
        route = self._routes.get(segment << ID_BITS | security_id)
        if route is None:
            self._unrouted(FULL.unpack(message))
            return
        self._engine.book(route.slot, depth)
        if self._price(route, told, ltt, volume, interest):
            self._rest = [FULL.unpack(message)]

    def _take_goodbye(self, message: Message) -> None:
        """Tell at once why the server closes, if a message says so, and queue the rest of it."""
        rest = []
        for fields in decode(message, self.wire):
            if fields[0] == _DISCONNECT:
                self._on_control(fields)
            else:
                rest.append(fields)
        if rest:
            self._queue.append(lambda: self._play(rest))

    def waiting_times(self) -> Iterator[int]:
        """Yield the trade times of the prices that wait, in their order."""
        waiting = list(self._rest)
        for item in self._queue:
            if isinstance(item, bytes):
                waiting += decode(item, WireCounters())
        yield from (_time_of(fields) for fields in waiting if fields[0] in _PRICES)

    def skip_until(self, time_ns: int) -> None:
        """Leave out the prices that wait before the first one of this time or later.

        For a feed that plays again: an older price would take the place of the newer one that is
        known already.
        """
        is_there = False

        def kept(packets: list[Fields]) -> list[Fields]:
            nonlocal is_there
            left = []
            for fields in packets:
                is_price = fields[0] in _PRICES
                is_there = is_there or (is_price and _time_of(fields) >= time_ns)
                if is_there or not is_price:
                    left.append(fields)
            return left

        self._rest = kept(self._rest)
        for item in [self._queue.popleft() for _ in range(len(self._queue))]:
            if isinstance(item, bytes) and not is_there:
                self._queue.append(partial(self._play, kept(decode(item, self.wire))))
            else:
                self._queue.append(item)

    def between(self, work: Callable[[], None]) -> None:
        """Do something after the messages that wait and before those still to come."""
        if self._holds or self._playing:
            self._queue.append(work)
        else:
            work()

    def hold(self) -> None:
        """Stand still from the next packet on, until every hold was released."""
        self._holds += 1

    def release(self) -> None:
        """Go on, if nobody else holds."""
        self._holds -= 1
        if self._holds or self._playing:
            return
        self._playing = True
        try:
            rest, self._rest = self._rest, []
            self._play(rest)
            while self._queue and not self._holds:
                item = self._queue.popleft()
                if isinstance(item, bytes):
                    self._play(decode(item, self.wire))
                else:
                    item()
        finally:
            self._playing = False
        if len(self._queue) < PAUSE_AT:
            self.on_pause(False)

    def _play(self, packets: list[Fields]) -> None:
        """Hand packets to the engine; what is left when somebody holds waits in `_rest`."""
        for at, fields in enumerate(packets, start=1):
            is_for_later = self._packet(fields)
            if self._holds:
                self._rest = packets[at - is_for_later :]
                return


def _time_of(price: Fields) -> int:
    """Return the trade time of a packet with a price, ns UTC."""
    ltt: int = price[5] if price[0] == _TICKER else price[6]
    return (ltt - LTT_OFFSET_SECONDS) * NS_PER_SECOND


def _may_end_with_goodbye(message: Message) -> bool:
    """Return whether the last bytes of a message look like a disconnect packet."""
    at = len(message) - _DISCONNECT_BYTES
    return at >= 0 and message[at] == _DISCONNECT and message[at + 1] == _DISCONNECT_BYTES


def _nobody_reads(paused: bool) -> None:  # noqa: FBT001 - the shape of the callback.
    """Stand in for the socket until there is one."""
