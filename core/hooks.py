"""What a strategy may define beside `on_candle`; each is optional and looked for by name.

In:  a strategy, its config, its trades.
Out: what it asks for; it is told what happens to it. Worker and backtest both call it from here.
Next: `strategies/pva/__init__.py`, which defines most of them.

The life of one strategy object: `on_start`, then (if it takes the place of another because the
config was changed) `on_config`, candles of the past, `on_trade` for each trade that is open,
candles as they are completed, and `on_stop`.
"""

from collections.abc import Mapping
from math import isfinite
from typing import Any, Final, Protocol, cast

from core.candle import Candle, InstrumentKey, Interval
from core.errors import ConfigError
from core.gap import Gap
from core.hearing import Heard
from core.signals import LegRule, Signal
from core.strategy import Strategy, StrategyConfig, TickStrategy
from core.tick_pace import Tick
from core.trade import Trade

_LONGEST_PAUSE: Final = 86_400


class TradeListener(Protocol):
    """A strategy that has `on_trade` is told what becomes of its signals."""

    def on_trade(self, trade: Trade) -> None:
        """Take a trade of its config, opened, changed or closed, before the next candle."""
        ...


class GapListener(Protocol):
    """A strategy that has `on_gap` is told when the feed did not bring a stretch whole.

    It hears of it before the candles of that stretch, which then come one after the other, the
    broker's where the gap was repaired. What it wants to enter on those is not acted on.
    """

    def on_gap(self, gap: Gap) -> None:
        """Take a gap of one of its instruments: from when until when, repaired or why not."""
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
    """A strategy that has `on_config` is told that it stands for a config changed while it ran."""

    def on_config(self, config: StrategyConfig) -> None:
        """Take the new config; raises as `on_start`."""
        ...


class StopListener(Protocol):
    """A strategy that has `on_stop` is told that it ends."""

    def on_stop(self) -> None:
        """Take notice; nothing it says is listened to any more."""
        ...


class Speaker(Protocol):
    """A strategy that has `notes` writes sentences for its owner's log there, one per entry."""

    notes: list[str]


class MetricsSource(Protocol):
    """A strategy that has `metrics` adds figures to those shown of its config."""

    def metrics(self) -> Mapping[str, float]:
        """Return figures by name."""
        ...


class WarmUpByInterval(Protocol):
    """A strategy that has `warm_up_of` is shown so many candles of the past, not `warm_up`.

    It may need fewer of some intervals than of others, or more than it needs to speak: so many
    that its figures do not depend on when it was started.
    """

    def warm_up_of(self, interval: Interval) -> int:
        """Return how many candles of an interval it is to see."""
        ...


class IndicatorSource(Protocol):
    """A strategy that has `indicators` can be drawn: its figures at every candle.

    One that compares instruments, so that it needs the candles of all to have figures of one,
    says so with `compares_instruments = True`.
    """

    def indicators(self, instrument: InstrumentKey, interval: Interval) -> Mapping[str, float]:
        """Return the figures after the last candle of a series, named as its signals name them.

        What is not known yet is left out.
        """
        ...


class IntervalChooser(Protocol):
    """A strategy that has `intervals` needs these candles: a config without one is refused."""

    intervals: tuple[Interval, ...]


class OptionTrader(Protocol):
    """A strategy that has `option_legs` may trade options: all the rules its signals may name.

    Their contracts are kept subscribed around the money of every instrument of the config.
    """

    option_legs: tuple[LegRule, ...]


class PastListener(Protocol):
    """A strategy that has `on_past` gets the candles of its warm-up there."""

    def on_past(self, candle: Candle) -> None:
        """Take a candle of before the start."""
        ...


class TickPacer(Protocol):
    """A strategy that has `on_tick` may say in `execution_interval` how often it is asked."""

    execution_interval: float
    """Market seconds between two ticks of an instrument that it is shown, at least 1."""


def start(strategy: Strategy, config: StrategyConfig, *, changed: bool = False) -> None:
    """Show a new strategy its config.

    Parameters
    ----------
    changed
        It takes the place of one that ran, because the config was changed.

    Raises
    ------
    ConfigError
        If the strategy cannot work with it.
    """
    on_start, on_config = getattr(strategy, "on_start", None), getattr(strategy, "on_config", None)
    if on_start is not None:
        on_start(config)
    if changed and on_config is not None:
        on_config(config)


def remember(strategy: Strategy, candle: Candle) -> None:
    """Show a strategy a candle of the past: what it would say to it is not listened to.

    One that has `on_past` is spared the question.
    """
    on_past = getattr(strategy, "on_past", None)
    if on_past is None:
        strategy.on_candle(candle)
    else:
        on_past(candle)


def hear(strategy: Strategy, heard: Heard) -> Signal | None:
    """Tell a strategy one thing; return what it wants, if it was asked and wants anything."""
    if isinstance(heard, Candle):
        return strategy.on_candle(heard)
    if isinstance(heard, Tick):
        wanted: Signal | None = cast("TickStrategy", strategy).on_tick(*heard)
        return wanted
    if isinstance(heard, Trade):
        tell(strategy, heard)
    else:
        tell_gap(strategy, heard)
    return None


def tell(strategy: Strategy, trade: Trade) -> None:
    """Tell a strategy what became of a trade of its config, if it wants to know."""
    on_trade = getattr(strategy, "on_trade", None)
    if on_trade is not None:
        on_trade(trade)


def tell_gap(strategy: Strategy, gap: Gap) -> None:
    """Tell a strategy of a gap of the feed, if it wants to know."""
    on_gap = getattr(strategy, "on_gap", None)
    if on_gap is not None:
        on_gap(gap)


def stop(strategy: Strategy) -> None:
    """Tell a strategy that it ends."""
    on_stop = getattr(strategy, "on_stop", None)
    if on_stop is not None:
        on_stop()


def said_by(strategy: Strategy | None) -> tuple[str, ...]:
    """Return, and forget, what a strategy has to say to its owner: its list `notes`."""
    notes: list[str] | None = getattr(strategy, "notes", None)
    if not notes:
        return ()
    said = tuple(notes)
    notes.clear()
    return said


def metrics_of(strategy: Strategy) -> dict[str, float | None]:
    """Return a strategy's own figures; one that is no finite number is None."""
    metrics = getattr(strategy, "metrics", None)
    figures: Mapping[str, Any] = {} if metrics is None else metrics()
    return {str(name): _finite(figure) for name, figure in figures.items()}


def intervals_for(strategy: Strategy, chosen: tuple[Interval, ...]) -> tuple[Interval, ...]:
    """Return the candles a strategy gets: those chosen or, if none are, those it needs.

    One that names none is content with minutes.

    Raises
    ------
    ConfigError
        If one that it needs is not among those chosen.
    """
    needed: tuple[Interval, ...] = getattr(strategy, "intervals", ())
    if not chosen:
        return needed or (Interval.M1,)
    missing = [str(each) for each in needed if each not in chosen]
    if missing:
        raise ConfigError(
            f"{strategy.name} needs candles of {', '.join(missing)} too; the config has "
            f"{', '.join(chosen)}"
        )
    return chosen


def warm_up_of(strategy: Strategy, interval: Interval) -> int:
    """Return how many candles of an interval a strategy is to see before the present."""
    by_interval = getattr(strategy, "warm_up_of", None)
    return strategy.warm_up if by_interval is None else int(by_interval(interval))


def indicators_of(
    strategy: Strategy, instrument: InstrumentKey, interval: Interval
) -> Mapping[str, float]:
    """Return the figures behind a strategy's last candle of a series; none unless it tells them."""
    indicators = getattr(strategy, "indicators", None)
    found: Mapping[str, float] = {} if indicators is None else indicators(instrument, interval)
    return found


def option_legs_of(strategy: Strategy) -> tuple[LegRule, ...]:
    """Return the options a strategy may trade, as rules; none unless it says so."""
    legs: tuple[LegRule, ...] = getattr(strategy, "option_legs", ())
    return legs


def tick_seconds_of(strategy: Strategy) -> int | None:
    """Return how many market seconds lie between two ticks shown, None for one that wants none.

    Trade times of the feed are whole seconds, so what is shorter counts as one second.

    Raises
    ------
    ConfigError
        If what the strategy says is no length of time.
    """
    if getattr(strategy, "on_tick", None) is None:
        return None
    seconds = getattr(strategy, "execution_interval", 1)
    if not (isinstance(seconds, int | float) and 0 < seconds <= _LONGEST_PAUSE):
        raise ConfigError(
            f"execution_interval is {seconds!r}, must be above 0 and at most "
            f"{_LONGEST_PAUSE} seconds"
        )
    return max(1, round(seconds))


def _finite(figure: Any) -> float | None:
    value = float(figure)
    return value if isfinite(value) else None
