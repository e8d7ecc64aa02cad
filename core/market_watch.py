"""The instruments under watch: their slots, candles, depth, last prices and options.

In:  instruments; what their packets say beside price and volume.
Out: what is known of the market at the moment, for decisions and for whoever asks.
Next: `core/trading_floor.py`, which trades on it.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from core.brokers.dhan.border import to_book
from core.candle import ALL_INTERVALS, NEVER_NS, InstrumentKey, Interval
from core.candle_builder import CandleBuilder
from core.decision import MarketView
from core.errors import DataError
from core.expiry import first_expiry, settles_at
from core.instrument import Instrument, InstrumentKind
from core.legs import Chains, Leg, product_or_none
from core.market_sessions import MarketSessions
from core.order import side_of
from core.risk_parameters import RiskParameters
from core.session import TradingCalendar, market_of
from core.signals import LegKind, LegRule, Signal
from core.tick import Book
from core.trade import RunningTrade
from core.watched import Watched

DepthReader = Callable[[bytes, Instrument], Book]


class MarketWatch:
    """Keep what the feed has told of each instrument.

    Parameters
    ----------
    calendar
        When markets trade.
    read_depth
        Makes a book of the bytes that `book` was given, when an order needs one.
    repairs_gaps
        Whether somebody fetches the minutes that the feed does not bring.

    Attributes
    ----------
    open_gaps
        The instruments whose candles are held back until that is done.
    """

    def __init__(
        self,
        calendar: TradingCalendar,
        read_depth: DepthReader = to_book,
        *,
        repairs_gaps: bool = False,
    ) -> None:
        self._calendar: Final = calendar
        self._repairs_gaps: Final = repairs_gaps
        self.open_gaps: Final[set[InstrumentKey]] = set()
        self._read_depth: Final = read_depth
        self._watched: Final[list[Watched]] = []
        self._slots: Final[dict[InstrumentKey, int]] = {}
        self._free: Final[list[int]] = []
        self._past_counters: Final[dict[str, int]] = {}
        self._chains: Final = Chains()
        self._now_ns = 0
        self._is_away = False
        self._unreadable_depths = 0

    def watch(
        self,
        instrument: Instrument,
        *,
        intervals: tuple[Interval, ...] = ALL_INTERVALS,
        has_volume: bool | None = None,
        has_derivatives: bool = False,
    ) -> int:
        """Return the slot of an instrument, by which its ticks are handed in.

        Parameters
        ----------
        intervals
            Candles wanted of it.
        has_volume
            Whether its packets carry volume; by default all but an index's do.
        has_derivatives
            Of a share: futures on it are traded, which shortens its day.

        Raises
        ------
        CalendarError
            If the hours of its market are not known.
        """
        slot = self._slots.get(instrument.key)
        if slot is not None:
            return slot
        market = market_of(instrument.segment, has_derivatives=has_derivatives)
        sessions = MarketSessions(self._calendar, market)
        builder = CandleBuilder(
            instrument.key,
            intervals,
            sessions,
            has_volume=(
                instrument.kind is not InstrumentKind.INDEX if has_volume is None else has_volume
            ),
            watched_since_ns=self._now_ns,
            repairs_gaps=self._repairs_gaps,
            open_gaps=self.open_gaps,
        )
        slot = self._slots[instrument.key] = self._place(Watched(instrument, builder, sessions))
        self._chains.add(instrument)
        if self._is_away:
            builder.lose(self._now_ns)
        return slot

    def book(self, slot: int, depth: bytes) -> None:
        """Remember the depth of a packet; call it before the packet's `tick`."""
        self._watched[slot].depth = depth

    def open_interest(self, slot: int, units: int) -> None:
        """Take the open interest of a packet that carries nothing else."""
        self._watched[slot].builder.open_interest = units

    def delta(self, slot: int, delta: float) -> None:
        """Take the delta of an option from an option chain; it decides how much is bought."""
        self._watched[slot].delta = delta

    def delta_of(self, slot: int) -> float | None:
        """Return the delta told last of an option, None where nobody has told."""
        return self._watched[slot].delta

    def slot_of(self, key: InstrumentKey) -> int:
        """Return the slot of a watched instrument.

        Raises
        ------
        DataError
            If it is not watched.
        """
        slot = self._slots.get(key)
        if slot is None:
            raise DataError(f"instrument {key[0]}:{key[1]} is not watched")
        return slot

    def key_of(self, slot: int) -> InstrumentKey:
        """Return the key of the instrument a slot belongs to."""
        return self._watched[slot].instrument.key

    def instrument(self, key: InstrumentKey) -> Instrument:
        """Return a watched instrument; raises as `slot_of`."""
        return self._watched[self.slot_of(key)].instrument

    @property
    def now_ns(self) -> int:
        """Market time, ns UTC; 0 before the first event."""
        return self._now_ns

    def last_price(self, slot: int) -> float | None:
        """Return the last traded price in rupees, None before the first trade."""
        return self._watched[slot].builder.price or None

    def state(self) -> tuple[Any, ...]:
        """Return what is known of the market as plain values, for `put_back`."""
        watched = {key: self._watched[slot].state() for key, slot in self._slots.items()}
        counts = dict(self._past_counters), self._unreadable_depths
        return watched, counts, self._now_ns, self._is_away

    def put_back(self, state: tuple[Any, ...]) -> None:
        """Go on from a state; what is watched besides stays as it is."""
        watched, (past, self._unreadable_depths), self._now_ns, self._is_away = state
        for key, each in watched.items():
            self._of(key).put_back(each)
        self._past_counters.clear()
        self._past_counters.update(past)

    def counters(self) -> dict[str, int]:
        """Return what did not become part of a candle, summed over all instruments."""
        total = {"unreadable_depths": self._unreadable_depths, **self._past_counters}
        for slot in self._slots.values():
            _add(total, self._watched[slot].builder.counters.as_dict())
        return total

    def _place(self, watched: Watched) -> int:
        if not self._free:
            self._watched.append(watched)
            return len(self._watched) - 1
        slot = self._free.pop()
        self._watched[slot] = watched
        return slot

    def _let_go(self, watched: Watched) -> None:
        """Watch an instrument no more; its slot is for the next one."""
        slot = self._slots.pop(watched.instrument.key)
        self._chains.remove(watched.instrument)
        _add(self._past_counters, watched.builder.counters.as_dict())
        watched.builder.due_ns = NEVER_NS  # It stays in the list until its slot is used again.
        self.open_gaps.discard(watched.instrument.key)
        self._free.append(slot)

    def _of(self, key: InstrumentKey) -> Watched:
        return self._watched[self._slots[key]]

    def _price_of(self, key: InstrumentKey) -> float:
        return self._of(key).builder.price

    def _underlying_price(self, trade: RunningTrade) -> float:
        """Return the price of the index an option is on, else that of the signal's instrument."""
        for watched in map(self._watched.__getitem__, self._slots.values()):
            is_index = watched.instrument.kind is InstrumentKind.INDEX
            if is_index and watched.instrument.symbol == trade.instrument.underlying:
                return watched.builder.price
        return self._price_of(trade.levels.instrument.key)

    def _depth(self, watched: Watched) -> Book | None:
        if watched.depth is None:
            return None
        try:
            return self._read_depth(watched.depth, watched.instrument)
        except DataError:
            self._unreadable_depths += 1  # The order is filled at the last price instead.
            return None

    def _view(self, signal: Signal, instrument: Instrument, risk: RiskParameters) -> MarketView:
        """Return what a signal on an instrument would trade, as the market stands."""
        direction = signal.direction
        if direction is None:
            return MarketView(instrument, self._now_ns)
        rules = signal.legs or (LegRule(LegKind.SAME, side_of(direction, entering=True)),)
        try:
            legs = tuple(self._leg(rule, signal, instrument, risk) for rule in rules)
        except DataError as error:
            return MarketView(instrument, self._now_ns, problem=str(error))
        blind_until_ns = self._of(signal.instrument).builder.blind_until_ns
        return MarketView(instrument, self._now_ns, legs, blind_until_ns=blind_until_ns)

    def _leg(
        self, rule: LegRule, signal: Signal, instrument: Instrument, risk: RiskParameters
    ) -> Leg:
        """Return what a rule means now.

        Raises
        ------
        DataError
            If it means nothing that is watched.
        """
        key = rule.instrument or instrument.key
        if rule.kind is LegKind.OPTION:
            underlying = instrument.underlying or instrument.symbol
            first = first_expiry(self._now_ns, risk)
            key = self._chains.contract(rule, underlying, signal.price, first).key
        watched = self._watched[self.slot_of(key)]
        return Leg(
            watched.instrument,
            product_or_none(watched.instrument),
            rule.side,
            rule.ratio,
            watched.builder.price or None,
            watched.sessions.on_day_of(self._now_ns),
            1.0 if key == instrument.key else watched.delta,
            settles_at(watched.instrument, watched.sessions),
        )


def _add(total: dict[str, int], counts: Mapping[str, int]) -> None:
    for name, count in counts.items():
        total[name] = total.get(name, 0) + count
