"""The simulated broker fills from the book that was there, never better."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.brokers.paper import PaperBroker, PaperSettings
from core.brokers.port import Execution
from core.errors import ConfigError, DataError
from core.order import Order, OrderPurpose, OrderType, Owner, Side
from core.tick import Book, Level
from tests.core.market import FUTURE, RELIANCE

OWNER = Owner("c", "s", "u", "p")
MS = 1_000_000


def an_order(
    side: Side = Side.BUY, quantity: int = 150, limit: str | None = None, name: str = "o1"
) -> Order:
    return Order(
        id=name,
        owner=OWNER,
        trade_id="t",
        signal_id="s",
        digest="d",
        instrument=FUTURE.key,
        symbol=FUTURE.symbol,
        side=side,
        quantity=quantity,
        purpose=OrderPurpose.ENTRY,
        created_ns=0,
        updated_ns=0,
        type=OrderType.MARKET if limit is None else OrderType.LIMIT,
        limit_price=None if limit is None else Decimal(limit),
    )


def a_book(bids: list[tuple[float, int]], asks: list[tuple[float, int]]) -> Book:
    return Book(
        tuple(Level(price, quantity, 1) for price, quantity in bids),
        tuple(Level(price, quantity, 1) for price, quantity in asks),
    )


def broker_with(*orders: Order, latency_ms: int = 0, slippage_ticks: int = 1) -> PaperBroker:
    broker = PaperBroker(PaperSettings(latency_ms, slippage_ticks))
    for order in orders:
        broker.submit(order, FUTURE, 0)
    return broker


BOOK = a_book([(99.9, 75), (99.8, 300)], [(100.1, 75), (100.2, 300)])


def test_a_purchase_takes_the_asks_level_by_level() -> None:
    done = broker_with(an_order()).executions(FUTURE.key, 0, 100.0, BOOK)
    assert done == [Execution("o1", 75, Decimal("100.10")), Execution("o1", 75, Decimal("100.20"))]


def test_a_sale_takes_the_bids() -> None:
    done = broker_with(an_order(Side.SELL)).executions(FUTURE.key, 0, 100.0, BOOK)
    assert [fill.price for fill in done] == [Decimal("99.90"), Decimal("99.80")]


def test_what_the_book_cannot_fill_stays() -> None:
    broker = broker_with(an_order(quantity=450))
    assert sum(fill.quantity for fill in broker.executions(FUTURE.key, 0, 100.0, BOOK)) == 375
    assert broker.has_orders(FUTURE.key)
    assert broker.executions(FUTURE.key, 0, 100.0, BOOK) == [Execution("o1", 75, Decimal("100.10"))]
    assert not broker.has_orders(FUTURE.key)


def test_two_orders_do_not_share_a_level() -> None:
    broker = broker_with(an_order(quantity=75), an_order(quantity=75, name="o2"))
    done = broker.executions(FUTURE.key, 0, 100.0, BOOK)
    assert [(fill.order_id, fill.price) for fill in done] == [
        ("o1", Decimal("100.10")),
        ("o2", Decimal("100.20")),
    ]


def test_only_whole_lots_are_taken_from_a_level() -> None:
    book = a_book([], [(100.1, 100), (100.2, 10), (100.3, 300)])
    done = broker_with(an_order()).executions(FUTURE.key, 0, 100.0, book)
    assert [(fill.quantity, fill.price) for fill in done] == [
        (75, Decimal("100.10")),
        (75, Decimal("100.30")),
    ]


@pytest.mark.parametrize("book", [None, Book()])
def test_without_depth_the_last_price_is_paid_worse_by_the_slippage(book: Book | None) -> None:
    bought = broker_with(an_order(), slippage_ticks=3).executions(FUTURE.key, 0, 100.0, book)
    sold = broker_with(an_order(Side.SELL), slippage_ticks=3).executions(FUTURE.key, 0, 100.0, book)
    assert (bought[0].price, sold[0].price) == (Decimal("100.30"), Decimal("99.70"))


@pytest.mark.parametrize(
    ("side", "book"),
    [(Side.BUY, a_book([(99.9, 750)], [])), (Side.SELL, a_book([], [(100.1, 750)]))],
)
def test_while_nobody_is_on_the_other_side_of_the_book_an_order_waits(
    side: Side, book: Book
) -> None:
    broker = broker_with(an_order(side))
    assert broker.executions(FUTURE.key, 0, 100.0, book) == []
    assert sum(fill.quantity for fill in broker.executions(FUTURE.key, 1, 100.0, BOOK)) == 150


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"quantity": 100}, "100 units are no whole lots of 75"),
        ({"quantity": 0}, "0 units are no whole lots"),
        ({"quantity": 1_875}, "1875 units are above the freeze 1800"),
        ({"limit_price": Decimal("100.05")}, "limit 100.05 is not on the tick of 0.10"),
        ({"trigger_price": Decimal("99.99")}, "trigger 99.99 is not on the tick of 0.10"),
        ({"limit_price": Decimal("-0.10")}, "limit -0.10 is not on the tick"),
    ],
)
def test_what_the_exchange_would_turn_away_is_turned_away(
    change: dict[str, object], said: str
) -> None:
    with pytest.raises(DataError, match=said):
        broker_with(an_order()._replace(**change))  # type: ignore[arg-type]


def test_a_sale_never_fetches_less_than_one_tick() -> None:
    done = broker_with(an_order(Side.SELL), slippage_ticks=50).executions(FUTURE.key, 0, 0.1, None)
    assert done[0].price == Decimal("0.10")


def test_nothing_is_filled_before_the_latency_has_passed() -> None:
    broker = broker_with(an_order(), latency_ms=250)
    assert broker.executions(FUTURE.key, 250 * MS - 1, 100.0, BOOK) == []
    assert broker.executions(FUTURE.key, 250 * MS, 100.0, BOOK) != []


def test_a_limit_order_takes_no_level_beyond_its_price() -> None:
    broker = broker_with(an_order(limit="100.10"))
    done = broker.executions(FUTURE.key, 0, 100.1, BOOK)
    assert done == [Execution("o1", 75, Decimal("100.10"))]
    assert broker.has_orders(FUTURE.key)


def test_a_limit_order_is_filled_in_full_when_a_trade_passes_through_its_price() -> None:
    broker = broker_with(an_order(limit="99.50"))
    assert broker.executions(FUTURE.key, 0, 99.5, None) == []
    done = broker.executions(FUTURE.key, 0, 99.4, None)
    assert done == [Execution("o1", 150, Decimal("99.50"))]


def test_a_limit_sale_mirrors_a_limit_purchase() -> None:
    broker = broker_with(an_order(Side.SELL, limit="100.50"))
    assert broker.executions(FUTURE.key, 0, 100.5, BOOK) == []
    done = broker.executions(FUTURE.key, 0, 100.6, BOOK)
    assert done == [Execution("o1", 150, Decimal("100.50"))]


def test_a_cancelled_order_is_not_filled_and_the_other_is() -> None:
    broker = broker_with(an_order(), an_order(name="o2"))
    broker.cancel("o1")
    broker.cancel("unknown")
    assert {fill.order_id for fill in broker.executions(FUTURE.key, 0, 100.0, BOOK)} == {"o2"}


def test_orders_of_other_instruments_are_left_alone() -> None:
    broker = broker_with(an_order())
    assert broker.executions(RELIANCE.key, 0, 100.0, None) == []
    assert not broker.has_orders(RELIANCE.key)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (PaperSettings(latency_ms=-1), "latency -1 ms"),
        (PaperSettings(latency_ms=60_001), "latency 60001 ms"),
        (PaperSettings(slippage_ticks=-1), "slippage -1 ticks"),
    ],
)
def test_impossible_settings_are_refused(settings: PaperSettings, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        PaperBroker(settings)


LEVELS = st.lists(st.integers(1, 500), min_size=0, max_size=5)


@given(quantities=LEVELS, lots=st.lists(st.integers(1, 10), min_size=1, max_size=4))
def test_never_more_than_the_book_holds_and_never_better_than_its_best_price(
    quantities: list[int], lots: list[int]
) -> None:
    asks = [(100.0 + number / 10, quantity) for number, quantity in enumerate(quantities)]
    orders = [an_order(quantity=75 * each, name=f"o{at}") for at, each in enumerate(lots)]
    done = broker_with(*orders).executions(FUTURE.key, 0, 100.0, a_book([], asks))
    if asks:
        assert sum(fill.quantity for fill in done) <= sum(quantities)
        taken: dict[Decimal, int] = {}
        for fill in done:
            taken[fill.price] = taken.get(fill.price, 0) + fill.quantity
        offered = {Decimal(str(price)).quantize(Decimal("0.01")): size for price, size in asks}
        assert all(size <= offered[price] for price, size in taken.items())
    assert all(fill.price >= Decimal("100.00") for fill in done)
    for order in orders:
        assert sum(fill.quantity for fill in done if fill.order_id == order.id) <= order.quantity


def a_stop(side: Side, trigger: str, limit: str | None = None) -> Order:
    return an_order(side)._replace(
        type=OrderType.STOP_LOSS_MARKET if limit is None else OrderType.STOP_LOSS,
        trigger_price=Decimal(trigger),
        limit_price=None if limit is None else Decimal(limit),
    )


@pytest.mark.parametrize(
    ("side", "quiet", "waking"), [(Side.SELL, 98.1, 98.0), (Side.BUY, 97.9, 98.0)]
)
def test_a_stop_order_sleeps_until_a_trade_is_at_its_trigger(
    side: Side, quiet: float, waking: float
) -> None:
    broker = broker_with(a_stop(side, "98.00"))
    assert broker.executions(FUTURE.key, 0, quiet, BOOK) == []
    done = broker.executions(FUTURE.key, 1, waking, BOOK)
    best = Decimal("99.90") if side is Side.SELL else Decimal("100.10")
    assert done[0] == Execution("o1", 75, best)


def test_a_stop_order_that_woke_stays_awake() -> None:
    broker = broker_with(a_stop(Side.SELL, "98.00"))
    assert broker.executions(FUTURE.key, 0, 98.0, a_book([], [(100.1, 75)])) == []
    thin = a_book([(97.9, 75)], [])
    assert broker.executions(FUTURE.key, 0, 98.0, thin) == [Execution("o1", 75, Decimal("97.90"))]
    assert broker.executions(FUTURE.key, 1, 105.0, thin) == [Execution("o1", 75, Decimal("97.90"))]


def test_a_stop_order_with_a_limit_is_a_limit_order_once_awake() -> None:
    broker = broker_with(a_stop(Side.SELL, "98.00", "97.50"))
    assert broker.executions(FUTURE.key, 0, 97.0, a_book([(97.4, 750)], [])) == []
    done = broker.executions(FUTURE.key, 1, 97.4, a_book([(97.5, 750)], []))
    assert done == [Execution("o1", 150, Decimal("97.50"))]


def test_latency_holds_a_stop_order_back_too() -> None:
    broker = broker_with(a_stop(Side.SELL, "98.00"), latency_ms=250)
    assert broker.executions(FUTURE.key, 249 * MS, 97.0, BOOK) == []
    assert broker.executions(FUTURE.key, 250 * MS, 97.0, BOOK) != []
