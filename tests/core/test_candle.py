"""A candle is a value: it compares, pickles and cannot be mistaken for another."""

import pickle

from core.candle import ALL_INTERVALS, Candle, Interval
from core.session import NS_PER_MINUTE
from tests.core.market import RELIANCE, at


def a_candle(close: float = 11.0) -> Candle:
    return Candle(
        RELIANCE.key, Interval.M1, at("09:15"), at("09:16"), 10.0, 12.0, 9.5, close, 75, 1_200
    )


def test_candles_with_the_same_content_are_equal_and_hash_alike() -> None:
    assert a_candle() == a_candle()
    assert hash(a_candle()) == hash(a_candle())
    assert a_candle() != a_candle(close=11.1)
    assert a_candle() != "candle"


def test_a_pickled_candle_comes_back_the_same_with_its_types() -> None:
    back = pickle.loads(pickle.dumps(a_candle()))  # noqa: S301 - our own bytes.
    assert back == a_candle()
    assert type(back) is Candle
    assert back.interval is Interval.M1


def test_its_text_shows_every_field() -> None:
    assert "2885" in repr(a_candle())
    assert "12.0" in repr(a_candle())


def test_intervals_are_named_as_they_are_stored_and_ordered_by_length() -> None:
    assert [str(interval) for interval in ALL_INTERVALS] == ["1m", "5m", "15m", "1h", "4h", "1d"]
    lengths = [interval.length_ns // NS_PER_MINUTE for interval in ALL_INTERVALS]
    assert lengths == [1, 5, 15, 60, 240, 1440]
