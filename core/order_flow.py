"""Orders and what becomes of them: sent in slices, taken back, filled and booked.

In:  quantities to trade; executions of the broker.
Out: effects: `Order`, `Fill`, `Trade`, `LedgerEntry`.
Next: `core/brokers/port.py`, where orders go; `core/ledger.py`, where the cash goes.
"""

from decimal import Decimal
from typing import Final

from core.brokers.port import Broker, Execution
from core.charges import ChargesTable, product_of
from core.desk import Desk
from core.desks import Desks
from core.effects import Effect
from core.errors import DataError
from core.ledger import entries_of
from core.order import Fill, Order, OrderPurpose, OrderStatus, other_side, slices
from core.run_ids import RunIds
from core.session import ist_date
from core.trade import RunningTrade


class OrderFlow:
    """Hold the orders that are on their way.

    Parameters
    ----------
    ids
        Of orders, fills and ledger entries.
    charges
        What orders cost.
    broker
        Where orders go.
    desks
        Whose books the fills go into.
    """

    def __init__(self, ids: RunIds, charges: ChargesTable, broker: Broker, desks: Desks) -> None:
        self._ids: Final = ids
        self._charges: Final = charges
        self._broker: Final = broker
        self._desks: Final = desks
        self._trade_of_order: Final[dict[str, RunningTrade]] = {}

    def send(  # noqa: PLR0913, PLR0917 - an order is made of these.
        self,
        desk: Desk,
        running: RunningTrade,
        purpose: OrderPurpose,
        quantity: int,
        now_ns: int,
        signal_id: str | None = None,
    ) -> list[Effect]:
        """Send a quantity to the broker, in slices the exchange accepts.

        Parameters
        ----------
        signal_id
            What asked for it, if that is not the signal of the trade, which set its levels.
        """
        entering = purpose is OrderPurpose.ENTRY
        effects: list[Effect] = []
        for part in slices(running.instrument, quantity):
            order = Order(
                id=self._ids.new("order"),
                owner=running.owner,
                trade_id=running.id,
                signal_id=signal_id or running.signal_id,
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

    def expect(self) -> None:
        """Wait for the orders of the running trades, which were put back."""
        self._trade_of_order.clear()
        for running in self._desks.running():
            for order_id in running.orders:
                self._trade_of_order[order_id] = running

    def take_back(self, running: RunningTrade, why: str, now_ns: int) -> list[Effect]:
        """Cancel what is not filled of a trade's orders."""
        effects: list[Effect] = []
        for order in list(running.orders.values()):
            self._broker.cancel(order.id)
            cancelled = order.ended(OrderStatus.CANCELLED, now_ns, why)
            self._keep(running, cancelled)
            effects.append(cancelled)
        return effects

    def settle(self, running: RunningTrade, price: Decimal, now_ns: int) -> list[Effect]:
        """Fill the orders of an option at what it is worth: it is exercised, nobody trades it."""
        effects: list[Effect] = []
        for order in list(running.orders.values()):
            self._broker.cancel(order.id)
            done = Execution(order.id, order.remaining, price)
            charges = self._charges.of_exercise(
                product_of(running.instrument), done.quantity * price, ist_date(now_ns)
            )
            effects += self._book(running, order, done, charges.total, now_ns)
        return effects

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
        charges = self._added_charges(running, before, done, now_ns)
        return self._book(running, before, done, charges, now_ns)

    def _book(
        self, running: RunningTrade, before: Order, done: Execution, charges: Decimal, now_ns: int
    ) -> list[Effect]:
        desk = self._desks.of_trade(running)
        order = before.filled(done.quantity, done.price, now_ns)
        fill = Fill(
            id=self._ids.new("fill"),
            order_id=order.id,
            trade_id=order.trade_id,
            owner=order.owner,
            instrument=order.instrument,
            side=order.side,
            quantity=done.quantity,
            price=done.price,
            charges=charges,
            time_ns=now_ns,
        )
        self._keep(running, order)
        desk.charges += fill.charges
        desk.position_in(order.instrument).apply(fill)
        before_cash = running.cash
        trade = running.apply(fill, order.purpose)
        if running.is_over:
            desk.close(running, trade)
        return [order, fill, trade, *entries_of(fill, running.cash - before_cash, self._ids.new)]

    def _added_charges(
        self, running: RunningTrade, before: Order, done: Execution, now_ns: int
    ) -> Decimal:
        """Return what an execution adds: charges are those of the whole order, as far as filled."""
        product, day = product_of(running.instrument), ist_date(now_ns)
        turnover = before.turnover + done.quantity * done.price
        so_far = self._charges.of_order(product, before.side, before.turnover, day).total
        return self._charges.of_order(product, before.side, turnover, day).total - so_far

    def _keep(self, running: RunningTrade, order: Order) -> None:
        if order.status.is_final:
            running.orders.pop(order.id, None)
            self._trade_of_order.pop(order.id, None)
        else:
            running.orders[order.id] = order
            self._trade_of_order[order.id] = running
