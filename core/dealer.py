"""From decisions to trades: orders, fills, protective exits, of all configs together.

In:  signals, prices and the clock, by way of the engine.
Out: effects: `Decision`, `Order`, `Fill`, `Trade`, `LedgerEntry`, in the order they happened.
Next: `core/engine.py`, which feeds it.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final
from uuid import UUID, uuid5

from core.brokers.paper import PaperBroker
from core.brokers.port import Execution
from core.candle import NEVER_NS, InstrumentKey
from core.charges import ChargesTable, product_of
from core.decision import Decision, MarketView, Standing, verdict_on
from core.desk import Account, Desk
from core.effects import Effect
from core.errors import ConfigError, DataError
from core.expiry import intrinsic_value, settles_at, square_off_of
from core.instrument import Instrument
from core.ledger import entries_of
from core.levels import Levels, levels_of
from core.loss_watch import Group, LossWatch, PortfolioLimits, PriceOf
from core.money import ZERO, to_money
from core.order import Fill, Order, OrderPurpose, OrderStatus, Owner, other_side, slices
from core.risk import Approved, PortfolioState, Refused, Rule, outlay_of, outlay_of_lot
from core.session import NS_PER_SECOND, ist_date
from core.signals import Direction, Signal
from core.strategy import ConfigStatus, StrategyConfig, TradeMode
from core.trade import ExitReason, RunningTrade, Trade, TradeStatus

SquareOff = tuple[int, ExitReason]
"""When a trade is closed at the latest, and why then."""


class Dealer:
    """Hold the desks of all configs and carry their signals out.

    Parameters
    ----------
    run_id
        Names this run: every id is derived from it and a count, so that the same events give
        the same ids.
    charges
        What orders cost.
    broker
        Where simulated orders go.
    price_of
        Answers last prices.
    """

    def __init__(
        self, run_id: UUID, charges: ChargesTable, broker: PaperBroker, price_of: PriceOf
    ) -> None:
        self._run_id: Final = run_id
        self._charges: Final = charges
        self._broker: Final = broker
        self._desks: dict[str, Desk] = {}
        self._trade_of_order: dict[str, RunningTrade] = {}
        self._counts: dict[str, int] = {}
        self._losses: Final = LossWatch(price_of)
        self._limits: dict[str, PortfolioLimits] = {}

    def new_id(self, kind: str) -> str:
        """Return the next id of a kind of row, uuid as text."""
        count = self._counts.get(kind, 0) + 1
        self._counts[kind] = count
        return str(uuid5(self._run_id, f"{kind}:{count}"))

    def deploy(self, config: StrategyConfig) -> None:
        """Add a config, or replace it; running trades keep their levels.

        Raises
        ------
        ConfigError
            If it trades live: the only broker here is the simulated one.
        """
        if config.trade_mode is TradeMode.LIVE:
            raise ConfigError(f"config {config.name} is LIVE; only VIRTUAL trading is available")
        desk = self._desks.get(config.id)
        if desk is None:
            self._desks[config.id] = Desk(config)
        else:
            desk.config = config

    def desk(self, config_id: str) -> Desk:
        """Return the desk of a config.

        Raises
        ------
        ConfigError
            If it was never deployed.
        """
        desk = self._desks.get(config_id)
        if desk is None:
            raise ConfigError(f"strategy config {config_id} was never deployed")
        return desk

    def set_status(self, config_id: str, status: ConfigStatus) -> None:
        """Change what a config may do; raises as `desk`."""
        desk = self.desk(config_id)
        desk.config = desk.config._replace(status=status)

    def account(self, config_id: str, now_ns: int) -> Account:
        """Return the figures of a config; raises as `desk`."""
        return self.desk(config_id).account(now_ns)

    def restore(
        self,
        trade: Trade,
        fills: Sequence[Fill],
        instrument: Instrument,
        levels: Levels,
        square_off: SquareOff,
    ) -> None:
        """Take up a trade of an earlier run, see `Engine.restore`."""
        desk = self.desk(trade.owner.config_id)
        if trade.status is TradeStatus.CLOSED:
            desk.count_closed(trade, instrument)
        else:
            self._run_again(desk, trade, fills, instrument, levels, square_off)
        desk.charges += sum((fill.charges for fill in fills), ZERO)
        for fill in fills:
            desk.position_in(fill.instrument).apply(fill)

    def running(self) -> list[RunningTrade]:
        """Return all trades that have not ended, by config in the order of deployment."""
        return [trade for desk in self._desks.values() for trade in desk.running.values()]

    def guarded_by(self, key: InstrumentKey) -> list[RunningTrade]:
        """Return the running trades with levels of an instrument whose exit is not decided."""
        return [
            trade
            for trade in self.running()
            if trade.levels.instrument.key == key and trade.exit_reason is None
        ]

    def next_due_ns(self) -> int:
        """Return when time ends the next running trade."""
        next_ns = NEVER_NS
        for trade in self.running():
            due_ns = trade.settles_ns if trade.exit_reason else trade.due_ns
            next_ns = min(next_ns, due_ns)
        return next_ns

    def take(self, config_id: str, signal: Signal, digest: str, view: MarketView) -> list[Effect]:
        """Decide on a signal and do what it says; raises as `desk`."""
        desk = self.desk(config_id)
        decision_id, now_ns = self.new_id("signal"), view.now_ns
        ending = self._ended_by(desk, signal)
        standing = self._standing(desk, ending, now_ns)
        verdict = verdict_on(signal, desk, view, ending, self.new_id("trade"), standing)
        effects: list[Effect] = [
            Decision(
                decision_id,
                _owner(desk.config),
                signal,
                view.instrument.symbol,
                digest,
                verdict,
                now_ns,
            )
        ]
        if isinstance(verdict, Refused) and verdict.rule is Rule.INVALID_SIGNAL:
            return effects
        for trade in ending:
            reason = signal.exit_reason or ExitReason.SIGNAL
            effects += self._exit(desk, trade, reason, now_ns, decision_id)
        direction = signal.direction
        if isinstance(verdict, Approved) and direction is not None:
            effects += self._enter(desk, verdict, signal, direction, view, (decision_id, digest))
        return effects

    def exit_config(self, config_id: str, reason: ExitReason, now_ns: int) -> list[Effect]:
        """Close every running trade of a config at market; raises as `desk`."""
        desk = self.desk(config_id)
        effects: list[Effect] = []
        for trade in desk.staying():
            effects += self._exit(desk, trade, reason, now_ns)
        return effects

    def exit_touched(
        self, trades: Sequence[RunningTrade], price: float, now_ns: int
    ) -> list[Effect]:
        """Close those of the trades whose stop or target a price has reached; move stops."""
        effects: list[Effect] = []
        for trade in trades:
            if trade.exit_reason is not None:
                continue
            reason = trade.touched(price)
            if reason is not None:
                effects += self._exit(self.desk(trade.owner.config_id), trade, reason, now_ns)
            else:
                moved = trade.follow(price)
                effects += [] if moved is None else [moved]
        return effects

    def square_off(self, now_ns: int) -> list[Effect]:
        """Close the trades whose day is over, and those not entered in full in time."""
        effects: list[Effect] = []
        for trade in self.running():
            if trade.exit_reason is None and trade.due_ns <= now_ns:
                desk = self.desk(trade.owner.config_id)
                effects += self._exit(desk, trade, trade.due_reason, now_ns)
        return effects

    def settle(self, now_ns: int, price_of: Callable[[RunningTrade], float]) -> list[Effect]:
        """Settle the options whose last session is over at what they are worth.

        They are charged like a sale.

        Parameters
        ----------
        price_of
            Answers the price of what the option of a trade is on, 0 where nobody knows it: then
            the trade stays as it is.
        """
        effects: list[Effect] = []
        for trade in self.running():
            if trade.settles_ns > now_ns:
                continue
            trade.settles_ns = NEVER_NS
            underlying = price_of(trade)
            if underlying:
                price = to_money(intrinsic_value(trade.instrument, underlying))
                effects += self._settle(trade, price, now_ns)
        return effects

    def _settle(self, trade: RunningTrade, price: Decimal, now_ns: int) -> list[Effect]:
        desk = self.desk(trade.owner.config_id)
        effects = self._exit_one(desk, trade, ExitReason.SETTLEMENT, now_ns, None)
        for order in list(trade.orders.values()):
            self._broker.cancel(order.id)  # The exchange settles; nobody trades it.
            effects += self.execution(Execution(order.id, order.remaining, price), now_ns)
        return effects

    def limit_portfolio(self, portfolio_id: str, limits: PortfolioLimits) -> None:
        """Limit what all configs of a portfolio do together."""
        self._limits[portfolio_id] = limits

    def loss_band(self, key: InstrumentKey) -> tuple[float, float]:
        """Return two prices of an instrument between which no daily loss limit is reached."""
        return self._losses.band(key)

    def watch_losses(self, key: InstrumentKey, now_ns: int) -> list[Effect]:
        """Close and block whoever holds an instrument and has lost as much as the day allows."""
        effects: list[Effect] = []
        for group in self._groups(key):
            if not self._losses.has_lost(group, now_ns):
                continue
            for desk in group.desks:
                desk.block(now_ns)
                for trade in desk.staying():
                    effects += self._exit(desk, trade, ExitReason.CIRCUIT_BREAKER, now_ns)
        return effects

    def held_beside(self, key: InstrumentKey) -> list[InstrumentKey]:
        """Return all instruments held by whoever holds one, that one included."""
        return list(
            dict.fromkeys(
                trade.instrument.key
                for group in self._groups(key)
                for desk in group.desks
                for trade in desk.running.values()
            )
        )

    def execution(self, done: Execution, now_ns: int) -> list[Effect]:
        """Book one execution: order, fill, trade and ledger.

        Raises
        ------
        DataError
            If the order is not known, or less of it is open than was executed.
        """
        running = self._trade_of_order.get(done.order_id)
        before = running.orders.get(done.order_id) if running else None
        if running is None or before is None or done.quantity > before.remaining:
            left = before.remaining if before else 0
            raise DataError(
                f"execution of {done.quantity} units of order {done.order_id}: {left} are open"
            )
        desk = self.desk(running.owner.config_id)
        order = before.filled(done.quantity, done.price, now_ns)
        fill = self._fill(before, order, done, now_ns)
        self._keep(running, order)
        desk.charges += fill.charges
        desk.position_in(order.instrument).apply(fill)
        before_cash = running.cash
        trade = running.apply(fill, order.purpose)
        if running.is_over:
            desk.close(running, trade)
        return [order, fill, trade, *entries_of(fill, running.cash - before_cash, self.new_id)]

    def _groups(self, key: InstrumentKey) -> list[Group]:
        """Return the configs that hold an instrument, and their portfolios that have limits."""
        holders = [desk for desk in self._desks.values() if desk.holds(key)]
        groups = [Group(desk.config.id, (desk,), desk.loss_limit) for desk in holders]
        for portfolio_id in dict.fromkeys(desk.config.portfolio_id for desk in holders):
            limits = self._limits.get(portfolio_id)
            if limits is not None:
                groups.append(Group(portfolio_id, self._desks_of(portfolio_id), limits.daily_loss))
        return groups

    def _desks_of(self, portfolio_id: str) -> tuple[Desk, ...]:
        return tuple(
            desk for desk in self._desks.values() if desk.config.portfolio_id == portfolio_id
        )

    def _standing(self, desk: Desk, ending: list[RunningTrade], now_ns: int) -> Standing:
        day_pnl = self._losses.day_pnl((desk,), now_ns)
        limits = self._limits.get(desk.config.portfolio_id)
        if limits is None:
            return Standing(day_pnl)
        desks = self._desks_of(desk.config.portfolio_id)
        staying = [each for one in desks for each in one.staying() if each not in ending]
        state = PortfolioState(
            limits,
            len({each.signal_id for each in staying}),
            sum((each.outlay for each in staying), ZERO),
            self._losses.day_pnl(desks, now_ns),
        )
        return Standing(day_pnl, state)

    def _run_again(  # noqa: PLR0913, PLR0917 - the one caller has these at hand.
        self,
        desk: Desk,
        trade: Trade,
        fills: Sequence[Fill],
        instrument: Instrument,
        levels: Levels,
        square_off: SquareOff,
    ) -> None:
        value = trade.entry_price * trade.open_quantity
        square_off_ns, reason = square_off
        running = RunningTrade(
            trade.id,
            trade.owner,
            trade.signal_id,
            trade.digest,
            instrument=instrument,
            direction=trade.direction,
            side=trade.side,
            levels=levels,
            outlay=outlay_of(value, product_of(instrument), desk.config.risk),
            square_off_ns=square_off_ns,
            square_off_reason=reason,
            trade_mode=trade.trade_mode,
        )
        running.restore(fills, trade.version)
        if trade.id in desk.running or running.open_quantity != trade.open_quantity:
            raise DataError(
                f"trade {trade.id} cannot be taken up: it is running already, or its fills leave "
                f"{running.open_quantity} units where it says {trade.open_quantity}"
            )
        desk.running[trade.id] = running
        self._losses.look_again(instrument.key, desk.config.id)

    def _ended_by(self, desk: Desk, signal: Signal) -> list[RunningTrade]:
        """Return the trades that a signal ends: all for EXIT, else those of the other side."""
        direction = signal.direction
        return [
            trade
            for trade in desk.running_on(signal.instrument)
            if trade.exit_reason is None and trade.direction is not direction
        ]

    def _enter(  # noqa: PLR0913, PLR0917 - the one caller has these at hand.
        self,
        desk: Desk,
        approved: Approved,
        signal: Signal,
        direction: Direction,
        view: MarketView,
        decided_by: tuple[str, str],
    ) -> list[Effect]:
        first, risk = view.legs[0], desk.config.risk
        lots = approved.quantity // (first.ratio * first.instrument.lot_size)
        effects: list[Effect] = []
        for leg in view.legs:
            square_off_ns, reason = (
                (NEVER_NS, ExitReason.EOD)
                if leg.session is None
                else square_off_of(leg.instrument, leg.session, risk)
            )
            running = RunningTrade(
                approved.trade_id if leg is first else self.new_id("trade"),
                _owner(desk.config),
                *decided_by,
                instrument=leg.instrument,
                direction=direction,
                side=leg.side,
                levels=levels_of(signal, view.instrument, direction),
                outlay=lots * outlay_of_lot(leg, risk),
                square_off_ns=square_off_ns,
                square_off_reason=reason,
                complete_by_ns=(
                    view.now_ns + risk.leg_seconds * NS_PER_SECOND
                    if len(view.legs) > 1
                    else NEVER_NS
                ),
                settles_ns=(
                    NEVER_NS if leg.session is None else settles_at(leg.instrument, leg.session)
                ),
                trade_mode=desk.config.trade_mode,
            )
            desk.running[running.id] = running
            quantity = lots * leg.ratio * leg.instrument.lot_size
            effects += self._order(desk, running, OrderPurpose.ENTRY, quantity, view.now_ns)
        return effects

    def _exit(
        self,
        desk: Desk,
        running: RunningTrade,
        reason: ExitReason,
        now_ns: int,
        signal_id: str | None = None,
    ) -> list[Effect]:
        """Cancel what is not entered yet and sell (or buy back) what is, of all legs."""
        if running.exit_reason is not None:
            return []  # It went with another leg.
        partners = desk.partners(running)
        effects = self._exit_one(desk, running, reason, now_ns, signal_id)
        for partner in partners:
            effects += self._exit(desk, partner, reason, now_ns, signal_id)
        return effects

    def _exit_one(
        self,
        desk: Desk,
        running: RunningTrade,
        reason: ExitReason,
        now_ns: int,
        signal_id: str | None,
    ) -> list[Effect]:
        running.exit_reason = reason
        effects: list[Effect] = []
        for order in list(running.orders.values()):
            self._broker.cancel(order.id)
            cancelled = order.ended(OrderStatus.CANCELLED, now_ns, f"trade ended: {reason}")
            self._keep(running, cancelled)
            effects.append(cancelled)
        if running.is_over:
            desk.close(running, None)
            return effects
        quantity = running.open_quantity
        return effects + self._order(desk, running, OrderPurpose.EXIT, quantity, now_ns, signal_id)

    def _order(  # noqa: PLR0913, PLR0917 - both callers are above.
        self,
        desk: Desk,
        running: RunningTrade,
        purpose: OrderPurpose,
        quantity: int,
        now_ns: int,
        signal_id: str | None = None,
    ) -> list[Effect]:
        """Send a quantity to the broker, in slices the exchange accepts."""
        entering = purpose is OrderPurpose.ENTRY
        effects: list[Effect] = []
        for part in slices(running.instrument, quantity):
            order = Order(
                id=self.new_id("order"),
                owner=running.owner,
                trade_id=running.id,
                signal_id=running.signal_id if entering else signal_id,
                digest=running.digest,
                instrument=running.instrument.key,
                symbol=running.instrument.symbol,
                side=running.side if entering else other_side(running.side),
                quantity=part,
                purpose=purpose,
                created_ns=now_ns,
                updated_ns=now_ns,
                trade_mode=running.trade_mode,
                exit_reason=None if entering else running.exit_reason,
            )
            self._keep(running, order)
            self._broker.submit(order, running.instrument, now_ns)
            desk.orders += 1
            effects.append(order)
        return effects

    def _fill(self, before: Order, order: Order, done: Execution, now_ns: int) -> Fill:
        running = self._trade_of_order[order.id]
        product, day = product_of(running.instrument), ist_date(now_ns)
        so_far = self._charges.of_order(product, order.side, before.turnover, day).total
        total = self._charges.of_order(product, order.side, order.turnover, day).total
        return Fill(
            id=self.new_id("fill"),
            order_id=order.id,
            trade_id=order.trade_id,
            owner=order.owner,
            instrument=order.instrument,
            side=order.side,
            quantity=done.quantity,
            price=done.price,
            charges=total - so_far,
            time_ns=now_ns,
        )

    def _keep(self, running: RunningTrade, order: Order) -> None:
        if order.status.is_final:
            running.orders.pop(order.id, None)
            self._trade_of_order.pop(order.id, None)
        else:
            running.orders[order.id] = order
            self._trade_of_order[order.id] = running


def _owner(config: StrategyConfig) -> Owner:
    return Owner(config.id, config.strategy_id, config.user_id, config.portfolio_id)
