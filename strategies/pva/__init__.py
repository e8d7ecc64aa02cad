"""PVA, Price Volume Action: a breakout on volume, with what volume says before and after it.

In:  1-minute candles for the volume profile, candles of the signal intervals, daily ones if the
     trend filter is on; trades made of its signals.
Out: LONG or SHORT when all five conditions of a side hold; EXIT with the rule that ends a trade.
Next: `strategies/pva/parameters.py`, then `conditions.py`, `exits.py`, `holdings.py`, `wishes.py`.

`docs/pva.md` tells a trader the rules and how each contradiction among them is settled. In short,
literal / resolved (the default), each also a parameter of its own:

1. `target_rule`: 2 ATR, which the 1:2 rule then refuses / 3 ATR, stop to entry at 2 ATR
2. `entry_vroc`: 200, so that the tiers below are not used until it is lowered / the same
3. `climax_rule`: VROC > 300 / from the third candle on, on three average volumes, 1 ATR in profit
4. `fade_rule`: below 80 % of the entry candle / mean of three below 80 % of the average at entry
5. `divergence_rule`: OBV divergence within 20 candles / or OBV above its own high of 20 candles
6. size, by the config's risk parameters: premium at most 2 % of capital / loss at the stop is

Strength is 20 per condition met. While a trade of an instrument is open nothing is entered on it:
one view at a time. A LONG buys a call, a SHORT buys a put; `trade="SIGNAL"` trades the signal
instrument itself. No edge is claimed.
"""

from collections import deque
from collections.abc import Mapping
from typing import Any, Final

from core.candle import Candle, InstrumentKey, Interval
from core.indicators.volume_profile import VolumeProfile
from core.session import NS_PER_MINUTE, ist_date, ist_midnight_ns
from core.signals import Direction, Signal
from core.trade import Trade
from strategies.pva.conditions import Conditions, Flags, Reading
from strategies.pva.exits import Entry, Held, exit_reason
from strategies.pva.holdings import Holdings
from strategies.pva.parameters import PvaParameters, minute_of_day, risk_defaults
from strategies.pva.wishes import entry_signal, exit_signal, legs_of

_LONGEST_SESSION: Final = 385
_ENOUGH_CANDLES: Final = 400  # A Wilder average has forgotten what came before.


class _Series:
    """What is remembered of one instrument and interval."""

    def __init__(self, parameters: PvaParameters) -> None:
        self.conditions = Conditions(parameters.breakout_volume, parameters.entry_vroc)
        self.readings: deque[Reading] = deque(
            maxlen=max(parameters.fade_candles, parameters.dry_candles)
        )
        self.number = 0

    def update(self, candle: Candle, poc: float | None) -> Reading:
        self.number += 1
        self.readings.append(self.conditions.update(candle, poc))
        return self.readings[-1]


class Pva:
    """See the module.

    Parameters
    ----------
    parameters
        Checked already.
    """

    name = "pva"
    Parameters = PvaParameters

    def __init__(self, parameters: PvaParameters) -> None:
        self.warm_up = (parameters.profile_sessions + 1) * _LONGEST_SESSION
        self.intervals = _intervals(parameters)
        self.option_legs = tuple(leg for way in Direction for leg in legs_of(parameters, way))
        self._parameters = parameters
        self._window = (minute_of_day(parameters.entry_from), minute_of_day(parameters.entry_until))
        self._series: dict[tuple[InstrumentKey, Interval], _Series] = {}
        self._profiles: dict[InstrumentKey, VolumeProfile] = {}
        self._day_closes: dict[InstrumentKey, float] = {}
        self._holdings = Holdings()

    @staticmethod
    def risk_defaults(parameters: PvaParameters) -> Mapping[str, Any]:
        """Return the risk parameters of the preset."""
        return risk_defaults(parameters)

    def warm_up_of(self, interval: Interval) -> int:
        """Return how many candles of an interval it has to see."""
        return self.warm_up if interval is Interval.M1 else _ENOUGH_CANDLES

    def on_trade(self, trade: Trade) -> None:
        """Remember which of its signals a trade was made of, until it is closed."""
        self._holdings.take(trade)

    def metrics(self) -> dict[str, float]:
        """Return how many views are held."""
        return {"views": float(len(self._holdings))}

    def reading(self, instrument: InstrumentKey, interval: Interval) -> Reading | None:
        """Return what the last candle of a signal interval said, None before the first."""
        series = self._series.get((instrument, interval))
        return None if series is None else series.readings[-1]

    def indicators(self, instrument: InstrumentKey, interval: Interval) -> Mapping[str, float]:
        """Return the numbers behind the last candle of a signal interval."""
        reading = self.reading(instrument, interval)
        return {} if reading is None else reading.indicators()

    def on_candle(self, candle: Candle) -> Signal | None:
        """Return a signal if a trade is to end, or all five conditions of a side hold."""
        if candle.interval is Interval.M1:
            self._profile(candle)
        elif candle.interval is Interval.D1:
            self._day_closes[candle.instrument] = candle.close
        if candle.interval not in self._parameters.signal_intervals:
            return None
        series = self._series.get((candle.instrument, candle.interval))
        if series is None:
            series = _Series(self._parameters)
            self._series[candle.instrument, candle.interval] = series
        profile = self._profile_of(candle.instrument).value
        reading = series.update(candle, None if profile is None else profile.poc)
        held = self._holdings.of(candle.instrument)
        if held:
            return self._exit(held, series, reading)
        return self._entry(series, reading)

    def _profile(self, candle: Candle) -> None:
        session = ist_date(candle.open_ns).toordinal()
        profile = self._profile_of(candle.instrument)
        profile.update(session, candle.high, candle.low, candle.close, candle.volume)

    def _profile_of(self, key: InstrumentKey) -> VolumeProfile:
        profile = self._profiles.get(key)
        if profile is None:
            parameters = self._parameters
            profile = VolumeProfile(parameters.profile_row, parameters.profile_sessions)
            self._profiles[key] = profile
        return profile

    def _exit(self, held: list[Entry], series: _Series, reading: Reading) -> Signal | None:
        for entry in held:
            if entry.reading.candle.interval is reading.candle.interval:
                since = series.number - entry.number
                reason = exit_reason(Held(entry, since, series.readings), self._parameters)
                if reason is not None:
                    return exit_signal(entry.direction, reason, reading)
        return None

    def _entry(self, series: _Series, reading: Reading) -> Signal | None:
        candle, atr = reading.candle, reading.atr
        if not atr or not self._may_enter(candle):
            return None
        for direction, flags in (Direction.LONG, reading.long), (Direction.SHORT, reading.short):
            if self._all_hold(flags) and self._with_trend(direction, candle):
                signal = entry_signal(self._parameters, direction, reading, atr)
                stop = candle.close if signal.stop is None else signal.stop
                self._holdings.remember(Entry(direction, reading, series.number, stop, atr))
                return signal
        return None

    def _may_enter(self, candle: Candle) -> bool:
        midnight = ist_midnight_ns(ist_date(candle.close_ns))
        minute = (candle.close_ns - midnight) // NS_PER_MINUTE
        return self._window[0] <= minute < self._window[1]

    def _all_hold(self, flags: Flags) -> bool:
        literal = self._parameters.is_literal("divergence")
        c2 = flags.c2 or (flags.lead and not literal)
        return flags.c1 and c2 and flags.c3 and flags.c4 and flags.c5

    def _with_trend(self, direction: Direction, candle: Candle) -> bool:
        if not self._parameters.daily_trend:
            return True
        close = self._day_closes.get(candle.instrument)
        return close is not None and direction.sign * (candle.close - close) > 0


def _intervals(parameters: PvaParameters) -> tuple[Interval, ...]:
    """Return the candles that the rules are about."""
    daily = (Interval.D1,) if parameters.daily_trend else ()
    return tuple(dict.fromkeys((Interval.M1, *parameters.signal_intervals, *daily)))
