"""Play candles of a file through the engine: where prices are known and their order is not.

In:  candles of one instrument, oldest first.
Out: packets for the engine from which exactly these candles come out again.
Next: `core/replay/driver.py`, which hears what they cause.

A candle is traded at its open, at the extreme further from its close, at the other one and at its
close, spread over its length. On the way from one to the next it passes every stop and target in
between, one after the other, so that a trade ends at its level and not at the extreme. Where a
candle holds both the stop and the target of a trade, the stop counts. What is ordered at a price
is filled at that price (and the configured slippage) once its latency has passed: what a strategy
says about one candle is done at the open of the next. The first of these packets has the volume
of the candle, but for one unit for each other.
"""

from collections.abc import Iterable
from datetime import date
from math import ceil, floor
from typing import Final

from backtest.candle_file import path_of
from core.candle import Candle
from core.candle_builder import UNKNOWN
from core.errors import DataError
from core.instrument import PAISE_PER_RUPEE, Instrument
from core.replay.driver import Driver
from core.session import ist_date

_NS_PER_MS: Final = 1_000_000
_MOST_STOPOVERS: Final = 64
"""Levels at which the price stops on its way, in one candle; there are rarely more than two."""


class CandlePlay:
    """Play the candles of one instrument.

    Parameters
    ----------
    driver
        Its engine watches the instrument.
    instrument
        Whose candles they are.
    has_volume
        False for an index.
    latency_ms
        Of the simulated broker.
    """

    def __init__(
        self, driver: Driver, instrument: Instrument, *, has_volume: bool, latency_ms: int
    ) -> None:
        self._driver: Final = driver
        self._instrument: Final = instrument
        self._slot: Final = driver.engine.slot_of(instrument.key)
        self._has_volume: Final = has_volume
        self._latency_ns: Final = latency_ms * _NS_PER_MS
        self._day: date | None = None
        self._volume = 0  # Cumulative, of the day.
        self._spare = 0  # Units left for packets on the way.
        self._now_ns = 0
        self._end_ns = 0
        self._price = 0.0
        self._interest = UNKNOWN

    def play(self, candles: Iterable[Candle]) -> None:
        """Play candles, oldest first.

        Raises
        ------
        DataError
            If a candle's volume is less than the number of trades its prices need.
        """
        for candle in candles:
            if candle.volume or not self._has_volume:
                self._play(candle)

    def _play(self, candle: Candle) -> None:
        path = path_of(candle)
        if ist_date(candle.open_ns) != self._day:
            self._day, self._volume = ist_date(candle.open_ns), 0
        more = len(path) - 1
        if self._has_volume and candle.volume <= more:
            raise DataError(
                f"candle of {self._day} with volume {candle.volume} cannot hold "
                f"{len(path)} different prices"
            )
        self._spare = min(candle.volume - more - 1, _MOST_STOPOVERS) if more else 0
        if not self._has_volume:
            self._spare = _MOST_STOPOVERS
        self._interest = UNKNOWN if candle.open_interest is None else candle.open_interest
        self._end_ns = candle.open_ns + candle.interval.length_ns - 1
        self._driver.engine.unordered(self._slot, candle.low, candle.high)
        step = candle.interval.length_ns // 60
        for number, (sixtieths, price) in enumerate(path):
            time_ns = candle.open_ns + sixtieths * step
            if not number:
                self._trade(time_ns, price, candle.volume - more - self._own_spare())
                continue
            self._travel(time_ns, price)
            self._trade(time_ns, price, 1 + (self._own_spare() if number == more else 0))

    def _own_spare(self) -> int:
        return self._spare if self._has_volume else 0

    def _travel(self, until_ns: int, to: float) -> None:
        """Stop over at each price on the way at which something happens."""
        while self._spare:
            level = self._next_level(to)
            if level is None:
                return
            share = (level - self._price) / (to - self._price)
            self._spare -= 1
            self._trade(self._now_ns + int((until_ns - self._now_ns) * share), level, 1)

    def _next_level(self, to: float) -> float | None:
        """Return the nearest price strictly between here and there that matters."""
        low, high = self._driver.engine.quiet_range(self._slot)
        tick, here = self._instrument.tick_paise, self._price
        if low < here < high:
            if to < here and to < low:
                return _between(floor(low * PAISE_PER_RUPEE / tick + 1e-6) * tick, to, here)
            if here < to and high < to:
                return _between(ceil(high * PAISE_PER_RUPEE / tick - 1e-6) * tick, here, to)
        return None

    def _trade(self, time_ns: int, price: float, units: int) -> None:
        """Trade at a price; if orders wait then, let them be filled at it."""
        self._price = price
        self._volume += units if self._has_volume else 0
        self._packet(max(time_ns, self._now_ns))
        low, high = self._driver.engine.quiet_range(self._slot)
        if low > high:
            self._packet(min(self._now_ns + self._latency_ns, self._end_ns))

    def _packet(self, time_ns: int) -> None:
        self._now_ns = time_ns
        driver = self._driver
        driver.result.ticks += 1
        effects = driver.engine.tick(self._slot, time_ns, self._price, self._volume, self._interest)
        if effects:
            driver.take(effects)


def _between(paise: int, low: float, high: float) -> float | None:
    price = paise / PAISE_PER_RUPEE
    return price if low < price < high else None
