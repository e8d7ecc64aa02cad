"""What is traded on the market watched: configs and their commands, signals, waiting orders.

In:  configs, commands, signals; packets that may fill an order or touch a level.
Out: `Effects`.
Next: `core/dealer.py`, which carries them out; `core/engine.py`, which adds ticks and time.
"""

from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

from core.brokers.paper import PaperBroker, PaperSettings
from core.candle import InstrumentKey
from core.charges import ChargesTable, load_charges
from core.dealer import Dealer
from core.desk import Account
from core.effects import NOTHING, Effect, Effects
from core.expiry import settles_at, square_off_of
from core.levels import Extremes, Guard, Levels
from core.loss_watch import PortfolioLimits
from core.market_watch import DepthReader, MarketWatch
from core.new_trades import SquareOff
from core.order import Fill, Order
from core.session import TradingCalendar
from core.signals import Signal
from core.strategy import ConfigStatus, StrategyConfig
from core.trade import ExitReason, Trade
from core.watched import Watched


class TradingFloor(MarketWatch):
    """Trade for configs on the instruments under watch.

    Parameters
    ----------
    run_id, calendar, paper, charges, read_depth, repairs_gaps
        As of `Engine`.
    """

    def __init__(  # noqa: PLR0913 - everything a trading day depends on.
        self,
        run_id: UUID,
        calendar: TradingCalendar,
        paper: PaperSettings,
        charges: ChargesTable | None,
        read_depth: DepthReader,
        *,
        repairs_gaps: bool,
    ) -> None:
        super().__init__(calendar, read_depth, repairs_gaps=repairs_gaps)
        self._broker: Final = PaperBroker(paper)
        self._dealer: Final = Dealer(
            run_id, charges or load_charges(), self._broker, self._price_of
        )
        self._due_ns = 0  # The first event is where time begins.

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
        risk = self._dealer.desks.of(config_id).config.risk
        view = self._view(signal, watched.instrument, risk)
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
        self._dealer.desks.deploy(config)

    def restore(self, trade: Trade, fills: Sequence[Fill], guard: Guard | None = None) -> None:
        """Take up a trade of an earlier run: after `deploy` of its config, before any tick.

        Of an open trade the levels are watched again and its day ends as it would have; if that
        is past, it is closed as soon as time is told. Of a closed one only the figures and the
        time of its exit are remembered, and if a circuit breaker closed it, nothing is entered
        for its config on that day. Nothing is reported.

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
        risk = self._dealer.desks.of(trade.owner.config_id).config.risk
        session = watched.sessions.on_day_of(trade.entry_ns)
        at_ns, reason = trade.entry_ns, ExitReason.EOD
        if session is not None:
            at_ns, reason = square_off_of(watched.instrument, session, risk)
        end = SquareOff(at_ns, reason, settles_at(watched.instrument, watched.sessions))
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
        self._dealer.restore(trade, fills, watched.instrument, levels, end)
        self._set_alerts(guarding)
        self._set_alerts(watched)

    def forget(self, key: InstrumentKey) -> bool:
        """Watch an instrument no more, unless a trade or an order needs it; return whether so.

        Its running candles are not completed. The slot may become another instrument's: hand in
        no more packets for it.

        Raises
        ------
        DataError
            If it is not watched.
        """
        watched = self._watched[self.slot_of(key)]
        desks = self._dealer.desks
        if desks.holding(key) or desks.guarded_by(key) or self._broker.has_orders(key):
            return False
        self._let_go(watched)
        return True

    def limit_portfolio(self, portfolio_id: str, limits: PortfolioLimits) -> None:
        """Limit what all configs of a portfolio do together, from the next event on."""
        self._dealer.portfolios.limit(portfolio_id, limits)

    def block(self, config_id: str) -> None:
        """Enter nothing more for a config today, as when it has reached the loss of the day.

        For what `restore` cannot see: that its portfolio had reached its own limit, while the
        config held nothing.
        """
        self._dealer.desks.of(config_id).block(self._now_ns)

    def halt(self, config_ids: Collection[str]) -> None:
        """Enter nothing live for these configs, and for no others: an emergency stop.

        Their exits, and everything simulated, go on.
        """
        self._dealer.desks.halt(config_ids)

    def pause(self, config_id: str) -> None:
        """Enter nothing more for a config; its protective exits go on.

        These are stop, target, end of the day, expiry and circuit breakers. What its strategy
        says is refused, also that a trade is to end.
        """
        self._dealer.desks.set_status(config_id, ConfigStatus.PAUSED)

    def resume(self, config_id: str) -> None:
        """Let a config enter again."""
        self._dealer.desks.set_status(config_id, ConfigStatus.ACTIVE)

    def stop(self, config_id: str, *, keep_positions: bool = False) -> Effects:
        """Enter nothing more for a config, and close what it holds unless it is to be kept."""
        self._dealer.desks.set_status(config_id, ConfigStatus.STOPPED)
        if keep_positions:
            return NOTHING
        return self.exit_config(config_id, ExitReason.STRATEGY_STOPPED)

    def exit_config(self, config_id: str, reason: ExitReason) -> Effects:
        """Close at market whatever a config holds."""
        effects = self._dealer.exits.of_config(config_id, reason, self._now_ns)
        self._set_all_alerts()
        return tuple(effects)

    def unordered(self, slot: int, low: float, high: float) -> None:
        """Say that the prices that follow are of one candle, in an order nobody knows.

        Where the stop of a trade lies among them, that is where the trade ends, whether its
        target lies there too or not. It holds until the next call for this instrument.

        Parameters
        ----------
        low, high
            Of the candle, rupees.
        """
        watched = self._watched[slot]
        watched.extremes = Extremes(low, high)
        self._set_alerts(watched)

    def quiet_range(self, slot: int) -> tuple[float, float]:
        """Return two prices of an instrument strictly between which a trade causes nothing.

        The first is above the second while an order waits for any price.
        """
        watched = self._watched[slot]
        return watched.low_alert, watched.high_alert

    def account(self, config_id: str) -> Account:
        """Return the figures of a config; raises ConfigError if it was never deployed."""
        return self._dealer.desks.of(config_id).account(self._now_ns)

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
            touched = self._dealer.exits.touched(watched.guarded, price, now_ns)
            self._expect_fills(touched)
            effects += touched
        low, high = self._dealer.portfolios.loss_band(key)
        if filled or (traded and not low < price < high):
            effects += self._watch_losses(key)
        self._set_alerts(watched)
        return effects

    def _watch_losses(self, key: InstrumentKey) -> list[Effect]:
        """Stop whoever has lost too much; set anew which prices matter to the others."""
        effects = self._dealer.exits.watch_losses(key, self._now_ns)
        for each in self._dealer.portfolios.held_beside(key):
            self._set_alerts(self._of(each))
        self._expect_fills(effects)
        return effects

    def _end_by_time(self, moment_ns: int) -> list[Effect]:
        """Close and settle what time ends at a moment."""
        effects = self._dealer.exits.square_off(moment_ns)
        effects += self._dealer.exits.settle(moment_ns, self._underlying_price)
        self._set_all_alerts()
        return effects

    def _expect_fills(self, effects: Sequence[Effect]) -> None:
        """Look at every packet of the instruments that orders were sent for."""
        for key in dict.fromkeys(each.instrument for each in effects if isinstance(each, Order)):
            self._set_alerts(self._of(key))

    def _set_all_alerts(self) -> None:
        for watched in self._watched:
            self._set_alerts(watched)

    def _set_alerts(self, watched: Watched) -> None:
        """Set between which prices nothing can happen, and note when the day of a trade ends."""
        key, dealer = watched.instrument.key, self._dealer
        waiting = self._broker.has_orders(key)
        band = dealer.portfolios.loss_band(key)
        watched.guard(dealer.desks.guarded_by(key), band, waiting=waiting)
        for trade in watched.guarded:
            self._due_ns = min(self._due_ns, trade.due_ns)
