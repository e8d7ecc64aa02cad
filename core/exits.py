"""How trades end: by a signal, a level, a limit, the clock, a command, or at the exchange.

In:  prices, the clock, commands, by way of the engine.
Out: effects: the orders that are taken back and those that are sent.
Next: `core/order_flow.py`, which sends and books them.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final

from core.candle import NEVER_NS, InstrumentKey
from core.desk import Desk
from core.desks import Desks
from core.effects import Effect
from core.expiry import intrinsic_value
from core.money import to_money
from core.order import OrderPurpose
from core.order_flow import OrderFlow
from core.portfolios import Portfolios
from core.session import NS_PER_MINUTE
from core.trade import ExitReason, RunningTrade


class Exits:
    """End trades, each once, with all of its legs.

    Parameters
    ----------
    desks, portfolios
        Whose trades they are, and what these may lose.
    flow
        Where the orders go.
    """

    def __init__(self, desks: Desks, portfolios: Portfolios, flow: OrderFlow) -> None:
        self._desks: Final = desks
        self._portfolios: Final = portfolios
        self._flow: Final = flow

    def leave(
        self,
        desk: Desk,
        running: RunningTrade,
        reason: ExitReason,
        now_ns: int,
        signal_id: str | None = None,
    ) -> list[Effect]:
        """End a trade: cancel what is not entered yet, sell (or buy back) what is, of all legs.

        Parameters
        ----------
        signal_id
            What asked for it, None where no signal did.
        """
        if running.exit_reason is not None:
            return []  # It went with another leg.
        partners = desk.partners(running)
        effects = self._leave_one(desk, running, reason, now_ns, signal_id)
        for partner in partners:
            effects += self.leave(desk, partner, reason, now_ns, signal_id)
        return effects

    def of_config(self, config_id: str, reason: ExitReason, now_ns: int) -> list[Effect]:
        """Close every running trade of a config at market; raises as `Desks.of`."""
        return self._leave_all(self._desks.of(config_id), reason, now_ns)

    def touched(self, trades: Sequence[RunningTrade], price: float, now_ns: int) -> list[Effect]:
        """Close those of the trades whose stop or target a price has reached; move stops."""
        effects: list[Effect] = []
        for trade in trades:
            if trade.exit_reason is not None:
                continue
            reason = trade.touched(price)
            if reason is not None:
                effects += self.leave(self._desks.of_trade(trade), trade, reason, now_ns)
            else:
                moved = trade.follow(price)
                effects += [] if moved is None else [moved]
        return effects

    def square_off(self, now_ns: int) -> list[Effect]:
        """Close the trades whose day is over, and those not entered in full in time."""
        effects: list[Effect] = []
        for trade in self._desks.running():
            if trade.exit_reason is None and trade.due_ns <= now_ns:
                desk = self._desks.of_trade(trade)
                effects += self.leave(desk, trade, trade.due_reason, now_ns)
        return effects

    def settle(self, now_ns: int, price_of: Callable[[RunningTrade], float]) -> list[Effect]:
        """Settle the options whose last session is over at what they are worth.

        Parameters
        ----------
        price_of
            Answers the price of what the option of a trade is on, 0 where nobody knows it: then
            it is asked again a minute later.
        """
        effects: list[Effect] = []
        for trade in self._desks.running():
            if trade.settles_ns > now_ns:
                continue
            underlying = price_of(trade)
            trade.settles_ns = NEVER_NS if underlying else now_ns + NS_PER_MINUTE
            if underlying:
                price = to_money(intrinsic_value(trade.instrument, underlying))
                effects += self._settle(trade, price, now_ns)
        return effects

    def watch_losses(self, key: InstrumentKey, now_ns: int) -> list[Effect]:
        """Close and block whoever holds an instrument and has lost as much as the day allows."""
        effects: list[Effect] = []
        for desk in self._portfolios.losers(key, now_ns):
            desk.block(now_ns)
            effects += self._leave_all(desk, ExitReason.CIRCUIT_BREAKER, now_ns)
        return effects

    def _leave_all(self, desk: Desk, reason: ExitReason, now_ns: int) -> list[Effect]:
        effects: list[Effect] = []
        for trade in desk.staying():
            effects += self.leave(desk, trade, reason, now_ns)
        return effects

    def _leave_one(
        self,
        desk: Desk,
        running: RunningTrade,
        reason: ExitReason,
        now_ns: int,
        signal_id: str | None,
    ) -> list[Effect]:
        running.exit_reason = reason
        effects = self._flow.take_back(running, f"trade ended: {reason}", now_ns)
        if running.is_over:
            desk.close(running, None)
            return effects
        quantity = running.open_quantity
        return effects + self._flow.send(
            desk, running, OrderPurpose.EXIT, quantity, now_ns, signal_id
        )

    def _settle(self, trade: RunningTrade, price: Decimal, now_ns: int) -> list[Effect]:
        desk = self._desks.of_trade(trade)
        effects = self._leave_one(desk, trade, ExitReason.SETTLEMENT, now_ns, None)
        return effects + self._flow.settle(trade, price, now_ns)
