"""From signals to trades: each is decided on and carried out, for all configs together.

In:  signals with what the market looks like; trades of an earlier run; executions.
Out: effects: `Decision`, `Order`, `Fill`, `Trade`, `LedgerEntry`, in the order they happened.
Next: `core/exits.py`, how trades end; `core/order_flow.py`, which sends and books the orders.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from core.brokers.port import Broker, Execution
from core.charges import ChargesTable
from core.decision import Decision, MarketView, verdict_on
from core.desk import Desk
from core.desks import Desks
from core.effects import Effect
from core.errors import DataError
from core.exits import Exits
from core.instrument import Instrument
from core.kept_trade import InstrumentOf
from core.levels import Levels
from core.loss_watch import PriceOf
from core.money import ZERO
from core.new_trades import SquareOff, new_trade, restored_trade
from core.order import Fill, OrderPurpose, Owner
from core.order_flow import OrderFlow
from core.portfolios import Portfolios
from core.run_ids import RunIds
from core.signals import Direction, Signal
from core.strategy import ConfigStatus
from core.trade import ExitReason, RunningTrade, Trade, TradeStatus
from core.verdict import Approved, Refused, Rule


class Dealer:
    """Carry out what signals ask for.

    Parameters
    ----------
    run_id
        Names this run; all ids are derived from it.
    charges
        What orders cost.
    broker
        Where orders go.
    price_of
        Answers last prices.

    Attributes
    ----------
    desks
        Of all configs.
    portfolios
        What they do together.
    exits
        How trades end.
    """

    def __init__(
        self, run_id: UUID, charges: ChargesTable, broker: Broker, price_of: PriceOf
    ) -> None:
        self.desks: Final = Desks()
        self.portfolios: Final = Portfolios(self.desks, price_of)
        self._ids: Final = RunIds(run_id)
        self._flow: Final = OrderFlow(self._ids, charges, broker, self.desks)
        self.exits: Final = Exits(self.desks, self.portfolios, self._flow)

    def take(self, config_id: str, signal: Signal, digest: str, view: MarketView) -> list[Effect]:
        """Decide on a signal and do what it says; raises as `Desks.of`."""
        desk = self.desks.of(config_id)
        decision_id, now_ns = self._ids.new("signal"), view.now_ns
        ending = _ended_by(desk, signal)
        standing = self.portfolios.standing(desk, ending, now_ns)
        verdict = verdict_on(signal, desk, view, ending, self._ids.new("trade"), standing)
        decision = Decision(
            decision_id, _owner(desk), signal, view.instrument.symbol, digest, verdict, now_ns
        )
        effects: list[Effect] = [decision]
        if isinstance(verdict, Refused) and verdict.rule is Rule.INVALID_SIGNAL:
            return effects
        for trade in ending:
            reason = signal.exit_reason or ExitReason.SIGNAL
            effects += self.exits.leave(desk, trade, reason, now_ns, decision_id)
        direction = signal.direction
        if isinstance(verdict, Approved) and direction is not None:
            effects += self._enter(desk, decision, verdict, direction, view)
        return effects

    def restore(
        self,
        trade: Trade,
        fills: Sequence[Fill],
        instrument: Instrument,
        levels: Levels,
        end: SquareOff,
    ) -> None:
        """Take up a trade of an earlier run, see `Engine.restore`."""
        desk = self.desks.of(trade.owner.config_id)
        if trade.status is TradeStatus.CLOSED:
            desk.count_closed(trade, instrument)
        elif trade.id in desk.running:
            raise DataError(f"trade {trade.id} cannot be taken up: it is running already")
        else:
            desk.running[trade.id] = restored_trade(
                trade, fills, instrument, levels, end, desk.config.risk
            )
            self.portfolios.look_again(instrument.key, desk.config.id)
        desk.charges += sum((fill.charges for fill in fills), ZERO)
        for fill in fills:
            desk.position_in(fill.instrument).apply(fill)

    def state(self) -> tuple[Any, ...]:
        """Return everything as plain values, for `put_back`."""
        return self._ids.state(), self.desks.state(), self.portfolios.state()

    def put_back(self, state: tuple[Any, ...], instrument_of: InstrumentOf) -> None:
        """Go on from a state, in the run it is of."""
        ids, desks, portfolios = state
        self._ids.put_back(ids)
        self.desks.put_back(desks, instrument_of)
        self.portfolios.put_back(portfolios)
        self._flow.expect()

    def execution(self, done: Execution, now_ns: int) -> list[Effect]:
        """Book one execution; raises as `OrderFlow.execution`."""
        return self._flow.execution(done, now_ns)

    def _enter(
        self,
        desk: Desk,
        decision: Decision,
        approved: Approved,
        direction: Direction,
        view: MarketView,
    ) -> list[Effect]:
        first = view.legs[0]
        lots = approved.quantity // (first.ratio * first.instrument.lot_size)
        risk, mode = desk.config.risk, desk.config.trade_mode
        effects: list[Effect] = []
        for leg in view.legs:
            trade_id = approved.trade_id if leg is first else self._ids.new("trade")
            new = new_trade(trade_id, decision, direction, leg, lots, view, risk, mode)
            desk.running[trade_id] = new.trade
            effects += self._flow.send(
                desk, new.trade, OrderPurpose.ENTRY, new.quantity, view.now_ns
            )
        return effects


def _ended_by(desk: Desk, signal: Signal) -> list[RunningTrade]:
    """Return the trades that a signal ends: all for EXIT, else those of the other side.

    Only an active config's: what is paused or stopped with its positions kept is left to its
    stop, its target, the end of the day, the expiry and the circuit breakers.
    """
    if desk.config.status is not ConfigStatus.ACTIVE:
        return []
    direction = signal.direction
    return [
        trade
        for trade in desk.running_on(signal.instrument)
        if trade.exit_reason is None and trade.direction is not direction
    ]


def _owner(desk: Desk) -> Owner:
    config = desk.config
    return Owner(config.id, config.strategy_id, config.user_id, config.portfolio_id)
