"""Orders of every type on one instrument, in any order of packets, books and cancellations."""

from dataclasses import dataclass, field
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from core.brokers.paper import PaperBroker, PaperSettings
from core.brokers.port import Execution
from core.charges import Product, load_charges
from core.money import ZERO, to_money
from core.order import Fill, Order, OrderPurpose, OrderStatus, OrderType, Side
from core.position import Position
from core.session import ist_date
from core.tick import Book
from tests.core.brokers.test_paper import MS, OWNER, a_book
from tests.core.market import FUTURE, at

LATENCY_MS = 300


@dataclass(frozen=True)
class Step:
    """One event: an order, a cancellation or a packet."""

    kind: str
    type: OrderType
    side: Side
    lots: int
    ticks: int
    apart: int
    book: tuple[int, int, int]


STEPS = st.lists(
    st.builds(
        Step,
        kind=st.sampled_from(["order", "packet", "packet", "packet", "cancel", "settle"]),
        type=st.sampled_from(OrderType),
        side=st.sampled_from(Side),
        lots=st.integers(1, 24),
        ticks=st.integers(-15, 15),
        apart=st.integers(0, 10),
        book=st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(1, 3)),
    ),
    min_size=5,
    max_size=60,
)


@dataclass
class Exchange:
    """A broker with its orders and the books that their fills make."""

    broker: PaperBroker = field(default_factory=lambda: PaperBroker(PaperSettings(LATENCY_MS, 1)))
    orders: dict[str, Order] = field(default_factory=dict)
    woken: set[str] = field(default_factory=set)
    position: Position = field(default_factory=Position)
    cash: Decimal = ZERO
    charges: Decimal = ZERO
    price: float = 26_000.0
    now_ns: int = at("10:00")

    def play(self, steps: list[Step]) -> None:
        for number, step in enumerate(steps):
            self.now_ns += 100 * MS
            if step.kind == "order":
                self._submit(step, f"o{number}")
            elif step.kind == "packet":
                self._packet(step)
            else:
                self._end(step, settled=step.kind == "settle")

    def _submit(self, step: Step, name: str) -> None:
        here = to_money(self.price)
        beyond = here + step.side.sign * step.apart * FUTURE.tick_size
        limited = step.type in {OrderType.LIMIT, OrderType.STOP_LOSS}
        stopped = step.type in {OrderType.STOP_LOSS, OrderType.STOP_LOSS_MARKET}
        limit = beyond if stopped else here - step.side.sign * step.apart * FUTURE.tick_size
        order = Order(
            id=name, owner=OWNER, trade_id="t", signal_id="s", digest="d",
            instrument=FUTURE.key, symbol=FUTURE.symbol, side=step.side,
            quantity=step.lots * FUTURE.lot_size, purpose=OrderPurpose.ENTRY,
            created_ns=self.now_ns, updated_ns=self.now_ns, type=step.type,
            limit_price=limit if limited else None,
            trigger_price=beyond if stopped else None,
        )  # fmt: skip
        self.orders[name] = order
        self.broker.submit(order, FUTURE, self.now_ns)

    def _packet(self, step: Step) -> None:
        self.price = FUTURE.round_price(self.price + step.ticks * 0.1)
        bids, asks, size = step.book
        lot = FUTURE.lot_size * size
        book = a_book(
            [(self.price - 0.1 * (level + 1), lot) for level in range(bids)],
            [(self.price + 0.1 * (level + 1), lot) for level in range(asks)],
        )
        before = {name: order.remaining for name, order in self.orders.items()}
        last = to_money(self.price)
        for name, order in self.orders.items():
            arrived = self.now_ns >= order.created_ns + LATENCY_MS * MS
            trigger = order.trigger_price
            if trigger is None or (arrived and order.side.sign * (last - trigger) >= 0):
                self.woken.add(name)
        for done in self.broker.executions(FUTURE.key, self.now_ns, self.price, book):
            self._check(done, before, book)
            self._take(done)

    def _check(self, done: Execution, before: dict[str, int], book: Book) -> None:
        order = self.orders[done.order_id]
        assert done.order_id in self.woken, "a stop order was filled before its trigger"
        assert self.now_ns >= order.created_ns + LATENCY_MS * MS
        assert 0 < done.quantity <= before[done.order_id]
        assert done.quantity % FUTURE.lot_size == 0
        assert not done.price % FUTURE.tick_size
        if order.limit_price is not None:
            assert order.side.sign * (done.price - order.limit_price) <= 0, "beyond its limit"
        else:
            levels = book.asks if order.side is Side.BUY else book.bids
            offered = {to_money(level.price) for level in levels}
            no_depth = not book.asks and not book.bids
            assert no_depth or done.price in offered, "a market order was filled beside the book"

    def _end(self, step: Step, *, settled: bool) -> None:
        """Cancel one order, or settle what is held at the last price as an exchange does."""
        if not settled:
            waiting = [each for each in self.orders.values() if not each.status.is_final]
            if waiting:
                order = waiting[step.lots % len(waiting)]
                self.broker.cancel(order.id)
                self.orders[order.id] = order.ended(OrderStatus.CANCELLED, self.now_ns)
        elif self.position.quantity:
            held = self.position.quantity
            side = Side.SELL if held > 0 else Side.BUY
            name = f"settled{len(self.orders)}"
            order = Order(
                id=name, owner=OWNER, trade_id="t", signal_id="s", digest="d",
                instrument=FUTURE.key, symbol=FUTURE.symbol, side=side, quantity=abs(held),
                purpose=OrderPurpose.EXIT, created_ns=self.now_ns, updated_ns=self.now_ns,
            )  # fmt: skip
            self.orders[name] = order
            self._take(Execution(name, abs(held), to_money(self.price)))

    def _take(self, done: Execution) -> None:
        before = self.orders[done.order_id]
        assert not before.status.is_final, "filled after its end"
        order = before.filled(done.quantity, done.price, self.now_ns)
        self.orders[order.id] = order
        table, day = load_charges(), ist_date(self.now_ns)
        added = (
            table.of_order(Product.FUTURE, order.side, order.turnover, day).total
            - table.of_order(Product.FUTURE, order.side, before.turnover, day).total
        )
        fill = Fill(
            "f", order.id, "t", OWNER, FUTURE.key, order.side, done.quantity, done.price, added,
            self.now_ns,
        )  # fmt: skip
        self.cash += fill.cash
        self.charges += fill.charges
        self.position.apply(fill)


@settings(max_examples=80, deadline=None)
@given(steps=STEPS)
def test_no_order_is_filled_early_twice_beyond_its_limit_or_after_its_end(
    steps: list[Step],
) -> None:
    exchange = Exchange()
    exchange.play(steps)
    for order in exchange.orders.values():
        assert 0 <= order.filled_quantity <= order.quantity
        assert (order.status is OrderStatus.TRADED) == (order.remaining == 0)


@settings(max_examples=80, deadline=None)
@given(steps=STEPS)
def test_cash_and_position_are_the_profit_of_the_fills_less_their_charges(
    steps: list[Step],
) -> None:
    exchange = Exchange()
    exchange.play(steps)
    last, position = to_money(exchange.price), exchange.position
    signed = sum(order.side.sign * order.filled_quantity for order in exchange.orders.values())
    assert position.quantity == signed
    earned = position.realised + position.unrealised(last)
    worth = exchange.cash - exchange.charges + signed * last
    assert abs(worth + exchange.charges - earned) < Decimal("0.000001")
    of_orders = sum(
        (
            load_charges().of_order(
                Product.FUTURE, order.side, order.turnover, ist_date(exchange.now_ns)
            ).total
            for order in exchange.orders.values()
        ),
        ZERO,
    )  # fmt: skip
    assert exchange.charges == of_orders
