"""What a strategy draws at a candle is what its signal there carries, whenever it was started."""

from collections.abc import Mapping
from typing import Any

import pytest

from core import hooks
from core.candle import Candle, Interval
from core.signals import Signal
from core.strategy import Strategy
from strategies import make
from tests.core.market import FUTURE, RELIANCE
from tests.strategies.candles import a_series
from tests.strategies.test_arbitrage import pairs

EAGER: dict[str, dict[str, Any]] = {
    "momentum": {"fast": 3, "slow": 8},
    "mean_reversion": {"width": 1.0, "oversold": 40.0, "overbought": 60.0},
    "pva": {"signal_1m": True, "entry_vroc": -100.0, "breakout_volume": 0.1},
}


def figures(strategy: Strategy, candle: Candle) -> Mapping[str, float]:
    return hooks.indicators_of(strategy, candle.instrument, candle.interval)


def heard(strategy: Strategy, candles: list[Candle]) -> list[tuple[Signal | None, Any]]:
    """Return what it says and what it draws at each candle."""
    return [(strategy.on_candle(candle), dict(figures(strategy, candle))) for candle in candles]


@pytest.mark.parametrize("name", ["momentum", "mean_reversion"])
def test_a_signal_carries_what_is_drawn_at_its_candle(name: str) -> None:
    said = heard(make(name, EAGER[name]), a_series(600))
    signals = [(signal, drawn) for signal, drawn in said if signal is not None]
    assert len(signals) > 10
    assert all(signal.indicators == drawn for signal, drawn in signals)


def test_both_legs_of_arbitrage_have_closed_where_something_is_drawn() -> None:
    strategy = make("arbitrage", {"period": 30})
    drawn = 0
    for index, future in pairs(300, {100: 12.0, 200: -12.0}):
        assert strategy.on_candle(index) is None
        assert figures(strategy, future) == {}
        signal = strategy.on_candle(future)
        now = figures(strategy, future)
        assert figures(strategy, index) == {}
        drawn += bool(now)
        assert signal is None or signal.indicators == now
    assert drawn == 300 - 30


@pytest.mark.parametrize("name", ["momentum", "mean_reversion", "pva"])
def test_one_that_was_started_later_draws_the_same(name: str) -> None:
    early, late = make(name, EAGER[name]), make(name, EAGER[name])
    candles = a_series(2_000)
    begin = 1_500
    for candle in candles[:begin]:
        early.on_candle(candle)
    warm_up = min(begin, hooks.warm_up_of(late, Interval.M1))
    for candle in candles[begin - warm_up : begin]:
        hooks.remember(late, candle)
    for candle in candles[begin:]:
        early.on_candle(candle)
        late.on_candle(candle)
        assert figures(late, candle) == pytest.approx(figures(early, candle), rel=1e-6)


def test_nothing_is_drawn_before_anything_is_known() -> None:
    assert hooks.indicators_of(make("momentum", {}), RELIANCE.key, Interval.M1) == {}
    assert hooks.indicators_of(make("arbitrage", {}), FUTURE.key, Interval.M1) == {}
    first = heard(make("momentum", {"fast": 3, "slow": 8, "atr": 5}), a_series(8))
    assert [sorted(drawn) for _, drawn in first] == [
        [], [], ["fast"], ["fast"], ["atr", "fast"], ["atr", "fast"], ["atr", "fast"],
        ["atr", "fast", "slow"],
    ]  # fmt: skip
