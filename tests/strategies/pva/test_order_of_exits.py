"""PVA's exits in the engine, in the order of the definition: levels, end of day, candle close.

Each scenario is the generated breakout, LONG at 10:50, and minutes written after it: rupees from
the entry, in average true ranges, and volume as a share of the entry candle's.
"""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from backtest.pva_scene import FUTURE, LAST_DAY, scene
from core.candle import Candle, Interval
from core.replay.result import Result
from core.risk import Refused, Rule
from core.session import NS_PER_MINUTE
from core.signals import ExitReason
from core.trade import Trade
from strategies.pva import Pva
from strategies.pva.parameters import PvaParameters
from tests.core.market import at
from tests.strategies.pva.runs import run

ENTRY_NS = at("10:50", LAST_DAY)
BEFORE = [candle for candle in scene() if candle.close_ns <= ENTRY_NS]
ENTRY_PRICE = BEFORE[-1].close
ENTRY_VOLUME = sum(candle.volume for candle in BEFORE[-5:])


def _entry_atr() -> float:
    (decision,) = run(FUTURE, BEFORE, {}).decisions
    return decision.signal.indicators["atr"]


ATR = _entry_atr()

Course = Callable[[int], tuple[float, float]]
"""From minutes since the entry to price, in ATR above it, and volume, in entry volumes a candle."""


def steady(ranges: float, share: float) -> Course:
    """Return a course that stays where it is."""
    return lambda _: (ranges, share)


def after(course: Course, until: str = "15:30") -> list[Candle]:
    """Return the scene until the entry, then the minutes of a course; its price is the close."""
    candles, price = list(BEFORE), ENTRY_PRICE
    for minute in range((at(until, LAST_DAY) - ENTRY_NS) // NS_PER_MINUTE):
        ranges, share = course(minute)
        opened, price = price, FUTURE.round_price(ENTRY_PRICE + ranges * ATR)
        volume = max(4, int(share * ENTRY_VOLUME / 5))
        start = ENTRY_NS + minute * NS_PER_MINUTE
        candles.append(
            Candle(
                FUTURE.key, Interval.M1, start, start + NS_PER_MINUTE, opened,
                max(opened, price), min(opened, price), price, volume,
            )
        )  # fmt: skip
    return candles


def traded(course: Course, **parameters: object) -> Trade:
    """Return the one trade."""
    (trade,) = played(course, **parameters).trades
    return trade


def played(course: Course, **parameters: object) -> Result:
    return run(FUTURE, after(course), parameters)


def minutes_since_entry(trade: Trade) -> float:
    assert trade.exit_ns is not None
    return (trade.exit_ns - ENTRY_NS) / NS_PER_MINUTE


def test_a_stop_within_a_candle_comes_before_what_its_close_would_say() -> None:
    faded = traded(steady(0.0, 0.5), fade_rule="literal")
    assert faded.exit_reason is ExitReason.VOLUME_FADE
    assert minutes_since_entry(faded) >= 5
    stopped = traded(lambda minute: (-1.6 if minute >= 3 else 0.0, 0.5), fade_rule="literal")
    assert stopped.exit_reason is ExitReason.STOP_LOSS
    assert minutes_since_entry(stopped) < 5


def test_a_target_within_a_candle_comes_before_what_its_close_would_say() -> None:
    trade = traded(lambda minute: (3.1 if minute >= 3 else 0.0, 0.5), fade_rule="literal")
    assert trade.exit_reason is ExitReason.TARGET


def test_where_a_candle_without_ticks_touched_both_it_is_the_stop() -> None:
    candles = after(steady(0.0, 1.0), until="10:51")
    last = candles[-1]
    wild = Candle(
        last.instrument, last.interval, last.open_ns, last.close_ns, last.open,
        FUTURE.round_price(ENTRY_PRICE + 3.5 * ATR), FUTURE.round_price(ENTRY_PRICE - 2 * ATR),
        last.close, last.volume,
    )  # fmt: skip
    rest = after(steady(0.0, 1.0))[len(candles) :]
    (trade,) = run(FUTURE, [*candles[:-1], wild, *rest], {}).trades
    assert trade.exit_reason is ExitReason.STOP_LOSS


def test_at_two_ranges_the_stop_moves_to_entry() -> None:
    def up_and_back(minute: int) -> tuple[float, float]:
        return (2.2 if minute in {5, 6} else -0.5 if minute > 8 else 0.5), 1.0

    trade = traded(up_and_back)
    assert trade.exit_reason is ExitReason.STOP_LOSS
    assert trade.stop == float(trade.entry_price) > ENTRY_PRICE - ATR
    without = traded(up_and_back, target_rule="literal", literal_target_atr=3.0)
    assert without.exit_reason is not ExitReason.STOP_LOSS


def test_the_day_ends_at_a_quarter_past_three_before_what_that_candle_s_close_would_say() -> None:
    quarter_past = (at("15:15", LAST_DAY) - ENTRY_NS) // NS_PER_MINUTE

    def quiet_then_dead(minute: int) -> tuple[float, float]:
        return 0.0, 0.1 if minute >= quarter_past - 5 else 1.0

    trade = traded(quiet_then_dead, fade_rule="literal")
    assert trade.exit_reason is ExitReason.EOD
    assert trade.exit_ns is not None
    assert trade.exit_ns >= at("15:15", LAST_DAY)
    earlier = traded(
        lambda minute: (0.0, 0.1 if minute >= quarter_past - 10 else 1.0), fade_rule="literal"
    )
    assert earlier.exit_reason is ExitReason.VOLUME_FADE


def test_on_expiry_day_all_is_flat_by_half_past_two() -> None:
    expiring = replace(FUTURE, expiry=LAST_DAY)
    (trade,) = run(expiring, after(steady(0.0, 1.0)), {}).trades
    assert trade.exit_reason is ExitReason.EXPIRY
    assert trade.exit_ns is not None
    assert 0 <= trade.exit_ns - at("14:30", LAST_DAY) <= NS_PER_MINUTE
    half_past_ten = 10 * 60 + 30
    result = run(expiring, BEFORE, {}, expiry_entry_until_minute=half_past_ten)
    (decision,) = result.decisions
    assert isinstance(decision.verdict, Refused)
    assert decision.verdict.rule is Rule.EXPIRY


def test_a_climax_on_the_third_candle_ends_it_with_profit() -> None:
    def loud(minute: int) -> tuple[float, float]:
        return 1.2, 6.0 if minute >= 10 else 1.0

    trade = traded(loud)
    assert trade.exit_reason is ExitReason.VOLUME_CLIMAX
    assert 15 <= minutes_since_entry(trade) < 17
    without_profit = traded(lambda minute: (0.5, loud(minute)[1]))
    assert without_profit.exit_reason is not ExitReason.VOLUME_CLIMAX


def test_fading_volume_ends_it_three_candles_after_the_entry() -> None:
    trade = traded(steady(0.2, 0.05))
    assert trade.exit_reason is ExitReason.VOLUME_FADE
    assert 15 <= minutes_since_entry(trade) < 17


def test_dry_volume_ends_it_where_fading_is_not_looked_for() -> None:
    trade = traded(steady(0.2, 0.02), fade_share=0.01)
    assert trade.exit_reason is ExitReason.VOLUME_DRY_UP
    assert 15 <= minutes_since_entry(trade) < 17


def test_an_exit_of_the_rules_names_its_signal() -> None:
    result = played(steady(0.2, 0.05))
    entry, leaving = (each.signal for each in result.decisions)
    assert (entry.exit_reason, leaving.exit_reason) == (None, ExitReason.VOLUME_FADE)
    assert leaving.reason == "volume fade ends the LONG view"


def test_the_size_follows_the_tier() -> None:
    wide = {"stop_atr": 10.0, "target_atr": 20.0}  # So that the loss decides, not the margin.
    tiers: tuple[dict[str, float], ...] = (
        {},
        {"full_size_vroc": 9e3},
        {"full_size_vroc": 9e3, "half_size_vroc": 9e3},
    )
    quantities = []
    for tier in tiers:
        result = run(FUTURE, after(steady(0.0, 1.0)), {**wide, **tier}, max_outlay_pct=100.0)
        quantities += [trade.quantity // FUTURE.lot_size for trade in result.trades]
    per_lot = 10 * ATR * FUTURE.lot_size
    assert quantities == [int(tier * 40_000 / per_lot) for tier in (1.0, 0.75, 0.5)]
    assert quantities == [5, 3, 2]


def test_the_strategy_of_the_scenarios_is_the_default_one() -> None:
    assert Pva(PvaParameters()).name == "pva"
    assert pytest.approx(ATR, abs=5) == 10.6
    assert Decimal(str(ENTRY_PRICE)) > 26_000
