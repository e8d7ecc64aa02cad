"""The engine: one event in, what it caused out. Worker, replay and backtest run the same one.

In:  ticks in plain numbers, depth, the market clock, signals, commands.
Out: `Effects`, in the order they happened; the shared empty tuple when nothing did.
Next: `core/candle_builder.py` and `core/dealer.py`, the two halves; `core/rows.py`.

It has no clock of its own: market time is the latest trade time seen, or what `advance` says,
and whatever time brings about (a candle is over, a day ends, an order has reached the exchange)
happens inside, in the order of time. So the same events give the same effects, whenever and
wherever they are played.
"""

from collections.abc import Callable, Sequence
from typing import Final
from uuid import UUID

from core.brokers.dhan.border import to_book
from core.brokers.paper import PaperBroker, PaperSettings
from core.candle import ALL_INTERVALS, NEVER_NS, InstrumentKey, Interval
from core.candle_builder import UNKNOWN, CandleBuilder
from core.charges import ChargesTable, load_charges
from core.dealer import Dealer
from core.decision import MarketView
from core.desk import Account
from core.effects import NOTHING, Effect, Effects
from core.errors import DataError
from core.expiry import first_expiry, square_off_of
from core.instrument import Instrument, InstrumentKind
from core.legs import Chains, Leg, product_or_none
from core.levels import Guard, Levels
from core.loss_watch import PortfolioLimits
from core.market_sessions import MarketSessions
from core.order import Fill, Order, side_of
from core.risk_parameters import RiskParameters
from core.session import TradingCalendar, market_of
from core.signals import LegKind, LegRule, Signal
from core.strategy import ConfigStatus, StrategyConfig
from core.tick import Book
from core.tick_columns import TickColumns
from core.trade import ExitReason, RunningTrade, Trade
from core.watched import Watched

DepthReader = Callable[[bytes, Instrument], Book]


class Engine:
    """Turn market events and signals into candles, orders, trades and cash.

    Parameters
    ----------
    run_id
        Names this run; all ids are derived from it.
    calendar
        When markets trade.
    paper
        Latency and slippage of the simulated broker.
    charges
        What orders cost; the table shipped with the project by default.
    read_depth
        Makes a book of the bytes that `book` was given, when an order needs one.

    Notes
    -----
    Before the first tick, `advance` to the present if it is known: then the last trade of
    yesterday, which feeds send first, is recognised as old.
    """

    def __init__(
        self,
        run_id: UUID,
        calendar: TradingCalendar,
        *,
        paper: PaperSettings | None = None,
        charges: ChargesTable | None = None,
        read_depth: DepthReader = to_book,
    ) -> None:
        self._calendar: Final = calendar
        self._broker: Final = PaperBroker(paper or PaperSettings())
        self._dealer: Final = Dealer(
            run_id, charges or load_charges(), self._broker, self._price_of
        )
        self._read_depth: Final = read_depth
        self._watched: list[Watched] = []
        self._slots: dict[InstrumentKey, int] = {}
        self._chains: Final = Chains()
        self._now_ns = 0
        self._due_ns = 0  # The first event is where time begins.
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
        )
        self._slots[instrument.key] = len(self._watched)
        self._watched.append(Watched(instrument, builder, sessions))
        self._chains.add(instrument)
        return len(self._watched) - 1

    def tick(
        self, slot: int, time_ns: int, price: float, volume: int, open_interest: int = UNKNOWN
    ) -> Effects:
        """Take one packet of the feed.

        Parameters
        ----------
        slot
            As `watch` returned it.
        time_ns
            Last-trade time, ns UTC.
        price
            Last traded price in rupees, on the instrument's tick.
        volume
            Cumulative volume of the day, units.
        open_interest
            Units, `UNKNOWN` where the packet has none.
        """
        watched = self._watched[slot]
        if time_ns > self._now_ns:
            if time_ns >= self._due_ns:
                return self._overdue(watched, time_ns, price, volume, open_interest)
            self._now_ns = time_ns
        builder = watched.builder
        if builder.tick(time_ns, price, volume):
            if open_interest > 0:
                builder.open_interest = open_interest
            if watched.low_alert < price < watched.high_alert:
                return NOTHING
            return tuple(self._alerted(watched, price, traded=True))
        return tuple(self._turned(watched, time_ns, price, volume, open_interest))

    def play(self, ticks: TickColumns, start: int) -> tuple[int, Effects]:
        """Take recorded packets one after the other until one of them causes something.

        The same as calling `tick` for each; compiled, the loop itself is fast too.

        Parameters
        ----------
        ticks
            The packets.
        start
            Position of the first one to take.

        Returns
        -------
        tuple
            Position of the next packet to take, and what the one before it caused; `NOTHING`
            after the last one only.
        """
        slots, times, prices, volumes = ticks.slots, ticks.times_ns, ticks.prices, ticks.volumes
        open_interests = ticks.open_interests
        for at in range(start, len(slots)):
            effects = self.tick(slots[at], times[at], prices[at], volumes[at], open_interests[at])
            if effects:
                return at + 1, effects
        return len(slots), NOTHING

    def book(self, slot: int, depth: bytes) -> None:
        """Remember the depth of a packet; call it before the packet's `tick`."""
        self._watched[slot].depth = depth

    def open_interest(self, slot: int, units: int) -> None:
        """Take the open interest of a packet that carries nothing else."""
        self._watched[slot].builder.open_interest = units

    def delta(self, slot: int, delta: float) -> None:
        """Take the delta of an option from an option chain; it decides how much is bought."""
        self._watched[slot].delta = delta

    def advance(self, now_ns: int) -> Effects:
        """Let market time reach an instant; it never goes back."""
        if now_ns < self._due_ns:
            self._now_ns = max(self._now_ns, now_ns)
            return NOTHING
        effects: list[Effect] = []
        self._pass_time(max(now_ns, self._now_ns), effects)
        return tuple(effects)

    def signal(self, config_id: str, signal: Signal, digest: str) -> Effects:
        """Decide on a strategy's signal and do what it says.

        Parameters
        ----------
        digest
            Names the code and parameters that made it.

        Raises
        ------
        ConfigError
            If the config was never deployed.
        DataError
            If the instrument is not watched.
        """
        watched = self._watched[self.slot_of(signal.instrument)]
        view = self._view(signal, watched.instrument, self._dealer.desk(config_id).config.risk)
        effects = self._dealer.take(config_id, signal, digest, view)
        self._set_alerts(watched)
        self._expect_fills(effects)
        return tuple(effects)

    def deploy(self, config: StrategyConfig) -> None:
        """Add a config, or replace it: the next decision uses it, open trades keep their levels.

        Raises
        ------
        ConfigError
            If it cannot be traded here.
        """
        self._dealer.deploy(config)

    def restore(self, trade: Trade, fills: Sequence[Fill], guard: Guard | None = None) -> None:
        """Take up a trade of an earlier run: after `deploy` of its config, before any tick.

        Of an open trade the levels are watched again and its day ends as it would have; if that
        is past, it is closed as soon as time is told. Of a closed one only the figures and the
        time of its exit are remembered. Nothing is reported.

        Parameters
        ----------
        trade
            As it was stored last; its `owner` names the config.
        fills
            All of its fills, oldest first.
        guard
            Where its levels are watched; None for a trade in the signal's own instrument whose
            stop stays where it is.

        Raises
        ------
        ConfigError
            If its config was never deployed.
        DataError
            If its instrument is not watched, it is running already, or the fills are not its.
        """
        watched = self._watched[self.slot_of(trade.instrument)]
        risk = self._dealer.desk(trade.owner.config_id).config.risk
        session = watched.sessions.on_day_of(trade.entry_ns)
        square_off = (
            (trade.entry_ns, ExitReason.EOD)
            if session is None
            else square_off_of(watched.instrument, session, risk)
        )
        guard = guard or Guard(trade.instrument, float(trade.entry_price))
        guarding = self._watched[self.slot_of(guard.instrument)]
        levels = Levels(
            guarding.instrument,
            trade.direction,
            guard.price,
            stop=trade.stop,
            target=trade.target,
            breakeven=guard.breakeven,
            trail=guard.trail,
        )
        self._dealer.restore(trade, fills, watched.instrument, levels, square_off)
        self._set_alerts(guarding)
        self._set_alerts(watched)

    def limit_portfolio(self, portfolio_id: str, limits: PortfolioLimits) -> None:
        """Limit what all configs of a portfolio do together, from the next event on."""
        self._dealer.limit_portfolio(portfolio_id, limits)

    def pause(self, config_id: str) -> None:
        """Enter nothing more for a config; its protective exits go on."""
        self._dealer.set_status(config_id, ConfigStatus.PAUSED)

    def resume(self, config_id: str) -> None:
        """Let a config enter again."""
        self._dealer.set_status(config_id, ConfigStatus.ACTIVE)

    def stop(self, config_id: str, *, keep_positions: bool = False) -> Effects:
        """Enter nothing more for a config, and close what it holds unless it is to be kept."""
        self._dealer.set_status(config_id, ConfigStatus.STOPPED)
        if keep_positions:
            return NOTHING
        return self.exit_config(config_id, ExitReason.STRATEGY_STOPPED)

    def exit_config(self, config_id: str, reason: ExitReason) -> Effects:
        """Close at market whatever a config holds."""
        effects = self._dealer.exit_config(config_id, reason, self._now_ns)
        self._set_all_alerts()
        return tuple(effects)

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

    def account(self, config_id: str) -> Account:
        """Return the figures of a config; raises ConfigError if it was never deployed."""
        return self._dealer.account(config_id, self._now_ns)

    def counters(self) -> dict[str, int]:
        """Return what did not become part of a candle, summed over all instruments."""
        total = {"unreadable_depths": self._unreadable_depths}
        for watched in self._watched:
            for name, count in watched.builder.counters.as_dict().items():
                total[name] = total.get(name, 0) + count
        return total

    def _overdue(
        self, watched: Watched, time_ns: int, price: float, volume: int, open_interest: int
    ) -> Effects:
        """Take a packet before which the clock has something to do."""
        effects: list[Effect] = []
        self._pass_time(time_ns, effects)
        if not watched.builder.tick(time_ns, price, volume):
            effects += self._turned(watched, time_ns, price, volume, open_interest)
        else:
            if open_interest > 0:
                watched.builder.open_interest = open_interest
            effects += self._alerted(watched, price, traded=True)
        return tuple(effects)

    def _turned(
        self, watched: Watched, time_ns: int, price: float, volume: int, open_interest: int
    ) -> list[Effect]:
        """Take a packet that is not an ordinary trade inside the running minute."""
        builder = watched.builder
        traded, candles = builder.turn(time_ns, price, volume, self._now_ns)
        if open_interest > 0:  # After the turn: it is news of the minute that begins.
            builder.open_interest = open_interest
        self._due_ns = min(self._due_ns, builder.due_ns)
        effects: list[Effect] = [*candles]
        if not watched.low_alert < price < watched.high_alert:
            effects += self._alerted(watched, price, traded=traded)
        return effects

    def _alerted(self, watched: Watched, price: float, *, traded: bool) -> list[Effect]:
        """Fill the orders that wait for this packet, then look at stops and targets."""
        effects: list[Effect] = []
        key, now_ns = watched.instrument.key, self._now_ns
        if self._broker.has_orders(key):
            # A quote's price is that of the last trade, which may be of another day.
            last = price if traded else watched.builder.price
            for done in self._broker.executions(key, now_ns, last, self._depth(watched)):
                effects += self._dealer.execution(done, now_ns)
        filled = bool(effects)
        if traded:
            touched = self._dealer.exit_touched(watched.guarded, price, now_ns)
            self._expect_fills(touched)
            effects += touched
        low, high = self._dealer.loss_band(key)
        if filled or (traded and not low < price < high):
            effects += self._watch_losses(key)
        self._set_alerts(watched)
        return effects

    def _watch_losses(self, key: InstrumentKey) -> list[Effect]:
        """Stop whoever has lost too much; set anew which prices matter to the others."""
        effects = self._dealer.watch_losses(key, self._now_ns)
        for each in self._dealer.held_beside(key):
            self._set_alerts(self._watched[self._slots[each]])
        self._expect_fills(effects)
        return effects

    def _underlying_price(self, trade: RunningTrade) -> float:
        """Return the price of the index an option is on, else that of the signal's instrument."""
        for watched in self._watched:
            is_index = watched.instrument.kind is InstrumentKind.INDEX
            if is_index and watched.instrument.symbol == trade.instrument.underlying:
                return watched.builder.price
        return self._price_of(trade.levels.instrument.key)

    def _price_of(self, key: InstrumentKey) -> float:
        return self._watched[self._slots[key]].builder.price

    def _expect_fills(self, effects: Sequence[Effect]) -> None:
        """Look at every packet of the instruments that orders were sent for."""
        for key in dict.fromkeys(each.instrument for each in effects if isinstance(each, Order)):
            self._set_alerts(self._watched[self._slots[key]])

    def _view(self, signal: Signal, instrument: Instrument, risk: RiskParameters) -> MarketView:
        direction = signal.direction
        if direction is None:
            return MarketView(instrument, self._now_ns)
        rules = signal.legs or (LegRule(LegKind.SAME, side_of(direction, entering=True)),)
        try:
            legs = tuple(self._leg(rule, signal, instrument, risk) for rule in rules)
        except DataError as error:
            return MarketView(instrument, self._now_ns, problem=str(error))
        return MarketView(instrument, self._now_ns, legs)

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
        )

    def _depth(self, watched: Watched) -> Book | None:
        if watched.depth is None:
            return None
        try:
            return self._read_depth(watched.depth, watched.instrument)
        except DataError:
            self._unreadable_depths += 1  # The order is filled at the last price instead.
            return None

    def _pass_time(self, now_ns: int, effects: list[Effect]) -> None:
        """Do what is due until an instant, in the order of time."""
        if not self._now_ns:
            for watched in self._watched:
                watched.builder.watched_since_ns = now_ns
        while self._due_ns <= now_ns:
            moment = self._due_ns
            self._now_ns = max(self._now_ns, moment)
            due_ns = NEVER_NS
            for watched in self._watched:
                builder = watched.builder
                if builder.due_ns <= moment:
                    effects += builder.time_passed(moment)
                due_ns = min(due_ns, builder.due_ns)
            trades_due_ns = self._dealer.next_due_ns()
            if trades_due_ns <= moment:
                effects += self._dealer.square_off(moment)
                effects += self._dealer.settle(moment, self._underlying_price)
                self._set_all_alerts()
                trades_due_ns = self._dealer.next_due_ns()
            self._due_ns = min(due_ns, trades_due_ns)
        self._now_ns = max(self._now_ns, now_ns)

    def _set_all_alerts(self) -> None:
        for watched in self._watched:
            self._set_alerts(watched)

    def _set_alerts(self, watched: Watched) -> None:
        """Set between which prices nothing can happen, and note when the day of a trade ends."""
        key = watched.instrument.key
        waiting = self._broker.has_orders(key)
        watched.guard(self._dealer.guarded_by(key), self._dealer.loss_band(key), waiting=waiting)
        for trade in watched.guarded:
            self._due_ns = min(self._due_ns, trade.due_ns)
