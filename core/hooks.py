"""What a strategy may define beside `on_candle`; each is optional and looked for by name.

In:  what happens to its config and its trades.
Out: nothing, but for `metrics`.
Next: `strategies/pva/__init__.py`, which defines most of them.
"""

from collections.abc import Mapping
from typing import Protocol

from core.candle import Interval
from core.strategy import StrategyConfig
from core.trade import Trade


class TradeListener(Protocol):
    """A strategy that has `on_trade` is told what becomes of its signals."""

    def on_trade(self, trade: Trade) -> None:
        """Take a trade of its config, opened, changed or closed, before the next candle."""
        ...


class StartListener(Protocol):
    """A strategy that has `on_start` sees its config before the first candle."""

    def on_start(self, config: StrategyConfig) -> None:
        """Take the config.

        Raises
        ------
        ConfigError
            If the strategy cannot work with it.
        """
        ...


class ConfigListener(Protocol):
    """A strategy that has `on_config` sees a config changed while it runs."""

    def on_config(self, config: StrategyConfig) -> None:
        """Take the new config; raises as `on_start`."""
        ...


class StopListener(Protocol):
    """A strategy that has `on_stop` is told that it ends."""

    def on_stop(self) -> None:
        """Take notice; nothing it says is listened to any more."""
        ...


class MetricsSource(Protocol):
    """A strategy that has `metrics` adds figures to those shown of its config."""

    def metrics(self) -> Mapping[str, float]:
        """Return figures by name."""
        ...


class WarmUpByInterval(Protocol):
    """A strategy that has `warm_up_of` needs fewer candles of some intervals than of others."""

    def warm_up_of(self, interval: Interval) -> int:
        """Return how many candles of an interval it has to see; `warm_up` is the most of all."""
        ...
