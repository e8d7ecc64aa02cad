"""Rate limits, with a wall clock the test moves by hand."""

import pytest

from devstack.dhan.rest.limits import (
    DATA,
    NON_TRADING,
    OPTION_CHAIN,
    ORDER,
    QUOTE,
    RateLimits,
    category_of,
)
from devstack.dhan.rest.refusals import RefusedError


class Wall:
    """Seconds that move when told."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.mark.parametrize(
    ("method", "path", "category"),
    [
        ("POST", "/v2/marketfeed/ltp", QUOTE),
        ("POST", "/v2/charts/intraday", DATA),
        ("POST", "/v2/optionchain/expirylist", OPTION_CHAIN),
        ("POST", "/v2/orders", ORDER),
        ("DELETE", "/v2/orders/1", ORDER),
        ("GET", "/v2/orders", NON_TRADING),
        ("GET", "/v2/profile", NON_TRADING),
    ],
)
def test_calls_are_counted_with_their_kind(method: str, path: str, category: object) -> None:
    assert category_of(method, path) is category


def test_a_second_later_one_may_call_again() -> None:
    wall = Wall()
    limits = RateLimits(wall)
    limits.check("1", "POST", "/v2/marketfeed/ltp", "")
    with pytest.raises(RefusedError, match="1 per 1 s"):
        limits.check("1", "POST", "/v2/marketfeed/ohlc", "")
    wall.seconds += 1
    limits.check("1", "POST", "/v2/marketfeed/ohlc", "")


def test_clients_are_counted_apart() -> None:
    limits = RateLimits(Wall())
    limits.check("1", "POST", "/v2/marketfeed/ltp", "")
    limits.check("2", "POST", "/v2/marketfeed/ltp", "")


def test_orders_are_limited_by_the_minute_too() -> None:
    wall = Wall()
    limits = RateLimits(wall)
    for _ in range(250):
        limits.check("1", "POST", "/v2/orders", "")
        wall.seconds += 0.125
    with pytest.raises(RefusedError, match="250 per 60 s"):
        limits.check("1", "POST", "/v2/orders", "")


def test_a_refused_call_does_not_count() -> None:
    wall = Wall()
    limits = RateLimits(wall)
    limits.check("1", "POST", "/v2/marketfeed/ltp", "")
    wall.seconds += 0.9
    with pytest.raises(RefusedError):
        limits.check("1", "POST", "/v2/marketfeed/ltp", "")
    wall.seconds += 0.1
    limits.check("1", "POST", "/v2/marketfeed/ltp", "")
