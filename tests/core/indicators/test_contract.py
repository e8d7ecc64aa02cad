"""What every streaming indicator promises, held for each of them.

None for exactly `warm_up - 1` updates; the definition, recomputed from the whole series, on
every prefix; a reset repeats the series; a pickle half way changes nothing; memory stays.
"""

import csv
import gzip
import pickle
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean
from typing import Any

import pytest

from core.errors import ConfigError
from core.indicators.atr import Atr
from core.indicators.ema import Ema
from tests.core.shared_data import shared

Bar = tuple[float, float, float]  # High, low, close.


def ema_by_definition(bars: Sequence[Bar], period: int) -> float | None:
    closes = [close for _, _, close in bars]
    if len(closes) < period:
        return None
    value = fmean(closes[:period])
    for close in closes[period:]:
        value = (close * 2 + value * (period - 1)) / (period + 1)
    return value


def atr_by_definition(bars: Sequence[Bar], period: int) -> float | None:
    ranges = [bars[0][0] - bars[0][1]] + [
        max(high, before) - min(low, before) for (_, _, before), (high, low, _) in pairwise(bars)
    ]
    if len(ranges) < period:
        return None
    value = fmean(ranges[:period])
    for reach in ranges[period:]:
        value += (reach - value) / period
    return value


@dataclass(frozen=True)
class Case:
    """An indicator, how it is fed, and its textbook definition over a whole series."""

    make: Callable[[], Any]
    update: Callable[[Any, Bar], float | None]
    definition: Callable[[Sequence[Bar]], float | None]


CASES = {
    "ema9": Case(
        lambda: Ema(9), lambda ema, bar: ema.update(bar[2]), lambda b: ema_by_definition(b, 9)
    ),
    "ema1": Case(
        lambda: Ema(1), lambda ema, bar: ema.update(bar[2]), lambda b: ema_by_definition(b, 1)
    ),
    "atr14": Case(
        lambda: Atr(14), lambda atr, bar: atr.update(*bar), lambda b: atr_by_definition(b, 14)
    ),
    "atr1": Case(
        lambda: Atr(1), lambda atr, bar: atr.update(*bar), lambda b: atr_by_definition(b, 1)
    ),
}


def generated_bars(count: int) -> list[Bar]:
    random_numbers = random.Random(7)
    close, bars = 26_000.0, []
    for number in range(count):
        # Every 40th candle opens with a gap, as a new day does.
        close += random_numbers.gauss(0, 150 if number % 40 == 39 else 8)
        reach = abs(random_numbers.gauss(0, 6))
        bars.append((close + reach, close - reach * random_numbers.random(), close))
    return bars


BARS = generated_bars(300)


@pytest.fixture(params=sorted(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


def test_it_equals_its_definition_on_every_prefix(case: Case) -> None:
    indicator = case.make()
    for end, bar in enumerate(BARS, start=1):
        value, expected = case.update(indicator, bar), case.definition(BARS[:end])
        assert value == (None if expected is None else pytest.approx(expected, rel=1e-12))


def test_it_is_none_for_exactly_one_less_than_its_warm_up(case: Case) -> None:
    indicator = case.make()
    values = [case.update(indicator, bar) for bar in BARS]
    assert values[: indicator.warm_up - 1] == [None] * (indicator.warm_up - 1)
    assert None not in values[indicator.warm_up - 1 :]


def test_after_a_reset_it_repeats_the_series(case: Case) -> None:
    indicator = case.make()
    first = [case.update(indicator, bar) for bar in BARS]
    indicator.reset()
    assert [case.update(indicator, bar) for bar in BARS] == first


def test_pickling_half_way_changes_nothing(case: Case) -> None:
    through, pickled = case.make(), case.make()
    for bar in BARS:
        expected = case.update(through, bar)
        pickled = pickle.loads(pickle.dumps(pickled))  # noqa: S301 - our own bytes.
        assert case.update(pickled, bar) == expected


def test_its_memory_does_not_grow(case: Case) -> None:
    indicator = case.make()
    for bar in BARS[:100]:
        case.update(indicator, bar)
    size = len(pickle.dumps(indicator))
    for bar in BARS:
        case.update(indicator, bar)
    assert len(pickle.dumps(indicator)) <= size


def test_a_flat_series_gives_the_flat_value() -> None:
    ema, atr = Ema(5), Atr(5)
    for _ in range(20):
        ema.update(100.0)
        atr.update(100.0, 100.0, 100.0)
    assert (ema.value, atr.value) == (100.0, 0.0)


@pytest.mark.parametrize("indicator", [Ema, Atr])
def test_a_period_below_one_is_refused(indicator: Callable[[int], object]) -> None:
    with pytest.raises(ConfigError, match="period 0"):
        indicator(0)


@pytest.mark.parametrize(
    "series", ["reliance_eq_2025_5m", "nifty_fut_24mar_1m", "nifty_30dec25_26000ce_15m"]
)
def test_atr_equals_the_reference_column_on_real_candles(series: str) -> None:
    atr, compared = Atr(14), 0
    with gzip.open(shared(f"oracles/{series}.csv.gz"), "rt") as file:
        for row in csv.DictReader(file):
            value = atr.update(float(row["high"]), float(row["low"]), float(row["close"]))
            expected = row["atr14__std"]
            assert value == (pytest.approx(float(expected), rel=1e-9) if expected else None)
            compared += 1
    assert compared > 200
