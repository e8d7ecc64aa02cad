"""`core/tick.py`: the book tells its best prices, or that there are none."""

import dataclasses
import pickle

import pytest

from core.instrument import Segment
from core.tick import Book, Level, Tick


def test_best_prices_are_the_first_of_each_side() -> None:
    book = Book(bids=(Level(99.95, 65, 1), Level(99.9, 130, 2)), asks=(Level(100.0, 65, 1),))
    assert book.best_bid == (99.95, 65, 1)
    assert book.best_ask == (100.0, 65, 1)


def test_empty_side_has_no_best_price() -> None:
    assert Book().best_bid is None
    assert Book().best_ask is None


def test_tick_is_a_value_that_cannot_change() -> None:
    tick = Tick(Segment.IDX_I, 13, received_ns=2, price=25974.9, traded_ns=1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        tick.price = 0.0  # type: ignore[misc]  # that is the point
    assert tick == Tick(Segment.IDX_I, 13, received_ns=2, price=25974.9, traded_ns=1)
    assert pickle.loads(pickle.dumps(tick)) == tick  # noqa: S301  # our own bytes
