"""Momentum against its rule, recomputed from whole series."""

import pickle
from decimal import Decimal

import pytest

import strategies
from core.candle import Candle, Interval
from core.errors import ConfigError
from core.indicators.adx import Adx
from core.instrument import Instrument, InstrumentKind, Segment
from core.parameters import parameters_from
from core.signals import SignalType, check_signal
from strategies.momentum import Momentum, MomentumParameters
from tests.core.indicators.test_contract import atr_by_definition, ema_by_definition
from tests.core.market import FUTURE
from tests.strategies.candles import a_candle, a_series, said


def test_it_signals_exactly_where_the_averages_cross() -> None:
    candles = a_series(200)
    expected: list[tuple[int, SignalType]] = []
    before: bool | None = None
    for end in range(1, 201):
        bars = [(candle.high, candle.low, candle.close) for candle in candles[:end]]
        fast, slow = ema_by_definition(bars, 9), ema_by_definition(bars, 21)
        if fast is None or slow is None or fast == slow:
            continue
        above = fast > slow
        if before is not None and above is not before:
            expected.append((end - 1, SignalType.LONG if above else SignalType.SHORT))
        before = above
    signals = said(Momentum(MomentumParameters()), candles)
    found = [(at_, signal.type) for at_, signal in enumerate(signals) if signal is not None]
    assert found == expected
    assert len(found) > 4


def test_stop_and_target_are_multiples_of_the_average_true_range() -> None:
    candles = a_series(200)
    parameters = MomentumParameters(stop_atr=2.0, reward_risk=3.0)
    for at_, signal in enumerate(said(Momentum(parameters), candles)):
        if signal is None or signal.stop is None or signal.target is None:
            continue
        bars = [(candle.high, candle.low, candle.close) for candle in candles[: at_ + 1]]
        atr = atr_by_definition(bars, 14)
        assert atr is not None
        assert abs(signal.price - signal.stop) == pytest.approx(2 * atr)
        assert abs(signal.target - signal.price) == pytest.approx(6 * atr)
        assert check_signal(signal) is signal
        assert signal.candle_close_ns == candles[at_].close_ns


def test_default_reward_is_twice_the_risk() -> None:
    signal = next(filter(None, said(Momentum(MomentumParameters()), a_series(200))))
    assert signal.stop is not None
    assert signal.target is not None
    ratio = abs(signal.target - signal.price) / abs(signal.price - signal.stop)
    assert ratio == pytest.approx(2.0)
    assert set(signal.indicators) == {"fast", "slow", "atr"}


def test_it_is_silent_before_its_warm_up() -> None:
    for seed in range(20):
        strategy = Momentum(MomentumParameters())
        signals = said(strategy, a_series(60, seed))
        assert signals[: strategy.warm_up - 1] == [None] * (strategy.warm_up - 1)


def test_two_instruments_do_not_mix() -> None:
    one, other = a_series(120, 1), a_series(120, 2, FUTURE)
    alone = said(Momentum(MomentumParameters()), one)
    strategy = Momentum(MomentumParameters())
    together = []
    for mine, theirs in zip(one, other, strict=True):
        together.append(strategy.on_candle(mine))
        strategy.on_candle(theirs)
    assert together == alone


def test_a_flat_market_gives_no_signal() -> None:
    strategy = Momentum(MomentumParameters())
    assert said(strategy, [a_candle(number, 100.0) for number in range(100)]) == [None] * 100


def test_a_copy_pickled_half_way_says_the_same() -> None:
    candles = a_series(200)
    strategy = Momentum(MomentumParameters())
    said(strategy, candles[:100])
    copy = pickle.loads(pickle.dumps(strategy))  # noqa: S301 - our own bytes.
    assert said(copy, candles[100:]) == said(strategy, candles[100:])


def test_a_least_trend_leaves_out_the_crosses_of_a_market_without_one() -> None:
    candles = a_series(400)
    every = said(Momentum(MomentumParameters()), candles)
    adx = Adx(14)
    trends = [adx.update(each.high, each.low, each.close) for each in candles]
    filtered = said(Momentum(MomentumParameters(least_trend=12.0)), candles)
    expected = [
        signal if trend is not None and trend.adx >= 12 else None
        for signal, trend in zip(every, trends, strict=True)
    ]
    assert filtered == expected
    assert 0 < sum(each is not None for each in filtered) < sum(each is not None for each in every)
    assert Momentum(MomentumParameters(least_trend=12.0)).warm_up == 28


def test_two_intervals_of_one_instrument_do_not_mix() -> None:
    minutes = a_series(120, 1)
    strategy, together = Momentum(MomentumParameters()), []
    for number, candle in enumerate(minutes):
        together.append(strategy.on_candle(candle))
        if number % 5 == 4:
            longer = Candle(
                candle.instrument, Interval.M5, candle.open_ns, candle.close_ns,
                1.0, 2.0, 0.5, 1.5, 100,
            )  # fmt: skip
            strategy.on_candle(longer)
    assert together == said(Momentum(MomentumParameters()), minutes)


def test_periods_that_cannot_cross_are_refused_with_both_values() -> None:
    with pytest.raises(ConfigError, match=r"fast \(21\) must be below slow \(21\)"):
        parameters_from(MomentumParameters, {"fast": 21})
    with pytest.raises(ConfigError, match=r"stop_atr is 0, must be a number from 0\.1 to 20"):
        strategies.make("momentum", {"stop_atr": 0})


def test_a_cheap_option_is_no_special_case() -> None:
    penny = Instrument(Segment.NSE_EQ, 9, "PENNY", InstrumentKind.EQUITY, 1, Decimal("0.05"))
    candles = [
        Candle(penny.key, Interval.M1, each.open_ns, each.close_ns, 0.05, 0.1, 0.05, 0.05, 1)
        for each in a_series(60)
    ]
    assert said(Momentum(MomentumParameters()), candles) == [None] * 60
