"""PVA as a whole: what it says on generated days, and what becomes of it in the engine."""

import json
import pickle
from decimal import Decimal
from typing import Any

import pytest

import strategies
from backtest.pva_scene import FUTURE, LAST_DAY, scene
from core import hooks
from core.candle import Candle, Interval
from core.errors import ConfigError
from core.instrument import OptionSide
from core.order import Owner, Side
from core.risk import Approved, Refused, Rule
from core.session import NS_PER_MINUTE
from core.signals import Direction, ExitReason, LegKind, LegRule, Signal, SignalType, check_signal
from core.trade import Trade, TradeStatus
from strategies.pva import Pva
from strategies.pva.parameters import PvaParameters
from tests.core.market import at
from tests.strategies.pva.runs import (
    FIXTURE,
    INTERVALS,
    SERIES,
    entries_of,
    run,
    shared_run,
    summary,
)

ENTRY_NS = at("10:50", LAST_DAY)
MINUTES = scene()
LITERAL_BUT_DIVERGENCE = {"preset": "literal", "divergence_rule": "resolved"}


def five_minutes(minutes: list[Candle]) -> list[Candle]:
    """Return minutes and the 5-minute candles they make, in the order of the engine."""
    found: list[Candle] = []
    for number in range(0, len(minutes), 5):
        part = minutes[number : number + 5]
        found += part
        found.append(
            Candle(
                part[0].instrument, Interval.M5, part[0].open_ns, part[-1].close_ns,
                part[0].open, max(c.high for c in part), min(c.low for c in part),
                part[-1].close, sum(c.volume for c in part),
            )
        )  # fmt: skip
    return found


CANDLES = five_minutes(MINUTES)


def said(strategy: Pva, candles: list[Candle] = CANDLES) -> list[Signal]:
    return [signal for each in candles if (signal := strategy.on_candle(each)) is not None]


def upside_down(candles: list[Candle]) -> list[Candle]:
    around = 52_000.0
    return [
        Candle(
            each.instrument, each.interval, each.open_ns, each.close_ns,
            round(around - each.open, 1), round(around - each.low, 1),
            round(around - each.high, 1), round(around - each.close, 1), each.volume,
        )
        for each in candles
    ]  # fmt: skip


def a_trade(signal: Signal, **changes: Any) -> Trade:
    """Return the trade made of a signal, of a call or a put at some premium."""
    trade = Trade(
        "trade", Owner("c", "s", "u", "p"), "signal", "digest", (FUTURE.segment, 7), "AN-OPTION",
        Direction(signal.type.value), Side.BUY, 75, 75, signal.candle_close_ns + 1, Decimal(120),
        signal.stop, signal.target, Decimal(20),
    )  # fmt: skip
    return trade._replace(**changes)


def test_the_generated_breakout_is_found_once_with_levels_of_the_resolved_preset() -> None:
    (signal,) = said(Pva(PvaParameters()))
    assert check_signal(signal) is signal
    assert (signal.type, signal.candle_close_ns) == (SignalType.LONG, ENTRY_NS)
    assert (signal.strength, signal.tier) == (100, 1.0)
    atr = signal.indicators["atr"]
    assert signal.stop == pytest.approx(signal.price - 1.5 * atr)
    assert signal.target == pytest.approx(signal.price + 3 * atr)
    assert signal.breakeven == pytest.approx(signal.price + 2 * atr)
    assert signal.legs == (LegRule(LegKind.OPTION, Side.BUY, OptionSide.CALL),)


def test_a_short_buys_a_put_with_every_level_mirrored() -> None:
    (long,) = said(Pva(PvaParameters(strike_offset=2, expiry="next", profile_row=1.0)))
    short_strategy = Pva(PvaParameters(strike_offset=2, expiry="next", profile_row=1.0))
    (short,) = said(short_strategy, upside_down(CANDLES))
    assert short.type is SignalType.SHORT
    assert check_signal(short) is short
    for one, other in (long.stop, short.stop), (long.target, short.target):
        assert one is not None
        assert other == pytest.approx(52_000 - one)
    assert long.legs == (LegRule(LegKind.OPTION, Side.BUY, OptionSide.CALL, 2, "next"),)
    assert short.legs == (LegRule(LegKind.OPTION, Side.BUY, OptionSide.PUT, -2, "next"),)


def test_the_literal_preset_asks_for_a_divergence_and_aims_at_two_ranges() -> None:
    assert said(Pva(PvaParameters(preset="literal"))) == []
    parameters = PvaParameters(preset="literal", divergence_rule="resolved")
    (signal,) = said(Pva(parameters))
    atr = signal.indicators["atr"]
    assert signal.target == pytest.approx(signal.price + 2 * atr)
    assert signal.breakeven is None


@pytest.mark.parametrize(
    ("full", "half", "tier"),
    [(250.0, 150.0, 1.0), (600.0, 150.0, 0.75), (600.0, 550.0, 0.5)],
)
def test_size_follows_vroc_at_entry(full: float, half: float, tier: float) -> None:
    parameters = PvaParameters(full_size_vroc=full, half_size_vroc=half)
    (signal,) = said(Pva(parameters))
    assert 500 < signal.indicators["vroc"] < 550
    assert signal.tier == tier


@pytest.mark.parametrize(
    ("first", "until", "entries"),
    [("10:50", "15:00", 1), ("10:51", "15:00", 0), ("09:30", "10:50", 0), ("9:30", "10:51", 1)],
)
def test_the_entry_window_holds_its_first_minute_and_not_its_last(
    first: str, until: str, entries: int
) -> None:
    parameters = PvaParameters(entry_from=first, entry_until=until)
    assert len(said(Pva(parameters))) == entries


def test_the_daily_trend_lets_through_what_goes_beyond_yesterday_s_close() -> None:
    def with_yesterday(close: float) -> list[Candle]:
        start = at("09:15", LAST_DAY) - 24 * 60 * NS_PER_MINUTE
        day = Candle(
            FUTURE.key, Interval.D1, start, start + 375 * NS_PER_MINUTE, close, close, close,
            close, 1,
        )  # fmt: skip
        return [day, *CANDLES]

    parameters = PvaParameters(daily_trend=True)
    assert said(Pva(parameters)) == []  # Without a daily candle the trend is not known.
    assert len(said(Pva(parameters), with_yesterday(26_000.0))) == 1
    assert said(Pva(parameters), with_yesterday(26_100.0)) == []


def test_it_needs_the_minutes_its_volume_profile_is_made_of() -> None:
    strategy = Pva(PvaParameters(signal_15m=True, daily_trend=True))
    with pytest.raises(ConfigError, match="pva needs candles of 1m, 15m, 1d too"):
        hooks.intervals_for(strategy, (Interval.M5,))
    needed = (Interval.M1, Interval.M5, Interval.M15, Interval.D1)
    assert hooks.intervals_for(strategy, ()) == needed
    assert hooks.intervals_for(strategy, needed[::-1]) == needed[::-1]


def entered() -> tuple[Pva, list[Candle], Signal]:
    """Return a strategy that has just signalled, the candles to come, and the signal."""
    strategy = Pva(PvaParameters(fade_rule="literal"))
    for number, candle in enumerate(CANDLES):
        signal = strategy.on_candle(candle)
        if signal is not None:
            return strategy, CANDLES[number + 1 :], signal
    raise AssertionError


def test_a_trade_in_an_option_is_ended_on_the_signal_instrument() -> None:
    strategy, rest, signal = entered()
    strategy.on_trade(a_trade(signal))
    assert strategy.metrics() == {"views": 1.0}
    (first, *_) = said(strategy, rest)
    assert (first.type, first.instrument) == (SignalType.EXIT, FUTURE.key)
    assert first.exit_reason is ExitReason.VOLUME_FADE
    assert check_signal(first) is first


def test_without_a_trade_nothing_is_ended() -> None:
    strategy, rest, _ = entered()
    assert said(strategy, rest) == []


def test_a_closed_trade_is_forgotten() -> None:
    strategy, rest, signal = entered()
    strategy.on_trade(a_trade(signal))
    strategy.on_trade(a_trade(signal, status=TradeStatus.CLOSED, version=2))
    assert strategy.metrics() == {"views": 0.0}
    assert said(strategy, rest) == []


def test_two_signals_at_once_are_told_apart_by_their_stops() -> None:
    other = (FUTURE.segment, 900_002)
    strategy = Pva(PvaParameters(fade_rule="literal"))
    signals: list[Signal] = []
    for candle in CANDLES:
        beside = Candle(
            other, candle.interval, candle.open_ns, candle.close_ns, candle.open + 1_000,
            candle.high + 1_000, candle.low + 1_000, candle.close + 1_000, candle.volume,
        )  # fmt: skip
        signals += [each for each in map(strategy.on_candle, (candle, beside)) if each]
        if candle.close_ns == ENTRY_NS and len(signals) == 2 and not strategy.metrics()["views"]:
            strategy.on_trade(a_trade(signals[1]))
    one, another, *exits = signals
    assert (one.instrument, another.instrument) == (FUTURE.key, other)
    assert {each.instrument for each in exits} == {other}


def test_a_trade_that_none_of_its_signals_made_is_left_to_its_levels() -> None:
    strategy, rest, signal = entered()
    strategy.on_trade(a_trade(signal, direction=Direction.SHORT))
    strategy.on_trade(a_trade(signal, id="earlier", entry_ns=signal.candle_close_ns - 1))
    assert strategy.metrics() == {"views": 0.0}
    assert said(strategy, rest) == []


def test_a_restart_finds_the_signal_of_an_open_trade_again() -> None:
    strategy, rest, signal = entered()
    before = len(CANDLES) - len(rest)
    strategy.on_trade(a_trade(signal))
    expected = [strategy.on_candle(each) for each in rest]
    for later in (0, 7, 20):
        if any(expected[:later]):
            break  # The trade would have ended.
        again = Pva(PvaParameters(fade_rule="literal"))
        said(again, CANDLES[: before + later])
        again.on_trade(a_trade(signal, stop=signal.price, version=3))
        assert [again.on_candle(each) for each in rest[later:]] == expected[later:]


def test_while_a_view_is_held_nothing_is_entered_on_its_instrument() -> None:
    quiet = PvaParameters(dry_share=0.01, fade_share=0.01, climax_vroc=9e4)
    days = CANDLES + [  # The same day once more, a day later: it would signal again.
        Candle(
            each.instrument, each.interval, each.open_ns + DAY_NS, each.close_ns + DAY_NS,
            each.open, each.high, each.low, each.close, each.volume,
        )
        for each in CANDLES[-len(CANDLES) // 7 :]
    ]  # fmt: skip
    free, holding = Pva(quiet), Pva(quiet)
    assert [each.type for each in said(free, days)] == [SignalType.LONG] * 2
    kinds = []
    for candle in days:
        signal = holding.on_candle(candle)
        if signal is not None:
            kinds.append(signal.type)
            if len(kinds) == 1:
                holding.on_trade(a_trade(signal))
    assert SignalType.LONG not in kinds[1:]


DAY_NS = 24 * 60 * NS_PER_MINUTE


def test_a_copy_pickled_half_way_says_the_same() -> None:
    strategy, rest, signal = entered()
    strategy.on_trade(a_trade(signal))
    copy = pickle.loads(pickle.dumps(strategy))  # noqa: S301 - our own bytes.
    assert said(copy, rest) == said(strategy, rest)


def test_it_asks_for_many_minutes_and_few_others() -> None:
    strategy = Pva(PvaParameters())
    assert strategy.warm_up_of(Interval.M1) == strategy.warm_up >= 30 * 375
    assert strategy.warm_up_of(Interval.M5) < 1_000


# In the engine.


def test_the_generated_breakout_reaches_its_target() -> None:
    result = run(FUTURE, MINUTES, {})
    (trade,) = result.trades
    assert trade.direction is Direction.LONG
    assert trade.exit_reason is ExitReason.TARGET
    assert trade.entry_ns >= ENTRY_NS


def test_a_literal_entry_is_refused_by_the_reward_rule_and_says_so() -> None:
    result = run(FUTURE, MINUTES, LITERAL_BUT_DIVERGENCE)
    (decision,) = result.decisions
    assert isinstance(decision.verdict, Refused)
    assert decision.verdict.rule is Rule.REWARD_RISK
    assert "is below 2 to 1" in decision.verdict.reason
    assert result.trades == []


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("series", sorted(SERIES))
def test_every_literal_entry_on_the_shared_series_is_refused_by_the_reward_rule(
    series: str, interval: Interval
) -> None:
    result = shared_run(series, interval, {"preset": "literal"})
    looser = shared_run(series, interval, LITERAL_BUT_DIVERGENCE)
    assert result.trades == looser.trades == []
    for decision in result.decisions + looser.decisions:
        assert isinstance(decision.verdict, Refused)
        if decision.verdict.rule is Rule.NOT_TRADABLE:  # A SHORT in an option, never written.
            assert decision.signal.type is SignalType.SHORT
            assert series.startswith("nifty_30dec25")
        else:
            assert decision.verdict.rule is Rule.REWARD_RISK
    assert looser.decisions


@pytest.mark.parametrize("interval", INTERVALS)
@pytest.mark.parametrize("series", sorted(SERIES))
def test_resolved_trades_on_the_shared_series_are_those_of_the_fixture(
    series: str, interval: Interval
) -> None:
    found = shared_run(series, interval, {})
    assert any(isinstance(each.verdict, Approved) for each in entries_of(found))
    expected = json.loads(FIXTURE.read_text(encoding="utf-8"))
    assert summary(found) == expected[f"{series} {interval}"]


def test_the_risk_parameters_of_the_presets_differ_in_the_outlay() -> None:
    resolved, literal = (
        strategies.risk_defaults("pva", {"preset": preset}) for preset in ("resolved", "literal")
    )
    assert (resolved["risk_per_trade_pct"], resolved["max_outlay_pct"]) == (2.0, 20.0)
    assert literal["max_outlay_pct"] == 2.0
    assert strategies.risk_defaults("momentum", {}) == {}
