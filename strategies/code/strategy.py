"""The user's code as a strategy of the worker: asked on every completed candle.

In:  candles; trades as they change; a function that asks the code.
Out: at most one signal per candle; whatever the code failed with is raised.
Next: `worker/processes/code_strategy.py`, which brings the sandbox.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from core.candle import Candle, InstrumentKey, Interval
from core.instrument import Instrument
from core.risk_parameters import RiskParameters
from core.signals import Signal
from core.trade import Trade, TradeStatus
from strategies.code.wish import Result, Situation, wish_of

CANDLES: Final = 300
"""How many of the last candles the code sees, in the worker and on the minute cron."""


class Asked(NamedTuple):
    """One question to the code.

    Attributes
    ----------
    instrument
        Key of what it is about.
    candles
        Completed ones, oldest first.
    position
        The open trade, None without one.
    """

    instrument: InstrumentKey
    candles: Sequence[Candle]
    price: float
    position: Trade | None
    at_ns: int


Ask = Callable[[Asked], Result]


@dataclass(frozen=True)
class CodeSettings:
    """What one config's code is run with.

    Parameters
    ----------
    instruments
        What it may speak about.
    """

    instruments: Mapping[InstrumentKey, Instrument]
    risk: RiskParameters


class Code:
    """See the module.

    Parameters
    ----------
    settings
        Of its config.
    ask
        Asks the code; raises when the code fails.
    """

    name = "code"

    def __init__(self, settings: CodeSettings, ask: Ask) -> None:
        self.warm_up = CANDLES
        self._settings: Final = settings
        self._ask: Final = ask
        self._series: dict[tuple[InstrumentKey, Interval], deque[Candle]] = {}
        self._open: dict[InstrumentKey, Trade] = {}
        self.notes: list[str] = []
        """What the code was not followed in; whoever drives it takes them away."""

    def on_past(self, candle: Candle) -> None:
        """Take a candle of before the start: nobody is asked about the past."""
        place = (candle.instrument, candle.interval)
        self._series.setdefault(place, deque(maxlen=CANDLES)).append(candle)

    def on_candle(self, candle: Candle) -> Signal | None:
        """Return what the code wants now."""
        self.on_past(candle)
        series = self._series[candle.instrument, candle.interval]
        result, signal = self._follow(candle.instrument, series, candle.close, candle.close_ns)
        if result is not None and signal is None:
            symbol = self._settings.instruments[candle.instrument].symbol
            because = f": {result.reason}" if result.reason else ""
            self.notes.append(f"{result.signal} {symbol}{because}")
        return signal

    def _follow(
        self, key: InstrumentKey, series: Sequence[Candle], price: float, at_ns: int
    ) -> tuple[Result | None, Signal | None]:
        """Ask the code and return its result with what it means; nothing of what is not ours."""
        instrument = self._settings.instruments.get(key)
        if instrument is None:
            return None, None
        held = self._open.get(key)
        result = self._ask(Asked(key, tuple(series), price, held, at_ns))
        direction, units = (None, 0) if held is None else (held.direction, held.open_quantity)
        risk = self._settings.risk
        wish = wish_of(result, Situation(instrument, direction, units, price, at_ns, risk))
        if wish.note:
            self.notes.append(wish.note)
        return result, wish.signal

    def on_trade(self, trade: Trade) -> None:
        """Take note of what is held."""
        if trade.status is TradeStatus.OPEN:
            self._open[trade.instrument] = trade
        elif trade.instrument in self._open and self._open[trade.instrument].id == trade.id:
            del self._open[trade.instrument]


class CodeOnTicks(Code):
    """User code that also asks for ticks: its parameters name an `execution_interval`.

    Parameters
    ----------
    settings, ask
        As of `Code`.
    seconds
        Market seconds between two ticks that it is shown.
    """

    def __init__(self, settings: CodeSettings, ask: Ask, seconds: float) -> None:
        super().__init__(settings, ask)
        self.execution_interval = seconds

    def on_tick(
        self,
        instrument: InstrumentKey,
        time_ns: int,
        price: float,
        volume: int,  # noqa: ARG002 - part of the interface.
    ) -> Signal | None:
        """Return what the code wants at this price; what it holds back is not logged."""
        intervals = [interval for key, interval in self._series if key == instrument]
        if not intervals:
            return None
        shortest = min(intervals, key=lambda each: each.length_ns)
        series = self._series[instrument, shortest]
        return self._follow(instrument, series, price, time_ns)[1]
