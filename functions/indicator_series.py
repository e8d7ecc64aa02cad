"""A strategy's figures at every stored candle, computed by the strategy itself.

In:  what `indicator_config` and `stored_candles` return.
Out: one list per figure, aligned with the candles of the chart; None where it is not known yet.
Next: `core/hooks.py`, `indicators_of`.

The strategy hears candles only: no trades and no money, so that it computes what it would have
drawn live, and nothing else. Figures of averages that never quite forget are exact from the candle
on before which so many are stored as the strategy is shown when it is started.
"""

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any, Final, NamedTuple

from core import hooks
from core.candle import Candle, InstrumentKey, Interval
from core.config_settings import ConfigSettings
from core.rows import key_text
from core.stored_rows import instant_of
from core.strategy import Strategy, StrategyConfig
from strategies import make

MOST_CANDLES: Final = 30_000
"""Of all series together, as the database allows."""


class Chart(NamedTuple):
    """What is looked at: the last `length` candles of one instrument and interval."""

    instrument: InstrumentKey
    interval: Interval
    length: int


class Drawn(NamedTuple):
    """Figures along the candles of a chart.

    Attributes
    ----------
    opens_ns
        Starts of the candles, ns UTC, oldest first.
    figures
        By name; as long as the candles are many.
    settled
        Place of the first candle whose figures do not depend on where the stored candles begin;
        their number where there is none.
    """

    opens_ns: tuple[int, ...]
    figures: dict[str, list[float | None]]
    settled: int


class Study:
    """One strategy, made anew to be shown the past.

    Parameters
    ----------
    strategy_type
        By the name in the registry; not one that brings its own code.
    settings
        Of the config.
    instruments
        Keys of all that it watches.
    chart
        What is looked at.

    Raises
    ------
    ConfigError
        If the strategy cannot work with its settings.
    """

    def __init__(
        self,
        strategy_type: str,
        settings: ConfigSettings,
        instruments: Sequence[InstrumentKey],
        chart: Chart,
    ) -> None:
        self._strategy: Final = make(strategy_type, settings.parameters)
        self._chart: Final = chart
        self.intervals: Final = hooks.intervals_for(self._strategy, settings.intervals)
        compares = getattr(self._strategy, "compares_instruments", False)
        self._heard: Final = tuple(instruments) if compares else (chart.instrument,)
        _start(self._strategy, settings, tuple(instruments), self.intervals)

    def wanted(self) -> list[dict[str, Any]]:
        """Return which candles it has to be shown, as the database is asked for them."""
        most = MOST_CANDLES // (len(self._heard) * len(self.intervals))
        return [
            {
                "instrument_key": key_text(key),
                "timeframe": str(interval),
                "count": min(most, self._warm_up(interval) + self._during(interval)),
            }
            for interval in self.intervals
            for key in self._heard
        ]

    def draw(self, rows: Sequence[Mapping[str, Any]]) -> Drawn:
        """Show it stored candles and return its figures along those of the chart.

        Parameters
        ----------
        rows
            What was wanted, as the database returns it.
        """
        chart, strategy = self._chart, self._strategy
        missing = {
            (key, interval): self._warm_up(interval)
            for key in self._heard
            for interval in self.intervals
        }
        opens: list[int] = []
        found: list[Mapping[str, float]] = []
        settled: list[bool] = []
        for candle in _in_order(self._heard, rows):
            hooks.remember(strategy, candle)
            missing[candle.instrument, candle.interval] -= 1
            if (candle.instrument, candle.interval) == (chart.instrument, chart.interval):
                opens.append(candle.open_ns)
                found.append({})
                settled.append(all(count <= 0 for count in missing.values()))
            # One that compares instruments may know more with the last of those that close now.
            if opens and candle.open_ns == opens[-1]:
                found[-1] = hooks.indicators_of(strategy, chart.instrument, chart.interval) or {}
        first = max(0, len(opens) - chart.length)
        return Drawn(
            tuple(opens[first:]),
            _columns(found[first:]),
            next((n for n, is_so in enumerate(settled[first:]) if is_so), len(opens) - first),
        )

    def _warm_up(self, interval: Interval) -> int:
        return hooks.warm_up_of(self._strategy, interval)

    def _during(self, interval: Interval) -> int:
        """Return how many candles of an interval there are while the chart's last."""
        chart = self._chart
        return 1 + chart.length * chart.interval.length_ns // interval.length_ns


def _start(
    strategy: Strategy,
    settings: ConfigSettings,
    instruments: tuple[InstrumentKey, ...],
    intervals: tuple[Interval, ...],
) -> None:
    config = StrategyConfig(
        *("",) * 5, instruments, intervals, settings.capital, settings.risk
    )  # Nobody's in particular: it trades nothing.
    hooks.start(strategy, config)


def _in_order(keys: Sequence[InstrumentKey], rows: Sequence[Mapping[str, Any]]) -> list[Candle]:
    """Return all candles in the order of their ends, shorter ones first."""
    by_text = {key_text(key): key for key in keys}
    candles = [
        _candle(by_text[row["instrument_key"]], Interval(row["timeframe"]), values)
        for row in rows
        for values in row["candles"]
    ]
    return sorted(candles, key=lambda each: (each.close_ns, each.interval.length_ns))


def _candle(key: InstrumentKey, interval: Interval, values: Sequence[Any]) -> Candle:
    start, first, high, low, last, volume = values
    open_ns = instant_of(start)
    prices = (float(first), float(high), float(low), float(last))
    return Candle(key, interval, open_ns, open_ns + interval.length_ns, *prices, int(volume))


def _columns(found: Sequence[Mapping[str, float]]) -> dict[str, list[float | None]]:
    names = dict.fromkeys(name for each in found for name in each)
    return {name: [_finite(each.get(name)) for each in found] for name in names}


def _finite(value: float | None) -> float | None:
    return value if value is not None and isfinite(value) else None
