"""What a strategy may define beside its candles, and what holds where it does not."""

from decimal import Decimal

import pytest

from core import hooks
from core.candle import Candle, Interval
from core.errors import ConfigError
from core.signals import Signal
from core.strategy import StrategyConfig
from tests.core.engine_driver import a_config
from tests.core.test_candle import a_candle


class Plain:
    """A strategy that defines nothing more than it has to."""

    name = "plain"
    warm_up = 7

    def __init__(self) -> None:
        self.told: list[object] = []

    def on_candle(self, candle: Candle) -> Signal | None:
        self.told.append(("candle", candle))
        return None


class Keen(Plain):
    """One that wants to know everything."""

    name = "keen"
    intervals = (Interval.M5, Interval.D1)
    execution_interval: object = 2.6

    def on_start(self, config: StrategyConfig) -> None:
        self.told.append("start")
        if config.capital < Decimal(10):
            raise ConfigError("too little")

    def on_config(self, config: StrategyConfig) -> None:
        self.told.append(("config", config.name))

    def on_past(self, candle: Candle) -> None:
        self.told.append(("past", candle))

    def on_stop(self) -> None:
        self.told.append("stop")

    def on_tick(self, *_: object) -> None:
        """Take a trade."""

    def warm_up_of(self, interval: Interval) -> int:
        return 3 if interval is Interval.D1 else 40

    def metrics(self) -> dict[str, float]:
        return {"told": 2.0, "ratio": float("inf")}


def test_a_plain_strategy_is_asked_for_nothing_more() -> None:
    plain, candle = Plain(), a_candle()
    hooks.start(plain, a_config(), changed=True)
    hooks.remember(plain, candle)
    hooks.stop(plain)
    assert plain.told == [("candle", candle)]
    assert hooks.intervals_for(plain, ()) == (Interval.M1,)
    assert hooks.intervals_for(plain, (Interval.H1,)) == (Interval.H1,)
    assert hooks.warm_up_of(plain, Interval.M5) == 7
    assert (hooks.option_legs_of(plain), hooks.tick_seconds_of(plain)) == ((), None)
    assert hooks.metrics_of(plain) == {}


def test_a_keen_one_is_told_in_order() -> None:
    keen, candle = Keen(), a_candle()
    hooks.start(keen, a_config())
    hooks.start(keen, a_config(), changed=True)
    hooks.remember(keen, candle)
    hooks.stop(keen)
    assert keen.told == ["start", "start", ("config", "test"), ("past", candle), "stop"]
    assert hooks.warm_up_of(keen, Interval.D1) == 3
    assert hooks.tick_seconds_of(keen) == 3
    assert hooks.metrics_of(keen) == {"told": 2.0, "ratio": None}


def test_what_it_cannot_work_with_it_refuses() -> None:
    with pytest.raises(ConfigError, match="too little"):
        hooks.start(Keen(), a_config(capital="9"))
    with pytest.raises(ConfigError, match="keen needs candles of 1d too; the config has 5m, 1m"):
        hooks.intervals_for(Keen(), (Interval.M5, Interval.M1))


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), 1e9, "soon", None])
def test_a_pause_between_ticks_that_is_no_length_of_time_is_refused(seconds: object) -> None:
    keen = Keen()
    keen.execution_interval = seconds
    with pytest.raises(ConfigError, match="execution_interval is"):
        hooks.tick_seconds_of(keen)


def test_what_is_shorter_than_the_feed_can_tell_is_a_second() -> None:
    keen = Keen()
    keen.execution_interval = 0.25
    assert hooks.tick_seconds_of(keen) == 1
