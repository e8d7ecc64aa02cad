"""Each exit rule and their order, as scenarios written from the definition.

An entry at 26,000 on volume 10,000 with an ATR of 20; average volume there was 4,000.
"""

from collections.abc import Sequence
from typing import Any

import pytest

from core.candle import Candle, Interval
from core.indicators.divergence import Divergence
from core.session import NS_PER_MINUTE
from core.signals import Direction, ExitReason
from strategies.pva.conditions import Flags, Reading
from strategies.pva.exits import Entry, Held, exit_reason
from strategies.pva.parameters import PvaParameters
from tests.core.market import FUTURE, at

NOTHING = Flags(c1=False, c2=False, lead=False, c3=False, c4=False, c5=False)
LITERAL = PvaParameters(preset="literal")
RESOLVED = PvaParameters()
BULLISH = Divergence(bullish=True, bearish=False)
BEARISH = Divergence(bullish=False, bearish=True)
NEITHER = Divergence(bullish=False, bearish=False)


def a_reading(  # Quiet by default: no rule of either preset fires on it.
    volume: int = 9_000,
    vroc: float | None = 0.0,
    close: float = 26_010.0,
    average: float | None = 4_000.0,
    confirmed: Divergence = NEITHER,
) -> Reading:
    start = at("10:00")
    candle = Candle(
        FUTURE.key, Interval.M5, start, start + 5 * NS_PER_MINUTE,
        close, close, close, close, volume,
    )  # fmt: skip
    return Reading(candle, NOTHING, NOTHING, 20.0, vroc, 26_000.0, 25_990.0, average, 0, confirmed)


def held(
    since: Sequence[Reading], direction: Direction = Direction.LONG, count: int | None = None
) -> Held:
    """Return an entry and the readings after it."""
    stop = 26_000.0 - direction.sign * 30
    entry = Entry(direction, a_reading(10_000, close=26_000.0), 1, stop, 20.0)
    return Held(entry, len(since) if count is None else count, since)


def quiet(count: int) -> list[Reading]:
    return [a_reading() for _ in range(count)]


@pytest.mark.parametrize("parameters", [LITERAL, RESOLVED])
@pytest.mark.parametrize("direction", list(Direction))
def test_while_nothing_speaks_against_it_a_trade_stays(
    parameters: PvaParameters, direction: Direction
) -> None:
    for count in range(1, 8):
        assert exit_reason(held(quiet(count), direction), parameters) is None


def test_nothing_ends_a_trade_on_the_candle_that_began_it() -> None:
    loud = a_reading(100, 900.0, confirmed=BEARISH)
    assert exit_reason(held([loud], count=0), LITERAL) is None


# Volume climax.


def climax(**changes: Any) -> Reading:
    """Return a candle that ends a trade by climax in either preset."""
    return a_reading(**{"volume": 12_001, "vroc": 300.1, "close": 26_020.0, **changes})


def test_literal_climax_is_vroc_above_300_on_any_candle() -> None:
    assert exit_reason(held([climax(close=25_990.0)]), LITERAL) is ExitReason.VOLUME_CLIMAX
    assert exit_reason(held([climax(vroc=300.0)]), LITERAL) is None
    assert exit_reason(held([climax(vroc=None)]), LITERAL) is None


def test_resolved_climax_waits_for_the_third_candle_after_entry() -> None:
    assert exit_reason(held([climax()]), RESOLVED) is None
    assert exit_reason(held([*quiet(1), climax()]), RESOLVED) is None
    assert exit_reason(held([*quiet(2), climax()]), RESOLVED) is ExitReason.VOLUME_CLIMAX


@pytest.mark.parametrize(
    "changes",
    [
        {"volume": 12_000},  # Not above three times the average.
        {"close": 26_019.9},  # Less than one ATR of profit.
        {"vroc": 300.0},
        {"vroc": None},
        {"average": None},
    ],
)
def test_resolved_climax_needs_vroc_three_average_volumes_and_an_atr_of_profit(
    changes: dict[str, Any],
) -> None:
    assert exit_reason(held([*quiet(2), climax(**changes)]), RESOLVED) is None


def test_profit_of_a_short_is_measured_downwards() -> None:
    short = Direction.SHORT
    assert exit_reason(held([*quiet(2), climax()], short), RESOLVED) is None
    fallen = climax(close=25_980.0)
    assert exit_reason(held([*quiet(2), fallen], short), RESOLVED) is ExitReason.VOLUME_CLIMAX


# OBV divergence.


@pytest.mark.parametrize("parameters", [LITERAL, RESOLVED])
def test_a_divergence_ends_only_what_it_speaks_against(parameters: PvaParameters) -> None:
    bearish, bullish = [a_reading(confirmed=BEARISH)], [a_reading(confirmed=BULLISH)]
    diverged = ExitReason.OBV_DIVERGENCE
    assert exit_reason(held(bearish), parameters) is diverged
    assert exit_reason(held(bullish), parameters) is None
    assert exit_reason(held(bullish, Direction.SHORT), parameters) is diverged
    assert exit_reason(held(bearish, Direction.SHORT), parameters) is None


def test_a_divergence_counts_on_the_candle_that_confirms_it() -> None:
    assert exit_reason(held([a_reading(confirmed=BEARISH), a_reading()]), RESOLVED) is None


# Fading volume.


def test_literal_fade_is_a_candle_below_80_percent_of_the_entry_candle() -> None:
    assert exit_reason(held([a_reading(7_999)]), LITERAL) is ExitReason.VOLUME_FADE
    assert exit_reason(held([a_reading(8_000)]), LITERAL) is None


def test_resolved_fade_is_a_mean_of_three_below_80_percent_of_the_average_at_entry() -> None:
    low = [a_reading(volume) for volume in (2_000, 3_500, 4_099)]  # Mean 3,199.7 of 3,200.
    assert exit_reason(held(low), RESOLVED) is ExitReason.VOLUME_FADE
    enough = [a_reading(volume) for volume in (2_000, 3_500, 4_100)]
    assert exit_reason(held(enough), RESOLVED) is None


def test_resolved_fade_looks_at_candles_after_the_entry_only() -> None:
    low = [a_reading(2_500)] * 3
    assert exit_reason(held(low, count=2), RESOLVED) is None
    assert exit_reason(held(low, count=3), RESOLVED) is ExitReason.VOLUME_FADE


# Dry volume.


def dry(count: int) -> list[Reading]:
    # Above 80 % of the average at entry, below half of the average now.
    return [a_reading(3_999, average=8_000.0) for _ in range(count)]


@pytest.mark.parametrize("fade_rule", ["resolved", "literal"])
def test_three_candles_in_a_row_below_half_the_average_end_it(fade_rule: str) -> None:
    # To the letter such candles have faded before, unless the share of the entry is lowered.
    parameters = PvaParameters(fade_rule=fade_rule, fade_share=0.39)
    assert exit_reason(held([a_reading(), *dry(3)]), parameters) is ExitReason.VOLUME_DRY_UP
    assert exit_reason(held([a_reading(), *dry(2)]), parameters) is None
    broken = [*dry(2), a_reading(4_000, average=8_000.0)]
    assert exit_reason(held(broken), parameters) is None


def test_dry_candles_before_the_entry_do_not_count() -> None:
    assert exit_reason(held(dry(3), count=2), RESOLVED) is None


# Order.


def everything(presets: PvaParameters) -> list[Reading]:
    """Return candles on the last of which a climax and a divergence hold, literally a fade too."""
    last = climax(confirmed=BEARISH, volume=7_000 if presets is LITERAL else 12_001)
    return [*dry(2), last]


def test_a_climax_comes_before_a_divergence() -> None:
    for parameters in (LITERAL, RESOLVED):
        readings = everything(parameters)
        assert exit_reason(held(readings), parameters) is ExitReason.VOLUME_CLIMAX


def test_a_divergence_comes_before_fading_volume() -> None:
    faded = a_reading(1_000, confirmed=BEARISH)
    for parameters in (LITERAL, RESOLVED):
        readings = [a_reading(1_000), a_reading(1_000), faded]
        assert exit_reason(held(readings), parameters) is ExitReason.OBV_DIVERGENCE


def test_fading_volume_comes_before_dry_volume() -> None:
    readings = [a_reading(1_000) for _ in range(3)]
    for parameters in (LITERAL, RESOLVED):
        assert exit_reason(held(readings), parameters) is ExitReason.VOLUME_FADE


def test_each_rule_can_be_chosen_against_the_preset() -> None:
    early = [climax(close=25_990.0)]
    assert exit_reason(held(early), PvaParameters(climax_rule="literal")) is not None
    assert exit_reason(held(early), PvaParameters(preset="literal", climax_rule="resolved")) is None
    small = [a_reading(7_000)]
    assert exit_reason(held(small), PvaParameters(fade_rule="literal")) is not None
    assert exit_reason(held(small), PvaParameters(preset="literal", fade_rule="resolved")) is None
