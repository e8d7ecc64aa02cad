"""Divergence at its limits, by hand; the rest is in the contract."""

import pytest

from core.indicators.divergence import Divergence, ObvDivergence

NEITHER = Divergence(bullish=False, bearish=False)


def confirmed(lows: tuple[float, float], obvs: tuple[int, int], distance: int = 4) -> Divergence:
    """Return what is found once a second low stands `distance` candles after a first."""
    divergence = ObvDivergence(span=1, shortest=3, longest=5)
    series = [(20.0, 0)] * 2 + [(lows[0], obvs[0])] + [(20.0, 0)] * (distance - 1)
    for low, obv in [*series, (lows[1], obvs[1])]:
        assert divergence.update(30.0, low, obv) in {None, NEITHER}
    found = divergence.update(30.0, 20.0, 0)
    assert found is not None
    return found


@pytest.mark.parametrize("sign", [1, -1])
def test_bearish_is_the_mirror_of_bullish(sign: int) -> None:
    divergence = ObvDivergence(span=1, shortest=1, longest=5)
    found = []
    for price, obv in ((9, 0), (8, -5), (9, -3), (7, -4), (9, -3)):
        found.append(divergence.update(10 if sign > 0 else -price, price * sign, obv * sign))
    bullish = found[-1]
    assert bullish == Divergence(bullish=sign > 0, bearish=sign < 0)


def test_a_lower_low_on_higher_volume_is_bullish() -> None:
    assert confirmed((10.0, 9.5), (5, 6)) == Divergence(bullish=True, bearish=False)


@pytest.mark.parametrize(
    ("lows", "obvs"),
    [((10.0, 10.0), (5, 6)), ((10.0, 9.5), (5, 5)), ((10.0, 10.5), (5, 6)), ((10.0, 9.5), (5, 4))],
)
def test_equal_or_agreeing_is_no_divergence(
    lows: tuple[float, float], obvs: tuple[int, int]
) -> None:
    assert confirmed(lows, obvs) == NEITHER


@pytest.mark.parametrize(("distance", "counts"), [(2, False), (3, True), (5, True), (6, False)])
def test_pivots_too_near_or_too_far_apart_do_not_count(distance: int, counts: bool) -> None:  # noqa: FBT001 - a column.
    assert confirmed((10.0, 9.5), (5, 6), distance).bullish is counts
