"""Instruments, instants and ticks that the tests of the trading core share."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from core.candle import ALL_INTERVALS, Candle, Interval
from core.candle_builder import CandleBuilder
from core.candle_series import News
from core.instrument import Instrument, InstrumentKind, Segment
from core.market_sessions import MarketSessions
from core.session import (
    NS_PER_SECOND,
    Market,
    ist_midnight_ns,
    load_calendar,
)

DAY = date(2025, 12, 1)
CALENDAR = load_calendar()
RELIANCE = Instrument(Segment.NSE_EQ, 2885, "RELIANCE", InstrumentKind.EQUITY, 1, Decimal("0.10"))
NIFTY = Instrument(Segment.IDX_I, 13, "NIFTY", InstrumentKind.INDEX, 1, Decimal("0.05"))
FUTURE = Instrument(
    Segment.NSE_FNO,
    49543,
    "NIFTY-Dec2025-FUT",
    InstrumentKind.FUTIDX,
    75,
    Decimal("0.10"),
    underlying="NIFTY",
    expiry=date(2025, 12, 30),
    freeze_quantity=1800,
)


def at(clock: str, day: date = DAY) -> int:
    """Return an instant in ns UTC from the time of day in India, "HH:MM" or "HH:MM:SS"."""
    hours, minutes, *rest = (float(part) for part in clock.split(":"))
    seconds = hours * 3600 + minutes * 60 + sum(rest)
    return ist_midnight_ns(day) + int(seconds * NS_PER_SECOND)


@dataclass(frozen=True)
class Trade:
    """One tick: last-trade time, price and cumulative volume."""

    time_ns: int
    price: float
    volume: int


class Desk:
    """A candle builder driven as the engine drives it, with a clock of its own."""

    def __init__(
        self,
        *,
        intervals: tuple[Interval, ...] = ALL_INTERVALS,
        has_volume: bool = True,
        market: Market = Market.CASH,
        watched_since_ns: int = 1,
    ) -> None:
        self.builder = CandleBuilder(
            RELIANCE.key,
            intervals,
            MarketSessions(CALENDAR, market),
            has_volume=has_volume,
            watched_since_ns=watched_since_ns,
        )
        self.now_ns = 0
        self.candles: list[Candle] = []

    def tick(self, clock: str | int, price: float, volume: int = 0, day: date = DAY) -> None:
        time_ns = clock if isinstance(clock, int) else at(clock, day)
        self.advance(max(time_ns, self.now_ns))
        if not self.builder.tick(time_ns, price, volume):
            self._note(self.builder.turn(time_ns, price, volume, self.now_ns)[1])

    def advance(self, clock: str | int, day: date = DAY) -> None:
        self.now_ns = clock if isinstance(clock, int) else at(clock, day)
        if self.builder.due_ns <= self.now_ns:
            self._note(self.builder.time_passed(self.now_ns))

    def _note(self, news: News) -> None:
        self.candles += [each for each in news if isinstance(each, Candle)]

    def of(self, interval: Interval) -> list[Candle]:
        return [candle for candle in self.candles if candle.interval is interval]
