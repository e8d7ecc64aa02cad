"""From packets of the feed into the engine, one after another: the hottest loop there is.

In:  the fields of packets; which instrument has which slot of the engine.
Out: calls of the engine in plain numbers; what it answers goes to a callback.
Next: `core/intake.py`, which has the messages; `core/engine.py`.

No object is made per tick but the tuple of `struct`. What is odd is counted and left out.
"""

from collections import Counter
from collections.abc import Callable
from typing import Final

from core.brokers.dhan.border import LTT_OFFSET_SECONDS
from core.brokers.dhan.wire import Fields, PacketKind
from core.candle import NEVER_NS
from core.candle_builder import UNKNOWN
from core.effects import Effects
from core.engine import Engine
from core.errors import DataError
from core.instrument import Instrument
from core.session import NS_PER_SECOND

_TICKER: Final = int(PacketKind.TICKER)
_QUOTE: Final = int(PacketKind.QUOTE)
_FULL: Final = int(PacketKind.FULL)
_OPEN_INTEREST: Final = int(PacketKind.OPEN_INTEREST)
_PREVIOUS_CLOSE: Final = int(PacketKind.PREVIOUS_CLOSE)
_OF_INSTRUMENTS: Final = frozenset(
    (_TICKER, int(PacketKind.DEPTH), _QUOTE, _OPEN_INTEREST, _PREVIOUS_CLOSE, _FULL)
)
ID_BITS: Final = 32
"""Routes go by segment code << ID_BITS | security id."""


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
        "instrument", "open_interest", "previous_close", "slot", "time_ns", "volume", "wanted_ns",
    )  # fmt: skip

    def __init__(self, slot: int, instrument: Instrument) -> None:
        self.slot: Final = slot
        self.instrument: Final = instrument
        self.time_ns = 0
        self.volume = 0
        self.open_interest: int = UNKNOWN
        self.previous_close: float | None = None
        self.wanted_ns: int = NEVER_NS


class TickGate:
    """Hand packets to the engine.

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

    Attributes
    ----------
    odd
        What was left out, by reason.
    limit_ns
        A later trade time than this is looked at more closely.
    ticks, interests
        Packets handed over: with a price, and with open interest only.
    """

    def __init__(
        self,
        engine: Engine,
        on_effects: Callable[[Effects], None],
        on_control: Callable[[Fields], None],
        latest_ns: Callable[[int], int],
    ) -> None:
        self._engine: Final = engine
        self._on_effects: Final = on_effects
        self._on_control: Final = on_control
        self._latest_ns: Final = latest_ns
        self._routes: Final[dict[int, Route]] = {}
        self._holds = 0
        self.on_wanted: Callable[[Route, float], None] = _nobody_wants
        """Called with a tick that somebody wants to see: its route and price."""
        self.on_turn: Callable[[int], int] = _nobody_turns
        """Called before the first tick at or after `turn_ns`; answers when to call it again."""
        self.turn_ns: int = NEVER_NS
        self.odd: Final[Counter[str]] = Counter()
        self.ticks = 0
        self.interests = 0
        self.limit_ns = -1

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
        """Whether no packet is to be handed over."""
        return self._holds > 0

    def route(self, instrument: Instrument, slot: int) -> Route:
        """Send an instrument's packets to a slot of the engine; return the way they go."""
        return self._routes.setdefault(_route_key(instrument), Route(slot, instrument))

    def unroute(self, instrument: Instrument) -> None:
        """Send an instrument's packets nowhere: what still comes of it is counted as unknown."""
        self._routes.pop(_route_key(instrument), None)

    def _packet(self, fields: Fields) -> bool:
        """Hand one packet to the engine; return whether it is to be handed over again later."""
        route = self._routes.get(fields[2] << ID_BITS | fields[3])
        if route is None:
            self._unrouted(fields)
            return False
        code: int = fields[0]
        if code == _FULL:
            self._engine.book(route.slot, fields[18])
            return self._price(route, fields[4], fields[6], fields[8], fields[11])
        if code == _TICKER:
            return self._price(route, fields[4], fields[5], 0, UNKNOWN)
        if code == _QUOTE:
            return self._price(route, fields[4], fields[6], fields[8], UNKNOWN)
        self._other(route, fields)
        return False

    def _price(self, route: Route, told: float, ltt: int, volume: int, interest: int) -> bool:
        """Hand one price to the engine; return whether it is to be handed over again later."""
        time_ns = (ltt - LTT_OFFSET_SECONDS) * NS_PER_SECOND
        if time_ns > self.limit_ns and not self._believed(time_ns):
            return self._holds > 0  # The very first tick: it is looked at again afterwards.
        try:
            price = route.instrument.round_price(told)
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
        effects = self._engine.tick(route.slot, time_ns, price, volume, interest)
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


def _route_key(instrument: Instrument) -> int:
    return instrument.segment.code << ID_BITS | instrument.security_id


def _nobody_turns(time_ns: int) -> int:  # noqa: ARG001 - the shape of the callback.
    """Stand in for whoever keeps checkpoints."""
    return NEVER_NS


def _nobody_wants(route: Route, price: float) -> None:
    """Stand in for strategies that want to see ticks."""
