"""From the bytes of the feed into the engine: the hot path.

In:  messages of the feed as they arrive.
Out: calls of the engine in plain numbers; what it answers goes to a callback.
Next: `worker/market/market.py`, which takes the effects.

No object is made per tick but the tuple of `struct`. What is odd is counted and left out. While
somebody holds the market still (strategy processes think, a strategy is being warmed up) messages
queue here untouched, and above `PAUSE_AT` of them reading stops; nothing is ever dropped. Only why
the server closes a socket is told at once: it is the last thing that comes of it.
"""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

from core.brokers.dhan.border import LTT_OFFSET_SECONDS
from core.brokers.dhan.wire import FULL, Fields, Message, PacketKind, WireCounters, decode
from core.candle import NEVER_NS
from core.candle_builder import UNKNOWN
from core.effects import Effects
from core.engine import Engine
from core.errors import DataError
from core.instrument import Instrument
from core.session import NS_PER_SECOND
from worker.replay.recorder import Recorder

PAUSE_AT: Final = 512
"""Messages in the queue at which reading stops."""

_TICKER: Final = int(PacketKind.TICKER)
_QUOTE: Final = int(PacketKind.QUOTE)
_FULL: Final = int(PacketKind.FULL)
_OPEN_INTEREST: Final = int(PacketKind.OPEN_INTEREST)
_PREVIOUS_CLOSE: Final = int(PacketKind.PREVIOUS_CLOSE)
_ID_BITS: Final = 32
_PRICES: Final = frozenset((_TICKER, _QUOTE, _FULL))
_DISCONNECT: Final = int(PacketKind.DISCONNECT)
_DISCONNECT_BYTES: Final = 10


class Route:
    """Where an instrument's packets go, and what was last heard of it.

    Attributes
    ----------
    time_ns, volume, open_interest, previous_close
        Of the last packet; `time_ns` is 0 before the first.
    wanted_ns
        From when on somebody wants to see a tick.
    """

    __slots__ = (
        "instrument", "open_interest", "previous_close", "round_price", "slot", "time_ns", "volume",
        "wanted_ns",
    )  # fmt: skip

    def __init__(self, slot: int, instrument: Instrument) -> None:
        self.slot: Final = slot
        self.instrument: Final = instrument
        self.round_price: Final = instrument.round_price
        self.time_ns = 0
        self.volume = 0
        self.open_interest = UNKNOWN
        self.previous_close: float | None = None
        self.wanted_ns = NEVER_NS


class Intake:
    """Take messages in.

    Parameters
    ----------
    engine
        Gets the ticks.
    on_effects
        Called with what a tick caused, before the next tick.
    on_control
        Called with packets that are about the connection or the market, not an instrument.
    latest_ns
        Given the time of a tick beyond `limit_ns`, answers the latest time that can be true.
    recorder
        Gets every message, None for none.

    Attributes
    ----------
    wire
        What came, by kind, and what could not be read.
    odd
        What was left out, by reason.
    limit_ns
        A later trade time than this is looked at more closely.
    wall_ns
        The time of day, for the recording.
    source
        Whose message is being taken; set by whoever calls `take`.
    """

    def __init__(
        self,
        engine: Engine,
        on_effects: Callable[[Effects], None],
        on_control: Callable[[Fields], None],
        latest_ns: Callable[[int], int],
        recorder: Recorder | None = None,
    ) -> None:
        self._engine: Final = engine
        self._tick: Final = engine.tick
        self._book: Final = engine.book
        self._on_effects: Final = on_effects
        self._on_control: Final = on_control
        self._latest_ns: Final = latest_ns
        self._recorder: Final = recorder
        self._routes: Final[dict[int, Route]] = {}
        self._queue: Final[deque[bytes | Callable[[], None]]] = deque()
        self._rest: list[Fields] = []
        self._holds = 0
        self._playing = False
        self.on_pause: Callable[[bool], None] = _nobody_reads
        self.on_wanted: Callable[[Route, float], None] = _nobody_wants
        """Called with a tick that somebody wants to see: its route and price."""
        self.on_turn: Callable[[int], int] = _nobody_turns
        """Called before the first tick at or after `turn_ns`; answers when to call it again."""
        self.turn_ns = NEVER_NS
        self.wire: Final = WireCounters()
        self.odd: Final[Counter[str]] = Counter()
        self.source: object = None
        self.wall_ns: Callable[[], int] = time.time_ns
        self.messages = 0
        self.ticks = 0
        self.interests = 0
        self.limit_ns = -1
        self.pauses = 0
        self.dropped = 0

    @property
    def routes(self) -> tuple[Route, ...]:
        """All watched instruments."""
        return tuple(self._routes.values())

    @property
    def packets(self) -> int:
        """How many packets the engine was given: the place in a recording."""
        return self.ticks + self.interests

    @property
    def is_held(self) -> bool:
        """Whether messages queue."""
        return self._holds > 0

    @property
    def queued(self) -> int:
        """Messages that wait."""
        return len(self._queue)

    def route(self, instrument: Instrument, slot: int) -> Route:
        """Send an instrument's packets to a slot of the engine; return the way they go."""
        return self._routes.setdefault(_route_key(instrument), Route(slot, instrument))

    def unroute(self, instrument: Instrument) -> None:
        """Send an instrument's packets nowhere: what still comes of it is counted as unknown."""
        self._routes.pop(_route_key(instrument), None)

    def take(self, message: Message) -> None:
        """Take one message of the feed; the buffer may be reused afterwards."""
        self.messages += 1
        if self._recorder is not None:
            self._recorder.write(self.wall_ns(), bytes(message))
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
        fields = FULL.unpack(message)
        if fields[1] != FULL.size:  # Which the decoder has to make sense of.
            self._play(decode(message, self.wire))
            return
        self.wire.by_code[_FULL] += 1
        if self._packet(fields):
            self._rest = [fields]

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

    def _packet(self, fields: Fields) -> bool:
        """Hand one packet to the engine; return whether it is to be handed over again later."""
        route = self._routes.get(fields[2] << 32 | fields[3])
        if route is None:
            self._unrouted(fields)
            return False
        code, interest = fields[0], UNKNOWN
        if code == _FULL:
            told, ltt, volume, interest = fields[4], fields[6], fields[8], fields[11]
            self._book(route.slot, fields[18])
        elif code == _TICKER:
            told, ltt, volume = fields[4], fields[5], 0
        elif code == _QUOTE:
            told, ltt, volume = fields[4], fields[6], fields[8]
        else:
            self._other(route, fields)
            return False
        time_ns = (ltt - LTT_OFFSET_SECONDS) * NS_PER_SECOND
        if time_ns > self.limit_ns and not self._believed(time_ns):
            return self._holds > 0  # The very first tick: it is looked at again afterwards.
        try:
            price = route.round_price(told)
        except DataError:
            self.odd["price_not_finite"] += 1
            return False
        if price <= 0:
            self.odd["price_not_positive"] += 1
            return False
        route.time_ns = time_ns
        route.volume = volume
        route.open_interest = interest
        self.ticks += 1
        effects = self._tick(route.slot, time_ns, price, volume, interest)
        if effects:
            self._on_effects(effects)
        elif time_ns >= route.wanted_ns:
            self.on_wanted(route, price)
        return False

    def _believed(self, time_ns: int) -> bool:
        """Return whether a trade time can be true; move the limit if so."""
        latest_ns = self._latest_ns(time_ns)
        if time_ns > latest_ns:
            if not self._holds:
                self.odd["time_in_the_future"] += 1
            return False
        if time_ns >= self.turn_ns:
            self.turn_ns = self.on_turn(time_ns)
        self.limit_ns = min(latest_ns, self.turn_ns - 1)
        return True

    def _unrouted(self, fields: Fields) -> None:
        if fields[0] in _OF_INSTRUMENTS:
            self.odd["unknown_instrument"] += 1
        else:
            self._on_control(fields)

    def _other(self, route: Route, fields: Fields) -> None:
        """Take a packet of an instrument that is not a tick."""
        if fields[0] == _OPEN_INTEREST:
            route.open_interest = fields[4]
            self.interests += 1
            self._engine.open_interest(route.slot, fields[4])
        elif fields[0] == _PREVIOUS_CLOSE:
            try:
                route.previous_close = route.instrument.round_price(fields[4])
            except DataError:
                self.odd["price_not_finite"] += 1
        else:
            self._on_control(fields)


_OF_INSTRUMENTS: Final = frozenset(
    int(kind)
    for kind in (
        PacketKind.TICKER,
        PacketKind.QUOTE,
        PacketKind.FULL,
        PacketKind.DEPTH,
        PacketKind.OPEN_INTEREST,
        PacketKind.PREVIOUS_CLOSE,
    )
)


def _time_of(price: Fields) -> int:
    """Return the trade time of a packet with a price, ns UTC."""
    ltt: int = price[5] if price[0] == _TICKER else price[6]
    return (ltt - LTT_OFFSET_SECONDS) * NS_PER_SECOND


def _route_key(instrument: Instrument) -> int:
    return instrument.segment.code << _ID_BITS | instrument.security_id


def _may_end_with_goodbye(message: Message) -> bool:
    """Return whether the last bytes of a message look like a disconnect packet."""
    at = len(message) - _DISCONNECT_BYTES
    return at >= 0 and message[at] == _DISCONNECT and message[at + 1] == _DISCONNECT_BYTES


def _nobody_turns(time_ns: int) -> int:  # noqa: ARG001 - the shape of the callback.
    """Stand in for whoever keeps checkpoints."""
    return NEVER_NS


def _nobody_wants(route: Route, price: float) -> None:
    """Stand in for strategies that want to see ticks."""


def _nobody_reads(paused: bool) -> None:  # noqa: FBT001 - the shape of the callback.
    """Stand in for the socket until there is one."""
