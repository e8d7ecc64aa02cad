"""The definitions of the indicators, written out over a whole series with nothing carried along.

In:  bars from the first to the current one.
Out: the value at the last of them, None where the definition has none.

Slow and plain on purpose: each is the reference that a stream is compared with on every prefix.
"""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from math import floor
from statistics import fmean, pstdev

from core.indicators.adx import Trend
from core.indicators.bollinger import Bands
from core.indicators.divergence import Divergence
from core.indicators.extremes import Extremes
from core.indicators.pivots import Turn
from core.indicators.value_area import Profile
from tests.core.indicators.series import Bar


def smoothed_values(values: Sequence[float], period: int, weight: float) -> list[float]:
    """Return the averages from that of the first `period` values on."""
    if len(values) < period:
        return []
    averages = [fmean(values[:period])]
    for each in values[period:]:
        averages.append(weight * each + (1 - weight) * averages[-1])
    return averages


def smoothed(values: Sequence[float], period: int, weight: float) -> float | None:
    averages = smoothed_values(values, period, weight)
    return averages[-1] if averages else None


def wilder(bars: Sequence[Bar], period: int) -> float | None:
    return smoothed([bar.close for bar in bars], period, 1 / period)


def ema(bars: Sequence[Bar], period: int) -> float | None:
    return smoothed([bar.close for bar in bars], period, 2 / (period + 1))


def true_ranges(bars: Sequence[Bar]) -> list[float]:
    return [
        max(after.high, before.close) - min(after.low, before.close)
        for before, after in pairwise(bars)
    ]


def atr(bars: Sequence[Bar], period: int) -> float | None:
    return smoothed([bars[0].high - bars[0].low, *true_ranges(bars)], period, 1 / period)


def sma(bars: Sequence[Bar], period: int) -> float | None:
    return None if len(bars) < period else fmean(bar.volume for bar in bars[-period:])


def price_sma(bars: Sequence[Bar], period: int) -> float | None:
    return None if len(bars) < period else fmean(bar.close for bar in bars[-period:])


def obv(bars: Sequence[Bar]) -> int:
    return sum(
        after.volume * ((after.close > before.close) - (after.close < before.close))
        for before, after in pairwise(bars)
    )


def vroc(bars: Sequence[Bar], period: int) -> float | None:
    if len(bars) <= period or bars[-1 - period].volume == 0:
        return None
    return 100 * (bars[-1].volume / bars[-1 - period].volume - 1)


def accumulation(bars: Sequence[Bar]) -> float:
    flows = [
        Fraction(bar.volume)
        * (2 * Fraction(bar.close) - Fraction(bar.high) - Fraction(bar.low))
        / (Fraction(bar.high) - Fraction(bar.low))
        for bar in bars
        if bar.high > bar.low
    ]
    return float(sum(flows))


def vwap(bars: Sequence[Bar]) -> float | None:
    today = [bar for bar in bars if bar.session == bars[-1].session]
    volume = sum(bar.volume for bar in today)
    turnover = sum((bar.high + bar.low + bar.close) / 3 * bar.volume for bar in today)
    return turnover / volume if volume else None


def extremes(bars: Sequence[Bar], period: int) -> Extremes | None:
    before = bars[-1 - period : -1]
    if len(before) < period:
        return None
    return Extremes(max(bar.high for bar in before), min(bar.low for bar in before))


def sliding_maximum(bars: Sequence[Bar], period: int) -> float | None:
    return None if len(bars) < period else max(bar.close for bar in bars[-period:])


def is_peak(values: Sequence[float], place: int, span: int) -> bool:
    before, after = values[place - span : place], values[place + 1 : place + 1 + span]
    return values[place] >= max(before) and values[place] > max(after)


def pivots(bars: Sequence[Bar], span: int) -> Turn | None:
    place = len(bars) - 1 - span
    if place < span:
        return None
    return Turn(
        is_peak([bar.high for bar in bars], place, span),
        is_peak([-bar.low for bar in bars], place, span),
    )


def divergence(bars: Sequence[Bar], span: int, shortest: int, longest: int) -> Divergence | None:
    place = len(bars) - 1 - span
    if place < span:
        return None
    balance = [bar.obv for bar in bars]

    def diverges(values: Sequence[float], way: int) -> bool:
        earlier = [at for at in range(span, place) if is_peak(values, at, span)]
        if not earlier or not is_peak(values, place, span):
            return False
        last = earlier[-1]
        return (
            shortest <= place - last <= longest
            and values[place] > values[last]
            and way * balance[place] < way * balance[last]
        )

    return Divergence(
        diverges([-bar.low for bar in bars], -1), diverges([bar.high for bar in bars], 1)
    )


def rsi(bars: Sequence[Bar], period: int) -> float | None:
    changes = [after.close - before.close for before, after in pairwise(bars)]
    gains = smoothed([max(change, 0) for change in changes], period, 1 / period)
    losses = smoothed([max(-change, 0) for change in changes], period, 1 / period)
    if gains is None or losses is None or not gains + losses:
        return None
    return 100 - 100 / (1 + gains / losses) if losses else 100.0


def bollinger(bars: Sequence[Bar], period: int, width: float) -> Bands | None:
    prices = [bar.close for bar in bars[-period:]]
    if len(prices) < period:
        return None
    middle, reach = fmean(prices), width * pstdev(prices)
    return Bands(middle - reach, middle, middle + reach)


def adx(bars: Sequence[Bar], period: int) -> Trend | None:
    if len(bars) < 2 * period:
        return None
    up = [after.high - before.high for before, after in pairwise(bars)]
    down = [before.low - after.low for before, after in pairwise(bars)]
    plus = [one if one > other and one > 0 else 0.0 for one, other in zip(up, down, strict=True)]
    minus = [
        other if other > one and other > 0 else 0.0 for one, other in zip(up, down, strict=True)
    ]
    upward, downward, reach = (
        smoothed_values(values, period, 1 / period) for values in (plus, minus, true_ranges(bars))
    )
    both = [
        (100 * one / below, 100 * other / below) if below else (0.0, 0.0)
        for one, other, below in zip(upward, downward, reach, strict=True)
    ]
    strengths = [
        100 * abs(one - other) / (one + other) if one + other else 0.0 for one, other in both
    ]
    average = smoothed(strengths, period, 1 / period)
    assert average is not None
    return Trend(average, *both[-1])


def volumes_by_row(
    bars: Sequence[Bar], row: float, share: Callable[[Bar, Fraction, Fraction], Fraction]
) -> dict[int, Fraction]:
    """Return the exact volume of each row, `share` saying how much of a bar is in [low, high)."""
    height = Fraction(str(row))
    lowest = min(floor(Fraction(str(bar.low)) / height) for bar in bars)
    highest = max(floor(Fraction(str(bar.high)) / height) for bar in bars)
    rows = {
        number: sum(
            (share(bar, number * height, (number + 1) * height) for bar in bars), Fraction()
        )
        for number in range(lowest, highest + 1)
    }
    return {number: volume for number, volume in rows.items() if volume}


def by_overlap(bar: Bar, bottom: Fraction, top: Fraction) -> Fraction:
    low, high = Fraction(str(bar.low)), Fraction(str(bar.high))
    if low == high:
        return Fraction(bar.volume * (bottom <= low < top))
    return bar.volume * max(min(high, top) - max(low, bottom), Fraction()) / (high - low)


def by_close(bar: Bar, bottom: Fraction, top: Fraction) -> Fraction:
    return Fraction(bar.volume * (bottom <= Fraction(str(bar.close)) < top))


def profile(volumes: Mapping[int, Fraction], row: float) -> Profile | None:
    """Return the profile of exact volumes: point of control first, then pair by pair."""
    if not volumes:
        return None
    bottom, top = min(volumes), max(volumes)
    middle = Fraction(bottom + top, 2)
    poc = min(volumes, key=lambda number: (-volumes[number], abs(number - middle), number))
    first = last = poc
    total = sum(volumes.values())
    inside = volumes[poc]
    while inside < total * Fraction(7, 10):
        above = [number for number in (last + 1, last + 2) if number <= top]
        below = [number for number in (first - 1, first - 2) if number >= bottom]
        up, down = (sum(volumes.get(number, 0) for number in pair) for pair in (above, below))
        if above and (up >= down or not below):
            last, inside = above[-1], inside + up
        else:
            first, inside = below[-1], inside + down
    sums = (float(total), float(volumes[poc]), float(inside))
    return Profile((poc + 0.5) * row, first * row, (last + 1) * row, *sums, top - bottom + 1)


def volume_profile(bars: Sequence[Bar], row: float, sessions: int, fewest: int) -> Profile | None:
    """Return the profile where every bar is a session of its own."""
    before = bars[-1 - sessions : -1]
    return profile(volumes_by_row(before, row, by_overlap), row) if len(before) >= fewest else None
