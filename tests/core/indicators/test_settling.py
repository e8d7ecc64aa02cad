"""After so many candles an average does not know any more where it began."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from core.indicators.atr import Atr
from core.indicators.ema import Ema
from core.indicators.settling import LEFT, MOST, ema_settled, wilder_settled
from core.indicators.wilder import Wilder


@pytest.mark.parametrize("period", [1, 2, 9, 21, 90])
@pytest.mark.parametrize(
    ("average", "settled"), [(Ema, ema_settled), (Wilder, wilder_settled)], ids=["ema", "wilder"]
)
def test_two_that_began_apart_agree(
    average: Callable[[int], Any], settled: Callable[[int], int], period: int
) -> None:
    chance = random.Random(period)
    prices = [1_000 + chance.gauss(0, 50) for _ in range(3 * settled(period))]
    early, late, begin = average(period), average(period), len(prices) - settled(period)
    for number, price in enumerate(prices):
        early.update(price)
        if number >= begin:
            late.update(price)
    # The seeds are at most a few hundred rupees apart.
    assert abs(early.value - late.value) < 1_000 * LEFT


def test_half_as_many_would_not_do() -> None:
    chance = random.Random(1)
    early, late = Atr(14), Atr(14)
    for number in range(1_000):
        close = 1_000 + chance.gauss(0, 50)
        candle = (close + chance.random(), close - chance.random(), close)
        early.update(*candle)
        if number >= 1_000 - wilder_settled(14) // 2:
            late.update(*candle)
    assert early.value is not None
    assert late.value is not None
    assert abs(early.value - late.value) > 1e-6


def test_nobody_is_asked_for_thousands_of_candles() -> None:
    assert ema_settled(500) == wilder_settled(500) == MOST
