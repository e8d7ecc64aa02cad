"""What every streaming indicator promises, held for each of them.

None for exactly `warm_up - 1` updates; the definition, recomputed from the whole series, on
every prefix; a reset repeats the series; a pickle half way changes nothing; memory stays; equal
candles give the value that equal candles have.
"""

import pickle
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import pytest

from core.errors import ConfigError
from core.indicators.adx import Adx
from core.indicators.atr import Atr
from core.indicators.bollinger import Bollinger
from core.indicators.divergence import ObvDivergence
from core.indicators.ema import Ema
from core.indicators.extremes import PreviousExtremes
from core.indicators.indicator import Indicator
from core.indicators.pivots import Pivots
from core.indicators.rsi import Rsi
from core.indicators.sma import Sma
from core.indicators.volume_profile import VolumeProfile
from core.indicators.vroc import Vroc
from tests.core.indicators import definitions
from tests.core.indicators.cases import CASES, FLAT, Case
from tests.core.indicators.series import Bar, equals, generated_bars

BARS = generated_bars(300)
FLAT_BARS = [Bar(number, 0, FLAT, FLAT, FLAT, 100) for number in range(80)]


@pytest.fixture(params=sorted(CASES))
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


def test_the_generated_bars_hold_everything_there_is_to_find() -> None:
    divergence, pivots = ObvDivergence(), Pivots()
    found = [divergence.update(bar.high, bar.low, bar.obv) for bar in BARS]
    turns = [pivots.update(bar.high, bar.low) for bar in BARS]
    assert any(each and each.bullish for each in found)
    assert any(each and each.bearish for each in found)
    assert any(each and each.high for each in turns)
    assert any(each and each.low for each in turns)
    assert any(bar.high == bar.low for bar in BARS)
    assert any(before.close == after.close for before, after in pairwise(BARS))


def values(case: Case, indicator: Indicator, bars: Sequence[Bar] = BARS) -> list[Any]:
    return [indicator.update(*case.arguments(bar)) for bar in bars]


def test_it_equals_its_definition_on_every_prefix(case: Case) -> None:
    indicator = case.make()
    for end, bar in enumerate(BARS, start=1):
        value, expected = indicator.update(*case.arguments(bar)), case.definition(BARS[:end])
        assert equals(value, expected, case.tolerance), (bar, value, expected)


def test_it_is_none_for_exactly_one_less_than_its_warm_up(case: Case) -> None:
    indicator = case.make()
    found = values(case, indicator)
    assert found[: indicator.warm_up - 1] == [None] * (indicator.warm_up - 1)
    assert None not in found[indicator.warm_up - 1 :]


def test_its_value_stays_readable_after_an_update(case: Case) -> None:
    indicator = case.make()
    assert indicator.value is None
    for bar in BARS:
        assert indicator.update(*case.arguments(bar)) == indicator.value


def test_after_a_reset_it_repeats_the_series(case: Case) -> None:
    indicator = case.make()
    first = values(case, indicator)
    indicator.reset()
    assert indicator.value is None
    assert values(case, indicator) == first


def test_pickling_at_any_candle_changes_nothing(case: Case) -> None:
    through, pickled = case.make(), case.make()
    for bar in BARS:
        expected = through.update(*case.arguments(bar))
        pickled = pickle.loads(pickle.dumps(pickled))  # noqa: S301 - our own bytes.
        assert pickled.update(*case.arguments(bar)) == expected


def test_its_memory_does_not_grow(case: Case) -> None:
    indicator = case.make()
    sizes = []
    for bar in generated_bars(1200):
        indicator.update(*case.arguments(bar))
        sizes.append(len(pickle.dumps(indicator)))
    # Numbers and rows take some bytes more or less; what is kept would be six times as long.
    assert max(sizes[600:]) <= 1.5 * max(sizes[:200])


def test_equal_candles_give_the_value_of_equal_candles(case: Case) -> None:
    assert equals(values(case, case.make(), FLAT_BARS)[-1], case.flat)


def test_equal_candles_after_a_gap_are_flat_again_for_bollinger() -> None:
    bands = Bollinger(20)
    for price in [26_000.0, 25_111.35] + [26_500.05] * 20:
        found = bands.update(price)
    assert found == (26_500.05, 26_500.05, 26_500.05)


@pytest.mark.parametrize(("step", "expected"), [(0.5, 100.0), (-0.5, 0.0), (0.0, None)])
def test_movement_in_one_direction_is_the_end_of_the_strength_index(
    step: float, expected: float | None
) -> None:
    rsi = Rsi(14)
    found = [rsi.update(100.0 + step * number) for number in range(20)]
    assert found == [None] * 14 + [expected] * 6


@pytest.mark.parametrize(
    "make",
    [Ema, Atr, Sma, Vroc, PreviousExtremes, Pivots, ObvDivergence, Rsi, Bollinger, Adx],
)
def test_a_window_below_one_is_refused(make: Callable[[int], object]) -> None:
    with pytest.raises(ConfigError, match=r"(period|span) 0"):
        make(0)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Bollinger(20, -1.0), "width -1.0"),
        (lambda: ObvDivergence(5, 61, 60), "61 to 60 candles"),
        (lambda: VolumeProfile(0.0), "row 0.0"),
        (lambda: VolumeProfile(1.0, sessions=4), "5 to 4 sessions"),
        (lambda: VolumeProfile(1.0, fewest=0), "0 to 30 sessions"),
    ],
)
def test_what_cannot_be_is_refused(make: Callable[[], object], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        make()


def ema_by_definition(bars: Sequence[tuple[float, float, float]], period: int) -> float | None:
    """Answer for bare (high, low, close), as the tests of strategies have them."""
    return definitions.ema([Bar(0, 0, *bar, 0) for bar in bars], period)


def atr_by_definition(bars: Sequence[tuple[float, float, float]], period: int) -> float | None:
    """Answer for bare (high, low, close), as the tests of strategies have them."""
    return definitions.atr([Bar(0, 0, *bar, 0) for bar in bars], period)
