"""What is asked of the engine: configs to trade for, their strategies' signals, their commands.

In:  configs, signals, commands, trades of an earlier run.
Out: `Effects`, and the figures of a config.
Next: `core/dealer.py`, which carries them out; `core/market_time.py`, which adds time.
"""

from collections.abc import Collection, Sequence
from decimal import Decimal

from core.candle import InstrumentKey
from core.desk import Account
from core.effects import NOTHING, Effects
from core.expiry import settles_at, square_off_of
from core.levels import Guard, Levels
from core.loss_watch import PortfolioLimits
from core.new_trades import SquareOff
from core.order import Fill
from core.signals import Signal
from core.strategy import ConfigStatus, StrategyConfig
from core.trade import ExitReason, Trade
from core.trading_floor import TradingFloor


class EngineCommands(TradingFloor):
    """The trading floor as strategies, people and the worker use it."""

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

    def doubt_live(self, reason: str | None) -> None:
        """Enter nothing live while it is not certain that we may; None when it is again.

        The reason is what a signal is refused with. Exits, and everything simulated, go on.
        """
        self._dealer.desks.doubt_live(reason)

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

    def account(self, config_id: str) -> Account:
        """Return the figures of a config; raises ConfigError if it was never deployed."""
        return self._dealer.desks.of(config_id).account(self._now_ns)

    def day_pnl(self, config_id: str) -> Decimal:
        """Return today's profit of a config, what is open included; raises as `account`."""
        return self._dealer.portfolios.day_pnl(self._dealer.desks.of(config_id), self._now_ns)
